//! Faults in the body of an answer with status 200: lengths, chunks, encodings, sizes.
#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

/// The largest body that is read.
const LARGEST: usize = 16 << 20;

/// The memory of a run whose answer is as large as can be: the body while its buffer grows (its
/// old and its new place), what is about to be written, and the program.
const LARGE: u64 = 100;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = lengths();
    rows.extend(chunks());
    rows.extend(encodings());
    rows.extend(sizes());
    rows
}

fn with_length(length: &str, body: &str) -> String {
    head(&format!("Content-Length: {length}\r\n")) + body
}

fn lengths() -> Vec<Row> {
    let object = object();
    let json = "HTTP 200, application/json";
    vec![
        bytes("a length that is too small", with_length("165", &object)).fails(
            1,
            unusable(
                "not JSON: EOF while parsing an object at line 1 column 165",
                &[json, &(object[..120].to_owned() + "…")],
            ),
        ),
        bytes("a length of nothing", with_length("0", &object))
            .fails(1, unusable("empty", &[json])),
        bytes("a length that is too large", with_length("167", &object)).fails(7, lost()),
        bytes(
            "a length beyond the limit",
            with_length("16777217", &object),
        )
        .fails(1, too_large()),
        bytes(
            "a huge length",
            with_length("18446744073709551613", &object),
        )
        .fails(1, too_large()),
        steps(
            "a length beyond the limit and nothing comes",
            [Step::bytes(with_length("99999999999", "")), Step::Hang],
        )
        .fails(1, too_large()),
        bytes(
            "a length with zeros before it",
            with_length("000166", &object),
        ),
        bytes(
            "a length with space around it",
            with_length("   166\t", &object),
        ),
        // What follows an answer must not be taken for the next one.
        batch(
            "an answer behind the answer",
            vec![
                Reply::bytes(ok("") + &ok("").replace("filename", "smuggled")),
                Reply::file(),
            ],
        )
        .prints(format!("{:#}\n", file_object()).repeat(2))
        .requests(2),
        batch(
            "an answer behind half an answer",
            vec![
                Reply::bytes(with_length("10", &object) + &ok("").replace("filename", "smuggled")),
                Reply::file(),
            ],
        )
        .prints(format!("{:#}\n", file_object()))
        .requests(2)
        .says(
            1,
            unusable(
                "not JSON: EOF while parsing an object at line 1 column 10",
                &[json, r#"{"id":"id""#],
            ),
        ),
        batch(
            "closed after the first of two answers",
            vec![
                Reply::script([Step::bytes(ok("")), Step::Close]),
                Reply::file(),
            ],
        )
        .prints(format!("{:#}\n", file_object()).repeat(2))
        .requests(2),
    ]
}

/// A row that looks up the id twice, one lookup after the other.
fn batch(name: &str, all: Vec<Reply>) -> Row {
    replies(name, all).args(&format!("{ID} --concurrency 1"))
}

fn chunks() -> Vec<Row> {
    let object = object();
    let chunked = |body: &str| head("Transfer-Encoding: chunked\r\n") + body;
    let mut rows = vec![
        bytes(
            "one chunk",
            chunked(&format!("A6\r\n{object}\r\n0\r\n\r\n")),
        ),
        bytes(
            "a chunk for each byte",
            chunked(
                &object
                    .chars()
                    .map(|byte| format!("1\r\n{byte}\r\n"))
                    .chain(["0\r\n\r\n".to_owned()])
                    .collect::<String>(),
            ),
        ),
        bytes(
            "a chunk with an extension",
            chunked(&format!("A6;name=value\r\n{object}\r\n0\r\n\r\n")),
        ),
        bytes(
            "a trailer after the chunks",
            chunked(&format!("A6\r\n{object}\r\n0\r\nX-Y: z\r\n\r\n")),
        ),
        bytes("no chunk at all", chunked("0\r\n\r\n"))
            .fails(1, unusable("empty", &["HTTP 200, application/json"])),
    ];
    for (name, body) in [
        ("a size that is no number", "xyz\r\n".to_owned()),
        ("a negative size", "-5\r\n".to_owned()),
        ("an empty size", "\r\n".to_owned()),
        ("a size of 17 digits", "FFFFFFFFFFFFFFFFF\r\n".to_owned()),
        (
            "a chunk that is longer than its size",
            format!("10\r\n{object}\r\n0\r\n\r\n"),
        ),
        (
            "an extension of 100 kB",
            format!("A6;{}\r\n{object}\r\n0\r\n\r\n", "x".repeat(100_000)),
        ),
        (
            "a trailer of 2 MB",
            format!(
                "A6\r\n{object}\r\n0\r\n{}\r\n",
                "X-Y: z\r\n".repeat(250_000)
            ),
        ),
    ] {
        rows.push(bytes(name, chunked(&body)).fails(7, not_http()));
    }
    rows.push(
        bytes(
            "chunks in HTTP/1.0",
            chunked(&format!("A6\r\n{object}\r\n0\r\n\r\n")).replace("HTTP/1.1", "HTTP/1.0"),
        )
        .fails(7, not_http()),
    );
    // RFC 9112, section 6.3: a body whose last encoding is not chunked lasts until the close.
    rows.push(bytes(
        "an unknown transfer encoding",
        head("Transfer-Encoding: rot13\r\n") + &object,
    ));
    rows
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn encoded(encoding: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut answer = head(&format!(
        "Content-Encoding: {encoding}\r\nContent-Length: {length}\r\n"
    ))
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn encodings() -> Vec<Row> {
    let object = object();
    let plain = object.as_bytes();
    let good = gzip(plain);
    let unread = |encoding: &str| {
        unusable(
            &format!("it is encoded as {encoding}, which cannot be read here"),
            &["HTTP 200, application/json"],
        )
    };
    let half_gzip = || {
        report(
            "the answer for `file-abc123` from {address} ends in the middle of its gzip",
            &[],
            "try again later",
        )
    };
    let not_gzip = || {
        report(
            "the answer for `file-abc123` from {address} cannot be decoded: it is not gzip as its header says",
            &[],
            "",
        )
    };
    let mut bad_sum = good.clone();
    let sum = bad_sum.len() - 8;
    bad_sum[sum] ^= 1;
    let mut flipped = good.clone();
    flipped[20] ^= 0xff;
    let mut members = gzip(&plain[..50]);
    members.extend(gzip(&plain[50..]));
    let twice = [good.as_slice(), &good].concat();
    let mut trailing = good.clone();
    trailing.extend_from_slice(b"and something more");
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(plain).unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(plain).unwrap();
    let zeros = gzip(&vec![b' '; 4 * LARGEST]);
    vec![
        bytes("gzip", encoded("gzip", &good)),
        bytes("gzip in capitals", encoded("GZIP", &good)),
        bytes("gzip by its old name", encoded("x-gzip", &good)),
        bytes(
            "gzip, and gzip again",
            encoded("gzip\r\nContent-Encoding: gzip", &gzip(&good)),
        )
        .fails(1, unread("gzip")),
        bytes("gzip in two members", encoded("gzip", &members)),
        bytes("two objects in two members", encoded("gzip", &twice)).fails(
            1,
            unusable(
                "not JSON: trailing characters at line 1 column [..]",
                &[
                    "HTTP 200, application/json",
                    &format!("{}…", &object[..120]),
                ],
            ),
        ),
        bytes("gzip without a length", {
            let mut answer = head("Content-Encoding: gzip\r\nConnection: close\r\n").into_bytes();
            answer.extend_from_slice(&good);
            answer
        }),
        bytes("nothing, as gzip", encoded("gzip", b""))
            .fails(1, unusable("empty", &["HTTP 200, application/json"])),
        bytes("plain text that is to be gzip", encoded("gzip", plain)).fails(1, not_gzip()),
        bytes("gzip with a wrong sum", encoded("gzip", &bad_sum)).fails(1, not_gzip()),
        bytes("gzip with wrong bits", encoded("gzip", &flipped)).fails(1, not_gzip()),
        bytes("gzip and something behind it", encoded("gzip", &trailing)).fails(1, not_gzip()),
        bytes(
            "half of gzip, as if that were all",
            encoded("gzip", &good[..60]),
        )
        .fails(7, half_gzip()),
        bytes("a header of gzip only", encoded("gzip", &good[..10])).fails(7, half_gzip()),
        bytes("gzip twice", encoded("gzip, gzip", &gzip(&good))).fails(1, unread("gzip, gzip")),
        bytes(
            "brotli that nobody asked for",
            encoded("br", b"\x0b\x02\x80{}\x03"),
        )
        .fails(1, unread("br")),
        bytes(
            "deflate that nobody asked for",
            encoded("deflate", &zlib.finish().unwrap()),
        )
        .fails(1, unread("deflate")),
        bytes(
            "raw deflate",
            encoded("deflate", &deflate.finish().unwrap()),
        )
        .fails(1, unread("deflate")),
        bytes("an encoding of no name", encoded("", plain)),
        bytes("identity", encoded("identity", plain)),
        bytes("a gzip bomb", encoded("gzip", &zeros))
            .fails(1, too_large())
            .memory(LARGE),
        steps(
            "a gzip bomb without an end",
            [
                Step::bytes(head("Content-Encoding: gzip\r\nConnection: close\r\n")),
                Step::Forever(zeros),
            ],
        )
        .fails(1, too_large())
        .memory(LARGE),
    ]
}

fn sizes() -> Vec<Row> {
    let of = |size: usize| {
        let others = file_object().with_text("filename", "").to_string().len();
        file_object().with_text("filename", &"x".repeat(size - others))
    };
    let just_under = of(LARGEST);
    let just_over = of(LARGEST + 1);
    let chunked = |body: &str| {
        head("Transfer-Encoding: chunked\r\n") + &format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
    };
    vec![
        bytes(
            "16 MiB",
            with_length(&LARGEST.to_string(), &just_under.to_string()),
        )
        .prints(format!("{just_under:#}\n"))
        .memory(LARGE),
        bytes("16 MiB by chunks", chunked(&just_under.to_string()))
            .prints(format!("{just_under:#}\n"))
            .memory(LARGE),
        bytes(
            "16 MiB as gzip",
            encoded("gzip", &gzip(just_under.to_string().as_bytes())),
        )
        .prints(format!("{just_under:#}\n"))
        .memory(LARGE),
        bytes(
            "16 MiB and a byte",
            with_length(&(LARGEST + 1).to_string(), &just_over.to_string()),
        )
        .fails(1, too_large()),
        bytes(
            "16 MiB and a byte by chunks",
            chunked(&just_over.to_string()),
        )
        .fails(1, too_large())
        .memory(LARGE),
        steps(
            "a body that never ends",
            [
                Step::bytes(head("Connection: close\r\n")),
                Step::Forever(vec![b'z'; 4096]),
            ],
        )
        .fails(1, too_large())
        .memory(LARGE),
        steps(
            "chunks that never end",
            [
                Step::bytes(head("Transfer-Encoding: chunked\r\n")),
                Step::Forever([&b"2000\r\n"[..], &[b'z'; 0x2000], b"\r\n"].concat()),
            ],
        )
        .fails(1, too_large())
        .memory(LARGE),
    ]
}
