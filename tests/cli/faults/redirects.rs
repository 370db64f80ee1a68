//! Redirects: where they may lead, where not, and those that lead nowhere.
#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

use super::*;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for status in [301, 302, 303, 307, 308] {
        let moved = Reply::status(status).header("Location", "/elsewhere");
        rows.push(replies(format!("{status} to a file"), [moved, Reply::file()]).requests(2));
        rows.push(
            replies(format!("{status} without a place"), [Reply::status(status)])
                .fails(1, nowhere()),
        );
    }
    for status in [300, 304, 305, 306, 399] {
        let reply = Reply::status(status).header("Location", "/elsewhere");
        rows.push(
            replies(format!("{status} is no redirect"), [reply])
                .fails(1, strange(&format!("HTTP {status}"))),
        );
    }
    for location in [
        "/v1/files/other",
        "other",
        "./other",
        "../../x",
        "?query",
        "//{host}/other",
        "http://{host}/other",
        "HTTP://{host}/other",
        "http://{host}/other#fragment",
        "http://user:sentinel-secret@{host}/other",
        "/\u{e9}/%zz/ space",
        "\\other",
    ] {
        rows.push(row(format!("to {location:?}"), There::To(location)).requests(2));
    }
    for location in [
        "",
        "http://",
        "http://[::1",
        "http://{host}:99999/",
        "http://exa mple/",
    ] {
        rows.push(row(format!("to {location:?}"), There::To(location)).fails(1, nowhere()));
    }
    for (location, named) in [
        ("https://{host}/other", "https://{address}"),
        ("http://other.example/", "http://other.example"),
        ("http://127.0.0.1/", "http://127.0.0.1"),
        ("//other.example/", "http://other.example"),
        (
            "http://user:password@other.example/",
            "http://other.example",
        ),
        ("http://{host}@other.example/", "http://other.example"),
        ("http://OTHER.example:80/", "http://other.example"),
        (
            "http://b\u{fc}cher.example/",
            "http://xn--bcher-kva.example",
        ),
        ("ftp://other.example/", "ftp://other.example"),
        ("ws://{host}/", "ws://{address}"),
        ("file:///etc/passwd", "file://"),
        ("data:application/json,{}", "data:"),
        ("javascript:alert(1)", "javascript:"),
        ("about:blank", "about:"),
        ("blob:http://{host}/other", "blob:"),
        ("mailto:someone@other.example", "mailto:"),
    ] {
        rows.push(row(format!("to {location:?}"), There::To(location)).fails(1, elsewhere(named)));
    }
    rows.extend([
        replies(
            "to a place of 60,000 characters",
            [
                Reply::status(302).header("Location", &format!("/{}", "x".repeat(60_000))),
                Reply::file(),
            ],
        )
        .requests(2),
        row(
            "to another port",
            There::Moved(|port| {
                Reply::status(307)
                    .header("Location", &format!("http://127.0.0.1:{port}/v1/files/x"))
            }),
        )
        .fails(1, elsewhere("http://127.0.0.1:{other}")),
        replies("to itself", [Reply::status(302).header("Location", "")]).fails(1, nowhere()),
        row("in a circle of one", There::To("/v1/files/file-abc123"))
            .fails(1, circles())
            .requests(11),
        row(
            "ten times, then a file",
            There::Handler(|request| match request.number {
                number @ 1..=10 => Reply::status(302).header("Location", &format!("/{number}")),
                _ => Reply::file(),
            }),
        )
        .requests(11),
        row(
            "eleven times, then a file",
            There::Handler(|request| match request.number {
                number @ 1..=11 => Reply::status(302).header("Location", &format!("/{number}")),
                _ => Reply::file(),
            }),
        )
        .fails(1, circles())
        .requests(11),
        row(
            "in a circle of two",
            There::Handler(|request| {
                let other = if request.path() == "/a" { "/b" } else { "/a" };
                Reply::status(308).header("Location", other)
            }),
        )
        .fails(1, circles())
        .requests(11),
        replies(
            "and then 404",
            [
                Reply::status(301).header("Location", "/gone"),
                Reply::status(404),
            ],
        )
        .fails(
            3,
            report(
                "no such file `file-abc123` (HTTP 404)",
                &[],
                "check the id, and that the file is on this server",
            ),
        )
        .requests(2),
        replies(
            "and then resets, then a file",
            [
                Reply::status(301).header("Location", "/moved"),
                // Of the connection that was kept, and of a new one.
                Reply::script([Step::Reset]),
                Reply::script([Step::Reset]),
                Reply::file(),
            ],
        )
        .args("--max-retries 1")
        .gaps([0, 0, 375]),
        replies(
            "slowly, in circles",
            [Reply::status(302)
                .header("Location", "/slow")
                .after(Duration::from_millis(200))],
        )
        .args("--timeout 500ms")
        .fails(7, late("500ms"))
        .requests(3)
        .takes(500),
        replies(
            "with a body",
            [
                Reply::text(302, "text/html", "<a href=/moved>moved</a>")
                    .header("Location", "/moved"),
                Reply::file(),
            ],
        )
        .requests(2),
        replies(
            "two places",
            [
                Reply::status(302)
                    .header("Location", "/one")
                    .header("Location", "http://x.example/"),
                Reply::file(),
            ],
        )
        .requests(2),
        replies(
            "to a place of 100,000 characters",
            [Reply::status(302).header("Location", &format!("/{}", "x".repeat(100_000)))],
        )
        .fails(1, nowhere()),
        replies(
            "to a host of 60,000 characters",
            [Reply::status(302).header("Location", &format!("http://{}/", "x".repeat(60_000)))],
        )
        .fails(1, elsewhere(&format!("http://{}…", "x".repeat(193)))),
        replies(
            "to 12,000 URLs, each within another",
            [Reply::status(302).header("Location", &"blob:".repeat(12_000))],
        )
        .fails(1, elsewhere("blob:")),
    ]);
    rows
}

fn nowhere() -> String {
    report(
        "the server redirects `file-abc123`, but not to a URL",
        &[],
        "check the base URL",
    )
}

fn circles() -> String {
    report(
        "the server redirects `file-abc123` again and again",
        &[],
        "check the base URL",
    )
}

fn elsewhere(origin: &str) -> String {
    report(
        "the server redirects `file-abc123` to another origin; not followed",
        &[&format!("from http://{{address}} to {origin}")],
        "if that is where the API is, name it with --base-url",
    )
}
