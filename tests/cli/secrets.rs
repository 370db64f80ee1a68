//! Nothing leaks: keys, passwords and tokens appear in no output, whatever a server does with
//! them.
//!
//! That no run of any test prints one is checked in `support::secrets`. Here are the cases that
//! try to make it happen. Core dumps are out of scope: who can read them can read the memory.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use base64::prelude::{BASE64_STANDARD as BASE64, Engine as _};
use clap::Arg;
use openai_cli::docs;

use crate::server::{Reply, Request, Server, Step, json_string};
use crate::support::{EXAMPLE, Openai, like, openai, retrieve, secrets};

const KEY: &str = secrets::API_KEY;

/// A key with every character that is written differently in JSON and URLs.
const ODD_KEY: &str = "sk-sentinel-Kq3vXw8Z/+\"\\%&=tR5mYb2NcJ7hGd";

/// A lookup of `id` without repetitions.
fn look(server: &Server) -> Openai {
    retrieve().args(["id", "--max-retries", "0"]).server(server)
}

/// What is printed of a refusal with these details.
fn refused(details: &str) -> String {
    format!(
        "error: the server refused to look up `id` (HTTP 400)\n{details}  \
         url: {{base}}/files/id\n"
    )
}

/// A text with every character as a JSON escape.
fn as_json_escapes(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |all, byte| format!("{all}\\u{byte:04x}"))
}

/// A text with every character percent-encoded.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |all, byte| format!("{all}%{byte:02X}"))
}

#[test]
fn a_key_that_comes_back_in_an_error() {
    let escaped = as_json_escapes(KEY);
    let encoded = percent_encoded(KEY);
    let upper = KEY.to_uppercase();
    for (body, details) in [
        (
            format!("{{\"error\": {{\"message\": \"bad key {KEY}, {KEY}\"}}}}"),
            "  bad key [redacted], [redacted]\n",
        ),
        (
            format!("{{\"error\": {{\"message\": \"bad key {escaped}\"}}}}"),
            "  bad key [redacted]\n",
        ),
        (
            format!("{{\"error\": \"bad key {encoded}\"}}"),
            "  bad key [redacted]\n",
        ),
        (
            format!("{{\"message\": \"bad key {upper}\"}}"),
            "  bad key [redacted]\n",
        ),
        // A part of a validation error that is put together here.
        (
            format!(
                "{{\"detail\": [{{\"loc\": [\"header\", {}], \"msg\": \"bad\"}}, {{\"msg\": {}}}]}}",
                json_string(KEY),
                json_string(&format!("not {KEY}\nbut {KEY}")),
            ),
            "  header.[redacted]: bad\n  not [redacted]\n  but [redacted]\n",
        ),
        // Of no known form: quoted as it came, up to a limit.
        (
            format!("{{\"key\": \"{escaped}\"}}"),
            "  {\"key\": \"[redacted]\"}\n",
        ),
        (
            format!("<p>\n  {KEY}\n  {encoded}</p>"),
            "  <p> [redacted] [redacted]</p>\n",
        ),
        (
            "x".repeat(100) + KEY,
            "  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx[redacted]\n",
        ),
        (format!("{}{KEY}", " ".repeat(1900)), "  [redacted]\n"),
        (
            format!("{}{KEY}", "x".repeat(115)),
            "  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx[reda…\n",
        ),
    ] {
        let server = Server::replying(Reply::text(400, "text/plain", body));
        look(&server).run().is(1, "", refused(details));
    }
}

#[test]
fn a_key_that_comes_back_in_an_error_object() {
    let message = json_string(&format!("bad key {KEY}"));
    let escaped = as_json_escapes(KEY);
    let error =
        format!("{{\"message\":{message},\"code\":\"{escaped}\",\"{KEY}\":{{\"x\":[{message}]}}}}");
    for (format, expected) in [
        (
            "json",
            "{\n  \"message\": \"bad key [redacted]\",\n  \"code\": \"[redacted]\",\n  \
             \"[redacted]\": {\n    \"x\": [\"bad key [redacted]\"]\n  }\n}\n",
        ),
        (
            "jsonl",
            "{\"message\":\"bad key [redacted]\",\"code\":\"[redacted]\",\
             \"[redacted]\":{\"x\":[\"bad key [redacted]\"]}}\n",
        ),
        (
            "raw",
            "{\"message\":\"bad key [redacted]\",\"code\":\"[redacted]\",\
             \"[redacted]\":{\"x\":[\"bad key [redacted]\"]}}\n",
        ),
        (
            "yaml",
            "message: \"bad key [redacted]\"\ncode: \"[redacted]\"\n\
             \"[redacted]\":\n  x:\n    - \"bad key [redacted]\"\n",
        ),
    ] {
        let server = Server::replying(Reply::json(400, format!("{{\"error\":{error}}}")));
        look(&server)
            .args(["--format-error", format])
            .run()
            .is(1, "", expected);
    }
}

#[test]
fn a_key_that_is_written_with_escapes() {
    // Also in a text that is quoted in another.
    let quoted = json_string(&format!("{{\"key\":{}}}", json_string(ODD_KEY)));
    let body = format!(
        "{{\"error\":{{\"message\":{},\"param\":{quoted},\"code\":\"{}\"}}}}",
        json_string(ODD_KEY),
        ODD_KEY
            .replace('\\', "\\\\")
            .replace('"', "\\u0022")
            .replace('/', "\\/")
    );
    for (format, expected) in [
        ("auto", refused("  [redacted]\n")),
        (
            "jsonl",
            "{\"message\":\"[redacted]\",\"param\":\"{\\\"key\\\":\\\"[redacted]\\\"}\",\
             \"code\":\"[redacted]\"}\n"
                .to_owned(),
        ),
        (
            "yaml",
            "message: \"[redacted]\"\nparam: \"{\\\"key\\\":\\\"[redacted]\\\"}\"\n\
             code: \"[redacted]\"\n"
                .to_owned(),
        ),
    ] {
        let server = Server::replying(Reply::json(400, body.clone()));
        look(&server)
            .env("OPENAI_API_KEY", ODD_KEY)
            .args(["--format-error", format])
            .run()
            .is(1, "", expected);
    }
}

#[test]
fn a_secret_in_base64_or_hexadecimal_digits() {
    let custom = secrets::CUSTOM_HEADER;
    let hex = KEY.bytes().map(|byte| format!("{byte:02x}"));
    let hex: String = hex.collect();
    let basic = BASE64.encode(format!(":{KEY}"));
    let bearer = BASE64.encode(format!("Bearer {KEY}\n"));
    let server = Server::replying(
        Reply::json(
            400,
            format!("{{\"error\":\"Basic {basic}, {hex} or {bearer}\"}}"),
        )
        .header("X-Request-Id", &BASE64.encode(custom))
        .header("X-Echo", &basic),
    );
    look(&server)
        .args(["--debug"])
        .env("OPENAI_CUSTOM_HEADERS", format!("X-Custom: {custom}"))
        .secret(&basic)
        .secret(&hex)
        .run()
        .is(
            1,
            "",
            DEBUG_HEAD.to_owned()
                + "debug: > x-custom: [redacted]\n\
                   debug: < HTTP 400 Bad Request (first byte [..] ms, total [..] ms)\n\
                   debug: < content-type: application/json\n\
                   debug: < x-request-id: [redacted]0=\n\
                   debug: < x-echo: On[redacted]Q=\n\
                   debug: < content-length: 196\n"
                + &refused("  Basic On[redacted]Q=, [redacted] or QmVhcmVyIH[redacted]QK\n")
                + "  request id: [redacted]0=\n",
        );
}

#[test]
fn a_secret_in_a_page_that_quotes_json_in_another_encoding() {
    let secret = "sentinel &3 \"hörse\" \\ and what follows it";
    // Quotes may be those of a JSON text.
    let in_quotes = "[redacted]\"[redacted]\"[redacted]";
    let as_html = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;");
    let bytes = |text: &str, nul: bool| -> Vec<u8> {
        let latin = text.chars().map(|it| u8::try_from(it).unwrap());
        latin
            .flat_map(|byte| [byte, 0].into_iter().take(1 + usize::from(nul)))
            .collect()
    };
    for (body, details) in [
        (
            as_html(&json_string(secret)).into_bytes(),
            "&quot;[redacted]&quot;",
        ),
        (as_html(&as_html(secret)).into_bytes(), "[redacted]"),
        (
            percent_encoded(&json_string(secret)).into_bytes(),
            "%22[redacted]%22",
        ),
        (secret.replace(' ', r"\n").into_bytes(), in_quotes),
        (bytes(secret, false), in_quotes),
        (bytes(secret, true), in_quotes),
    ] {
        let server = Server::replying(Reply::text(400, "text/plain", body));
        look(&server)
            .env("OPENAI_CUSTOM_HEADERS", format!("X-Custom: {secret}"))
            .secret("what follows")
            .run()
            .is(1, "", refused(&format!("  {details}\n")));
    }
}

#[test]
fn a_key_in_every_format_of_an_error_object_on_a_terminal() {
    let body = format!(
        "{{\"error\":{{\"message\":{},\"code\":\"{}\",\"{KEY}\":[\"{KEY}\"]}}}}",
        json_string(&format!("bad key {KEY}")),
        as_json_escapes(KEY)
    );
    for format in [
        "auto", "json", "jsonl", "pretty", "raw", "yaml", "table", "explore",
    ] {
        for width in [20, 40, 200] {
            let server = Server::replying(Reply::json(400, body.clone()));
            let run = look(&server)
                .args(["--format-error", format, "--color", "always"])
                .stderr_terminal(width, 24)
                .run();
            assert_eq!(run.code, Some(1), "{run}");
            assert!(run.err().contains("redacted") || width < 40, "{run}");
        }
    }
}

#[test]
fn a_transform_does_not_bring_a_key_to_light() {
    let inner = format!("{{\"key\":\"{}\"}}", as_json_escapes(KEY));
    let body = format!("{{\"error\":{{\"message\":{}}}}}", json_string(&inner));
    for (path, expected) in [
        ("message", "{\"key\":\"[redacted]\"}\n"),
        ("message.@fromstr.key", "[redacted]\n"),
    ] {
        let server = Server::replying(Reply::json(400, body.clone()));
        look(&server)
            .args(["--raw-output", "--transform-error", path])
            .run()
            .is(1, "", expected);
    }
}

#[test]
fn a_key_in_the_head_of_an_answer() {
    let server = Server::replying(
        Reply::text(200, &format!("text/{KEY}"), format!("<p>{KEY}</p>"))
            .header("x-request-id", &format!("req-{KEY}")),
    );
    look(&server).run().is(
        1,
        "",
        "error: the answer for `id` is not a file object: not JSON: \
         expected value at line 1 column 1\n  \
         HTTP 200, text/[redacted]\n  <p>[redacted]</p>\n  \
         url: {base}/files/id\n  request id: req-[redacted]\n\n\
         hint: check the base URL; a login page or a gateway may have answered instead of the API\n",
    );
    let reason = format!("HTTP/1.1 400 {KEY}\r\nContent-Length: 0\r\n\r\n");
    let server = Server::replying(Reply::bytes(reason));
    look(&server)
        .args(["--debug"])
        .run()
        .is(1, "", DEBUG_HEAD.to_owned() + "debug: < HTTP 400 Bad Request (first byte [..] ms, total [..] ms)\ndebug: < content-length: 0\n" + &refused(""));
    // What is cut is searched before.
    let long = "r".repeat(195);
    let server =
        Server::replying(Reply::status(400).header("x-request-id", &format!("{long}{KEY}")));
    look(&server).run().is(
        1,
        "",
        refused("") + &format!("  request id: {long}[reda…\n"),
    );
    let garbage = format!("{KEY} is the key\r\n\r\n");
    let server = Server::replying(Reply::bytes(garbage));
    look(&server).run().is(
        7,
        "",
        "error: what {address} answered for `id` is not valid HTTP\n  url: {base}/files/id\n\n\
         hint: check scheme and port of the base URL: http:// or https://\n",
    );
}

/// What `--debug` shows of a request with a key.
const DEBUG_HEAD: &str = "debug: attempt 1: GET {base}/files/id\n\
     debug: > authorization: [redacted]\n\
     debug: > accept: application/json\n\
     debug: > accept-encoding: gzip\n\
     debug: > user-agent: openai-cli/[..]\n";

#[test]
fn debug_output_shows_no_secret() {
    let custom = secrets::CUSTOM_HEADER;
    let server = Server::replying(
        Reply::file()
            .header("Set-Cookie", "session=sentinel-in-a-cookie")
            .header("X-Api-Key", "sentinel-in-a-header")
            .header("X-Auth-Token", "sentinel-in-a-header")
            .header("Authentication-Info", "harmless")
            .header("Location", "http://sentinel-in-a-place/")
            .header("X-Echo", &format!("{KEY} {custom}"))
            .header("X-Ratelimit-Remaining-Tokens", "99")
            .header("X-Request-Id", "req_1"),
    );
    look(&server)
        .args(["--debug"])
        .env(
            "OPENAI_CUSTOM_HEADERS",
            format!("X-Custom: {custom}\nCookie: id={custom}\nUser-Agent: {custom}"),
        )
        .secret("sentinel-in-a-cookie")
        .secret("sentinel-in-a-header")
        .secret("sentinel-in-a-place")
        .run()
        .is(
            0,
            EXAMPLE,
            "debug: attempt 1: GET {base}/files/id\n\
             debug: > authorization: [redacted]\n\
             debug: > accept: application/json\n\
             debug: > accept-encoding: gzip\n\
             debug: > user-agent: [redacted]\n\
             debug: > x-custom: [redacted]\n\
             debug: > cookie: [redacted]\n\
             debug: < HTTP 200 OK (first byte [..] ms, total [..] ms)\n\
             debug: < content-type: application/json\n\
             debug: < set-cookie: [redacted]\n\
             debug: < x-api-key: [redacted]\n\
             debug: < x-auth-token: [redacted]\n\
             debug: < authentication-info: harmless\n\
             debug: < location: [redacted]\n\
             debug: < x-echo: [redacted] [redacted]\n\
             debug: < x-ratelimit-remaining-tokens: 99\n\
             debug: < x-request-id: req_1\n\
             debug: < content-length: 166\n",
        );
}

#[test]
fn the_user_info_of_a_base_url_is_not_shown() {
    let password = secrets::USER_INFO_PASSWORD;
    let encoded = BASE64.encode(format!("us@ers:{password}:"));
    let unpadded = encoded.trim_end_matches('=');
    assert_ne!(unpadded, encoded);
    let echo = format!("{encoded} {unpadded} {password}: {password}%3A");
    let server = Server::replying(Reply::text(400, "text/plain", echo));
    let url = format!("http://us%40ers:{password}%3A@{}/v1", server.address());
    look(&server)
        .without_env("OPENAI_API_KEY")
        .env("OPENAI_BASE_URL", &url)
        .args(["--debug"])
        .run()
        .is(
            1,
            "",
            DEBUG_HEAD.to_owned()
                + "debug: < HTTP 400 Bad Request (first byte [..] ms, total [..] ms)\n\
                   debug: < content-type: text/plain\n\
                   debug: < content-length: [..]\n"
                + &refused("  [redacted] [redacted] [redacted] [redacted]\n"),
        );
    let authorization = format!("Basic {encoded}");
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some(authorization.as_str())
    );
    // A name alone may be a token.
    let server = Server::start(|request: &Request| {
        Reply::text(400, "text/plain", request.header("authorization").unwrap())
    });
    look(&server)
        .without_env("OPENAI_API_KEY")
        .env(
            "OPENAI_BASE_URL",
            format!("http://{password}@{}/v1", server.address()),
        )
        .run()
        .is(1, "", refused("  Basic [redacted]\n"));
}

#[test]
fn a_base_url_that_is_wrong_is_shown_without_its_secrets() {
    let password = secrets::USER_INFO_PASSWORD;
    for (url, shown) in [
        (format!("user:{password}@host"), "…@host"),
        (format!("ftp://user:{password}@host"), "…@host"),
        (format!("host/v1?key={KEY}"), "host/v1?…"),
        (KEY.to_owned(), "…"),
        (format!("user:{password}%40host"), "…"),
        (format!("user:{password}\u{ff20}host"), "…"),
        (format!("user:{}?%40host", &password[1..]), "…"),
        (format!("user:{password}/v1"), "…"),
        (format!("ftp://user:{password}/v1"), "…"),
        (format!("\n-----BEGIN PRIVATE KEY-----\n{password}"), "…"),
    ] {
        for openai in [
            retrieve().args(["id", "--base-url", &url]),
            retrieve().args(["id"]).env("OPENAI_BASE_URL", &url),
        ] {
            let run = openai.env("OPENAI_API_KEY", KEY).run();
            assert_eq!(run.code, Some(2), "{run}");
            assert!(run.err().contains(&format!("\"{shown}\"")), "{run}");
        }
    }
    // Where that is no URL nobody knows where a password ends.
    for rest in ["@ho st", "@a@host:x", "%40host", "", "/v1", "?@host"] {
        retrieve()
            .args(["id"])
            .env("OPENAI_BASE_URL", format!("http://user:{password}{rest}"))
            .run()
            .is(2, "", "error: OPENAI_BASE_URL is not a URL: [..]\n");
    }
}

#[test]
fn a_secret_in_the_query_of_a_base_url() {
    let server =
        Server::start(|request: &Request| Reply::text(400, "text/plain", request.target.clone()));
    let url = format!(
        "{}?api-version=2024-05-01-preview&subscription-key={}&sig=a+b/cdefg==&x=y",
        server.base_url(),
        KEY.replace('-', "%2D")
    );
    let shown = "?api-version=2024-05-01-preview&subscription-key=[redacted]&sig=[redacted]&x=y";
    look(&server)
        .without_env("OPENAI_API_KEY")
        .env("OPENAI_BASE_URL", url)
        .args(["--debug"])
        .run()
        .is(
            1,
            "",
            format!(
                "debug: attempt 1: GET {{base}}/files/id{shown}\n\
                 debug: > accept: application/json\n\
                 debug: > accept-encoding: gzip\n\
                 debug: > user-agent: openai-cli/[..]\n\
                 debug: < HTTP 400 Bad Request (first byte [..] ms, total [..] ms)\n\
                 debug: < content-type: text/plain\n\
                 debug: < content-length: [..]\n\
                 error: the server refused to look up `id` (HTTP 400)\n  \
                 /v1/files/id{shown}\n  \
                 url: {{base}}/files/id{shown}\n"
            ),
        );
}

#[test]
fn the_password_in_a_header_that_comes_back() {
    let password = secrets::CUSTOM_HEADER;
    let basic = |pair: String| format!("X-Login: basic {}", BASE64.encode(pair));
    for header in [
        basic(format!("alice:{password}")),
        basic(format!("{password}:")),
    ] {
        let echo = format!("no {password} here");
        let server = Server::replying(Reply::text(400, "text/plain", echo));
        look(&server).env("OPENAI_CUSTOM_HEADERS", header).run().is(
            1,
            "",
            refused("  no [redacted] here\n"),
        );
    }
}

#[test]
fn a_part_of_a_header_or_key_that_comes_back() {
    let token = secrets::CUSTOM_HEADER;
    for (header, part) in [
        (
            format!("Authorization: Bearer {token}=="),
            format!("{token}=="),
        ),
        (
            format!("Proxy-Authorization: Basic {token}="),
            format!("{token}="),
        ),
        (
            format!("Cookie: session=\"{token}\"; b=2"),
            token.to_owned(),
        ),
        (
            format!("Authorization: ApiKey id:{token}"),
            token.to_owned(),
        ),
        (
            format!("Authorization: Digest response=\"{token}\""),
            token.to_owned(),
        ),
    ] {
        let server = Server::replying(Reply::text(400, "text/plain", format!("got <{part}>")));
        let run = look(&server).env("OPENAI_CUSTOM_HEADERS", &header).run();
        let padding = part.trim_start_matches(token);
        // Of a part that is padded the padding may stay.
        let run_is =
            |shown: &str| run.err() == refused(shown).replace("{base}", &server.base_url());
        assert!(
            run_is("  got <[redacted]>\n") || run_is(&format!("  got <[redacted]{padding}>\n")),
            "{run}"
        );
    }
    let server = Server::replying(Reply::text(400, "text/plain", format!("got <{KEY}>")));
    for pasted in [format!("Bearer {KEY}"), format!("\"{KEY}\"")] {
        look(&server).env("OPENAI_API_KEY", pasted).run().is(
            1,
            "",
            refused("  got <[redacted]>\n"),
        );
    }
}

#[test]
fn a_key_that_is_cut_off_with_the_answer() {
    let start = &KEY[2..KEY.len() - 1];
    let head = "HTTP/1.1 400 X\r\nContent-Length: 99999";
    for (before, shown) in [
        ("Incorrect".to_owned(), String::new()),
        (
            "Incorrect ".repeat(3_300),
            format!("  {}…\n", "Incorrect ".repeat(12).trim_end()),
        ),
    ] {
        let server = Server::replying(Reply::script([
            Step::bytes(format!("{head}\r\n\r\n{before} {start}")),
            Step::Close,
        ]));
        look(&server).run().is(1, "", refused(&shown));
    }
}

/// Who chooses ids that come back before the key must not choose where it is cut here.
#[test]
fn a_key_that_is_where_a_long_text_is_cut() {
    // One that does not begin like those of OpenAI.
    let key = format!("pk{}", &KEY[2..]);
    // All but its last letter is searched, behind what is not shown or gets shorter.
    let page = |searched: usize, start: &str, fill: &str| {
        let length = searched - start.len() - key.len();
        format!("{start}{} {key}", fill.repeat(length))
    };
    let object = |details: String| {
        let object = format!(r#"{{"status": "error", "status_details": "{details}"}}"#);
        Reply::json(200, object)
    };
    let html = |status, page| Reply::text(status, "text/html", page);
    let unusable = |words: &str| {
        format!(
            "error: the answer for `id` is not a file object: [..]\n  HTTP 200, text/html\n{words}  \
             url: {{base}}/files/id\n\nhint: [..]\n"
        )
    };
    let refused = |words: &str| {
        format!(
            "error: the server refused to look up `id` (HTTP 400)\n{words}  url: {{base}}/files/id\n"
        )
    };
    let failed =
        |words: &str| format!("error: `id` failed to be processed: its status is `error`\n{words}");
    let (some, many) = (64 << 10, 1 << 20);
    for (reply, code, error) in [
        (html(200, page(some, "<p>", " ")), 1, unusable("  <p>\n")),
        (html(200, page(some, "<p>sk-", "a")), 1, unusable("")),
        (html(400, page(many, "<p>", " ")), 1, refused("  <p>\n")),
        (html(400, page(many, "<p>sk-", "a")), 1, refused("")),
        (object(page(some, "<p>", r"\n")), 9, failed("  <p>\n")),
        (object(page(some, "<p>sk-", "a")), 9, failed("")),
    ] {
        look(&Server::replying(reply))
            .env("OPENAI_API_KEY", &key)
            .args(["--exit-status", "--quiet"])
            .run()
            .is(code, "", error);
    }
}

#[test]
fn a_private_key_in_the_place_of_its_path() {
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        secrets::CLIENT_KEY
    );
    for name in [
        "OPENAI_MTLS_CLIENT_KEY_FILE",
        "OPENAI_MTLS_CLIENT_CERT_FILE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ] {
        retrieve()
            .args(["a"])
            .base_url("http://127.0.0.1:9")
            .env(name, &pem)
            .run()
            .is(
                2,
                "",
                format!(
                    "error: {name} is the contents of a file, not its path\n\n\
                 hint: write them to a file and give its path\n"
                ),
            );
    }
    // What is typed may begin like an option.
    retrieve().args(["a", "--api-keygsk_Zq7wXy12"]).run().is(
        2,
        "",
        "error: unexpected argument '--api-key[redacted]' found\n\n  \
         tip: a similar argument exists: '--api-key'\n\n\
         Usage: openai files retrieve --api-key <KEY> <FILE_ID>...\n\n\
         For more information, try '--help'.\n",
    );
    for (name, end) in [("--mtls-client-key-file", "b"), ("--api-key", "--help")] {
        retrieve()
            .args(["a", name, &pem.replace("\n---", "==\n---"), end])
            .run()
            .is(
                2,
                "",
                "error: a key or certificate on the command line is taken for an option\n\n\
                 hint: write it to a file and give the path of that\n",
            );
    }
    retrieve()
        .args(["a", &format!("--mtls-client-key-file={pem}")])
        .base_url("http://127.0.0.1:9")
        .run()
        .is(
            2,
            "",
            "error: --mtls-client-key-file is the contents of a file, not its path\n\n\
             hint: write them to a file and give its path\n",
        );
    let latin_1 = [pem.replace("\n---", "==\n---").as_bytes(), b"M\xfcller\n"].concat();
    retrieve()
        .args([
            OsString::from("--mtls-client-key-file"),
            OsString::from_vec(latin_1),
        ])
        .run()
        .is(
            2,
            "",
            "error: a key or certificate on the command line is taken for an option\n\n\
             hint: write it to a file and give the path of that\n",
        );
    // Many may be in one word.
    let words = (0..17)
        .map(|number| format!("sk-{number}-a"))
        .collect::<Vec<_>>();
    retrieve()
        .args([&words.join(","), "--timeout", "sk-short.one"])
        .run()
        .is(
            2,
            "",
            "error: invalid value '[redacted]' for '--timeout <DURATION>': [..]\n\n\
             For more information, try '--help'.\n",
        );
    // More words that look like keys than are known as such.
    let words = (0..17).map(|number| format!("sk-{number}"));
    retrieve()
        .args(words.chain([format!("--api-key-file={pem}")]))
        .base_url("http://127.0.0.1:9")
        .run()
        .is(
            2,
            "",
            "error: cannot read the API key from a file: [..]\n\n\
             hint: --api-key-file takes the path of a file that holds the key\n",
        );
}

#[test]
fn a_private_key_in_the_place_of_an_id() {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n", secrets::CLIENT_KEY);
    for line in ["\n", "\\n", " "] {
        retrieve()
            .args(["--file-id", &pem.replace('\n', line)])
            .server(&Server::uncalled())
            .run()
            .is(
                2,
                "",
                "error: an id cannot be looked up: it is what a PEM file holds\n",
            );
    }
    retrieve()
        .args(["-"])
        .stdin(pem.as_str())
        .server(&Server::uncalled())
        .run()
        .is(
            2,
            "",
            "error: line 1 of standard input cannot be looked up: it is what a PEM file holds\n\n\
             hint: what follows it was not read\n",
        );
}

/// Each option with what does not belong there, in all ways to write it: neither a secret nor what acts on
/// a terminal or a CI service is said.
#[test]
fn no_mistake_on_a_command_line_is_told_with_a_secret_or_a_command() {
    let further = "Zq7wXy12Kp4mTn8v";
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}==\n", secrets::CLIENT_KEY);
    let values = [
        pem.replace('\n', r"\n"),
        pem,
        format!(" sk-{further}{further}.{further}/{further}=="),
        "-----BEGIN \n::error::\n##[error]\u{1b}[2J=".to_owned(),
        "--x\n::error::\n##[error]\u{1b}[2J=".to_owned(),
    ];
    let tree = docs::command(true);
    let options: Vec<_> = tree.get_arguments().filter_map(Arg::get_long).collect();
    assert!(options.len() > 20, "{options:?}");
    for value in &values {
        let alone = [vec![value.clone()], vec!["--".to_owned(), value.clone()]];
        let behind = options.iter().flat_map(|option| {
            [
                vec![format!("--{option}"), value.clone()],
                vec![format!("--{option}={value}")],
                vec![format!("--{option}{value}")],
            ]
        });
        for args in behind.chain(alone) {
            let run = openai()
                .args(["files", "retrieve", "a", "--max-retries=0"])
                .args(&args)
                .base_url("http://127.0.0.1:9")
                .secret(further)
                .run();
            assert!(
                run.code
                    .is_some_and(|code| code != 1 || run.out().is_empty()),
                "{run}"
            );
            let said = run.err();
            let acts = |line: &str| {
                line.starts_with("::") || line.starts_with("##") || line.contains(char::is_control)
            };
            assert!(!said.lines().any(acts), "{run}");
        }
    }
}

#[test]
fn a_custom_header_that_comes_back() {
    let token = secrets::CUSTOM_HEADER;
    let server = Server::replying(Reply::text(
        400,
        "text/plain",
        format!("Bearer {token} / {token} / id={token}"),
    ));
    look(&server)
        .env(
            "OPENAI_CUSTOM_HEADERS",
            format!("Authorization: Bearer {token}"),
        )
        .run()
        .is(
            1,
            "",
            refused("  [redacted] / [redacted] / id=[redacted]\n"),
        );
    let server = Server::replying(Reply::text(400, "text/plain", format!("no {token}")));
    look(&server)
        .env("OPENAI_CUSTOM_HEADERS", format!("Cookie: a=b; id={token}"))
        .run()
        .is(1, "", refused("  no [redacted]\n"));
    // With quotes of its own it takes none from the JSON that it stands in.
    for name in ["X-Etag", "Cookie"] {
        let server = Server::replying(Reply::error(400, token));
        look(&server)
            .env("OPENAI_CUSTOM_HEADERS", format!("{name}: \"{token}\""))
            .args(["--format-error", "jsonl"])
            .run()
            .is(
                1,
                "",
                "{\"message\":\"[redacted]\",\"type\":\"invalid_request_error\",\
                 \"param\":null,\"code\":null}\n",
            );
    }
}

#[test]
fn a_custom_header_that_cannot_be_sent_is_not_shown() {
    let token = secrets::CUSTOM_HEADER;
    for (lines, why) in [
        (token.to_owned(), "no colon"),
        (format!("{token} x: y"), "not a header name"),
        (format!("x: {token}\u{1}"), "not a header value"),
    ] {
        retrieve()
            .args(["id"])
            .base_url("http://127.0.0.1:9/v1")
            .env("OPENAI_CUSTOM_HEADERS", lines)
            .run()
            .is(
                2,
                "",
                format!(
                    "error: OPENAI_CUSTOM_HEADERS, line 1: {why}\n\n\
                     hint: expected one `Name: value` a line\n"
                ),
            );
    }
}

#[test]
fn a_key_that_cannot_be_sent_is_not_shown() {
    let with_break = format!("{KEY}\n{KEY}");
    let with_control = format!("{KEY}\u{1b}");
    let with_letter = format!("{KEY}é");
    for (key, why) in [
        (with_break, "a line break"),
        (with_control + "x", "a control character"),
        (with_letter, "a character outside ASCII"),
    ] {
        for (source, openai) in [
            ("--api-key", retrieve().args(["id", "--api-key", &key])),
            (
                "--api-key-file",
                retrieve()
                    .args(["id", "--api-key-file", "key"])
                    .file("key", &key),
            ),
            (
                "OPENAI_API_KEY",
                retrieve().args(["id"]).env("OPENAI_API_KEY", &key),
            ),
        ] {
            openai.run().is(
                2,
                "",
                format!("error: the API key from {source} has {why} inside\n"),
            );
        }
    }
}

#[test]
fn a_key_in_the_wrong_place_is_not_shown() {
    let assigned = format!("--quiet={KEY}");
    let header = format!("Authorization: Bearer {KEY}");
    let quoted = format!("\"{KEY}\"");
    let shifted = format!(" {KEY}");
    for words in [
        &[KEY][..],
        &[&header],
        &["help", &shifted],
        &["completion", &quoted],
        &["files", "retrieve", "id", "--max-retries", &header],
        &["files", "retrieve", "id", "--base-url", &header],
        &["files", "retrieve", "id", "--api-key-file", &shifted],
        &["files", KEY],
        &["help", KEY],
        &["completion", KEY],
        &["files", "retrieve", "id", "--format", KEY],
        &["files", "retrieve", "id", "--timeout", KEY],
        &["files", "retrieve", "id", "--api-keyy", KEY],
        &["files", "retrieve", "id", &assigned],
        &[
            "files",
            "retrieve",
            "id",
            "--color",
            "always",
            "--max-retries",
            KEY,
        ],
    ] {
        let run = openai().args(words).run();
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.err().contains("error:"), "{run}");
    }
    // Also where the start of it is another word.
    openai()
        .args(["files", "retrieve", &KEY[..KEY.len() - 1], "--color", KEY])
        .run()
        .is(
            2,
            "",
            "error: invalid value '[redacted]' for '--color <WHEN>'\n  \
             [possible values: auto, always, never]\n\n\
             For more information, try '--help'.\n",
        );
    // Also one that does not look like a key, where it is known to be one.
    openai()
        .args(["files", secrets::CUSTOM_HEADER])
        .env("OPENAI_API_KEY", secrets::CUSTOM_HEADER)
        .run()
        .is(
            2,
            "",
            "error: unrecognized subcommand '[redacted]'\n\n  \
             tip: the only command on the API is 'openai files retrieve FILE_ID'\n\n\
             Usage: openai files [OPTIONS] [COMMAND]\n\n\
             For more information, try '--help'.\n",
        );
    retrieve().args(["id", "--api-key-file", KEY]).run().is(
        2,
        "",
        "error: cannot read the API key from a file: no such file or directory\n\n\
         hint: --api-key-file takes the path of a file that holds the key\n",
    );
    for (option, value, message) in [
        (
            "--api-key-file",
            format!("keys/{KEY}"),
            "cannot read the API key from `keys/[redacted]`: no such file or directory",
        ),
        (
            "--base-url",
            format!("ftp://{KEY}/v1"),
            "--base-url \"ftp://[redacted]\" has a scheme that is not spoken \
             (expected http:// or https://)",
        ),
        (
            "--file-id",
            format!("{KEY}\n"),
            "cannot look up `[redacted]\\u000a`: it has a control character inside",
        ),
    ] {
        retrieve()
            .args([option, &value, "--file-id", "id"])
            .env("OPENAI_API_KEY", KEY)
            .run()
            .is(2, "", format!("error: {message}\n"));
    }
}

#[test]
fn a_key_that_is_not_a_word_of_its_own_is_not_shown() {
    // With what a word processor or a terminal puts around it, or without its space.
    for word in [
        format!("--api-key{KEY}").into(),
        format!("\u{201c}{KEY}\u{201d}").into(),
        format!("\u{1b}[200~{KEY}").into(),
        OsString::from_vec([KEY.as_bytes(), b"\xa0"].concat()),
    ] {
        for color in ["always", "never"] {
            let run = openai().args(["--color", color]).args([&word]).run();
            assert_eq!(run.code, Some(2), "{run}");
            assert!(run.err().contains("[redacted]"), "{run}");
        }
    }
    for variable in ["OPENAI_MTLS_CLIENT_KEY_FILE", "SSL_CERT_FILE"] {
        let run = retrieve()
            .args(["id", "--base-url", "https://localhost"])
            .args(["--mtls-client-cert-file", "none"])
            .env("OPENAI_MTLS_CLIENT_KEY_FILE", "none")
            .env(variable, KEY)
            .run();
        assert_eq!(run.code, Some(2), "{run}");
    }
}

#[test]
fn many_words_that_look_like_keys_are_not_shown() {
    let words = (0..16).map(|number| format!("sk-{number}-%%%%%"));
    let run = retrieve()
        .args(words)
        .server(&Server::replying(Reply::error(404, "no")))
        .run();
    assert_eq!(run.code, Some(3), "{run}");
    assert_eq!(
        run.err().matches("no such file `[redacted]`").count(),
        16,
        "{run}"
    );
    assert!(!run.err().contains("sk-"), "{run}");
}

#[test]
fn a_key_that_is_asked_for_as_a_file_is_not_shown() {
    let server = Server::replying(Reply::error(404, "no"));
    retrieve().args([KEY]).server(&server).run().is(
        3,
        "",
        "error: no such file `[redacted]` (HTTP 404)\n  no\n  url: {base}/files/[redacted]\n\n\
         hint: check the id, and that the file is on this server\n",
    );
    // Also where another one is used: somebody mixed up the two.
    let server = Server::replying(Reply::error(404, "no"));
    retrieve()
        .args([KEY, "--api-key", "file-abc123"])
        .server(&server)
        .run()
        .is(
            3,
            "",
            "error: no such file `[redacted]` (HTTP 404)\n  no\n  url: {base}/files/[redacted]\n\n\
             hint: check the id, and that the file is on this server\n",
        );
}

#[test]
fn a_key_from_standard_input_or_a_variable_of_another_name_is_not_shown() {
    let server = Server::replying(Reply::error(404, "no"));
    retrieve()
        .args(["-"])
        .env("OPENAI_API_KEY", "another-key")
        .server(&server)
        .stdin(format!("\"{KEY}\"\n"))
        .run()
        .is(
            3,
            "",
            "error: no such file `\"[redacted]\"` (HTTP 404)\n  no\n  \
             url: {base}/files/%22[redacted]%22\n\n\
             hint: check the id, and that the file is on this server\n",
        );
    retrieve()
        .args(["id", "--debug"])
        .env("OPENAI_PROJECT_ID", KEY)
        .server(&server)
        .run()
        .is(
            3,
            "",
            like(predicates::str::contains("> openai-project: [redacted]\n")),
        );
}

#[test]
fn a_host_that_begins_like_a_key_is_shown() {
    retrieve()
        .args(["id", "--base-url", "ftp://sk-gateway.invalid/v1"])
        .run()
        .is(
            2,
            "",
            "error: --base-url \"ftp://sk-gateway.invalid/v1\" has a scheme that is not spoken \
             (expected http:// or https://)\n",
        );
}

#[test]
fn the_help_shows_no_variable() {
    for words in [
        &["--help"][..],
        &["-h"],
        &["files", "--help"],
        &["files", "retrieve", "--help"],
        &["files", "retrieve", "-h"],
        &["help", "files", "retrieve"],
        &["completion", "bash"],
        &["completion", "zsh"],
        &["completion", "fish"],
        &["completion", "powershell"],
        &["completion", "elvish"],
    ] {
        let mut openai = openai().args(words);
        for (name, value) in [
            ("OPENAI_API_KEY", KEY),
            ("OPENAI_ADMIN_KEY", KEY),
            ("OPENAI_WEBHOOK_SECRET", KEY),
            ("OPENAI_ORG_ID", secrets::CUSTOM_HEADER),
            ("OPENAI_PROJECT_ID", secrets::CUSTOM_HEADER),
            ("OPENAI_BASE_URL", secrets::USER_INFO_PASSWORD),
            ("OPENAI_CUSTOM_HEADERS", secrets::CUSTOM_HEADER),
            ("OPENAI_MTLS_CLIENT_CERT_FILE", secrets::CLIENT_KEY),
            ("OPENAI_MTLS_CLIENT_KEY_FILE", secrets::CLIENT_KEY),
            ("HTTPS_PROXY", secrets::PROXY_PASSWORD),
        ] {
            openai = openai.env(name, value);
        }
        let run = openai.run();
        assert_eq!((run.code, run.err().as_ref()), (Some(0), ""), "{run}");
    }
}

#[test]
fn a_redirect_does_not_carry_the_key_away() {
    let elsewhere = Server::uncalled();
    for status in [301, 302, 303, 307, 308] {
        let target = format!("{}/v1/files/id?{KEY}", elsewhere.origin());
        let server = Server::replying(Reply::status(status).header("Location", &target));
        look(&server)
            .placeholder("elsewhere", &elsewhere.origin())
            .run()
            .is(
                1,
                "",
                "error: the server redirects `id` to another origin; not followed\n  \
                 from {origin} to {elsewhere}\n  url: {base}/files/id\n\n\
                 hint: if that is where the API is, name it with --base-url\n",
            );
    }
    // Not even its name is shown where it is the key.
    let server =
        Server::replying(Reply::status(302).header("Location", &format!("http://{KEY}.example/")));
    look(&server).run().is(
        1,
        "",
        "error: the server redirects `id` to another origin; not followed\n  \
         from {origin} to http://[redacted]\n  url: {base}/files/id\n\n\
         hint: if that is where the API is, name it with --base-url\n",
    );
}

#[test]
fn a_key_that_a_redirect_has_for_a_host_or_scheme_is_not_shown() {
    for (key, start, shown) in [
        ("Sentinel/Kq3vXw8ZtR5mYb2NcJ7hGd", "https://", "https://"),
        ("Key:Kq3vXw8ZtR5mYb2NcJ7hGd", "", ""),
    ] {
        let location = format!("{start}{key}/moved");
        let server = Server::replying(Reply::status(302).header("Location", &location));
        look(&server).env("OPENAI_API_KEY", key).run().is(
            1,
            "",
            format!(
                "\
error: the server redirects `id` to another origin; not followed
  from http://{{address}} to {shown}[redacted]
  url: {{base}}/files/id

hint: if that is where the API is, name it with --base-url
"
            ),
        );
    }
}

#[test]
fn a_user_name_before_a_key_in_a_redirect_is_not_shown() {
    let location = format!("http://anna:{KEY}@host.invalid/");
    let server = Server::replying(Reply::status(302).header("Location", &location));
    look(&server).run().is(
        1,
        "",
        "error: the server redirects `id` to another origin; not followed\n  \
         from {origin} to http://[redacted]\n  url: {base}/files/id\n\n\
         hint: if that is where the API is, name it with --base-url\n",
    );
}

/// A word of the command line that looks like a key is taken out, but not where it reaches into what is
/// not shown.
#[test]
fn an_id_does_not_tell_what_is_not_shown() {
    let location = "https://keycloak.invalid/realms?state=secret-state";
    let page = format!("ask{}csrf=zq7k", "a".repeat(117));
    let told = r#"{"error": {"message": "please ask", "csrf": "zq7k"}}"#;
    for (reply, id, message, words) in [
        (
            Reply::status(302).header("Location", location),
            "sk-eycloak.invalid/realms?state",
            "the server redirects `[redacted]` to another origin; not followed",
            "from http://{address} to https://keycloak.invalid".to_owned(),
        ),
        (
            Reply::text(400, "text/html", page.clone()),
            &format!("sk-{}csrfzq", &page[3..120]),
            "the server refused to look up `[redacted]` (HTTP 400)",
            format!("{}…", &page[..120]),
        ),
        (
            Reply::text(400, "application/json", told),
            "sk-csrfzq",
            "the server refused to look up `[redacted]` (HTTP 400)",
            "please ask".to_owned(),
        ),
    ] {
        let hint = if message.contains("origin") {
            "\nhint: if that is where the API is, name it with --base-url\n"
        } else {
            ""
        };
        retrieve()
            .args([id])
            .server(&Server::replying(reply))
            .run()
            .is(
                1,
                "",
                format!("error: {message}\n  {words}\n  url: {{base}}/files/[redacted]\n{hint}"),
            );
    }
    let broken = r#"{"error": {"message": "no", "csrf": "zq7k", "code": "disk", "status": 507}}"#;
    let redacted = "{\n  \"message\": \"[redacted]\"\n}\n";
    for (id, told, transform, shown) in [
        ("sk-csrfzq7k", told, &["message", "-r"][..], "please ask\n"),
        ("sk-status507", broken, &["{code,status}"], redacted),
    ] {
        let reply = Reply::text(400, "application/json", told);
        retrieve()
            .args([id, "--transform-error"])
            .args(transform)
            .server(&Server::replying(reply))
            .run()
            .is(1, "", shown);
    }
}

#[test]
fn a_redirect_within_the_origin_brings_no_user_info_along() {
    let server = Server::start(|request: &Request| match request.number {
        1 => {
            let host = request.header("host").unwrap();
            let target = format!("http://user:{}@{host}/there", secrets::USER_INFO_PASSWORD);
            Reply::status(302).header("Location", &target)
        }
        _ => Reply::error(400, "no"),
    });
    look(&server).args(["--debug"]).run().is(
        1,
        "",
        DEBUG_HEAD.to_owned()
            + "debug: < HTTP 302 Found (first byte [..] ms, total [..] ms)\n\
               debug: < location: [redacted]\n\
               debug: < content-length: 0\n\
               debug: attempt 1: GET {origin}/there\n\
               debug: > authorization: [redacted]\n\
               debug: > accept: application/json\n\
               debug: > accept-encoding: gzip\n\
               debug: > user-agent: openai-cli/[..]\n\
               debug: < HTTP 400 Bad Request (first byte [..] ms, total [..] ms)\n\
               debug: < content-type: application/json\n\
               debug: < content-length: [..]\n"
            + &refused("  no\n"),
    );
    let expected = format!("Bearer {KEY}");
    for request in server.requests() {
        assert_eq!(request.header("authorization"), Some(expected.as_str()));
    }
}

#[test]
fn a_signature_in_a_redirect_is_not_shown() {
    let server = Server::start(|request: &Request| match request.number {
        1 => Reply::status(302).header(
            "Location",
            "/there?sig=sentinel-signature#token=sentinel-signature",
        ),
        _ => Reply::error(400, "no"),
    });
    look(&server)
        .args(["--debug"])
        .secret("sentinel-signature")
        .run()
        .is(
            1,
            "",
            DEBUG_HEAD.to_owned()
                + "debug: < HTTP 302 Found (first byte [..] ms, total [..] ms)\n\
                   debug: < location: [redacted]\n\
                   debug: < content-length: 0\n\
                   debug: attempt 1: GET {origin}/there?[redacted]\n\
                   debug: > authorization: [redacted]\n\
                   debug: > accept: application/json\n\
                   debug: > accept-encoding: gzip\n\
                   debug: > user-agent: openai-cli/[..]\n\
                   debug: < HTTP 400 Bad Request (first byte [..] ms, total [..] ms)\n\
                   debug: < content-type: application/json\n\
                   debug: < content-length: [..]\n"
                + &refused("  no\n"),
        );
    assert_eq!(server.requests()[1].target, "/there?sig=sentinel-signature");
}

#[test]
fn a_secret_in_a_redirect_is_not_shown_up_to_its_query_or_fragment() {
    for cut in ["?", "#"] {
        // Of which the parts are too short to be secrets.
        let key = format!("correct{cut}horse{cut}battery");
        let echo = Reply::error(400, "no").header("X-Echo", &format!("key={key}"));
        let location = format!("/{key}");
        let server = Server::start(move |request: &Request| match request.number {
            1 => Reply::status(302).header("Location", &location),
            _ => echo.clone(),
        });
        let run = look(&server)
            .args(["--debug"])
            .env("OPENAI_API_KEY", &key)
            .secret("correct")
            .secret("horse")
            .secret("battery")
            .run();
        let query = if cut == "?" { "?[redacted]" } else { "" };
        let asked = format!(
            "\ndebug: attempt 1: GET {}/[redacted]{query}\n",
            server.origin()
        );
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.err().contains(&asked), "{run}");
    }
}

#[test]
fn a_key_in_an_id_that_is_cut_is_not_shown() {
    let start = "a".repeat(115);
    let id = format!("{start}{KEY}{}", "a".repeat(70_000));
    retrieve()
        .args([id])
        .server(&Server::uncalled())
        .run()
        .is(
            2,
            "",
            format!(
                "error: cannot look up `{start}[reda…`: its URL has [..] bytes, and 65534 are the limit\n"
            ),
        );
}

#[test]
fn a_short_key_does_not_garble_what_is_said() {
    let server = Server::replying(Reply::error(400, "not a test"));
    look(&server)
        .env("OPENAI_API_KEY", "test")
        .run()
        .is(1, "", refused("  not a test\n"));
}
