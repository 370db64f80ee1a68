//! Hostile content: what a server can put into a body, a message or a header, in each format, to
//! a pipe and to a terminal.
//!
//! That nothing acts on a terminal and nothing crashes is checked after every run; see
//! `support`. Here is what must come instead.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde::de::IgnoredAny;

use crate::server::{Reply, Server, file_object};
use crate::support::{Openai, like, openai, retrieve};

/// The formats that print what is in an object.
const FORMATS: [&str; 6] = ["json", "jsonl", "raw", "yaml", "pretty", "table"];

/// A file whose every field acts on a terminal or deceives its reader: CSI, OSC 8 (links), OSC 52
/// (the clipboard), DCS, C1 controls, bidirectional overrides, zero-width characters. What JSON
/// allows stands as it is, the rest as escapes.
const FILE: &str = concat!(
    r#"{"id":"\u001b[31mred\u001b[0m","object":"file","#,
    "\"filename\":\"a\u{7f}b\u{9b}2Jc\u{202e}gpj.exe\u{200b}\u{feff}\u{2066}\",",
    r#""purpose":"\u001b]8;;http://x.example\u0007link\u001b]8;;\u0007","#,
    r#""status":"\u001b]52;c;aGk=\u0007","status_details":"\u001bPq#0\u001b\u0000","#,
    "\"\u{85}\u{2028}\\n\\r\\u009b\":\"\u{ad}\u{3164}\u{e0041}\\ud800\"}",
);

/// [`FILE`] as one line of JSON on a terminal.
const FILE_ESCAPED: &str = concat!(
    r#"{"id":"\u001b[31mred\u001b[0m","object":"file","#,
    r#""filename":"a\u007fb\u009b2Jc\u202egpj.exe\u200b\ufeff\u2066","#,
    r#""purpose":"\u001b]8;;http://x.example\u0007link\u001b]8;;\u0007","#,
    r#""status":"\u001b]52;c;aGk=\u0007","status_details":"\u001bPq#0\u001b\u0000","#,
    r#""\u0085\u2028\n\r\u009b":"\u00ad\u3164\udb40\udc41\ud800"}"#,
    "\n",
);

/// The lookup of `FILE` in this format.
fn file_in(format: &str, server: &Server) -> Openai {
    retrieve()
        .args(["a", "--no-color", "--format", format])
        .server(server)
}

#[test]
fn a_pipe_gets_the_data_as_it_is() {
    let indented = FILE
        .replace("{\"", "{\n  \"")
        .replace(",\"", ",\n  \"")
        .replace("\":\"", "\": \"")
        .replace("\"}", "\"\n}\n");
    let yaml = concat!(
        "id: \"\\x1b[31mred\\x1b[0m\"\n",
        "object: file\n",
        "filename: \"a\\x7fb\\x9b2Jc\u{202e}gpj.exe\u{200b}\\ufeff\u{2066}\"\n",
        "purpose: \"\\x1b]8;;http://x.example\\x07link\\x1b]8;;\\x07\"\n",
        "status: \"\\x1b]52;c;aGk=\\x07\"\n",
        "status_details: \"\\x1bPq#0\\x1b\\x00\"\n",
        "\"\\x85\\u2028\\n\\r\\x9b\": \"\u{ad}\u{3164}\u{e0041}\u{fffd}\"\n",
    );
    // For people each field stays on its line, so line breaks and controls are escaped.
    let table = concat!(
        "ID                        \\u001b[31mred\\u001b[0m\n",
        "Filename                  a\\u007fb\\u009b2Jc\u{202e}gpj.exe\u{200b}\u{feff}\u{2066}\n",
        "Size                      -\n",
        "Purpose                   \\u001b]8;;http://x.example\\u0007link\\u001b]8;;\\u0007\n",
        "Status                    \\u001b]52;c;aGk=\\u0007\n",
        "Details                   \\u001bPq#0\\u001b\\u0000\n",
        "Created                   -\n",
        "Expires                   never\n",
        "\"\\u0085\\u2028\\n\\r\\u009b\"  \u{ad}\u{3164}\u{e0041}\u{fffd}\n",
    );
    let line = format!("{FILE}\n");
    for (format, expected) in [
        ("json", indented.as_str()),
        ("jsonl", &line),
        ("raw", &line),
        ("yaml", yaml),
        ("table", table),
    ] {
        let server = Server::replying(Reply::json(200, FILE));
        file_in(format, &server).run().is(0, expected, "");
    }
}

#[test]
fn a_terminal_gets_it_escaped() {
    let indented = FILE_ESCAPED
        .replace("{\"", "{\n  \"")
        .replace(",\"", ",\n  \"")
        .replace("\":\"", "\": \"")
        .replace("\"}", "\"\n}");
    let yaml = concat!(
        r#"id: "\x1b[31mred\x1b[0m""#,
        "\nobject: file\n",
        r#"filename: "a\x7fb\x9b2Jc\u202egpj.exe\u200b\ufeff\u2066""#,
        "\n",
        r#"purpose: "\x1b]8;;http://x.example\x07link\x1b]8;;\x07""#,
        "\n",
        r#"status: "\x1b]52;c;aGk=\x07""#,
        "\n",
        r#"status_details: "\x1bPq#0\x1b\x00""#,
        "\n",
        r#""\x85\u2028\n\r\x9b": "\xad\u3164\U000e0041"#,
        "\u{fffd}\"\n",
    );
    let pretty = concat!(
        "╭─ files retrieve ─────────────────────────────────────────╮\n",
        r"│ id: \u001b[31mred\u001b[0m                               │",
        "\n",
        "│ object: file                                             │\n",
        r"│ filename: a\u007fb\u009b2Jc\u202egpj.exe\u200b\ufeff\u2… │",
        "\n",
        r"│ purpose: \u001b]8;;http://x.example\u0007link\u001b]8;;… │",
        "\n",
        r"│ status: \u001b]52;c;aGk=\u0007                           │",
        "\n",
        r"│ status_details: \u001bPq#0\u001b\u0000                   │",
        "\n",
        r"│ \u0085\u2028\u000a\u000d\u009… \u00ad\u3164\udb40\udc41",
        "\u{fffd} │\n",
        "╰──────────────────────────────────────────────────────────╯\n",
    );
    let table = concat!(
        r"ID                        \u001b[31mred\u001b[0m",
        "\n",
        r"Filename                  a\u007fb\u009b2Jc\u202egpj.exe\u20",
        "\n                          0b\\ufeff\\u2066\n",
        "Size                      -\n",
        r"Purpose                   \u001b]8;;http://x.example\u0007li",
        "\n                          nk\\u001b]8;;\\u0007\n",
        r"Status                    \u001b]52;c;aGk=\u0007",
        "\n",
        r"Details                   \u001bPq#0\u001b\u0000",
        "\n",
        "Created                   -\nExpires                   never\n",
        r#""\u0085\u2028\n\r\u009b"  \u00ad\u3164\udb40\udc41"#,
        "\u{fffd}\n",
    );
    for (format, expected) in [
        ("json", indented.as_str()),
        ("jsonl", FILE_ESCAPED),
        ("raw", FILE_ESCAPED),
        ("yaml", yaml),
        ("pretty", pretty),
        ("table", table),
    ] {
        let server = Server::replying(Reply::json(200, FILE));
        file_in(format, &server)
            .terminal(60, 24)
            .run()
            .is(0, expected, "");
    }
}

#[test]
fn a_string_without_quotes_is_escaped_on_a_terminal_only() {
    let server = Server::replying(Reply::json(200, FILE));
    let raw = || file_in("json", &server).args(["-r", "--transform", "status"]);
    raw().run().is(0, "\u{1b}]52;c;aGk=\u{7}\n", "");
    raw()
        .terminal(60, 24)
        .run()
        .is(0, "\\u001b]52;c;aGk=\\u0007\n", "");
}

/// Objects that are correct, however strange; without white space outside strings.
fn strange() -> Vec<String> {
    let digits = "9".repeat(1000);
    let fields = |value: &str| {
        let names = [
            "id",
            "bytes",
            "created_at",
            "expires_at",
            "filename",
            "purpose",
            "status",
            "status_details",
        ];
        let members = names.map(|name| format!("\"{name}\":{value}"));
        format!("{{\"object\":\"file\",{}}}", members.join(","))
    };
    let mut all: Vec<String> = [
        FILE,
        "{}",
        r#"{"a":1,"a":2,"a":{"a":3,"a":4},"\u0061":5}"#,
        r##"{"@this":1,"a.b":2,"":3,"..":4,"*":5,"?":6,"|":7,"#":8,"\\":9,"\"":10}"##,
        r#"{"\u0000":1,"a\nb":2," ":3,"@pretty:{}":4,"__proto__":5,"- ":6,"<<":7,"!":8}"#,
        r#"{"a":"\ud800","b":"\udc00\ud800","c":"\ud83dx","d":"\uD83D\uDE00","\ud800":1}"#,
        r#"{"a":"\u0000\u0000","b":"\u2028","c":"\\u0000","d":"\/"}"#,
        r#"{"a":1e400,"b":-1e-400,"c":-0,"d":-0.0,"e":1E+2,"f":18446744073709551616}"#,
        "{\"a\":\"👩\u{200d}👩\u{200d}👧\u{fe0f}🏳\u{fe0f}\u{200d}🌈 مرحبا שלום नमस्ते\"}",
        r#"{"object":"list","data":[{"id":"a"},{"id":"b","x":[]}]}"#,
        r#"{"object":["file"],"id":{}}"#,
        r#"{"error":{"message":"not an error: the status is 200"}}"#,
    ]
    .map(str::to_owned)
    .into();
    all.extend(
        [
            &digits,
            &format!("-0.{digits}"),
            "1e999999999",
            "-1",
            "9223372036854775808",
            "true",
            "null",
            "[]",
            "{}",
            "[[[[1,2],[3]]],{\"a\":[]}]",
            "\"\"",
            "\" \"",
            &format!("\"{digits}\""),
            &format!("\"{}\"", "資".repeat(3000)),
            &format!("\"e{}\"", "\u{301}".repeat(3000)),
        ]
        .map(fields),
    );
    all.push(format!("{}1{}", "{\"a\":[".repeat(128), "]}".repeat(128)));
    let members: Vec<String> = (0..2000).map(|n| format!("\"k{n}\":[{n},{{}}]")).collect();
    all.push(format!("{{{}}}", members.join(",")));
    all
}

/// A server of `bodies`, and the lookup of all of them in their order in this format.
fn all_of(bodies: &[String], format: &str) -> (Server, Openai) {
    let ids: Vec<String> = (0..bodies.len()).map(|n| n.to_string()).collect();
    let bodies = bodies.to_vec();
    let server = Server::start(move |request| {
        let (_, id) = request.path().rsplit_once('/').unwrap();
        Reply::json(200, bodies[id.parse::<usize>().unwrap()].as_str())
    });
    let tool = retrieve()
        .args(ids)
        .args(["--format", format])
        .server(&server);
    (server, tool)
}

/// JSON without the white space outside its strings.
fn squeezed(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    json.chars()
        .filter(|character| {
            let keep = in_string || !character.is_whitespace();
            in_string ^= *character == '"' && !escaped;
            escaped = *character == '\\' && !escaped;
            keep
        })
        .collect()
}

#[test]
fn strange_objects_are_printed_whole_in_a_pipe() {
    let bodies = strange();
    for format in FORMATS {
        let (_server, tool) = all_of(&bodies, format);
        let run = tool.run();
        assert_eq!((run.code, &*run.err()), (Some(0), ""), "{format}");
        let out = run.out();
        match format {
            "json" => assert_eq!(squeezed(&out), bodies.concat()),
            "jsonl" | "raw" => assert_eq!(out, bodies.join("\n") + "\n"),
            "yaml" => {
                let documents: Vec<&str> = out.split("\n---\n").collect();
                assert_eq!(documents.len(), bodies.len());
                // This reader refuses numbers that no machine can hold and 65 levels.
                let beyond = ["e+400", "e+9999", &"9".repeat(400), &" ".repeat(130)];
                let holds = |document: &&str| !beyond.iter().any(|text| document.contains(text));
                for document in documents.into_iter().filter(holds) {
                    serde_saphyr::from_str::<IgnoredAny>(document).unwrap();
                }
            }
            "pretty" => {
                let starts = |with: &str| out.lines().filter(|line| line.starts_with(with)).count();
                assert_eq!(starts("╭─"), bodies.len());
                assert_eq!(starts("╰─"), bodies.len());
                assert_eq!(starts("│") + 2 * bodies.len(), out.lines().count());
            }
            _ => assert_eq!(out.lines().count(), bodies.len() + 1),
        }
    }
}

#[test]
fn strange_objects_do_no_harm_on_a_terminal() {
    let bodies = strange();
    for format in FORMATS {
        for color in ["always", "never"] {
            let (_server, tool) = all_of(&bodies, format);
            let run = tool.args(["--color", color]).stdout_terminal(60, 24).run();
            assert_eq!((run.code, &*run.err()), (Some(0), ""), "{format}");
            let colored = color == "always" && format != "raw";
            assert_eq!(run.out().contains('\u{1b}'), colored, "{format}");
            if ["pretty", "table"].contains(&format) && color == "never" {
                let widest = run.out().lines().map(|line| line.chars().count()).max();
                assert!(
                    widest <= Some(60) || run.out().contains('\u{301}'),
                    "{widest:?}"
                );
            }
        }
    }
}

#[test]
fn white_space_and_a_byte_order_mark_around_an_object_do_not_matter() {
    for body in [
        "\u{feff}{\"a\":1}",
        " \t\r\n{\"a\" : 1}\r\n\t ",
        "\u{feff}\n{\"a\":1}\n",
    ] {
        let server = Server::replying(Reply::json(200, body));
        let lookup = |format| file_in(format, &server);
        lookup("json").run().is(0, "{\n  \"a\": 1\n}\n", "");
        lookup("yaml").run().is(0, "a: 1\n", "");
        let newline = if body.ends_with('\n') { "" } else { "\n" };
        lookup("raw").run().is(0, format!("{body}{newline}"), "");
    }
}

#[test]
fn what_is_no_object_is_quoted_with_care() {
    let deep = |levels| "{\"a\":".repeat(levels) + "1" + &"}".repeat(levels);
    let cut = |text: &str| text.chars().take(120).collect::<String>() + "…";
    let not_json = "not JSON: expected value at line 1 column 1";
    for (body, why, shown) in [
        (&b"hello"[..], not_json, "hello"),
        (
            b"{\"a\":1} x",
            "not JSON: trailing characters at line 1 column 9",
            "{\"a\":1} x",
        ),
        (
            b"{\"a\":1}{\"a\":2}",
            "not JSON: trailing characters at line 1 column 8",
            "{\"a\":1}{\"a\":2}",
        ),
        (
            b"{\"a\":1,}",
            "not JSON: key must be a string at line 1 column 8",
            "{\"a\":1,}",
        ),
        (
            b"{'a':1}",
            "not JSON: key must be a string at line 1 column 2",
            "{'a':1}",
        ),
        (
            b"{\"a\":NaN}",
            "not JSON: expected value at line 1 column 6",
            "{\"a\":NaN}",
        ),
        (b"{\"a\":\"\xff\"}", "not UTF-8", "{\"a\":\"\u{fffd}\"}"),
        (
            b"\xff\xfe{\0}\0",
            "not UTF-8",
            "\u{fffd}\u{fffd}{\\u0000}\\u0000",
        ),
        (
            "\u{feff}\u{feff}{}".as_bytes(),
            not_json,
            "\u{feff}\u{feff}{}",
        ),
        (
            b"{\"a\":\"\0\"}",
            "not JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 6",
            "{\"a\":\"\\u0000\"}",
        ),
        (
            b"\x1b]0;title\x07\x1b[2J<html>",
            not_json,
            "\\u001b]0;title\\u0007\\u001b[2J<html>",
        ),
        (
            "\u{9b}31m\u{202e}\u{200b}x".as_bytes(),
            not_json,
            "\\u009b31m\u{202e}\u{200b}x",
        ),
        (
            deep(257).as_bytes(),
            "nested deeper than 256 levels",
            &cut(&deep(257)),
        ),
        (
            deep(100_000).as_bytes(),
            "nested deeper than 256 levels",
            &cut(&deep(257)),
        ),
        (
            "[".repeat(100_000).as_bytes(),
            "not JSON: EOF while parsing a list at line 1 column 100000",
            &cut(&"[".repeat(121)),
        ),
        (b"\"a\"", "JSON, but not an object: string", "\"a\""),
    ] {
        let server = Server::replying(Reply::json(200, body));
        let expected = |shown: &str| {
            format!(
                "error: the answer for `a` is not a file object: {why}\n  HTTP 200, application/json\n  {shown}\n  url: {{base}}/files/a\n\nhint: check the base URL; a login page or a gateway may have answered instead of the API\n"
            )
        };
        file_in("json", &server).run().is(1, "", expected(shown));
        let escaped = shown
            .replace('\u{202e}', "\\u202e")
            .replace('\u{200b}', "\\u200b")
            .replace('\u{feff}', "\\ufeff");
        file_in("json", &server)
            .terminal(200, 24)
            .run()
            .is(1, "", expected(&escaped));
    }
}

/// What of an error a server can choose, all of it hostile: its message, the id of the request.
fn hostile_error() -> Reply {
    Reply::json(
        400,
        "{\"error\":{\"message\":\"\\u001b[2J\u{9b}\u{202e}\u{200b}\\nsecond \\u0007line\",\"code\":\"\u{9b}\"}}",
    )
    .header("x-request-id", "\u{9b}31m\u{202e}id")
}

#[test]
fn the_words_of_a_server_are_escaped_on_a_terminal() {
    let server = Server::replying(hostile_error());
    file_in("json", &server).run().is(
        1,
        "",
        "error: the server refused to look up `a` (HTTP 400)\n  \\u001b[2J\\u009b\u{202e}\u{200b}\n  second \\u0007line\n  url: {base}/files/a\n  request id: \\u009b31m\u{202e}id\n",
    );
    file_in("json", &server).terminal(80, 24).run().is(
        1,
        "",
        "error: the server refused to look up `a` (HTTP 400)\n  \\u001b[2J\\u009b\\u202e\\u200b\n  second \\u0007line\n  url: {base}/files/a\n  request id: \\u009b31m\\u202eid\n",
    );
}

#[test]
fn commands_for_runners_of_ci_services_are_shown_not_said() {
    let commands = "::set-output name=a::b\\n \u{200b}::stop-commands::x\\nc ##vso[d]##[e]f ::g";
    let server = Server::replying(
        Reply::json(404, format!(r#"{{"error":"{commands}"}}"#)).header("x-request-id", "##[h]"),
    );
    let report = concat!(
        "error: no such file `a` (HTTP 404)\n",
        "  \\u003a:set-output name=a::b\n",
        "   \u{200b}\\u003a:stop-commands::x\n",
        "  c \\u0023#vso[d]\\u0023#[e]f ::g\n",
        "  url: {base}/files/a\n",
        "  request id: \\u0023#[h]\n",
        "\nhint: check the id, and that the file is on this server\n",
    );
    file_in("json", &server).run().is(3, "", report);
    file_in("json", &server).terminal(80, 24).run().is(
        3,
        "",
        report.replace("\u{200b}\\u003a", "\\u200b:"),
    );
    // Labels and values begin the lines of cards and tables.
    let file = r#"{"::add-mask::e":"::f","id":"::g","Status":"processed"}"#;
    let server = Server::replying(Reply::json(200, file));
    file_in("table", &server).run().is(
        0,
        "\"::add-mask::e\"  \"::f\"\nid               \"::g\"\n\"Status\"         processed\n",
        "",
    );
    file_in("table", &server)
        .args(["--transform", "[@this]"])
        .run()
        .is(
            0,
            "\"::add-mask::e\"  id     Status\n\"::f\"            \"::g\"  processed\n",
            "",
        );
    // Azure's and TeamCity's are commands anywhere in a line.
    let file = r###"{"##vso[a]":"b ##teamcity[c]"}"###;
    let server = Server::replying(Reply::json(200, file));
    file_in("table", &server)
        .run()
        .is(0, "\"\\u0023#vso[a]\"  b \\u0023#teamcity[c]\n", "");
    file_in("pretty", &server).run().is(
        0,
        like(predicates::str::contains(
            "│ \\u0023#vso[a]: b \\u0023#teamcity[c] │",
        )),
        "",
    );
}

#[test]
fn error_objects_are_escaped_on_a_terminal_in_every_format() {
    let server = Server::replying(hostile_error());
    let lookup = |format| {
        retrieve()
            .args(["a", "--no-color", "--format-error", format])
            .server(&server)
    };
    let raw = "{\"message\":\"\\u001b[2J\u{9b}\u{202e}\u{200b}\\nsecond \\u0007line\",\"code\":\"\u{9b}\"}\n";
    for format in ["jsonl", "raw"] {
        lookup(format).run().is(1, "", raw);
        lookup(format).terminal(80, 24).run().is(
            1,
            "",
            r#"{"message":"\u001b[2J\u009b\u202e\u200b\nsecond \u0007line","code":"\u009b"}"#
                .to_owned()
                + "\n",
        );
    }
    lookup("yaml").terminal(80, 24).run().is(
        1,
        "",
        r#"message: "\x1b[2J\x9b\u202e\u200b\nsecond \x07line""#.to_owned() + "\ncode: \"\\x9b\"\n",
    );
    lookup("table").terminal(80, 24).run().is(
        1,
        "",
        concat!(
            r"message  \u001b[2J\u009b\u202e\u200b\u000asecond \u0007line",
            "\n",
            r"code     \u009b",
            "\n"
        ),
    );
    lookup("pretty").terminal(80, 24).run().is(
        1,
        "",
        concat!(
            "╭─ files retrieve ────────────────────────────────────────────╮\n",
            r"│ message: \u001b[2J\u009b\u202e\u200b\u000asecond \u0007line │",
            "\n",
            r"│ code: \u009b                                                │",
            "\n",
            "╰─────────────────────────────────────────────────────────────╯\n",
        ),
    );
}

#[test]
fn headers_are_escaped_on_a_terminal() {
    let server = Server::replying(
        Reply::text(200, "text/\u{9b}\u{202e}html", "no").header("x-y", "\u{9b}2J\u{202e}"),
    );
    let shown = |content_type: &str| {
        format!(
            "error: the answer for `a` is not a file object: not JSON: expected ident at line 1 column 2\n  HTTP 200, {content_type}\n  no\n  url: {{base}}/files/a\n\nhint: check the base URL; a login page or a gateway may have answered instead of the API\n"
        )
    };
    file_in("json", &server)
        .run()
        .is(1, "", shown("text/\\u009b\u{202e}html"));
    let run = file_in("json", &server)
        .args(["--debug"])
        .terminal(200, 24)
        .run();
    let error = shown("text/\\u009b\\u202ehtml").replace("{base}", &server.base_url());
    assert!(run.err().ends_with(&error), "{run}");
    assert!(
        run.err().contains("debug: < x-y: \\u009b2J\\u202e\n"),
        "{run}"
    );
}

#[test]
fn headers_fill_no_log() {
    let long = "x".repeat(6000);
    let reply = Reply::file().header("x-a", &long).header("x-b", &long);
    let server = Server::replying(reply.header("x-c", &long).header("x-d", "short"));
    let run = file_in("json", &server).args(["--debug"]).run();
    let shown = format!("\ndebug: < x-b: {long}\ndebug: < … (headers that are not shown: 3)\n");
    assert!(run.err().ends_with(&shown), "{run}");
    assert!(run.err().len() < 16_000, "{run}");
    assert_eq!(run.code, Some(0), "{run}");
}

#[test]
fn ids_are_escaped_on_a_terminal() {
    let server = Server::replying(Reply::status(404));
    let id = "a\u{202e}b\u{200b}";
    let lookup = || retrieve().args([id, "--no-color"]).server(&server);
    let report = |id: &str| {
        format!(
            "error: no such file `{id}` (HTTP 404)\n  url: {{base}}/files/a%E2%80%AEb%E2%80%8B\n\nhint: check the id, and that the file is on this server\n"
        )
    };
    lookup().run().is(3, "", report(id));
    lookup()
        .terminal(80, 24)
        .run()
        .is(3, "", report("a\\u202eb\\u200b"));
}

#[test]
fn words_that_are_typed_are_escaped_on_a_terminal() {
    // Scripts pass on what they were given.
    for args in [
        &["files", "retrieve", "a", "--format", "\u{1b}[2J"][..],
        &["files", "retrieve", "a", "--\u{1b}]0;title\u{7}"],
        &["files", "\u{9b}2J\u{202e}"],
        &["\u{1b}[2J"],
        &["files", "retrieve", "a", "--timeout", "\u{1b}[2J"],
        &["files", "retrieve", "a\u{1b}[2J"],
        &["files", "retrieve", "a", "--base-url", "\u{1b}[2J"],
        &["files", "retrieve", "a", "--base-url", "http://\u{1b}[2J"],
        &[
            "files",
            "retrieve",
            "a",
            "--base-url",
            "http://127.0.0.1/\u{202e}",
            "--api-key-file",
            "\u{1b}[2J",
        ],
    ] {
        for color in ["always", "never"] {
            is_refused(
                openai().args(args).args(["--color", color]),
                color == "never",
            );
        }
    }
    // What is not UTF-8 is not text, but shown all the same.
    for words in [
        &[&b"\x1b]0;title\x07\xff"[..]][..],
        &[b"files", b"retrieve", b"a", b"--format", b"\x1b[2J\xff"],
        &[b"completion", b"\x1b[2J\xff"],
        &[b"help", b"\x1b[2J\xff"],
        &[b"--\x1b[2J\xff"],
    ] {
        let words: Vec<_> = words.iter().map(|word| OsStr::from_bytes(word)).collect();
        is_refused(openai().args(words), false);
    }
}

/// Fails the test unless a run on a terminal ends with a usage error.
#[track_caller]
fn is_refused(openai: Openai, plain: bool) {
    let run = openai.terminal(80, 24).run();
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stdout.is_empty(), "{run}");
    assert!(
        run.err().starts_with(if plain { "error: " } else { "" }),
        "{run}"
    );
}

#[test]
fn words_that_are_typed_are_no_commands_of_a_ci_service() {
    for words in [
        &["##vso[task.complete]"][..],
        &["files", "retrieve", "a", "--format", "##teamcity[x]"],
        &["files", "retrieve", "a", "--##[x]"],
        &["files", "retrieve", "a", "--color", "x\n::error::x"],
    ] {
        let run = openai().args(words).run();
        assert_eq!(run.code, Some(2), "{run}");
        let err = run.err();
        assert!(
            err.contains("\\u0023#") || err.contains("x\\u000a::error"),
            "{run}"
        );
        assert!(!err.contains("##"), "{run}");
    }
}

#[test]
fn a_large_string_takes_a_few_times_its_size() {
    // In a pipe a large one; on a terminal, where all of this one is escaped, a smaller one, as
    // a debug build takes its time over it.
    large("x", 10 << 20, false);
    large("\u{9b}", 3 << 20, true);
}

/// Looks up a file with a string of this size in every format.
fn large(unit: &str, size: usize, terminal: bool) {
    // The body while its buffer grows, a field in its new form, and the program.
    let limit = 8 * size as u64 + (16 << 20);
    let string = format!("\"{}\"", unit.repeat(size / unit.len()));
    let body = file_object().with("filename", string).to_string();
    for format in FORMATS {
        let server = Server::replying(Reply::json(200, body.as_str()));
        let mut tool = file_in(format, &server);
        if terminal {
            tool = tool.args(["--color", "always"]).stdout_terminal(80, 24);
        }
        let run = tool.run();
        assert_eq!((run.code, &*run.err()), (Some(0), ""), "{format}");
        if !terminal && ["jsonl", "raw"].contains(&format) {
            assert!(run.out() == format!("{body}\n"), "{format}");
        }
        let peak = run.peak_memory.unwrap_or(0);
        assert!(peak < limit, "{format}: {peak} bytes");
    }
}

#[test]
fn a_large_name_takes_a_few_times_its_size() {
    // Escaped it is six times as long, and without the command at its end a little longer.
    const SIZE: usize = 3 << 20;
    let body = format!(r#"{{"{}##vso[x]":1}}"#, "\u{7f}".repeat(SIZE));
    let limit = 9 * SIZE as u64 + (16 << 20);
    for format in ["table", "pretty"] {
        for terminal in [false, true] {
            let server = Server::replying(Reply::json(200, body.as_str()));
            let mut tool = file_in(format, &server).args(["--color", "always"]);
            if terminal {
                tool = tool.stdout_terminal(80, 24);
            }
            let run = tool.run();
            assert_eq!((run.code, &*run.err()), (Some(0), ""), "{format}");
            assert!(!run.out().contains("##"), "{format}");
            // Nobody reads megabytes of a name; in a pipe all is complete.
            let escaped = run.out().matches(r"\u007f").count();
            assert_eq!(escaped > SIZE / 2, !terminal, "{format}: {escaped}");
            let peak = run.peak_memory.unwrap_or(0);
            assert!(peak < limit, "{format}, {terminal}: {peak} bytes");
        }
    }
}

#[test]
fn many_small_values_take_a_few_times_their_size() {
    const SIZE: usize = 4 << 20;
    let many = |open: &str, unit: &str, last: &str, close: &str| {
        format!(
            r#"{{"a":{open}{}{last}{close}}}"#,
            unit.repeat(SIZE / unit.len())
        )
    };
    let sorted = r#"a|@pretty:{"sortKeys":true}"#;
    let limit = 8 * SIZE as u64 + (16 << 20);
    for (body, path, format) in [
        (many("[", "0,", "0", "]"), "a|@reverse", "jsonl"),
        (many("{", r#""":0,"#, r#""":0"#, "}"), sorted, "jsonl"),
        (many("[", r#"{"":0,"":0},"#, "0", "]"), "a", "yaml"),
        (many("[", "{},", r#"{"x":1}"#, "]"), "a", "table"),
    ] {
        let server = Server::replying(Reply::json(200, body));
        let run = file_in(format, &server).args(["--transform", path]).run();
        assert_eq!((run.code, &*run.err()), (Some(0), ""), "{path} {format}");
        let peak = run.peak_memory.unwrap_or(0);
        assert!(peak < limit, "{path} {format}: {peak} bytes");
    }
}

#[test]
fn an_error_object_takes_no_memory_for_its_indentation() {
    const DEPTH: usize = 250;
    const COUNT: usize = 16 << 10;
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    let body = format!("{{\"error\":{open}{}1{close}}}", "1,".repeat(COUNT - 1));
    for format in ["json", "yaml"] {
        let server = Server::replying(Reply::json(400, body.as_str()));
        let lookup = retrieve().args(["a", "--format-error", format]);
        let run = lookup.server(&server).run();
        assert_eq!((run.code, &*run.out()), (Some(1), ""), "{format}");
        let printed = run.err().len();
        assert!(printed > COUNT * DEPTH * 2, "{format}: {printed} bytes");
        let peak = run.peak_memory.unwrap_or(0);
        assert!(peak < 2 * printed as u64, "{format}: {peak} bytes");
    }
}

#[test]
fn an_error_object_is_not_made_larger_without_end() {
    const DEPTH: usize = 248;
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    // What a search for secrets undoes, level by level.
    let unit = format!("{open}\"\\\\u0026amp;\"{close}");
    let body = |count| format!("{{\"error\":[{}]}}", vec![unit.as_str(); count].join(","));
    for (count, is_object) in [(10, true), (100, false)] {
        let server = Server::replying(Reply::json(400, body(count)));
        let lookup = retrieve().args(["a", "--format-error", "jsonl"]);
        let lookup = lookup.args(["--transform-error", "@pretty"]);
        let run = lookup.server(&server).run();
        assert_eq!((run.code, &*run.out()), (Some(1), ""), "{count}");
        let start = if is_object { "[[" } else { "error: " };
        assert!(run.err().starts_with(start), "{count}");
        let peak = run.peak_memory.unwrap_or(0);
        assert!(peak < 64 << 20, "{count}: {peak} bytes");
    }
}

#[test]
fn one_wide_line_does_not_widen_thousands_of_narrow_ones() {
    const COUNT: usize = 10_000;
    let wide = "x".repeat(316);
    let lines = format!(r#"{{"a":["{wide}"{}]}}"#, ",1".repeat(COUNT));
    let deep = format!(r#"{{"a":["{wide}",[[[[[{}1]]]]]]}}"#, "1,".repeat(COUNT));
    let names: Vec<_> = (0..COUNT).map(|n| format!(r#""{n}":1"#)).collect();
    let card = format!(r#"{{"{wide}":1,{}}}"#, names.join(","));
    for (format, body) in [
        ("pretty", &lines),
        ("pretty", &deep),
        ("pretty", &card),
        ("table", &card),
    ] {
        let server = Server::replying(Reply::json(200, body.as_str()));
        let run = file_in(format, &server).run();
        assert_eq!((run.code, &*run.err()), (Some(0), ""), "{format}");
        let printed = run.out().len();
        // Two borders of three bytes, a number, spaces.
        assert!(
            printed < body.len() + 64 * COUNT,
            "{format}: {printed} bytes"
        );
        assert!(run.out().contains(&wide), "{format}");
    }
}

#[test]
fn a_table_is_not_much_larger_than_what_it_shows() {
    let names: Vec<_> = (10..60)
        .map(|n| format!("{n}{}", "k".repeat(318)))
        .collect();
    let members: Vec<_> = names.iter().map(|name| format!("\"{name}\":1")).collect();
    let body = format!(
        r#"{{"data":[{{{}}}{}]}}"#,
        members.join(","),
        ",{}".repeat(500)
    );
    let server = Server::replying(Reply::json(200, body));
    let row = |cell: &str| vec![cell; 50].join("  ") + "\n";
    file_in("table", &server)
        .args(["--transform", "data"])
        .run()
        .is(
            0,
            names.join("  ") + "\n" + &row("1") + &row("-").repeat(500),
            "",
        );
}
