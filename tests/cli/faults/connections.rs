//! Faults of names and connections, and connections that end or hang at every point.
#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

use std::net::TcpListener;

use super::*;
use crate::support::{mounts, skip};

const PAUSE: Duration = Duration::from_millis(400);

fn hint_of_connecting() -> &'static str {
    "check that the server is running, and the base URL"
}

pub(super) fn rows() -> Vec<Row> {
    let refused = "cannot reach {address} to look up `file-abc123`: connection refused";
    let half = object()[..80].to_owned();
    let by_length = head("Content-Length: 166\r\n");
    let chunked = head("Transfer-Encoding: chunked\r\n");
    let mut rows = vec![
        row("refused", There::Nobody)
            .fails(7, report(refused, &[], hint_of_connecting()))
            .requests(0),
        row("refused three times", There::Nobody)
            .args("--max-retries 2")
            .fails(7, report(&format!("{refused}, 3 attempts"), &[], hint_of_connecting()))
            .requests(0)
            .takes(375 + 750),
        row("nobody takes the connection", There::Full)
            .fails(
                7,
                report(
                    "cannot reach {address} to look up `file-abc123`: no connection within 5s",
                    &[],
                    "check the network and the base URL",
                ),
            )
            .requests(0)
            .takes(5000),
        row("nobody takes the connection in the time there is", There::Full)
            .args("--timeout 500ms --max-retries 1")
            .fails(7, late("500ms, 2 attempts"))
            .requests(0)
            .takes(500 + 375 + 500),
        row("a name that does not resolve", There::Url("http://no.such.host.invalid/v1"))
            .fails(
                7,
                report(
                    "cannot reach no.such.host.invalid to look up `file-abc123`: the name does not resolve ([..])",
                    &[],
                    "check the spelling of the host, and the network",
                ),
            )
            .requests(0),
        row("closed when connecting", There::Greeting(vec![Step::Close]))
            .fails(7, lost())
            .requests(0),
        row("reset when connecting", There::Greeting(vec![Step::Reset]))
            .fails(7, lost())
            .requests(0),
        row("connected, but never answered", There::Greeting(vec![Step::Hang]))
            .args("--timeout 500ms")
            .fails(7, late("500ms"))
            .requests(0)
            .takes(500),
        steps("closed before the head", [Step::Close]).fails(7, lost()),
        steps("reset before the head", [Step::Reset]).fails(7, lost()),
        bytes("closed in the status line", "HTTP/1.1 20").fails(7, lost()),
        bytes("closed after the status line", "HTTP/1.1 200 OK\r\n").fails(7, lost()),
        bytes("closed in a header", "HTTP/1.1 200 OK\r\nContent-Le").fails(7, lost()),
        bytes("closed before the empty line", &by_length[..by_length.len() - 2]).fails(7, lost()),
        steps(
            "reset in the head",
            [Step::bytes("HTTP/1.1 200 OK\r\nContent-Le"), Step::Pause(PAUSE), Step::Reset],
        )
        .fails(7, lost()),
        bytes("closed after the head", by_length.clone()).fails(7, lost()),
        steps(
            "reset after the head",
            [Step::bytes(by_length.clone()), Step::Pause(PAUSE), Step::Reset],
        )
        .fails(7, lost()),
        bytes("half a body by length", by_length.clone() + &half).fails(7, lost()),
        bytes("all of a body by length but one byte", ok("").trim_end_matches('}').to_owned())
            .fails(7, lost()),
        steps(
            "reset in a body by length",
            [Step::bytes(by_length.clone() + &half), Step::Pause(PAUSE), Step::Reset],
        )
        .fails(7, lost()),
        bytes("closed before the first chunk", chunked.clone()).fails(7, lost()),
        bytes("closed in the size of a chunk", chunked.clone() + "A").fails(7, lost()),
        bytes("closed in a chunk", format!("{chunked}A6\r\n{half}")).fails(7, lost()),
        bytes("closed between chunks", format!("{chunked}50\r\n{half}\r\n")).fails(7, lost()),
        bytes("closed before the last chunk", format!("{chunked}A6\r\n{}\r\n", object()))
            .fails(7, lost()),
        bytes("closed in the last chunk", format!("{chunked}A6\r\n{}\r\n0\r\n", object()))
            .fails(7, lost()),
        steps(
            "reset in a chunk",
            [
                Step::bytes(format!("{chunked}A6\r\n{half}")),
                Step::Pause(PAUSE),
                Step::Reset,
            ],
        )
        .fails(7, lost()),
        bytes("half a body by close", head("Connection: close\r\n") + &half).fails(
            1,
            unusable(
                "not JSON: EOF while parsing a string at line 1 column 80",
                &["HTTP 200, application/json", &half],
            ),
        ),
        bytes("a whole body by close", head("Connection: close\r\n") + &object()),
        steps(
            "a body by close that is reset",
            [
                Step::bytes(head("Connection: close\r\n") + &half),
                Step::Pause(PAUSE),
                Step::Reset,
            ],
        )
        .fails(7, lost()),
        steps("nothing comes", [Step::Hang])
            .args("--timeout 500ms")
            .fails(7, late("500ms"))
            .takes(500),
        steps("half a head comes", [Step::bytes("HTTP/1.1 200 OK\r\nConte"), Step::Hang])
            .args("--timeout 500ms")
            .fails(7, late("500ms"))
            .takes(500),
        steps("the head comes", [Step::bytes(by_length.clone()), Step::Hang])
            .args("--timeout 500ms")
            .fails(7, late("500ms"))
            .takes(500),
        steps("half a body comes", [Step::bytes(by_length.clone() + &half), Step::Hang])
            .args("--timeout 500ms")
            .fails(7, late("500ms"))
            .takes(500),
        steps("half a chunk comes", [Step::bytes(format!("{chunked}A6\r\n{half}")), Step::Hang])
            .args("--timeout 500ms")
            .fails(7, late("500ms"))
            .takes(500),
        steps("a slow head, in time", [Step::Pause(PAUSE), Step::bytes(ok(""))]).takes(400),
        steps(
            "a slow head, too late",
            [Step::Pause(Duration::from_secs(30)), Step::bytes(ok(""))],
        )
        .args("--timeout 500ms")
        .fails(7, late("500ms"))
        .takes(500),
        steps("a head that drips, in time", [drip("HTTP/1.1 200 OK\r\n", 20), rest()]).takes(340),
        steps("a head that drips, too late", [drip(&ok(""), 20)])
            .args("--timeout 500ms")
            .fails(7, late("500ms"))
            .takes(500),
        steps(
            "a body that drips, in time",
            [Step::bytes(by_length.clone()), drip(&object(), 4)],
        )
        .takes(4 * 166),
        steps(
            "a body that drips, too late",
            [Step::bytes(by_length.clone()), drip(&object(), 50)],
        )
        .args("--timeout 600ms")
        .fails(7, late("600ms"))
        .takes(600),
        steps(
            "a body that drips by chunks, too late",
            [
                Step::bytes(chunked.clone()),
                drip(&"1\r\n \r\n".repeat(1000), 5),
            ],
        )
        .args("--timeout 600ms")
        .fails(7, late("600ms"))
        .takes(600),
        replies("late, then in time", [Reply::script([Step::Hang]), Reply::file()])
            .args("--timeout 1s --max-retries 1")
            // The time of an attempt begins before its request is there.
            .gaps([375])
            .takes(1000 + 375),
        replies("late, twice", [Reply::script([Step::Hang])])
            .args("--timeout 500ms --max-retries 1")
            .fails(7, late("500ms, 2 attempts"))
            .gaps([375])
            .takes(500 + 375 + 500),
    ];
    // What may pass is tried again.
    for (name, fault) in [
        ("closed before the head", vec![Step::Close]),
        ("reset before the head", vec![Step::Reset]),
        (
            "closed in the head",
            vec![Step::bytes("HTTP/1.1 200 OK\r\nCo"), Step::Close],
        ),
        (
            "half a body by length",
            vec![Step::bytes(by_length.clone() + &half), Step::Close],
        ),
        (
            "half a chunk",
            vec![Step::bytes(format!("{chunked}A6\r\n{half}")), Step::Close],
        ),
    ] {
        let fault = Reply::Script(fault);
        rows.push(
            replies(
                format!("{name}, then a file"),
                [fault.clone(), Reply::file()],
            )
            .args("--max-retries 2")
            .gaps([375]),
        );
        if name == "closed before the head" {
            let lost = lost().replace("complete\n", "complete, 3 attempts\n");
            rows.push(
                replies(format!("{name}, again and again"), [fault])
                    .args("--max-retries 2")
                    .fails(7, lost)
                    .gaps([375, 750]),
            );
        }
    }
    rows.extend(loopback());
    rows
}

/// Addresses of this machine, and what `localhost` may stand for.
fn loopback() -> Vec<Row> {
    const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        skip("this machine has no IPv6");
        return Vec::new();
    }
    let mut rows = vec![row("an IPv6 address", There::Ipv6(Reply::file()))];
    if !mounts() {
        return rows;
    }
    let localhost = |name, server, names| row(name, There::Localhost(server, names));
    rows.extend([
        localhost("localhost on IPv4", V4, &[V4]),
        localhost("localhost on IPv6", V6, &[V6]),
        localhost("localhost on both, the server on IPv4", V4, &[V6, V4]),
        localhost("localhost on both, the server on IPv6", V6, &[V4, V6]),
        localhost("localhost on IPv6, the server on IPv4", V4, &[V6])
            .fails(
                7,
                report(
                    "cannot reach localhost:{port} to look up `file-abc123`: connection refused",
                    &[],
                    hint_of_connecting(),
                ),
            )
            .requests(0),
    ]);
    rows
}

fn drip(text: &str, milliseconds: u64) -> Step {
    Step::Drip {
        bytes: text.into(),
        every: Duration::from_millis(milliseconds),
    }
}

/// What follows the status line of a correct answer.
fn rest() -> Step {
    Step::bytes(ok("").split_once("\r\n").unwrap().1)
}
