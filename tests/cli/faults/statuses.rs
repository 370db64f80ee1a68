//! Every kind of status beside 200, and what the server says with it.
#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

use super::*;

/// The id of the request that each answer names.
const REQUEST: &str = "req_0123";

/// The words of the server that stand in each answer.
const WORDS: &str = "The server's own words.";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let refused = "the server refused to look up `file-abc123`";
    let failed = "the server failed to look up `file-abc123`";
    let strange = "the server gave no usable answer for `file-abc123`";
    let between = "check the base URL, and what stands between here and the server";
    let later = "try again later, or raise --max-retries";
    for (status, code, message, hint) in [
        (300, 1, strange, between),
        (400, 1, refused, ""),
        (
            401,
            4,
            "not authorized to look up `file-abc123`",
            "the server did not accept the API key from OPENAI_API_KEY",
        ),
        (402, 1, refused, ""),
        (
            403,
            4,
            "not allowed to look up `file-abc123`",
            "check what the API key may do, and the organization and project it is for",
        ),
        (
            404,
            3,
            "no such file `file-abc123`",
            "check the id, and that the file is on this server",
        ),
        (405, 1, refused, ""),
        (406, 1, refused, ""),
        (
            407,
            7,
            "the proxy wants a user name and password",
            "put them into the URL of the proxy: http://USER:PASSWORD@HOST:PORT",
        ),
        (408, 5, failed, later),
        (409, 5, failed, later),
        (410, 1, refused, ""),
        (413, 1, refused, ""),
        (414, 1, refused, ""),
        (418, 1, refused, ""),
        (421, 1, refused, ""),
        (422, 1, refused, ""),
        (423, 1, refused, ""),
        (425, 1, refused, ""),
        (426, 1, refused, ""),
        (
            429,
            6,
            "too many requests; `file-abc123` was not looked up",
            "try again later, or with a lower --concurrency",
        ),
        (431, 1, refused, ""),
        (451, 1, refused, ""),
        (499, 1, refused, ""),
        (500, 5, failed, later),
        (501, 5, failed, later),
        (502, 5, failed, later),
        (503, 5, failed, later),
        (504, 5, failed, later),
        (505, 5, failed, later),
        (507, 5, failed, later),
        (508, 5, failed, later),
        (511, 5, failed, later),
        (520, 5, failed, later),
        (521, 5, failed, later),
        (529, 5, failed, later),
        (530, 5, failed, later),
        (599, 5, failed, later),
        (600, 1, strange, between),
        (999, 1, strange, between),
    ] {
        // Those that may pass are asked for once more.
        let passes = matches!(status, 408 | 409 | 429 | 500..=599);
        let requests = if passes { 2 } else { 1 };
        let attempts = if passes { ", 2 attempts" } else { "" };
        let message = format!("{message} (HTTP {status}{attempts})");
        let reply = Reply::error(status, WORDS)
            .header("x-request-id", REQUEST)
            .header("retry-after-ms", "1");
        rows.push(
            replies(format!("{status}"), [reply])
                .args("--max-retries 1")
                .fails(code, said(&message, WORDS, hint))
                .requests(requests),
        );
    }
    rows.extend(without_words());
    rows.extend(words_in_other_forms());
    rows.extend(bodies_that_break());
    rows.extend(successes());
    rows
}

/// A report with the server's words and the id of the request.
fn said(message: &str, words: &str, hint: &str) -> String {
    let url = format!("  url: {{base}}/files/{ID}\n");
    report(message, &[words], hint).replace(&url, &format!("{url}  request id: {REQUEST}\n"))
}

/// What the tool says of a file that is not there.
fn no_such_file(details: &[&str]) -> String {
    report(
        "no such file `file-abc123` (HTTP 404)",
        details,
        "check the id, and that the file is on this server",
    )
}

/// The same where the answer is not that of an API.
fn no_such_page(details: &[&str]) -> String {
    report(
        "no such file `file-abc123` (HTTP 404)",
        details,
        "check the base URL; this does not look like the answer of an API",
    )
}

fn without_words() -> Vec<Row> {
    let failed = |status| {
        report(
            &format!("the server failed to look up `file-abc123` (HTTP {status})"),
            &[],
            "try again later, or raise --max-retries",
        )
    };
    vec![
        replies("404 and nothing else", [Reply::status(404)]).fails(3, no_such_file(&[])),
        replies(
            "404 and white space",
            [Reply::text(404, "text/plain", " \r\n\t\n")],
        )
        .fails(3, no_such_file(&[])),
        replies("500 and nothing else", [Reply::status(500)]).fails(5, failed(500)),
        replies("204", [Reply::status(204)])
            .fails(1, unusable("empty", &["HTTP 204, no content type"])),
        replies("205", [Reply::status(205)])
            .fails(1, unusable("empty", &["HTTP 205, no content type"])),
        replies("304", [Reply::status(304)]).fails(1, strange("HTTP 304")),
        bytes(
            "304 with a length",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 166\r\n\r\n",
        )
        .fails(1, strange("HTTP 304")),
    ]
}

fn words_in_other_forms() -> Vec<Row> {
    let long = "ж".repeat(2001);
    let long_body = "y ".repeat(5000);
    let mut rows = Vec::new();
    for (name, body, details) in [
        (
            "an error that is a string",
            r#"{"error": "boom"}"#,
            &["boom"][..],
        ),
        (
            "an error without a message",
            r#"{"error": {"code": 7}}"#,
            &[r#"{"error": {"code": 7}}"#],
        ),
        (
            "a message of null",
            r#"{"error": {"message": null}}"#,
            &[r#"{"error": {"message": null}}"#],
        ),
        (
            "an empty message",
            r#"{"error": {"message": ""}}"#,
            &[r#"{"error": {"message": ""}}"#],
        ),
        ("a detail", r#"{"detail": "Not Found"}"#, &["Not Found"]),
        (
            "a list of details",
            r#"{"detail": [{"loc": ["path", "id"], "msg": "bad"}, {"loc": [], "msg": "worse"}, 7, {}]}"#,
            &["path.id: bad", "worse"],
        ),
        (
            "a list of no details",
            r#"{"detail": []}"#,
            &[r#"{"detail": []}"#],
        ),
        ("a message", r#"{"message": "no route"}"#, &["no route"]),
        (
            "a message on two lines",
            r#"{"message": "one\ntwo"}"#,
            &["one", "two"],
        ),
        ("an array", "[1, 2]", &["[1, 2]"]),
        ("a string", r#""gone""#, &[r#""gone""#]),
        ("null", "null", &["null"]),
        (
            "a web page",
            "<!doctype html>\n<html>\n  <h1>404   Not Found</h1>\n</html>\n",
            &["<!doctype html> <html> <h1>404 Not Found</h1> </html>"],
        ),
        (
            "half of JSON",
            r#"{"error": {"message": "cu"#,
            &[r#"{"error": {"message": "cu"#],
        ),
    ] {
        rows.push(
            replies(format!("{name}, with 404"), [Reply::json(404, body)]).fails(
                3,
                if body.starts_with('{') {
                    no_such_file(details)
                } else {
                    no_such_page(details)
                },
            ),
        );
    }
    let cut = long.chars().take(2000).collect::<String>() + "…";
    rows.push(
        replies("a message of 2,001 characters", [Reply::error(404, &long)])
            .fails(3, no_such_file(&[&cut])),
    );
    for (size, shown) in [
        (900_000, "x".repeat(2000) + "…"),
        // Beyond a megabyte no more is read, and what was read is no JSON.
        (10_000_000, format!("{{\"message\":\"{}…", "x".repeat(108))),
    ] {
        let flood = format!("{{\"message\":\"{}\"}}", "x".repeat(size));
        let reply = Reply::script([
            Step::bytes("HTTP/1.1 404 X\r\nConnection: close\r\n\r\n"),
            Step::bytes(flood),
            Step::Close,
        ]);
        rows.push(
            replies(format!("a message of {size} characters"), [reply])
                .fails(3, no_such_file(&[&shown])),
        );
    }
    let start = "y ".repeat(60).trim_end().to_owned() + "…";
    rows.push(
        replies("a long text", [Reply::text(404, "text/plain", long_body)])
            .fails(3, no_such_page(&[&start])),
    );
    rows.push(
        replies(
            "bytes that are no text",
            [Reply::text(404, "x/y", b"\xff\xfea\xc3\x28".to_vec())],
        )
        .fails(3, no_such_page(&["\u{fffd}\u{fffd}a\u{fffd}("])),
    );
    let name = "r".repeat(5000);
    let reply = Reply::status(404).header("x-request-id", &name);
    let report = no_such_file(&[]).replace(
        "file-abc123\n\nhint",
        &format!("file-abc123\n  request id: {}…\n\nhint", &name[..200]),
    );
    rows.push(replies("a request id of 5,000 characters", [reply]).fails(3, report));
    rows
}

/// The status says enough where the body does not arrive: of one that is cut the end is not shown, where
/// a part of a secret may be.
fn bodies_that_break() -> Vec<Row> {
    let cut = |status, then| {
        Reply::script([
            Step::bytes(format!(
                "HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nthe beginning"
            )),
            then,
        ])
    };
    let failed = |details: &[&str]| {
        report(
            "the server failed to look up `file-abc123` (HTTP 500)",
            details,
            "try again later, or raise --max-retries",
        )
    };
    let endless = |status: u16| {
        Reply::script([
            Step::bytes(format!(
                "HTTP/1.1 {status} X\r\nConnection: close\r\n\r\nthe beginning "
            )),
            Step::Forever(b" \n".repeat(4096)),
        ])
    };
    vec![
        replies("404 with half a body", [cut(404, Step::Close)]).fails(3, no_such_page(&[])),
        replies(
            "404 with a body that is reset",
            [Reply::script([
                Step::bytes("HTTP/1.1 404 X\r\nContent-Length: 1000\r\n\r\nthe beginning"),
                Step::Pause(Duration::from_millis(400)),
                Step::Reset,
            ])],
        )
        .fails(3, no_such_page(&[])),
        replies("404 with a body that hangs", [cut(404, Step::Hang)])
            .args("--timeout 500ms")
            .fails(3, no_such_page(&[]))
            .takes(500),
        replies("500 with a body that hangs", [cut(500, Step::Hang)])
            .args("--timeout 500ms")
            .fails(5, failed(&[]))
            .takes(500),
        replies("404 with a body that never ends", [endless(404)])
            .fails(3, no_such_page(&["the beginning"])),
        replies("500 with a body that never ends", [endless(500)])
            .fails(5, failed(&["the beginning"])),
        replies(
            "500 with a body that never ends, then a file",
            [endless(500), Reply::file()],
        )
        .args("--max-retries 1")
        .gaps([375]),
        replies(
            "500 with a length beyond the limit",
            [Reply::script([
                Step::bytes("HTTP/1.1 500 X\r\nContent-Length: 99999999999\r\n\r\nthe beginning"),
                Step::Close,
            ])],
        )
        .fails(5, failed(&[])),
    ]
}

/// Other statuses of success with a file are a file.
fn successes() -> Vec<Row> {
    let mut rows: Vec<Row> = [200, 201, 202, 203, 206, 226, 299]
        .into_iter()
        .map(|status| {
            let reply = Reply::json(status, object()).header("Content-Range", "bytes 0-165/166");
            replies(format!("{status} with a file"), [reply])
        })
        .collect();
    rows.push(
        bytes(
            "206 with a part of a file",
            ok("Content-Range: bytes 1-165/166\r\n")
                .replace("200 OK", "206 Partial Content")
                .replace(": 166", ": 165")
                .replace("\r\n\r\n{", "\r\n\r\n"),
        )
        .fails(
            1,
            unusable(
                "not JSON: trailing characters at line 1 column 5",
                &[
                    "HTTP 206, application/json",
                    &(object()[1..121].to_owned() + "…"),
                ],
            ),
        ),
    );
    rows
}
