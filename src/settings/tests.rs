//! Tests of all that is settled, by command line and environment.

use std::ffi::OsString;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use proptest::prelude::*;

use super::*;
use crate::error::Exit;
use crate::secret::{REDACTED, Secrets};

fn environment<'a>(variables: &'a [(&'a str, &'a str)]) -> Environment<'a> {
    Environment::new(|name| {
        variables
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| OsString::from(value))
    })
}

fn settled(args: &[&str], variables: &[(&str, &str)]) -> Result<Settings, Failure> {
    use clap::{CommandFactory as _, FromArgMatches as _};
    let args = ["openai", "files", "retrieve"].iter().chain(args);
    let matches = crate::cli::Cli::command()
        .try_get_matches_from(args)
        .unwrap();
    let ids = crate::cli::ids(&matches);
    let cli = crate::cli::Cli::from_arg_matches(&matches).unwrap();
    settle(&cli.options, ids, &environment(variables))
}

fn known(settings: &Settings) -> Secrets {
    settings.connection.secrets().into_iter().collect()
}

fn message(args: &[&str], variables: &[(&str, &str)]) -> String {
    settled(args, variables).unwrap_err().message
}

#[test]
fn the_key_comes_from_flag_then_file_then_environment() {
    let file = std::env::temp_dir().join(format!("openai-key-{}", std::process::id()));
    std::fs::write(&file, "sk-file\n").unwrap();
    let path = file.to_str().unwrap();
    let key = |args: &[&str]| {
        let settings = settled(&[&["a"], args].concat(), &[("OPENAI_API_KEY", "sk-env\n")]);
        match settings.unwrap().connection.credentials {
            Credentials::ApiKey(key, source) => (key.reveal().to_owned(), source),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        key(&["--api-key", "sk-flag", "--api-key-file", path]),
        ("sk-flag".to_owned(), "--api-key")
    );
    assert_eq!(
        key(&["--api-key-file", path]),
        ("sk-file".to_owned(), "--api-key-file")
    );
    assert_eq!(key(&[]), ("sk-env".to_owned(), "OPENAI_API_KEY"));
    std::fs::remove_file(&file).unwrap();
    assert!(
        message(&["a", "--api-key-file", path], &[]).starts_with("cannot read the API key from `")
    );
}

#[test]
fn the_default_host_needs_a_key_and_others_do_not() {
    let failure = settled(&["a"], &[("OPENAI_API_KEY", "")]).unwrap_err();
    assert_eq!(
        (failure.exit, failure.message.as_str()),
        (Exit::Authentication, "no API key")
    );
    let settings = settled(&["a", "--base-url", "http://h/v1"], &[]).unwrap();
    assert!(matches!(settings.connection.credentials, Credentials::None));
    let headers = [("OPENAI_CUSTOM_HEADERS", "authorization: Bearer other")];
    assert!(settled(&["a"], &headers).is_ok());
}

#[test]
fn user_info_serves_where_there_is_no_key() {
    let url = "http://us%40er:p%3Ass@h/v1?x=1";
    let settings = settled(&["a", "--base-url", url], &[]).unwrap();
    assert_eq!(settings.connection.base_url.as_str(), "http://h/v1?x=1");
    match settings.connection.credentials {
        Credentials::Basic(user_info) => {
            assert_eq!(
                user_info.encoded().reveal(),
                BASE64_STANDARD.encode("us@er:p:ss")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_base_url_that_is_none_is_named_by_its_source() {
    assert_eq!(
        message(&["a", "--base-url", "localhost:80"], &[]),
        "--base-url \"localhost:80\" is missing a scheme (expected http:// or https://)"
    );
    assert_eq!(
        message(&["a", "--base-url", "ftp://h"], &[]),
        "--base-url \"ftp://h\" has a scheme that is not spoken (expected http:// or https://)"
    );
    assert_eq!(
        message(&["a"], &[("OPENAI_BASE_URL", "user:secret@h")]),
        "OPENAI_BASE_URL \"…@h\" is missing a scheme (expected http:// or https://)"
    );
    assert_eq!(
        message(&["a", "--base-url", "http://"], &[]),
        "--base-url is not a URL: empty host"
    );
}

#[test]
fn custom_headers_are_read_line_by_line_and_never_shown() {
    let settings = settled(
        &["a", "--base-url", "http://h"],
        &[(
            "OPENAI_CUSTOM_HEADERS",
            "X-A: 1\n\n x-b : two: three \r\nX-A: 4",
        )],
    );
    let headers = settings.unwrap().connection.custom_headers;
    assert_eq!(headers.len(), 2);
    assert_eq!(headers["x-a"], "4");
    assert_eq!(headers["x-b"], "two: three");
    let many = (0..30_000).fold(String::new(), |lines, it| lines + &format!("x{it}:\n"));
    for (lines, why) in [
        (&*many, "OPENAI_CUSTOM_HEADERS, line 1001: too many headers"),
        ("X-A: 1\nsecret", "OPENAI_CUSTOM_HEADERS, line 2: no colon"),
        (
            "se cret: 1",
            "OPENAI_CUSTOM_HEADERS, line 1: not a header name",
        ),
        (
            "a: secret\u{1}",
            "OPENAI_CUSTOM_HEADERS, line 1: not a header value",
        ),
    ] {
        assert_eq!(
            message(
                &["a", "--base-url", "http://h"],
                &[("OPENAI_CUSTOM_HEADERS", lines)]
            ),
            why
        );
    }
}

#[test]
fn the_proxy_is_chosen_by_scheme_and_exceptions() {
    let proxy = |base: &str, variables: &[(&str, &str)]| {
        let settings = settled(&["a", "--base-url", base], variables).unwrap();
        settings.connection.proxy.map(|proxy| proxy.url.to_string())
    };
    let both = [
        ("HTTP_PROXY", "p1:3128"),
        ("https_proxy", "socks5://p2:1080"),
        ("NO_PROXY", "inner.example,10.0.0.0/8"),
    ];
    assert_eq!(proxy("http://h", &both).as_deref(), Some("http://p1:3128/"));
    assert_eq!(
        proxy("https://h", &both).as_deref(),
        Some("socks5://p2:1080")
    );
    for exempt in [
        "http://inner.example",
        "http://a.inner.example:81",
        "http://10.1.2.3",
        "http://127.0.0.1",
        "http://localhost:1",
        "http://localhost.",
        "http://a.localhost.",
        "http://[::1]",
        "http://[::ffff:127.0.0.1]",
    ] {
        assert_eq!(proxy(exempt, &both), None, "{exempt}");
    }
    assert_eq!(
        proxy("http://h", &[("ALL_PROXY", "http://p")]).as_deref(),
        Some("http://p/")
    );
    assert_eq!(
        proxy(
            "http://h",
            &[("HTTP_PROXY", "http://p"), ("REQUEST_METHOD", "GET")]
        ),
        None
    );
    assert_eq!(
        message(
            &["a", "--base-url", "http://h"],
            &[("HTTP_PROXY", "ftp://secret@p")]
        ),
        "HTTP_PROXY is not the URL of a proxy"
    );
    for url in [
        "http://u:1/secret@p",
        "u:1?secret@p",
        "socks5://u:1#secret@p",
    ] {
        assert_eq!(
            message(&["a", "--base-url", "http://h"], &[("HTTP_PROXY", url)]),
            "HTTP_PROXY has an @ behind the host of the proxy"
        );
    }
}

#[test]
fn the_client_certificate_needs_key_and_https() {
    let cert = ["a", "--mtls-client-cert-file", "c"];
    assert!(
        message(&cert, &[("OPENAI_API_KEY", "k")]).contains("--mtls-client-key-file is missing")
    );
    let both = [
        &cert[..],
        &["--mtls-client-key-file", "k", "--base-url", "http://h"],
    ]
    .concat();
    assert!(message(&both, &[]).contains("https base URL only"));
}

#[test]
fn waiting_options_need_wait() {
    assert_eq!(
        message(&["a", "--poll-interval", "1"], &[]),
        "--poll-interval needs --wait"
    );
    assert_eq!(
        message(&["a", "--wait-timeout", "1"], &[]),
        "--wait-timeout needs --wait"
    );
    let base = ["a", "--wait", "--base-url", "http://h"];
    assert_eq!(
        settled(&base, &[]).unwrap().lookup.wait,
        Some(Wait {
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(1800)
        })
    );
}

#[test]
fn standard_input_serves_one_purpose() {
    assert_eq!(
        message(&["-", "-"], &[]),
        "standard input (-) can be read once only"
    );
    assert!(
        message(&["-", "--api-key-file", "-"], &[]).starts_with("standard input cannot be both")
    );
    assert_eq!(message(&[], &[]), "no file id");
}

#[test]
fn colour_rules_in_their_order() {
    use ColorChoice::{Always, Auto, Never};
    type Case = (
        ColorChoice,
        &'static [(&'static str, &'static str)],
        bool,
        bool,
    );
    let cases: &[Case] = &[
        (Auto, &[], true, true),
        (Auto, &[], false, false),
        (Always, &[("NO_COLOR", "1")], false, true),
        (Never, &[("FORCE_COLOR", "1")], true, false),
        (
            Auto,
            &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")],
            true,
            false,
        ),
        (Auto, &[("NO_COLOR", "")], true, true),
        (Auto, &[("FORCE_COLOR", "0")], true, false),
        (
            Auto,
            &[("FORCE_COLOR", "false"), ("CLICOLOR_FORCE", "1")],
            true,
            false,
        ),
        (Auto, &[("FORCE_COLOR", "1"), ("TERM", "dumb")], false, true),
        (Auto, &[("CLICOLOR_FORCE", "1")], false, true),
        (Auto, &[("CLICOLOR_FORCE", "0")], false, false),
        (Auto, &[("CLICOLOR", "0")], true, false),
        (Auto, &[("TERM", "dumb")], true, false),
        (Auto, &[("TERM", "xterm")], true, true),
    ];
    for (choice, variables, is_terminal, expected) in cases {
        assert_eq!(
            color(*choice, &environment(variables), *is_terminal),
            *expected,
            "{choice:?} {variables:?}"
        );
    }
}

#[test]
fn no_secret_shows_in_debug() {
    for key in [None, Some("sentinel-key")] {
        let settings = settled(
            &[
                "a",
                "--base-url",
                "https://sentinel-name:sentinel-password@h",
            ],
            &[
                ("OPENAI_API_KEY", key.unwrap_or_default()),
                ("HTTPS_PROXY", "http://sentinel-user:sentinel-proxy@p"),
                ("OPENAI_CUSTOM_HEADERS", "X-Custom: sentinel-header"),
            ],
        );
        let debug = format!("{:?}", settings.unwrap());
        assert!(!debug.contains("sentinel"), "{debug}");
    }
}

#[test]
fn what_must_not_be_printed_is_known_in_all_its_forms() {
    let settings = settled(
        &[
            "a",
            "--base-url",
            "https://base-user:base-password@h/v1?sig=query%2Fsig&code=query+code;c=query-third&api-version=2024-10-21&query-nameless&api-version=1?key=query-behind&api-version=1,query-comma",
        ],
        &[("HTTPS_PROXY", "http://proxy%40user:proxy%3Apassword@p")],
    );
    let secrets = known(&settings.unwrap());
    let settings = settled(
        &[
            "a",
            "--base-url",
            "https://u:\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}@h",
        ],
        &[],
    );
    let cyrillic = known(&settings.unwrap());
    let as_latin_1 = "\u{d0}\u{bf}\u{d0}\u{b0}\u{d1}\u{80}\u{d0}\u{be}\u{d0}\u{bb}\u{d1}\u{8c}";
    assert_eq!(cyrillic.scrub(as_latin_1), REDACTED);
    for text in [
        "base-user",
        "base-password",
        "proxy@user",
        "proxy:password",
        BASE64_STANDARD
            .encode("base-user:base-password")
            .trim_end_matches('='),
        BASE64_STANDARD
            .encode("proxy@user:proxy:password")
            .trim_end_matches('='),
        "query%2Fsig",
        "query/sig",
        "query+code",
        "query code",
        "query-third",
        "query-nameless",
        "query-behind",
        "query-comma",
    ] {
        assert_eq!(secrets.scrub(text), REDACTED, "{text}");
    }
    assert_eq!(secrets.scrub("2024-10-21"), "2024-10-21");
}

#[test]
fn custom_headers_are_known_in_parts() {
    let pair = BASE64_STANDARD.encode("basic-user:~~~password???");
    let other = pair
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    assert_ne!(pair, other);
    for (value, parts) in [
        ("header one", &["header one", "header+one"][..]),
        (
            "headér one",
            &[
                "headér one",
                "head\u{fffd}r one",
                "headÃ©r one",
                "head%E9r%20one",
            ],
        ),
        (
            "парольпароль",
            &[
                "парольпароль",
                r"\u00d0\u00bf\u00d0\u00b0\u00d1\u0080\u00d0\u00be\u00d0\u00bb\u00d1\u008c\u00d0\u00bf\u00d0\u00b0\u00d1\u0080\u00d0\u00be\u00d0\u00bb\u00d1\u008c",
            ],
        ),
        (
            "Bearer header-token==",
            &["header-token", "Bearer header-token"],
        ),
        (
            "a=\"header-cookie\"; b=header%2Bcookie",
            &["header-cookie", "header+cookie"],
        ),
        (
            "id=header-value, code=header-code",
            &["header-value", "header-code"],
        ),
        (
            r#"{"user":"header-user","url":"https://u:header-word@host?a=header-a&b"}"#,
            &["header-user", "header-word", "header-a"],
        ),
        (
            &format!("Basic {pair}"),
            &["basic-user", "~~~password???", &pair, &other],
        ),
        (
            &format!("Basic {other}"),
            &["basic-user", "~~~password???", &pair, &other],
        ),
    ] {
        let headers = format!("X-Custom: {value}");
        let settings = settled(
            &["a", "--base-url", "http://h"],
            &[("OPENAI_CUSTOM_HEADERS", &headers)],
        );
        let secrets = known(&settings.unwrap());
        for part in parts {
            let scrubbed = secrets.scrub(part);
            let rest = scrubbed.strip_prefix(REDACTED);
            let is_gone = rest.is_some_and(|rest| !rest.contains(char::is_alphanumeric));
            assert!(is_gone, "{part} became {scrubbed}");
        }
    }
}

proptest! {
    #[test]
    fn custom_headers_are_read_or_refused_without_being_shown(
        lines in prop::collection::vec(
            prop_oneof![
                ("[!#-'*+.^_`|~0-9A-Za-z-]{1,9}", "[!-~]([ -~]{0,9}[!-~])?")
                    .prop_map(|(name, value)| format!("{name}: sentinel{value}")),
                "\\PC{0,9}sentinel\\PC{0,9}",
                "sentinel:.{0,9}|:sentinel|[ \t]{0,3}",
            ],
            0..5,
        ),
    ) {
        let text = lines.join("\n");
        let read = settled(
            &["a", "--base-url", "http://h"],
            &[("OPENAI_CUSTOM_HEADERS", &text)],
        );
        match read {
            Ok(settings) => {
                let headers = settings.connection.custom_headers;
                prop_assert!(headers.len() <= lines.len());
                let debug = format!("{:?}", headers.values().collect::<Vec<_>>());
                prop_assert!(!debug.contains("sentinel"), "{}", debug);
                for (name, value) in &headers {
                    let value = value.to_str().unwrap_or_default();
                    let said = |line: &String| line.split_once(':').is_some_and(|(n, v)| {
                        n.trim().eq_ignore_ascii_case(name.as_str()) && v.trim() == value
                    });
                    prop_assert!(value.is_empty() || lines.iter().any(said), "{name}: {value}");
                }
            }
            Err(failure) => {
                prop_assert_eq!(failure.exit, Exit::Usage);
                let debug = format!("{failure:?}");
                prop_assert!(!debug.contains("sentinel"), "{}", debug);
            }
        }
    }

    #[test]
    fn any_base_url_is_used_or_refused_without_its_password(
        scheme in "(https?://|HTTP://|ftp://|//)?",
        user in "([a-z%:/?#]{0,4}:sentinel[^a-z]{0,4}@)?",
        rest in "\\PC{0,12}|[a-z.]{1,9}(:[0-9]{1,6})?(/[a-z?#%.]{0,9})?",
    ) {
        let url = format!("{scheme}{user}{rest}");
        prop_assume!(!url.trim().is_empty());
        let read = settled(&["a"], &[("OPENAI_BASE_URL", &url), ("OPENAI_API_KEY", "k")]);
        match read {
            Ok(settings) => {
                let base = &settings.connection.base_url;
                prop_assert!(["http", "https"].contains(&base.scheme()));
                prop_assert!(base.has_host() && base.fragment().is_none());
                prop_assert!(base.username().is_empty() && base.password().is_none());
            }
            Err(failure) => {
                prop_assert_eq!(failure.exit, Exit::Usage);
                let debug = format!("{failure:?}");
                prop_assert!(!debug.contains("sentinel"), "{}", debug);
            }
        }
    }
}
