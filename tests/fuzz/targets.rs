//! What the fuzzers call: everything that reads what others wrote, each with what must hold of it
//! for any input. A target panics where it does not.
#![allow(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a target tells"
)]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime};

use clap::{CommandFactory as _, FromArgMatches as _};
use openai_cli::cli::{self, Cli};
use openai_cli::client::file_url;
use openai_cli::client::retry::{self, Attempt, Decision};
use openai_cli::client::words::words;
use openai_cli::error::{Exit, Failure};
use openai_cli::files::id::FileId;
use openai_cli::files::object::FileObject;
use openai_cli::json::{Json, Kind};
use openai_cli::output::{json, pretty, table, transform, yaml};
use openai_cli::secret::{REDACTED, Secret, Secrets};
use openai_cli::settings::{self, Environment};
use openai_cli::terminal::{Stream, escape};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// A target: its name and what it does with an input.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All targets.
pub(crate) const TARGETS: [Target; 9] = [
    ("render", render),
    ("transform_path", transform_path),
    ("transform_document", transform_document),
    ("error_body", error_body),
    ("secret", secret),
    ("retry_after", retry_after),
    ("id", id),
    ("environment", environment),
    ("arguments", arguments),
];

/// How long one input may take, in a debug build on a loaded machine. Nothing that comes near it
/// is linear.
const LONGEST: Duration = Duration::from_secs(10);

/// Calls a target, and panics if it takes too long.
pub(crate) fn call(target: &Target, data: &[u8]) {
    let started = Instant::now();
    (target.1)(data);
    let took = started.elapsed();
    assert!(took < LONGEST, "{} took {took:?}", target.0);
}

const TERMINAL: Stream = Stream {
    is_terminal: true,
    width: Some(40),
    color: false,
};

/// What `write` writes, which is text.
fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Whether nothing in `text` but its line breaks acts on a terminal.
fn is_harmless(text: &str) -> bool {
    text.split('\n').all(|line| escape(line) == line)
}

/// A body: as an object, in every format, in a pipe and on a terminal.
pub(crate) fn render(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let parsed = Json::parse(text);
    let object = FileObject::parse(text.to_owned());
    if let Ok(object) = &object {
        let _ = (object.status(), object.status_details());
        assert_eq!(object.json().kind(), Kind::Object);
        assert_eq!(object.text(), text);
    }
    // serde_json reads 127 levels at most, and all else as we do.
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        assert!(parsed.is_ok(), "serde_json takes it");
    }
    let Ok(value) = parsed else { return };
    assert!(serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok());

    let indented = |json: Json| written(|out| json::write_indented(out, json, &Stream::PIPE));
    let line = |json: Json| written(|out| json::write_line(out, json, &Stream::PIPE));
    let (once, flat) = (indented(value), line(value));
    let (again, flat_again) = (Json::parse(&once).unwrap(), Json::parse(&flat).unwrap());
    assert!(again.tokens().eq(value.tokens()), "another value");
    assert!(flat_again.tokens().eq(value.tokens()), "another value");
    assert_eq!(indented(again), once, "not stable");
    assert_eq!(indented(flat_again), once, "not stable");
    assert_eq!(line(again), flat, "not stable");
    assert_eq!(flat.matches('\n').count(), 1, "one line");

    let now = "2026-03-09T14:02:11+01:00[+01:00]".parse().unwrap();
    let mut rows = table::Rows::default();
    rows.push(value);
    for stream in [Stream::PIPE, TERMINAL] {
        let all = [
            written(|out| json::write_indented(out, value, &stream)),
            written(|out| json::write_line(out, value, &stream)),
            written(|out| yaml::write(out, value, &stream)),
            written(|out| pretty::write(out, "title", value, &stream)),
            written(|out| table::write_card(out, value, &stream, &now)),
            written(|out| rows.write(out, &stream, &now)),
        ];
        for text in &all {
            assert!(text.ends_with('\n'), "{text:?}");
            assert!(!stream.is_terminal || is_harmless(text), "{text:?}");
        }
        let [_, _, yaml, pretty, _, rows] = &all;
        assert!(
            !yaml.contains(['\t', '\r', '\u{85}', '\u{2028}']),
            "{yaml:?}"
        );
        if value.as_str().len() < 400 {
            reads_back(yaml);
        }
        assert!(
            pretty.starts_with('╭') && pretty.ends_with("╯\n"),
            "{pretty:?}"
        );
        assert_eq!(rows.lines().count(), 2, "{rows:?}");
    }
}

/// A reader of YAML takes `yaml`, unless it is beyond what that reader is willing to do.
fn reads_back(yaml: &str) {
    if let Err(error) = serde_saphyr::from_str::<serde::de::IgnoredAny>(yaml) {
        let why = error.to_string();
        assert!(
            why.contains("non-finite") || why.contains("budget"),
            "{why}\n{yaml}"
        );
    }
}

/// Documents for paths: a file, and one with everything that a path can meet.
const DOCUMENTS: [&str; 3] = [
    r#"{"id":"file-1","object":"file","bytes":120000,"created_at":1677610602,"filename":"a.jsonl","purpose":"fine-tune","status":"processed","status_details":null}"#,
    r#"{"a":[1,2.50,-3e4,"x",null,true,[],{},{"b":[{"c":"d"},{"c":1}]}],"a.b":1,"@this":2,"":3,"*":4,"\u0041":"\ud83d\ude00 \n","s":"{\"in\":[1]}","n":18446744073709551616}"#,
    r#"[{"id":1,"n":"a"},{"id":2,"n":"b"},[{"id":3}],4,"five",null]"#,
];

/// A GJSON path, applied to every document.
pub(crate) fn transform_path(data: &[u8]) {
    let Ok(path) = std::str::from_utf8(data) else {
        return;
    };
    for document in DOCUMENTS {
        transformed(Json::parse(document).unwrap(), path);
    }
}

/// Paths for documents, with every operation among them.
const PATHS: [&str; 16] = [
    "@this",
    "a.b",
    "*.#",
    "#.a",
    "#(a>1)#",
    "#(a%\"*\").b",
    "{a,\"b\":a.b,c.#}",
    "[a,b.#,@this.@keys]",
    "@reverse",
    "@flatten:{\"deep\":true}",
    "@join",
    "@tostr|@fromstr",
    "@pretty:{\"sortKeys\":true,\"indent\":\"\\t\"}",
    "@values|@ugly|0",
    "@valid",
    "..#.a|@keys",
];

/// A document, to which a path is applied that its first byte chooses.
pub(crate) fn transform_document(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let path = PATHS[usize::from(*choice) % PATHS.len()];
    if let Ok(json) = std::str::from_utf8(rest)
        .map_err(drop)
        .and_then(|text| Json::parse(text).map_err(drop))
    {
        transformed(json, path);
    }
}

fn transformed(json: Json, path: &str) {
    match transform::apply(json, path) {
        Ok(result) => assert!(Json::parse(&result).is_ok(), "{path:?} made {result:?}"),
        Err(why) => {
            assert!(!why.to_string().is_empty());
            let _ = why.hint();
        }
    }
}

/// The body of an error: its words, and the report of them on a terminal.
pub(crate) fn error_body(data: &[u8]) {
    let lines = words(data);
    let length: usize = lines.iter().map(|line| line.chars().count()).sum();
    assert!(length <= 2002, "{length} characters");
    assert!(lines.len() <= 21, "{} lines", lines.len());
    assert!(lines.iter().all(|line| !line.trim().is_empty()));
    let mut failure = Failure::new(Exit::Server, "message");
    failure.details = lines;
    failure.answer = String::from_utf8(data.to_vec()).ok();
    let report = failure.report(&TERMINAL, &Secrets::default());
    assert!(is_harmless(&report), "{report:?}");
    let object = failure.object();
    assert!(Json::parse(&object).is_ok(), "{object:?}");
}

/// A secret up to the first line break, and a text in which it may be.
pub(crate) fn secret(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (secret, text) = text.split_once('\n').unwrap_or((text, text));
    // No argument, variable or header can hold it.
    if secret.contains('\0') {
        return;
    }
    let secrets = Secrets::from_iter([Secret::new(secret)]);
    let echoes = [
        text.to_owned(),
        format!("{text}{secret}"),
        serde_json::to_string(&format!("{text}{secret}\n{text}")).unwrap(),
    ];
    for echo in echoes {
        let scrubbed = secrets.scrub(&echo);
        // Shorter ones are not looked for, and quotes may be those of JSON.
        let secret = secret.trim_matches('"');
        // What stands in its place may look like a part of it.
        let is_gone =
            |text: &str| secret.len() < 8 || !text.replace(REDACTED, "\0").contains(secret);
        assert!(is_gone(&scrubbed), "{scrubbed:?}");
        let is_json = |text: &str| Json::parse(text).is_ok();
        // One of signs alone may be of those between strings.
        let has_letters = secret.contains(|it: char| it.is_ascii_alphanumeric());
        let stays = !has_letters || !echo.starts_with('"') || !is_json(&echo) || is_json(&scrubbed);
        assert!(stays, "{echo:?} became {scrubbed:?}");
    }
}

/// The headers that ask for a delay: a status in two bytes, then lines of `name value`.
pub(crate) fn retry_after(data: &[u8]) {
    const NAMES: [&str; 4] = [
        "retry-after",
        "retry-after-ms",
        "x-should-retry",
        "openai-poll-after-ms",
    ];
    let [high, low, rest @ ..] = data else { return };
    let mut headers = HeaderMap::new();
    for line in rest.split(|byte| *byte == b'\n') {
        let Some((name, value)) = line.split_first() else {
            continue;
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            let name = NAMES[usize::from(*name) % NAMES.len()];
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let _ = retry::poll_after(&headers);
    let outcome = Attempt::Answered {
        status: u16::from_be_bytes([*high, *low]) % 1000,
        headers: &headers,
        out_of_quota: false,
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_480);
    match retry::decide(u32::from(*low), 3, outcome, now, f64::from(*high) / 255.0) {
        Decision::Retry(delay) => assert!(delay <= retry::LONGEST_SERVER_DELAY),
        Decision::TooLong(delay) => assert!(delay > retry::LONGEST_SERVER_DELAY),
        _ => {}
    }
}

/// An id, in the URL of every kind of base.
pub(crate) fn id(data: &[u8]) {
    let Ok(Ok(id)) = std::str::from_utf8(data).map(FileId::new) else {
        return;
    };
    for base in [
        "http://h",
        "http://h/v1/",
        "https://h:1/a/b//",
        "http://h/%2e%2e/x?api-version=1&b=/",
    ] {
        let base = Url::parse(base).unwrap();
        let url = file_url(&base, &id);
        let start = base.path().trim_end_matches('/').to_owned() + "/files/";
        let segment = url.path().strip_prefix(&start).unwrap();
        assert!(!segment.contains(['/', '\\', '?', '#']), "{url}");
        let decoded = percent_encoding::percent_decode_str(segment);
        assert_eq!(decoded.decode_utf8().unwrap(), id.as_str());
        assert_eq!((url.origin(), url.query()), (base.origin(), base.query()));
        assert_eq!(Url::parse(url.as_str()).unwrap(), url);
    }
}

/// The variables, a line each: the first byte chooses which.
pub(crate) fn environment(data: &[u8]) {
    const NAMES: [&str; 12] = [
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        "OPENAI_CUSTOM_HEADERS",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "OPENAI_MTLS_CLIENT_CERT_FILE",
        "OPENAI_MTLS_CLIENT_KEY_FILE",
        "NO_COLOR",
    ];
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut variables: Vec<(&str, String)> = Vec::new();
    for line in text.split('\n') {
        let mut characters = line.chars();
        let Some(first) = characters.next() else {
            continue;
        };
        let name = NAMES[first as usize % NAMES.len()];
        let value = characters.as_str();
        match variables.iter_mut().find(|(known, _)| *known == name) {
            Some((_, lines)) => drop(write!(lines, "\n{value}")),
            None => variables.push((name, value.to_owned())),
        }
    }
    settle(
        &["openai", "files", "retrieve", "a"].map(OsString::from),
        &variables,
    );
}

/// The command line, its words parted by NUL.
pub(crate) fn arguments(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let words: Vec<OsString> = ["openai"]
        .into_iter()
        .chain(text.split('\0'))
        .map(OsString::from)
        .collect();
    settle(&words, &[]);
}

/// Reads the command line and the variables as a run does.
fn settle(args: &[OsString], variables: &[(&str, String)]) {
    let variable = |name: &str| {
        let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
        Some(OsString::from(value))
    };
    let environment = Environment::new(variable);
    let matches = match Cli::command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.render().ansi().to_string();
            return;
        }
    };
    let ids = cli::ids(&matches);
    let Cli { options, .. } = Cli::from_arg_matches(&matches).unwrap();
    let _ = settings::output(&options, &ids, cli::color(args), &environment);
    // A file that the words name is not for a fuzzer to read.
    if options.api_key_file.is_some() {
        return;
    }
    match settings::settle(&options, ids.clone(), &environment) {
        Ok(settings) => {
            let base = &settings.connection.base_url;
            assert!(matches!(base.scheme(), "http" | "https") && base.has_host());
            assert!(base.username().is_empty() && base.password().is_none());
            // Whatever the key is, nothing of it is shown.
            let other_key = Environment::new(|name| match (name, variable(name)?) {
                ("OPENAI_API_KEY", key) if !key.to_string_lossy().trim().is_empty() => {
                    Some("sk-another".into())
                }
                (_, value) => Some(value),
            });
            let same = settings::settle(&options, ids, &other_key).unwrap();
            assert_eq!(format!("{settings:?}"), format!("{same:?}"));
        }
        Err(failure) => {
            let report = failure.report(&TERMINAL, &Secrets::default());
            assert!(is_harmless(&report), "{report:?}");
        }
    }
}
