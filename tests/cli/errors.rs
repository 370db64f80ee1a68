//! Failures: the exit code, the words, and that stdout stays empty; for people and for scripts.

use std::time::Duration;

use crate::server::{Refusing, Reply, Server, Step, file_object};
use crate::support::{EXAMPLE, Openai, Run, like, mounts, retrieve, secrets};

/// `openai files retrieve file-abc123` without repetitions.
fn once(server: &Server) -> Openai {
    retrieve()
        .args(["file-abc123", "--max-retries", "0"])
        .server(server)
}

/// The run against a server that gives this reply to its only request.
fn answered(reply: Reply) -> Run {
    let server = Server::options().expecting(1).start(move |_| reply.clone());
    once(&server).run()
}

const CHECK_BASE_URL: &str = "\n\nhint: check the base URL; a login page or a gateway may have answered instead of the API\n";

#[test]
fn a_404_says_whether_an_api_answered() {
    let api =
        r#"{"error": {"message": "No such File object: a", "type": "invalid_request_error"}}"#;
    let page = "<h1>404 Not Found</h1>";
    let id = "check the id, and that the file is on this server";
    for (path, body, words, hint) in [
        ("/v1", api, "No such File object: a", id),
        ("/v1/?x=y", api, "No such File object: a", id),
        ("/v1", r#"{"error": {"mess"#, r#"{"error": {"mess"#, id),
        (
            "",
            api,
            "No such File object: a",
            "check the id, and the base URL: most servers want one that ends in /v1",
        ),
        (
            "/v1",
            page,
            page,
            "check the base URL; this does not look like the answer of an API",
        ),
        (
            "/api",
            page,
            page,
            "check the base URL: most servers want one that ends in /v1",
        ),
    ] {
        let server = Server::replying(Reply::text(404, "text/plain", body));
        let (start, query) = path.split_once("/?").unwrap_or((path, ""));
        let query = if query.is_empty() { "" } else { "?x=y" };
        retrieve()
            .args(["a", "--base-url", &format!("{}{path}", server.origin())])
            .server(&server)
            .run()
            .is(
                3,
                "",
                format!(
                    "error: no such file `a` (HTTP 404)\n  {words}\n  url: {{origin}}{start}/files/a{query}\n\nhint: {hint}\n"
                ),
            );
    }
}

#[test]
fn a_refused_key_is_named_by_its_source() {
    let server = Server::replying(Reply::error(401, "no"));
    let expected = |hint: &str| {
        format!(
            "\
error: not authorized to look up `a` (HTTP 401)
  no
  url: {{base}}/files/a

hint: {hint}
"
        )
    };
    let not_accepted = |source| expected(&format!("the server did not accept {source}"));
    let openai = || retrieve().args(["a"]).server(&server);
    openai()
        .run()
        .is(4, "", not_accepted("the API key from OPENAI_API_KEY"));
    openai().args(["--api-key", secrets::API_KEY]).run().is(
        4,
        "",
        not_accepted("the API key from --api-key"),
    );
    openai()
        .args(["--api-key-file", "-"])
        .stdin(secrets::API_KEY)
        .run()
        .is(4, "", not_accepted("the API key from --api-key-file"));
    openai().without_env("OPENAI_API_KEY").run().is(
        4,
        "",
        expected("set OPENAI_API_KEY or use --api-key-file"),
    );
    openai()
        .env(
            "OPENAI_CUSTOM_HEADERS",
            format!("Authorization: Bearer {}", secrets::CUSTOM_HEADER),
        )
        .run()
        .is(
            4,
            "",
            not_accepted("the Authorization of OPENAI_CUSTOM_HEADERS"),
        );
    let pair = format!("someone:{}", secrets::USER_INFO_PASSWORD);
    openai()
        .without_env("OPENAI_API_KEY")
        .args([
            "--base-url",
            &format!("http://{pair}@{}/v1", server.address()),
        ])
        .run()
        .is(
            4,
            "",
            not_accepted("the user name and password of the base URL"),
        );
}

#[test]
fn without_a_key_that_is_what_is_missing() {
    retrieve()
        .args(["a"])
        .server(&Server::replying(Reply::error(403, "no")))
        .without_env("OPENAI_API_KEY")
        .run()
        .is(
            4,
            "",
            "error: not allowed to look up `a` (HTTP 403)\n  no\n  url: {base}/files/a\n\n\
             hint: set OPENAI_API_KEY or use --api-key-file\n",
        );
}

#[test]
fn the_servers_words_are_found_in_every_form_of_body() {
    let html = "<!DOCTYPE html>\n<html>\n  <head><title>502 Bad Gateway</title></head>\n</html>\n";
    let long = "ö".repeat(200);
    for (media_type, body, words) in [
        (
            "application/json",
            r#"{"error": {"message": "No such File object: x", "type": "invalid_request_error", "param": "id", "code": null}}"#,
            "  No such File object: x\n",
        ),
        (
            "application/json",
            r#"{"detail":[{"loc":["path","file_id"],"msg":"value is not a valid uuid","type":"type_error.uuid"},{"loc":["query",0],"msg":"field required","type":"missing"}]}"#,
            "  path.file_id: value is not a valid uuid\n  query.0: field required\n",
        ),
        (
            "application/json",
            r#"{"detail": "Not Found"}"#,
            "  Not Found\n",
        ),
        ("application/json", r#"{"error": "boom"}"#, "  boom\n"),
        (
            "application/json",
            r#"{"message": "no route"}"#,
            "  no route\n",
        ),
        (
            "application/json",
            r#"{"error": {}}"#,
            "  {\"error\": {}}\n",
        ),
        ("application/json", "[1]", "  [1]\n"),
        (
            "application/json",
            r#"{"error": {"message": "two\nlines\r\nof it"}}"#,
            "  two\n  lines\n  of it\n",
        ),
        (
            "text/html",
            html,
            "  <!DOCTYPE html> <html> <head><title>502 Bad Gateway</title></head> </html>\n",
        ),
        (
            "text/plain",
            "upstream timed out\n",
            "  upstream timed out\n",
        ),
        ("text/plain", &long, &format!("  {}…\n", "ö".repeat(120))),
        ("application/json", "", ""),
        ("application/json", " \n", ""),
        (
            "application/json",
            r#"{"error": {"message": ""}}"#,
            "  {\"error\": {\"message\": \"\"}}\n",
        ),
    ] {
        answered(Reply::text(500, media_type, body)).is(
            5,
            "",
            format!(
                "\
error: the server failed to look up `file-abc123` (HTTP 500)
{words}  url: {{base}}/files/file-abc123

hint: try again later, or raise --max-retries
"
            ),
        );
    }
    answered(Reply::text(500, "text/plain", *b"\xff\xfe!")).is(
        5,
        "",
        "\
error: the server failed to look up `file-abc123` (HTTP 500)
  \u{fffd}\u{fffd}!
  url: {base}/files/file-abc123

hint: try again later, or raise --max-retries
",
    );
}

#[test]
fn an_error_counts_even_where_its_body_is_cut() {
    let missing = "no such file `file-abc123`";
    let no_quota = r#"{"error": {"code": "insufficient_quota"}}"#;
    for (head, body, code, message, hint) in [
        (
            "404 Not Found\r\nContent-Length: 100",
            r#"{"error": "no such"#,
            3,
            missing,
            "check the id, and that the file is on this server",
        ),
        (
            "404 Not Found\r\nContent-Length: 100",
            "<p>no such",
            3,
            missing,
            "check the base URL; this does not look like the answer of an API",
        ),
        (
            "404 Not Found\r\nContent-Encoding: gzip\r\nContent-Length: 7",
            "no such",
            3,
            missing,
            "check the id, and that the file is on this server",
        ),
        (
            "429 Too Many Requests\r\nContent-Length: 100",
            no_quota,
            6,
            "no quota left to look up `file-abc123`",
            "asking again does not help; check plan and billing of the organization",
        ),
    ] {
        let answer = format!("HTTP/1.1 {head}\r\n\r\n{body}");
        let run = answered(Reply::script([Step::bytes(answer), Step::Close]));
        let status = &head[..3];
        run.is(
            code,
            "",
            format!(
                "error: {message} (HTTP {status})\n  url: {{base}}/files/file-abc123\n\n\
                 hint: {hint}\n"
            ),
        );
    }
}

#[test]
fn a_key_in_the_servers_words_is_not_repeated() {
    let message = format!("Incorrect API key provided: {}.", secrets::API_KEY);
    let reply = Reply::error(401, &message).header("x-request-id", secrets::API_KEY);
    answered(reply.clone()).is(
        4,
        "",
        "\
error: not authorized to look up `file-abc123` (HTTP 401)
  Incorrect API key provided: [redacted].
  url: {base}/files/file-abc123
  request id: [redacted]

hint: the server did not accept the API key from OPENAI_API_KEY
",
    );
    let server = Server::replying(reply);
    once(&server).args(["--format-error", "raw"]).run().is(
        4,
        "",
        r#"{
    "message": "Incorrect API key provided: [redacted].",
    "type": "invalid_request_error",
    "param": null,
    "code": null
  }
"#,
    );
    once(&server)
        .args(["--transform-error", "message", "-r"])
        .run()
        .is(4, "", "Incorrect API key provided: [redacted].\n");
}

/// The formats, and what each makes of `{"message": "gone", "type": "t", "param": null, "code": "c"}`
/// as it stands in an indented body.
const ERROR_OBJECT: [(&str, &str); 7] = [
    (
        "json",
        "{\n  \"message\": \"gone\",\n  \"type\": \"t\",\n  \"param\": null,\n  \"code\": \"c\"\n}\n",
    ),
    (
        "jsonl",
        "{\"message\":\"gone\",\"type\":\"t\",\"param\":null,\"code\":\"c\"}\n",
    ),
    (
        "raw",
        "{\n    \"message\": \"gone\",\n    \"type\": \"t\",\n    \"param\": null,\n    \"code\": \"c\"\n  }\n",
    ),
    ("yaml", "message: gone\ntype: t\nparam: null\ncode: c\n"),
    (
        "pretty",
        "\
╭─ files retrieve ─╮
│ message: gone    │
│ type: t          │
│ param: null      │
│ code: c          │
╰──────────────────╯
",
    ),
    (
        "table",
        "message  gone\ntype     t\nparam    null\ncode     c\n",
    ),
    (
        "explore",
        "{\n  \"message\": \"gone\",\n  \"type\": \"t\",\n  \"param\": null,\n  \"code\": \"c\"\n}\n",
    ),
];

#[test]
fn scripts_get_the_error_object_in_every_format() {
    let server = Server::replying(Reply::error_with_code(404, "gone", "t", Some("c")));
    for (format, expected) in ERROR_OBJECT {
        once(&server)
            .args(["--format-error", format])
            .run()
            .is(3, "", expected);
    }
}

#[test]
fn the_error_object_can_be_transformed() {
    let server = Server::replying(Reply::error_with_code(404, "gone", "t", Some("c")));
    let with = |arguments: &[&str]| once(&server).args(arguments).run();
    with(&["--transform-error", "message"]).is(3, "", "\"gone\"\n");
    with(&["--transform-error", "message", "-r"]).is(3, "", "gone\n");
    with(&[
        "--transform-error",
        "{code,type}",
        "--format-error",
        "jsonl",
    ])
    .is(3, "", "{\"code\":\"c\",\"type\":\"t\"}\n");
    with(&["--transform-error", "param"]).is(3, "", "null\n");
    // A failure must not get lost because of a typing error.
    with(&["--transform-error", "mesage"]).is(
        3,
        "",
        "\
error: no such file `file-abc123` (HTTP 404)
  gone
  url: {base}/files/file-abc123

hint: check the id, and that the file is on this server
",
    );
}

#[test]
fn an_error_of_another_form_is_an_object_for_scripts_too() {
    let json = ["--format-error", "jsonl"];
    for (status, code, body, expected) in [
        (
            422,
            1,
            "{\"detail\": [{\"loc\": [\"path\"], \"msg\": \"m\"}]}",
            "{\"detail\":[{\"loc\":[\"path\"],\"msg\":\"m\"}]}\n",
        ),
        (
            404,
            3,
            "{\"detail\": \"Not Found\"}",
            "{\"detail\":\"Not Found\"}\n",
        ),
        (404, 3, "{\"error\": \"boom\"}", "\"boom\"\n"),
        (
            404,
            3,
            "{\"error\": null, \"detail\": \"Not Found\"}",
            "{\"error\":null,\"detail\":\"Not Found\"}\n",
        ),
        (
            502,
            5,
            "<html>",
            "{\"message\":\"the server failed to look up `file-abc123` (HTTP 502): <html>\",\"type\":\"server_error\",\"param\":null,\"code\":\"server\"}\n",
        ),
        (
            404,
            3,
            "",
            "{\"message\":\"no such file `file-abc123` (HTTP 404)\",\"type\":\"not_found_error\",\"param\":null,\"code\":\"not_found\"}\n",
        ),
    ] {
        let server = Server::replying(Reply::json(status, body));
        once(&server).args(json).run().is(code, "", expected);
    }
}

#[test]
fn failures_without_an_answer_are_objects_for_scripts_too() {
    let refusing = Refusing::start();
    retrieve()
        .args(["a", "--max-retries", "0", "--format-error", "json"])
        .base_url(&refusing.base_url())
        .placeholder("address", &refusing.address().to_string())
        .run()
        .is(
            7,
            "",
            r#"{
  "message": "cannot reach {address} to look up `a`: connection refused",
  "type": "network_error",
  "param": null,
  "code": "connection_refused"
}
"#,
        );
    retrieve()
        .args(["a", "--format-error", "jsonl"])
        .run()
        .is(
            4,
            "",
            "{\"message\":\"no API key\",\"type\":\"authentication_error\",\"param\":null,\"code\":\"authentication\"}\n",
        );
    retrieve()
        .args(["a", "--format-error", "jsonl", "--base-url", "h"])
        .run()
        .is(
            2,
            "",
            "{\"message\":\"--base-url \\\"h\\\" is missing a scheme (expected http:// or https://)\",\"type\":\"usage_error\",\"param\":null,\"code\":\"usage\"}\n",
        );
}

#[test]
fn an_answer_that_is_no_file_object_fails_loudly() {
    let deep = format!("{}1{}", "{\"a\":".repeat(300), "}".repeat(300));
    for (body, why, excerpt) in [
        (
            "<!doctype html>\n<title>Sign in</title>",
            "not JSON: expected value at line 1 column 1",
            "<!doctype html> <title>Sign in</title>",
        ),
        ("", "empty", ""),
        (" \r\n", "empty", ""),
        (
            "[{\"id\": \"a\"}]",
            "JSON, but not an object: array",
            "[{\"id\": \"a\"}]",
        ),
        ("null", "JSON, but not an object: null", "null"),
        (
            "\"file-abc123\"",
            "JSON, but not an object: string",
            "\"file-abc123\"",
        ),
        (
            "{\"id\": \"file-abc123\", \"by",
            "not JSON: EOF while parsing a string at line 1 column 25",
            "{\"id\": \"file-abc123\", \"by",
        ),
        (
            "{\"id\": 1} {\"id\": 2}",
            "not JSON: trailing characters at line 1 column 11",
            "{\"id\": 1} {\"id\": 2}",
        ),
        (
            "data: {\"id\": 1}\n\n",
            "not JSON: expected value at line 1 column 1",
            "data: {\"id\": 1}",
        ),
        (
            &deep,
            "nested deeper than 256 levels",
            &format!("{}…", &deep[..120]),
        ),
    ] {
        let excerpt = if excerpt.is_empty() {
            String::new()
        } else {
            format!("  {excerpt}\n")
        };
        answered(Reply::text(200, "text/html", body).header("x-request-id", "req_0123")).is(
            1,
            "",
            format!(
                "\
error: the answer for `file-abc123` is not a file object: {why}
  HTTP 200, text/html
{excerpt}  url: {{base}}/files/file-abc123
  request id: req_0123{CHECK_BASE_URL}"
            ),
        );
    }
}

#[test]
fn an_answer_that_is_no_text_fails_loudly() {
    answered(Reply::json(200, *b"{\"id\": \"\xff\"}")).is(
        1,
        "",
        format!(
            "\
error: the answer for `file-abc123` is not a file object: not UTF-8
  HTTP 200, application/json
  {{\"id\": \"\u{fffd}\"}}
  url: {{base}}/files/file-abc123{CHECK_BASE_URL}"
        ),
    );
    answered(Reply::status(204)).is(
        1,
        "",
        format!(
            "\
error: the answer for `file-abc123` is not a file object: empty
  HTTP 204, no content type
  url: {{base}}/files/file-abc123{CHECK_BASE_URL}"
        ),
    );
}

#[test]
fn a_good_answer_counts_whatever_its_status_and_type_say() {
    for reply in [
        Reply::text(200, "text/plain; charset=utf-8", file_object().to_string()),
        Reply::text(201, "application/octet-stream", file_object().to_string()),
        Reply::json(203, format!("\u{feff}{:#}\r\n", file_object())),
    ] {
        answered(reply).is(0, EXAMPLE, "");
    }
    let body = file_object().to_string();
    let (start, end) = body.split_at(20);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{start}\r\n{:x};x=y\r\n{end}\r\n0\r\nTrailer: 1\r\n\r\n",
        start.len(),
        end.len()
    );
    answered(Reply::bytes(chunked)).is(0, EXAMPLE, "");
    let old = format!("HTTP/1.0 200 OK\r\n\r\n{body}");
    answered(Reply::script([Step::bytes(old), Step::Close])).is(0, EXAMPLE, "");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let dripping = Reply::script([
        Step::bytes(head),
        Step::Drip {
            bytes: body.into_bytes(),
            every: Duration::from_millis(1),
        },
    ]);
    answered(dripping).is(0, EXAMPLE, "");
}

#[test]
fn an_answer_without_end_is_given_up() {
    let endless = Reply::script([
        Step::bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Step::Forever(
            ["10000\r\n", &" ".repeat(1 << 16), "\r\n"]
                .concat()
                .into_bytes(),
        ),
    ]);
    let run = answered(endless);
    run.is(
        1,
        "",
        "\
error: the answer for `file-abc123` is larger than 16 MiB
  url: {base}/files/file-abc123

hint: check the base URL; a file object has a few hundred bytes
",
    );
    if let Some(peak) = run.peak_memory {
        assert!(peak < 64 << 20, "{peak} bytes");
    }
}

#[test]
fn an_answer_of_sixteen_mebibytes_is_taken() {
    let mut body = file_object().to_string().into_bytes();
    body.resize(16 << 20, b' ');
    let server = Server::replying(Reply::json(200, body.clone()));
    once(&server).run().is(0, EXAMPLE, "");
    body.push(b' ');
    answered(Reply::json(200, body)).is(
        1,
        "",
        "\
error: the answer for `file-abc123` is larger than 16 MiB
  url: {base}/files/file-abc123

hint: check the base URL; a file object has a few hundred bytes
",
    );
}

#[test]
fn nobody_listens() {
    let refusing = Refusing::start();
    retrieve()
        .args(["a", "--max-retries", "0"])
        .base_url(&refusing.base_url())
        .placeholder("base", &refusing.base_url())
        .placeholder("address", &refusing.address().to_string())
        .run()
        .is(
            7,
            "",
            "\
error: cannot reach {address} to look up `a`: connection refused
  url: {base}/files/a

hint: check that the server is running, and the base URL
",
        );
}

#[test]
fn a_name_does_not_resolve() {
    // RFC 6761, section 6.4: `invalid` never does. Resolvers differ in their words, and a machine
    // without a network has none that answers.
    let look = |retries: &str| {
        retrieve()
            .args(["a", "--max-retries", retries])
            .base_url("http://no-such-host.invalid/v1")
    };
    let told = |how: &str| {
        format!(
            "\
error: cannot reach no-such-host.invalid to look up `a`: the name does not resolve{how}
  url: http://no-such-host.invalid/v1/files/a

hint: check the spelling of the host, and the network
"
        )
    };
    look("0").run().is(7, "", told(" ([..])"));
    if !mounts() {
        return;
    }
    // Nobody knows the name.
    look("1")
        .file("files", "hosts: files\n")
        .mounting("mount --bind files /etc/nsswitch.conf")
        .run()
        .is(7, "", told(" (Name or service not known)"));
    // Nobody who might know it answers.
    look("1")
        .file("dns", "hosts: dns\n")
        .file("loopback", "nameserver 127.0.0.1\n")
        .mounting(
            "mount --bind dns /etc/nsswitch.conf
             mount --bind loopback /etc/resolv.conf
             set -- unshare --net \"$@\"",
        )
        .run()
        .is(
            7,
            "",
            told(", 2 attempts (Temporary failure in name resolution)"),
        );
}

#[test]
fn the_connection_ends_too_soon() {
    for steps in [
        vec![Step::Close],
        vec![Step::Reset],
        vec![Step::bytes("HTTP/1.1 200 O"), Step::Close],
        vec![Step::bytes("HTTP/1.1 200 OK\r\nContent-Le"), Step::Close],
        vec![
            Step::bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
            Step::Close,
        ],
        vec![
            Step::bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
            Step::Reset,
        ],
        vec![
            Step::bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
            Step::Close,
        ],
        vec![
            Step::bytes(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99\r\n\r\n\x1f",
            ),
            Step::Close,
        ],
    ] {
        answered(Reply::script(steps)).is(
            7,
            "",
            "\
error: the connection to {address} ended before the answer for `file-abc123` was complete
  url: {base}/files/file-abc123

hint: try again later
",
        );
    }
}

#[test]
fn an_answer_takes_too_long() {
    for steps in [
        vec![Step::Hang],
        vec![Step::bytes("HTTP/1.1 200 OK\r\n"), Step::Hang],
        vec![
            Step::bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
            Step::Hang,
        ],
        vec![
            Step::bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
            Step::Drip {
                bytes: vec![b' '; 9],
                every: Duration::from_millis(80),
            },
        ],
    ] {
        let server = Server::options()
            .expecting(1)
            .start(move |_| Reply::script(steps.clone()));
        let run = once(&server).args(["--timeout", "300ms"]).run();
        run.is(
            7,
            "",
            "\
error: no complete answer for `file-abc123` from {address} within 300ms
  url: {base}/files/file-abc123

hint: try again, or raise --timeout
",
        );
        assert!(run.elapsed >= Duration::from_millis(300), "{run}");
    }
}

#[test]
fn what_answers_does_not_speak_http() {
    let server = Server::options()
        .greeting([Step::bytes("SSH-2.0-OpenSSH_9.9\r\n"), Step::Hang])
        .expecting(0)
        .start(|_| Reply::file());
    once(&server).run().is(
        7,
        "",
        "\
error: what {address} answered for `file-abc123` is not valid HTTP
  url: {base}/files/file-abc123

hint: check scheme and port of the base URL: http:// or https://
",
    );
}

#[test]
fn words_from_afar_do_not_break_the_report() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\u{202e}";
    let server = Server::replying(Reply::error(404, &format!("a{hostile}b")));
    let report = |reordering: &str| {
        format!(
            r"error: no such file `file-abc123` (HTTP 404)
  a\u001b]0;owned\u0007\u001b[2J\u000d{reordering}b
  url: {{base}}/files/file-abc123

hint: check the id, and that the file is on this server
"
        )
    };
    once(&server).run().is(3, "", report("\u{202e}"));
    once(&server)
        .terminal(80, 24)
        .args(["--no-color"])
        .run()
        .is(3, "", report(r"\u202e"));
}

#[test]
fn the_status_of_the_file_is_an_exit_code_where_asked_for() {
    let file = |status: &str| file_object().with_text("status", status).to_string();
    for (object, code, message) in [
        (file("processed"), 0, String::new()),
        (
            file("uploaded"),
            8,
            "error: `a` is not ready: its status is `uploaded`\n\nhint: wait for it with --wait\n"
                .to_owned(),
        ),
        (
            file("pending"),
            8,
            "error: `a` is not ready: its status is `pending`\n\nhint: wait for it with --wait\n"
                .to_owned(),
        ),
        (
            file("error"),
            9,
            "error: `a` failed to be processed: its status is `error`\n  status_details\n"
                .to_owned(),
        ),
        (
            file("deleted"),
            9,
            "error: `a` is gone: its status is `deleted`\n".to_owned(),
        ),
        (
            file_object().without("status").to_string(),
            1,
            "\
error: `a` has no status: this server does not report one

hint: leave out --wait and --exit-status to look it up all the same
"
            .to_owned(),
        ),
        (
            file_object().with("status", "null").to_string(),
            1,
            "\
error: `a` has no status: this server does not report one

hint: leave out --wait and --exit-status to look it up all the same
"
            .to_owned(),
        ),
    ] {
        let server = Server::replying(Reply::json(200, object.clone()));
        let openai = || retrieve().args(["a", "--format", "raw"]).server(&server);
        let printed = format!("{object}\n");
        openai().run().is(0, &printed, "");
        openai()
            .args(["--exit-status"])
            .run()
            .is(code, &printed, &message);
        openai()
            .args(["--exit-status", "--quiet"])
            .run()
            .is(code, "", &message);
    }
}

#[test]
fn a_file_is_told_of_once_whatever_is_wrong_with_it() {
    for (status, code, message) in [
        (
            "processed",
            1,
            "cannot transform `a`: nothing matches `nope`",
        ),
        (
            "error",
            9,
            "`a` failed to be processed: its status is `error`\n  status_details\n  cannot transform `a`: nothing matches `nope`",
        ),
        (
            "deleted",
            9,
            "`a` is gone: its status is `deleted`\n  cannot transform `a`: nothing matches `nope`",
        ),
    ] {
        let object = file_object().with_text("status", status).to_string();
        let server = Server::replying(Reply::json(200, object));
        for options in [&["--exit-status"][..], &["--exit-status", "--quiet"]] {
            retrieve()
                .args(["a", "--transform", "nope"])
                .args(options)
                .server(&server)
                .run()
                .is(
                    code,
                    "",
                    format!("error: {message}\n\nhint: the members there are [..]\n"),
                );
        }
    }
}

#[test]
fn of_a_long_status_the_start_is_told() {
    for (status, code, message) in [
        (
            "s".repeat(1 << 20),
            8,
            format!(
                "error: `a` is not ready: its status is `{}…`\n\nhint: wait for it with --wait\n",
                "s".repeat(100)
            ),
        ),
        // What is cut is searched before.
        (
            "s".repeat(95) + secrets::API_KEY,
            8,
            format!(
                "error: `a` is not ready: its status is `{}[reda…`\n\nhint: wait for it with --wait\n",
                "s".repeat(95)
            ),
        ),
        (
            "error".to_owned(),
            9,
            format!(
                "error: `a` failed to be processed: its status is `error`\n  {}[reda…\n",
                "d".repeat(1995)
            ),
        ),
    ] {
        let object = file_object().with_text("status", &status).with_text(
            "status_details",
            &("d".repeat(1995) + secrets::API_KEY + &"d".repeat(1 << 20)),
        );
        let server = Server::replying(Reply::json(200, object.to_string()));
        retrieve()
            .args(["a", "--exit-status", "--quiet"])
            .server(&server)
            .run()
            .is(code, "", message);
    }
}

#[test]
fn nothing_is_printed_where_a_transform_finds_nothing() {
    let server = Server::replying(Reply::file());
    once(&server).args(["--transform", "statsu"]).run().is(
        1,
        "",
        like(predicates::str::starts_with("error: ")),
    );
}

#[test]
fn no_backtrace_is_ever_printed() {
    let server = Server::replying(Reply::error(404, "no"));
    once(&server)
        .env("RUST_BACKTRACE", "full")
        .env("RUST_LIB_BACKTRACE", "1")
        .args(["--format-error", "jsonl"])
        .run()
        .is(
            3,
            "",
            "{\"message\":\"no\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}\n",
        );
    retrieve()
        .args(["a", "--api-key-file", "missing"])
        .env("RUST_BACKTRACE", "1")
        .run()
        .is(
            2,
            "",
            "error: cannot read the API key from `missing`: no such file or directory\n",
        );
}
