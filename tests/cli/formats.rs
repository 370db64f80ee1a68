//! What is printed for a file, in every format, to the byte.

use crate::server::{Reply, Server, file_object};
use crate::support::{EXAMPLE, Openai, retrieve};

/// A server that answers every request with this body.
fn serving(body: impl Into<Vec<u8>>) -> Server {
    Server::replying(Reply::json(200, body))
}

/// `openai files retrieve a --format …`
fn look(server: &Server, format: &str) -> Openai {
    retrieve().args(["a", "--format", format]).server(server)
}

/// The formats, and what each makes of the documented example.
fn documents() -> [(&'static str, String); 8] {
    [
        ("auto", EXAMPLE.to_owned()),
        ("json", EXAMPLE.to_owned()),
        ("jsonl", format!("{}\n", file_object())),
        ("raw", format!("{}\n", file_object())),
        (
            "yaml",
            "\
id: id
bytes: 0
created_at: 0
filename: filename
object: file
purpose: assistants
status: uploaded
expires_at: 0
status_details: status_details
"
            .to_owned(),
        ),
        (
            "pretty",
            "\
╭─ files retrieve ───────────────╮
│ id: id                         │
│ bytes: 0                       │
│ created_at: 0                  │
│ filename: filename             │
│ object: file                   │
│ purpose: assistants            │
│ status: uploaded               │
│ expires_at: 0                  │
│ status_details: status_details │
╰────────────────────────────────╯
"
            .to_owned(),
        ),
        (
            "table",
            "\
ID        id
Filename  filename
Size      0 bytes
Purpose   assistants
Status    uploaded
Details   status_details
Created   1970-01-01 00:00:00 +00:00 ([..] years ago)
Expires   never
"
            .to_owned(),
        ),
        ("explore", EXAMPLE.to_owned()),
    ]
}

/// What is said on stderr about a format, elsewhere than on a terminal.
fn remark(format: &str) -> &'static str {
    match format {
        "explore" => "warning: the format explore needs a terminal; falling back to json\n",
        _ => "",
    }
}

#[test]
fn the_documented_example_in_every_format() {
    let server = serving(file_object().to_string());
    for (format, expected) in documents() {
        look(&server, format).run().is(0, &expected, remark(format));
        look(&server, &format.to_uppercase())
            .run()
            .is(0, &expected, remark(format));
        look(&server, format).args(["--quiet"]).run().is(0, "", "");
        // There is no string at the top of an object that could lose its quotes.
        look(&server, format)
            .args(["--raw-output"])
            .run()
            .is(0, &expected, remark(format));
    }
}

#[test]
fn the_example_is_printed_byte_for_byte() {
    let server = serving(format!("{:#}", file_object()));
    retrieve()
        .args(["--file-id", "id"])
        .server(&server)
        .run()
        .is(0, EXAMPLE.as_bytes(), "");
}

#[test]
fn several_documents_follow_one_another() {
    let server = serving(file_object().to_string());
    for (format, document) in documents() {
        let expected = match format {
            "yaml" => format!("{document}---\n{document}"),
            "table" => "\
ID  FILENAME  SIZE  PURPOSE     STATUS    CREATED       EXPIRES
id  filename   0 B  assistants  uploaded  [..] years ago  never
id  filename   0 B  assistants  uploaded  [..] years ago  never
"
            .to_owned(),
            _ => document.repeat(2),
        };
        look(&server, format)
            .args(["b"])
            .run()
            .is(0, &expected, remark(format));
    }
    // One id that came over stdin may have been several.
    retrieve()
        .args(["-", "--format", "table"])
        .server(&server)
        .stdin("a\n")
        .run()
        .is(
            0,
            "\
ID  FILENAME  SIZE  PURPOSE     STATUS    CREATED       EXPIRES
id  filename   0 B  assistants  uploaded  [..] years ago  never
",
            "",
        );
}

/// An object that a tool which parses and prints would change.
const PECULIAR: &str =
    "\r\n{ \"n\" : 1.50,\t\"big\":18446744073709551616 ,\"e\":1E+2, \"neg\":-0.0,
\"escapes\":\"\\u00e9\\/\\u0041\\ud83d\\ude00\", \"plain\":\"é/😀<>&\u{2028}\", \"\":\"\",
\"b\":1, \"a\":{\"deep\":[ ]}, \"b\":2, \"later\":{ } } \n";

#[test]
fn text_and_order_stay_those_of_the_server() {
    let server = serving(PECULIAR);
    look(&server, "raw").run().is(0, PECULIAR.as_bytes(), "");
    look(&server, "jsonl").run().is(
        0,
        "{\"n\":1.50,\"big\":18446744073709551616,\"e\":1E+2,\"neg\":-0.0,\
         \"escapes\":\"\\u00e9\\/\\u0041\\ud83d\\ude00\",\"plain\":\"é/😀<>&\u{2028}\",\"\":\"\",\
         \"b\":1,\"a\":{\"deep\":[]},\"b\":2,\"later\":{}}\n"
            .as_bytes(),
        "",
    );
    look(&server, "json").run().is(
        0,
        "{
  \"n\": 1.50,
  \"big\": 18446744073709551616,
  \"e\": 1E+2,
  \"neg\": -0.0,
  \"escapes\": \"\\u00e9\\/\\u0041\\ud83d\\ude00\",
  \"plain\": \"é/😀<>&\u{2028}\",
  \"\": \"\",
  \"b\": 1,
  \"a\": {
    \"deep\": []
  },
  \"b\": 2,
  \"later\": {}
}
"
        .as_bytes(),
        "",
    );
}

#[test]
fn raw_is_the_body_with_a_newline_at_its_end() {
    for (body, printed) in [
        ("{}", "{}\n"),
        ("{}\n", "{}\n"),
        ("{}\r\n", "{}\r\n"),
        ("{}\n\n ", "{}\n\n \n"),
        ("\u{feff}{}", "\u{feff}{}\n"),
    ] {
        look(&serving(body), "raw")
            .run()
            .is(0, printed.as_bytes(), "");
    }
}

#[test]
fn raw_on_a_terminal_has_lines_of_either_kind() {
    let run = look(&serving("{\r\n\t\"a\": 1,\n\"b\":\r2}\r\n"), "raw")
        .args(["--no-color"])
        .stdout_terminal(80, 24)
        .run();
    run.is(0, "{\r\n\t\"a\": 1,\n\"b\":\\u000d2}\r\n", "");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_value() {
    let server = serving(format!("\u{feff}{}", file_object()));
    for (format, expected) in documents() {
        if format != "raw" {
            look(&server, format).run().is(0, &expected, remark(format));
        }
    }
}

#[test]
fn an_object_without_members_in_every_format() {
    let server = serving("{ }");
    for (format, expected) in [
        ("json", "{}\n"),
        ("jsonl", "{}\n"),
        ("raw", "{ }\n"),
        ("yaml", "{}\n"),
        (
            "pretty",
            "╭─ files retrieve ─╮\n│ (empty)          │\n╰──────────────────╯\n",
        ),
        ("table", "{}\n"),
    ] {
        look(&server, format).run().is(0, expected, "");
    }
}

#[test]
fn short_arrays_of_scalars_stay_on_one_line() {
    let short = format!("[{}]", ["1234567"; 7].join(", "));
    let long = ["1234567"; 8];
    let server = serving(format!(
        "{{\"short\":{short},\"long\":[{}],\"objects\":[{{}}]}}",
        long.join(",")
    ));
    look(&server, "json").run().is(
        0,
        format!(
            "{{\n  \"short\": {short},\n  \"long\": [\n    {}\n  ],\n  \"objects\": [\n    {{}}\n  ]\n}}\n",
            long.join(",\n    ")
        ),
        "",
    );
}

#[test]
fn hostile_text_reaches_a_pipe_as_it_is() {
    let body = file_object()
        .with("filename", "\"\\u001b[2J\u{9b}\u{202e}\u{200b}\"")
        .to_string();
    let server = serving(body.clone());
    for format in ["raw", "jsonl"] {
        look(&server, format)
            .run()
            .is(0, format!("{body}\n").as_bytes(), "");
    }
    look(&server, "raw")
        .args(["--transform", "filename", "-r"])
        .run()
        .is(0, "\u{1b}[2J\u{9b}\u{202e}\u{200b}\n".as_bytes(), "");
}

#[test]
fn what_is_missing_or_strange_does_not_break_a_card() {
    let server = serving(
        file_object()
            .without("id")
            .with("bytes", "\"many\"")
            .with("created_at", "null")
            .with("filename", "[\"a\", 1]")
            .with("purpose", "{\"new\": true}")
            .with("status", "7")
            .with("expires_at", "-1")
            .with_text("status_details", "two\nlines")
            .with("sha256", "\"abc\"")
            .to_string(),
    );
    look(&server, "table").run().is(
        0,
        "\
ID        -
Filename  [\"a\",1]
Size      many
Purpose   {\"new\":true}
Status    7
Details   two\\u000alines
Created   -
Expires   -1
sha256    abc
",
        "",
    );
}

#[test]
fn a_large_object_is_printed_whole() {
    let server = serving(format!("{{\"a\":[{}[]]}}", "[],".repeat(1 << 14)));
    look(&server, "json").run().is(
        0,
        format!(
            "{{\n  \"a\": [\n    {}[]\n  ]\n}}\n",
            "[],\n    ".repeat(1 << 14)
        ),
        "",
    );
}
