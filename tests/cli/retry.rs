//! Repetitions: what is asked for again, how often, and when.

use std::time::{Duration, Instant};

use crate::server::{Refusing, Reply, Server, Step, file_object};
use crate::support::{EXAMPLE, Openai, retrieve};

/// `openai files retrieve a`
fn look(server: &Server) -> Openai {
    retrieve().args(["a"]).server(server)
}

/// An error after which the tool may come back at once.
fn failing(status: u16) -> Reply {
    Reply::error(status, "not now").header("retry-after-ms", "1")
}

/// The times from each request to the next.
fn gaps(server: &Server) -> Vec<Duration> {
    let at: Vec<Instant> = server.requests().iter().map(|request| request.at).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// The delays that `--debug` announced, in milliseconds.
fn announced(stderr: &str) -> Vec<u64> {
    stderr
        .lines()
        .filter_map(|line| line.split_once("; next in ")?.1.strip_suffix(" ms"))
        .map(|number| number.parse().unwrap())
        .collect()
}

#[test]
fn what_may_pass_is_asked_for_again() {
    for status in [408, 409, 429, 500, 502, 503, 504, 520, 529, 599] {
        let server = Server::sequence([failing(status), failing(status), Reply::file()]);
        look(&server).run().is(0, EXAMPLE, "");
        assert_eq!(server.targets(), ["/v1/files/a"; 3], "{status}");
        assert_eq!(server.connections(), 1, "{status}");
        let [first, _, last] = &server.requests()[..] else {
            unreachable!()
        };
        assert_eq!(first.headers, last.headers, "{status}");
    }
}

#[test]
fn what_will_not_pass_is_asked_for_once() {
    for status in [300, 304, 400, 401, 403, 404, 405, 410, 418, 422, 499, 600] {
        let server = Server::options()
            .expecting(1)
            .start(move |_| failing(status));
        assert_ne!(look(&server).run().code, Some(0), "{status}");
    }
    for reply in [
        Reply::text(200, "text/html", "<html>"),
        Reply::json(200, "[]"),
        Reply::json(200, ""),
        Reply::status(302),
        Reply::json(200, "not compressed").header("Content-Encoding", "gzip"),
    ] {
        let server = Server::options().expecting(1).start(move |_| reply.clone());
        assert_eq!(look(&server).run().code, Some(1));
    }
}

#[test]
fn the_number_of_retries_is_kept() {
    for (arguments, requests, attempts) in [
        (&["--max-retries", "0"][..], 1, ""),
        (&["--max-retries=1"], 2, ", 2 attempts"),
        (&[], 3, ", 3 attempts"),
        (&["--max-retries", "7"], 8, ", 8 attempts"),
    ] {
        let server = Server::options()
            .expecting(requests)
            .start(|_| failing(503));
        look(&server).args(arguments).run().is(
            5,
            "",
            format!(
                "\
error: the server failed to look up `a` (HTTP 503{attempts})
  not now
  url: {{base}}/files/a

hint: try again later, or raise --max-retries
"
            ),
        );
    }
}

#[test]
fn any_number_of_retries_can_be_asked_for() {
    let server = Server::sequence([failing(503), Reply::file()]);
    look(&server)
        .args(["--max-retries", "99999999999"])
        .run()
        .is(0, EXAMPLE, "");
}

#[test]
fn a_lost_connection_is_asked_for_again() {
    let file = |id: &str| Reply::json(200, file_object().with_text("id", id).to_string());
    let server = Server::options()
        .expecting(14)
        .start(Reply::per_file(move |id, asked| {
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
            let steps = match (id, asked) {
                (_, 2..) => return file(id),
                ("closed", _) => vec![Step::Close],
                ("reset", _) => vec![Step::Reset],
                ("half-head", _) => vec![Step::bytes("HTTP/1.1 200 OK\r\nConte"), Step::Close],
                ("half-body", _) => vec![Step::bytes(head), Step::bytes("{}"), Step::Close],
                ("reset-body", _) => vec![Step::bytes(head), Step::bytes("{}"), Step::Reset],
                ("silent", _) => vec![Step::Hang],
                ("half-silent", _) => vec![Step::bytes(head), Step::bytes("{}"), Step::Hang],
                other => panic!("{other:?}"),
            };
            Reply::script(steps)
        }));
    let ids = [
        "closed",
        "reset",
        "half-head",
        "half-body",
        "reset-body",
        "silent",
        "half-silent",
    ];
    let lines: Vec<String> = ids.iter().map(|id| format!("{id}\n")).collect();
    retrieve()
        .args(ids)
        .args(["--transform", "id", "-r", "--timeout", "1s"])
        .server(&server)
        .run()
        .is(0, lines.concat(), "");
}

#[test]
fn the_report_of_a_lost_connection_counts_the_attempts() {
    let refusing = Refusing::start();
    retrieve()
        .args(["a", "--max-retries", "1"])
        .base_url(&refusing.base_url())
        .placeholder("address", &refusing.address().to_string())
        .run()
        .is(
            7,
            "",
            "\
error: cannot reach {address} to look up `a`: connection refused, 2 attempts
  url: http://{address}/v1/files/a

hint: check that the server is running, and the base URL
",
        );
    let server = Server::options()
        .expecting(2)
        .start(|_| Reply::script([Step::Hang]));
    look(&server)
        .args(["--max-retries", "1", "--timeout", "0.1"])
        .run()
        .is(
            7,
            "",
            "\
error: no complete answer for `a` from {address} within 100ms, 2 attempts
  url: {base}/files/a

hint: try again, or raise --timeout
",
        );
}

#[test]
fn without_a_word_from_the_server_the_delays_grow() {
    let server = Server::options()
        .expecting(3)
        .start(|_| Reply::error(503, "not now"));
    let run = look(&server).args(["--debug"]).run();
    assert_eq!(run.code, Some(5), "{run}");
    let announced = announced(&run.err());
    let [first, second] = announced[..] else {
        panic!("{run}")
    };
    assert!((375..=500).contains(&first), "{first}");
    assert!((750..=1000).contains(&second), "{second}");
    for (gap, announced) in gaps(&server).iter().zip(announced) {
        assert!(*gap >= Duration::from_millis(announced), "{gap:?}");
    }
}

#[test]
fn the_server_sets_the_delay() {
    for (headers, milliseconds) in [
        (&[("retry-after-ms", "40")][..], 40),
        (&[("Retry-After-Ms", "40.9")], 40),
        (&[("retry-after", "0")], 0),
        (&[("Retry-After", "0.03")], 30),
        (&[("retry-after", "100"), ("retry-after-ms", "20")], 20),
        (&[("retry-after-ms", "soon"), ("retry-after", "0.02")], 20),
    ] {
        let reply = headers
            .iter()
            .fold(Reply::error(503, "not now"), |reply, (name, value)| {
                reply.header(name, value)
            });
        let server = Server::sequence([reply, Reply::file()]);
        let run = look(&server).args(["--debug"]).run();
        assert_eq!(run.code, Some(0), "{run}");
        assert_eq!(announced(&run.err()), [milliseconds], "{run}");
        assert!(gaps(&server)[0] >= Duration::from_millis(milliseconds));
    }
}

#[test]
fn a_delay_that_has_passed_or_says_nothing_leaves_ours() {
    for (name, value) in [
        ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("retry-after", "-1"),
        ("retry-after-ms", "inf"),
    ] {
        let reply = Reply::error(503, "not now").header(name, value);
        let server = Server::sequence([reply, Reply::file()]);
        let run = look(&server).args(["--debug"]).run();
        let announced = announced(&run.err());
        assert!((375..=500).contains(&announced[0]), "{run}");
    }
}

#[test]
fn the_server_has_the_last_word_on_retries() {
    let server = Server::sequence([failing(404).header("x-should-retry", "true"), Reply::file()]);
    look(&server).run().is(0, EXAMPLE, "");

    let server = Server::options()
        .expecting(1)
        .start(|_| failing(503).header("x-should-retry", "false"));
    look(&server).run().is(
        5,
        "",
        "\
error: the server failed to look up `a` (HTTP 503)
  not now
  url: {base}/files/a

hint: try again later, or raise --max-retries
",
    );
}

#[test]
fn a_delay_that_is_too_long_is_told_instead_of_waited_for() {
    let soon = "Fri, 31 Dec 9999 23:59:59 GMT";
    for (status, code, header, value, when) in [
        (429, 6, "retry-after", "121", "2m 1s"),
        (429, 6, "retry-after", "3600.5", "1h"),
        (503, 5, "retry-after-ms", "5400000", "1h 30m"),
        (503, 5, "retry-after", soon, "more than a year"),
        (
            429,
            6,
            "retry-after",
            "1000000000000000000000",
            "more than a year",
        ),
    ] {
        let server = Server::options()
            .expecting(1)
            .start(move |_| Reply::error(status, "come back later").header(header, value));
        let what = if status == 429 {
            "too many requests; `a` was not looked up"
        } else {
            "the server failed to look up `a`"
        };
        look(&server).run().is(
            code,
            "",
            format!(
                "\
error: {what} (HTTP {status})
  come back later
  url: {{base}}/files/a

hint: the server asks to come back in {when}
"
            ),
        );
    }
}

#[test]
fn quota_does_not_come_back_by_itself() {
    for (kind, code) in [
        ("insufficient_quota", Some("insufficient_quota")),
        ("requests", Some("insufficient_quota")),
        ("insufficient_quota", None),
    ] {
        let server = Server::options().expecting(1).start(move |_| {
            Reply::error_with_code(429, "You exceeded your current quota.", kind, code)
                .header("retry-after-ms", "1")
                .header("x-should-retry", "true")
        });
        look(&server).run().is(
            6,
            "",
            "\
error: no quota left to look up `a` (HTTP 429)
  You exceeded your current quota.
  url: {base}/files/a

hint: asking again does not help; check plan and billing of the organization
",
        );
    }
    let server = Server::options().expecting(3).start(|_| {
        Reply::error_with_code(429, "Slow down.", "requests", Some("rate_limit_exceeded"))
            .header("retry-after-ms", "1")
    });
    look(&server).run().is(
        6,
        "",
        "\
error: too many requests; `a` was not looked up (HTTP 429, 3 attempts)
  Slow down.
  url: {base}/files/a

hint: try again later, or with a lower --concurrency
",
    );
}

#[test]
fn a_retry_starts_from_the_first_url() {
    let server =
        Server::options()
            .expecting(4)
            .start(|request| match (request.path(), request.number) {
                ("/moved", 2) => failing(503),
                ("/moved", _) => Reply::file(),
                _ => Reply::status(307).header("Location", "/moved"),
            });
    look(&server).run().is(0, EXAMPLE, "");
    assert_eq!(
        server.targets(),
        ["/v1/files/a", "/moved", "/v1/files/a", "/moved"]
    );
}

#[test]
fn a_long_delay_is_announced_to_a_person_only() {
    let server = || {
        let reply = Reply::error(503, "not now").header("retry-after-ms", "1001");
        Server::sequence([reply, Reply::file()])
    };
    let note = "note: HTTP 503; asking for `a` again in 1s 1ms\n";
    let on_terminal = server();
    look(&on_terminal)
        .stderr_terminal(80, 24)
        .args(["--no-color"])
        .run()
        .is(0, EXAMPLE, note);
    look(&server()).run().is(0, EXAMPLE, "");
    look(&server())
        .stderr_terminal(80, 24)
        .args(["--quiet"])
        .run()
        .is(0, "", "");
    for gap in gaps(&on_terminal) {
        assert!(gap >= Duration::from_millis(1001));
    }
}
