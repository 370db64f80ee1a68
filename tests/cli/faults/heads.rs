//! Faults in the head of an answer, and what is no HTTP at all.
#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

use super::*;

/// What a TLS server answers to plain HTTP: the alert "unexpected message" (RFC 8446, section 6).
const TLS_ALERT: &[u8] = &[0x15, 3, 1, 0, 2, 2, 10];

/// What an HTTP/2 server says first: empty settings (RFC 9113, section 3.4).
const H2_SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, answer) in [
        ("an SSH server", &b"SSH-2.0-OpenSSH_9.9\r\n"[..]),
        ("a mail server", b"220 mail.example ESMTP\r\n"),
        ("a Redis server", b"-ERR unknown command 'GET'\r\n"),
        ("a MySQL server", b"J\0\0\0\n8.0.36\0\x08\0\0\0mJ\x1dS\0"),
        ("a TLS server", TLS_ALERT),
        ("an HTTP/2 server", H2_SETTINGS),
        ("an HTTP/0.9 server", br#"{"id": "file-abc123"}"#),
        (
            "a web page without a head",
            b"<html><body>hello</body></html>",
        ),
        (
            "bytes without a meaning",
            b"\xff\xfe\x00\x01\x02garbage\r\n\r\n",
        ),
        ("empty lines and nothing else", b"\r\n\r\n\r\n\r\nx"),
        ("an unknown protocol", b"ICY 200 OK\r\n\r\n"),
        ("a protocol in lower case", b"http/1.1 200 ok\r\n\r\n"),
        ("HTTP/3 over TCP", b"HTTP/3.0 200 OK\r\n\r\n"),
        ("HTTP/2 in words", b"HTTP/2.0 200 OK\r\n\r\n"),
        ("a version without a number", b"HTTP/x.y 200 OK\r\n\r\n"),
        ("no status", b"HTTP/1.1 OK\r\n\r\n"),
        ("a status of two digits", b"HTTP/1.1 20 OK\r\n\r\n"),
        ("a status of four digits", b"HTTP/1.1 2000 OK\r\n\r\n"),
        ("a negative status", b"HTTP/1.1 -200 OK\r\n\r\n"),
        ("a status below 100", b"HTTP/1.1 099 OK\r\n\r\n"),
        ("a reason with a control", b"HTTP/1.1 200 O\x01K\r\n\r\n"),
        (
            "a header without a colon",
            b"HTTP/1.1 200 OK\r\nX-Header\r\n\r\n",
        ),
        ("a header without a name", b"HTTP/1.1 200 OK\r\n: x\r\n\r\n"),
        (
            "a header with a space in its name",
            b"HTTP/1.1 200 OK\r\nX Y: x\r\n\r\n",
        ),
        (
            "a header with a space after its name",
            b"HTTP/1.1 200 OK\r\nX-Y : x\r\n\r\n",
        ),
        (
            "a header with a NUL",
            b"HTTP/1.1 200 OK\r\nX-Y: a\0b\r\n\r\n",
        ),
        (
            "a header with an escape sequence",
            b"HTTP/1.1 200 OK\r\nX-Y: \x1b[31m\r\n\r\n",
        ),
        (
            "a header with a lone carriage return",
            b"HTTP/1.1 200 OK\r\nX-Y: a\rb\r\n\r\n",
        ),
        (
            "a header on two lines",
            b"HTTP/1.1 200 OK\r\nX-Y: a\r\n b\r\n\r\n",
        ),
        (
            "a name with an umlaut",
            b"HTTP/1.1 200 OK\r\nX-\xc3\xa4: a\r\n\r\n",
        ),
    ] {
        rows.push(bytes(name, answer).fails(7, not_http()));
    }
    // A length that is none would let the next answer begin anywhere.
    for value in [
        "-1",
        "+166",
        "abc",
        "",
        "0xA6",
        "1e3",
        "166.0",
        "166 166",
        "166, 167",
        "99999999999999999999999999",
    ] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n\r\n{}",
            object()
        );
        rows.push(bytes(format!("the length {value:?}"), answer).fails(7, not_http()));
    }
    let two = |one, other| {
        head(&format!(
            "Content-Length: {one}\r\nContent-Length: {other}\r\n"
        )) + &object()
    };
    rows.push(bytes("two lengths that differ", two(166, 10)).fails(7, not_http()));
    rows.push(bytes("two lengths that agree", two(166, 166)));
    rows.push(bytes(
        "two lengths in one that agree",
        head("Content-Length: 166, 166\r\n") + &object(),
    ));
    rows.push(bytes(
        "a length and chunks",
        head("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")
            + &format!("A6\r\n{}\r\n0\r\n\r\n", object()),
    ));
    rows.extend([
        row(
            "an SSH server that speaks first",
            There::Greeting(vec![Step::bytes("SSH-2.0-OpenSSH_9.9\r\n"), Step::Hang]),
        )
        .fails(7, not_http())
        .requests(0),
        bytes("no reason after the status", ok("").replace(" OK", "")),
        bytes(
            "a space and no reason after the status",
            ok("").replace(" OK", " "),
        ),
        bytes(
            "a long reason",
            ok("").replace(" OK", &format!(" {}", "x".repeat(9000))),
        ),
        bytes(
            "lines that end in a line feed only",
            ok("").replace("\r\n", "\n"),
        ),
        bytes(
            "names in capitals",
            ok("").replace("Content-Length", "CONTENT-LENGTH"),
        ),
        bytes("HTTP/1.0", ok("").replace("HTTP/1.1", "HTTP/1.0")),
        bytes("empty lines before the head", format!("\r\n\r\n{}", ok(""))),
        bytes("bytes that are no UTF-8 in a header", {
            let mut answer = ok("X-Y: ÿ\r\n").into_bytes();
            for byte in &mut answer {
                if !byte.is_ascii() {
                    *byte = 0xff;
                }
            }
            answer
        }),
        bytes("a hundred headers", ok(&"X-Y: z\r\n".repeat(98))),
        bytes("a hundred and one headers", ok(&"X-Y: z\r\n".repeat(99))).fails(7, large_head()),
        bytes("10,000 headers", ok(&"X-Y: z\r\n".repeat(10_000))).fails(7, large_head()),
        bytes(
            "a header of 300 kB",
            ok(&format!("X-Y: {}\r\n", "z".repeat(300_000))),
        ),
        bytes(
            "a head of 1 MB",
            ok(&format!("X-Y: {}\r\n", "z".repeat(1_000_000))),
        )
        .fails(7, large_head()),
        steps(
            "a head that never ends",
            [
                Step::bytes("HTTP/1.1 200 OK\r\nX-Y: "),
                Step::Forever(vec![b'z'; 4096]),
            ],
        )
        .fails(7, large_head()),
        steps(
            "empty lines for ever",
            [Step::Forever(b"\r\n".repeat(2048))],
        )
        .fails(7, large_head()),
        steps("garbage for ever", [Step::Forever(vec![b'z'; 4096])]).fails(7, not_http()),
        bytes(
            "early hints before the answer",
            format!("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n{}", ok("")),
        ),
        bytes(
            "continue before the answer",
            format!("HTTP/1.1 100 Continue\r\n\r\n{}", ok("")),
        ),
        bytes(
            "processing before the answer",
            format!("HTTP/1.1 102 Processing\r\n\r\n{}", ok("")),
        ),
        bytes("continue and nothing more", "HTTP/1.1 100 Continue\r\n\r\n").fails(7, lost()),
        steps(
            "early hints for ever",
            [Step::Forever(
                format!(
                    "HTTP/1.1 103 Early Hints\r\nLink: {}\r\n\r\n",
                    "x".repeat(8000)
                )
                .into(),
            )],
        )
        .args("--timeout 1s")
        .fails(7, late("1s"))
        .takes(1000),
        steps(
            "switching protocols",
            [
                Step::bytes(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
                ),
                Step::Hang,
            ],
        )
        .fails(1, strange("HTTP 101")),
    ]);
    rows
}
