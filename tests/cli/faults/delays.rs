//! What servers ask of those who come back: delays of every spelling, and whether to come at all.
#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

use std::time::SystemTime;

use super::*;

/// A 503 with this head, then a file.
fn then_a_file(name: impl Into<String>, headers: &[(&str, &str)]) -> Row {
    let reply = headers
        .iter()
        .fold(Reply::error(503, "busy"), |reply, (name, value)| {
            reply.header(name, value)
        });
    replies(name, [reply, Reply::file()]).args("--max-retries 1")
}

/// A date of HTTP, this many seconds from now.
fn date(seconds_from_now: i64) -> String {
    let now = SystemTime::now();
    let offset = Duration::from_secs(seconds_from_now.unsigned_abs());
    let then = if seconds_from_now < 0 {
        now - offset
    } else {
        now + offset
    };
    httpdate::fmt_http_date(then)
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    // The delay of our own choice is from 375 to 500 ms.
    for (value, gap) in [
        ("1", 1000),
        ("0.6", 600),
        (".6", 600),
        ("1.", 1000),
        (" 0.6\t", 600),
        ("00000001", 1000),
        ("", 375),
        (".", 375),
        ("nan", 375),
        ("NaN", 375),
        ("inf", 375),
        ("infinity", 375),
        ("-inf", 375),
        ("1e30", 375),
        ("1e-3", 375),
        ("-30", 375),
        ("+30", 375),
        ("-0", 375),
        ("30,5", 375),
        ("30, 2", 375),
        ("30 seconds", 375),
        ("30s", 375),
        ("0x30", 375),
        ("\u{663}\u{660}", 375),
        ("soon", 375),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 375),
        ("Wednesday, 21-Oct-15 07:28:00 GMT", 375),
        ("Wed Oct 21 07:28:00 2015", 375),
        ("Wed, 21 Oct 2015 07:28:00 +0200", 375),
        ("Wed, 99 Oct 2099 07:28:00 GMT", 375),
        ("2099-10-21T07:28:00Z", 375),
    ] {
        rows.push(
            then_a_file(format!("Retry-After: {value:?}"), &[("Retry-After", value)]).gaps([gap]),
        );
    }
    for (value, gap) in [
        ("600", 600),
        ("600.5", 600),
        ("-30000", 375),
        ("nan", 375),
        ("3e4", 375),
        ("", 375),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 375),
    ] {
        rows.push(
            then_a_file(
                format!("retry-after-ms: {value:?}"),
                &[("retry-after-ms", value)],
            )
            .gaps([gap]),
        );
    }
    // Five delays of our own choice take longer than a run may.
    for (name, value) in [("Retry-After", "0"), ("retry-after-ms", "1")] {
        let mut answers = vec![Reply::error(503, "busy").header(name, value); 5];
        answers.push(Reply::file());
        rows.push(
            row(
                format!("{name}: {value:?}, five times"),
                There::Replies(answers),
            )
            .args("--max-retries 5")
            .requests(6),
        );
    }
    rows.extend([
        // A date has no fractions: two seconds from now is between one and two.
        row(
            "a date",
            There::Handler(|request| match request.number {
                1 => Reply::error(503, "busy").header("Retry-After", &date(2)),
                _ => Reply::file(),
            }),
        )
        .args("--max-retries 1")
        .gaps([1000]),
        then_a_file("a date that is past", &[("Retry-After", &date(-2))]).gaps([375]),
        then_a_file(
            "milliseconds before seconds",
            &[("Retry-After", "3000"), ("retry-after-ms", "600")],
        )
        .gaps([600]),
        then_a_file(
            "milliseconds that are none",
            &[("Retry-After", "0.6"), ("retry-after-ms", "soon")],
        )
        .gaps([600]),
        then_a_file(
            "two of them",
            &[("Retry-After", "0.6"), ("Retry-After", "3000")],
        )
        .gaps([600]),
        then_a_file(
            "two of them, the first unreadable",
            &[("Retry-After", "soon"), ("Retry-After", "3000")],
        )
        .gaps([375]),
    ]);
    for (value, words) in [
        ("121", "2m 1s"),
        ("3600", "1h"),
        ("99999999999", "more than a year"),
        ("18446744073709551616", "more than a year"),
    ] {
        rows.push(too_long(
            format!("Retry-After: {value}"),
            ("Retry-After", value),
            words,
        ));
    }
    rows.push(too_long(
        "Retry-After: 400 digits",
        ("Retry-After", &"9".repeat(400)),
        "more than a year",
    ));
    rows.push(too_long(
        "retry-after-ms: 200000",
        ("retry-after-ms", "200000"),
        "3m 20s",
    ));
    rows.push(too_long(
        "a date far away",
        ("Retry-After", &date(7210)),
        "2h [..]",
    ));
    rows.push(too_long(
        "the last date there is",
        ("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"),
        "more than a year",
    ));
    rows.extend(should_retry());
    rows.extend(rate_limits());
    rows
}

/// A server that wants to be left alone for longer than anybody waits.
fn too_long(name: impl Into<String>, header: (&str, &str), words: &str) -> Row {
    then_a_file(name, &[header])
        .fails(
            5,
            report(
                "the server failed to look up `file-abc123` (HTTP 503)",
                &["busy"],
                &format!("the server asks to come back in {words}"),
            ),
        )
        .requests(1)
}

fn should_retry() -> Vec<Row> {
    let first = |status, value: &str| {
        let reply = Reply::error(status, "no")
            .header("x-should-retry", value)
            .header("retry-after-ms", "1");
        replies(
            format!("{status} with x-should-retry: {value:?}"),
            [reply, Reply::file()],
        )
        .args("--max-retries 1")
    };
    let missing = || {
        report(
            "no such file `file-abc123` (HTTP 404)",
            &["no"],
            "check the id, and that the file is on this server",
        )
    };
    let busy = || {
        report(
            "the server failed to look up `file-abc123` (HTTP 503)",
            &["no"],
            "try again later, or raise --max-retries",
        )
    };
    let limited = || {
        report(
            "too many requests; `file-abc123` was not looked up (HTTP 429)",
            &["no"],
            "try again later, or with a lower --concurrency",
        )
    };
    vec![
        first(404, "true").requests(2),
        first(400, "true").requests(2),
        first(401, "true").requests(2),
        first(304, "true").requests(2),
        first(404, " true ").requests(2),
        first(404, "false").fails(3, missing()),
        first(404, "yes").fails(3, missing()),
        first(404, "").fails(3, missing()),
        first(503, "false").fails(5, busy()),
        first(429, "false").fails(6, limited()),
        first(503, "true").requests(2),
        first(503, "no").requests(2),
        // There is nothing to repeat where there is a file.
        replies(
            "200 with x-should-retry",
            [Reply::file().header("x-should-retry", "true")],
        )
        .args("--max-retries 1"),
    ]
}

fn rate_limits() -> Vec<Row> {
    let limited = |headers: &[(&str, &str)]| {
        headers
            .iter()
            .fold(Reply::error(429, "slow down"), |reply, (name, value)| {
                reply.header(name, value)
            })
    };
    let quota = |field: &str| {
        let other = if field == "code" { "type" } else { "code" };
        Reply::json(
            429,
            format!(
                r#"{{"error": {{"message": "no money", "{field}": "insufficient_quota", "{other}": null}}}}"#
            ),
        )
        .header("retry-after-ms", "1")
    };
    let no_quota = || {
        report(
            "no quota left to look up `file-abc123` (HTTP 429)",
            &["no money"],
            "asking again does not help; check plan and billing of the organization",
        )
    };
    // More than is read of an error, and too long to be read whole.
    let long_quota = Reply::json(
        429,
        format!(
            r#"{{"error": {{"code": "insufficient_quota", "message": "{}"}}}}"#,
            "x".repeat(2 << 20)
        ),
    )
    .header("retry-after-ms", "1");
    let start = r#"{"error": {"code": "insufficient_quota", "message": ""#;
    let excerpt = format!("{start}{}…", "x".repeat(120 - start.len()));
    vec![
        replies("429 without quota, in 2 MiB", [long_quota])
            .args("--max-retries 2")
            .fails(6, no_quota().replace("no money", &excerpt)),
        replies(
            "429, then a file",
            [limited(&[("Retry-After", "0.6")]), Reply::file()],
        )
        .args("--max-retries 1")
        .gaps([600]),
        replies(
            "429 again and again",
            [limited(&[("retry-after-ms", "300")])],
        )
        .args("--max-retries 2")
        .fails(
            6,
            report(
                "too many requests; `file-abc123` was not looked up (HTTP 429, 3 attempts)",
                &["slow down"],
                "try again later, or with a lower --concurrency",
            ),
        )
        .gaps([300, 300]),
        replies("429 for an hour", [limited(&[("Retry-After", "3600")])])
            .args("--max-retries 2")
            .fails(
                6,
                report(
                    "too many requests; `file-abc123` was not looked up (HTTP 429)",
                    &["slow down"],
                    "the server asks to come back in 1h",
                ),
            ),
        replies("429 without quota, by code", [quota("code")])
            .args("--max-retries 2")
            .fails(6, no_quota()),
        replies("429 without quota, by type", [quota("type")])
            .args("--max-retries 2")
            .fails(6, no_quota()),
    ]
}
