//! The request: what exactly reaches the server, for everything that can be typed or set.

use std::fmt::Write as _;

use crate::server::{Reply, Request, Server};
use crate::support::{EXAMPLE, Openai, retrieve, secrets};

/// The only request that a server got.
#[track_caller]
fn only(server: &Server) -> Request {
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:#?}");
    requests.into_iter().next().unwrap()
}

/// `Bearer` and the key of every run.
fn bearer() -> String {
    format!("Bearer {}", secrets::API_KEY)
}

/// The base URL with `user_info` before its host.
fn with_user_info(server: &Server, user_info: &str) -> String {
    format!("http://{user_info}@{}/v1", server.address())
}

#[test]
fn the_request_is_exactly_this() {
    let server = Server::replying(Reply::file());
    retrieve()
        .args(["--file-id", "file-abc123"])
        .server(&server)
        .run()
        .is(0, EXAMPLE, "");
    let request = only(&server);
    assert_eq!(request.method, "GET");
    assert_eq!(request.target, "/v1/files/file-abc123");
    let mut headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{}: {value}", name.to_lowercase()))
        .collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            "accept-encoding: gzip".to_owned(),
            "accept: application/json".to_owned(),
            format!("authorization: {}", bearer()),
            format!("host: {}", server.address()),
            format!("user-agent: openai-cli/{}", env!("CARGO_PKG_VERSION")),
        ]
    );
    assert!(request.body.is_empty());
}

#[test]
fn an_id_arrives_as_it_left() {
    let ids = [
        ("file-abc123", "file-abc123"),
        ("a/b", "a%2Fb"),
        ("gs://b/o?x#y z", "gs:%2F%2Fb%2Fo%3Fx%23y%20z"),
        ("../models", "..%2Fmodels"),
        ("...", "..."),
        ("a/../..", "a%2F..%2F.."),
        ("é", "%C3%A9"),
        ("a%2Fb", "a%252Fb"),
        ("%2e%2e", "%252e%252e"),
        ("%", "%25"),
        ("資料😀", "%E8%B3%87%E6%96%99%F0%9F%98%80"),
        ("a\\b", "a%5Cb"),
        ("a;b,c", "a%3Bb%2Cc"),
        ("|^[]{}<>\"`", "%7C%5E%5B%5D%7B%7D%3C%3E%22%60"),
        ("!'()*", "%21%27%28%29%2A"),
        ("-._~$&+:=@", "-._~$&+:=@"),
        (" a ", "%20a%20"),
        ("\u{202e}", "%E2%80%AE"),
        ("-x", "-x"),
        ("--wait", "--wait"),
    ];
    let server = Server::replying(Reply::file());
    retrieve()
        .args(ids.map(|(id, _)| format!("--file-id={id}")))
        .args(["--concurrency", "1", "--quiet"])
        .server(&server)
        .run()
        .is(0, "", "");
    assert_eq!(
        server.targets(),
        ids.map(|(_, encoded)| format!("/v1/files/{encoded}"))
    );
}

#[test]
fn an_id_that_no_url_can_carry_is_refused() {
    for (id, shown, why) in [
        (" ", " ", "it is blank"),
        ("\u{2003}", "\u{2003}", "it is blank"),
        (".", ".", "`.` and `..` are no names in a URL"),
        ("..", "..", "`.` and `..` are no names in a URL"),
        (
            "a\u{1b}[2Jb",
            r"a\u001b[2Jb",
            "it has a control character inside",
        ),
        ("\u{7f}", r"\u007f", "it has a control character inside"),
        ("\u{85}x", r"\u0085x", "it has a control character inside"),
    ] {
        let server = Server::uncalled();
        retrieve().args(["good", id]).server(&server).run().is(
            2,
            "",
            format!("error: cannot look up `{shown}`: {why}\n"),
        );
    }
}

#[test]
fn the_id_is_appended_to_the_path_of_the_base_url() {
    for (base, target) in [
        ("", "/files/a"),
        ("/", "/files/a"),
        ("/v1", "/v1/files/a"),
        ("/v1/", "/v1/files/a"),
        ("/v1///", "/v1/files/a"),
        ("/api/x%20y/v1", "/api/x%20y/v1/files/a"),
        ("/api/x y", "/api/x%20y/files/a"),
        (
            "/v1?api-version=2024-10-21",
            "/v1/files/a?api-version=2024-10-21",
        ),
        ("/v1/?a=b%20c&a=d", "/v1/files/a?a=b%20c&a=d"),
        ("?a", "/files/a?a"),
        ("/v1#top", "/v1/files/a"),
        ("/v1\n", "/v1/files/a"),
    ] {
        let server = Server::options().expecting(2).start(|_| Reply::file());
        let base = format!("{}{base}", server.origin());
        retrieve()
            .args(["a", "--base-url", &base])
            .run()
            .is(0, EXAMPLE, "");
        retrieve()
            .args(["a"])
            .env("OPENAI_BASE_URL", &base)
            .run()
            .is(0, EXAMPLE, "");
        assert_eq!(server.targets(), [target, target], "{base:?}");
    }
}

#[test]
fn a_fragment_of_the_base_url_is_dropped() {
    let server = Server::replying(Reply::error(404, "gone"));
    retrieve()
        .args(["a", "--base-url", &format!("{}#top", server.base_url())])
        .server(&server)
        .run()
        .is(
            3,
            "",
            "\
error: no such file `a` (HTTP 404)
  gone
  url: {base}/files/a

hint: check the id, and that the file is on this server
",
        );
}

#[test]
fn the_scheme_may_be_written_in_any_case_and_the_host_may_be_ipv6() {
    let server = Server::options().on_ipv6().start(|_| Reply::file());
    let base = server.base_url().replace("http://", "HTTP://");
    assert!(base.starts_with("HTTP://[::1]:"));
    retrieve()
        .args(["a", "--base-url", &base])
        .run()
        .is(0, EXAMPLE, "");
    assert_eq!(
        only(&server).header("host"),
        Some(server.address().to_string().as_str())
    );
}

#[test]
fn a_base_url_that_is_none_is_named_with_its_source() {
    for (base, problem) in [
        (
            "localhost:8080/v1",
            "\"localhost:8080/v1\" is missing a scheme (expected http:// or https://)",
        ),
        (
            "api.example.com",
            "\"api.example.com\" is missing a scheme (expected http:// or https://)",
        ),
        (
            "ftp://h/v1",
            "\"ftp://h/v1\" has a scheme that is not spoken (expected http:// or https://)",
        ),
        ("http://", "is not a URL: empty host"),
        ("http:///v1", "is not a URL: empty host"),
        ("http://${HOST}/v1", "is not a URL: invalid uri character"),
        ("http://h:99999", "is not a URL: invalid port number"),
        ("http://https://h/v1", "is not a URL: empty port"),
        ("http://'https:/h/v1'", "is not a URL: empty port"),
        (
            "http://h\nhttp://i/v1",
            "is not a URL: control character inside",
        ),
        (
            "http://user:12/pass@h/v1",
            "\"…@h/v1\" has an @ behind its host\n\nhint: in a user name or password, \
             write / as %2F, \\ as %5C, ? as %3F and # as %23; elsewhere, @ as %40",
        ),
        (
            "http://user:12#pass@h/v1",
            "\"…@h/v1\" has an @ behind its host\n\nhint: [..]",
        ),
        (
            "http://user:12?pass@h/v1",
            "\"…\" has an @ behind its host\n\nhint: [..]",
        ),
    ] {
        retrieve()
            .args(["a", "--base-url", base])
            .env("OPENAI_BASE_URL", "http://unused.invalid")
            .run()
            .is(2, "", format!("error: --base-url {problem}\n"));
        retrieve()
            .args(["a"])
            .env("OPENAI_BASE_URL", base)
            .run()
            .is(2, "", format!("error: OPENAI_BASE_URL {problem}\n"));
    }
}

#[test]
fn the_password_of_a_base_url_is_not_printed_with_its_mistake() {
    let base = format!("someone:{}@h/v1", secrets::USER_INFO_PASSWORD);
    retrieve().args(["a", "--base-url", &base]).run().is(
        2,
        "",
        "error: --base-url \"…@h/v1\" is missing a scheme (expected http:// or https://)\n",
    );
}

#[test]
fn organization_and_project_come_from_flag_or_environment() {
    let names = ["openai-organization", "openai-project"];
    let set = |openai: Openai| {
        openai
            .env("OPENAI_ORG_ID", "org-env")
            .env("OPENAI_PROJECT_ID", " proj-env\n")
    };
    let flags = ["--organization", "org-flag", "--project=proj-flag "];
    for (openai, expected) in [
        (retrieve(), [None, None]),
        (set(retrieve()), [Some("org-env"), Some("proj-env")]),
        (
            set(retrieve()).args(flags),
            [Some("org-flag"), Some("proj-flag")],
        ),
        (
            retrieve()
                .env("OPENAI_ORG_ID", "")
                .env("OPENAI_PROJECT_ID", ""),
            [None, None],
        ),
    ] {
        let server = Server::replying(Reply::file());
        openai.args(["a"]).server(&server).run().is(0, EXAMPLE, "");
        let request = only(&server);
        assert_eq!(names.map(|name| request.header(name)), expected);
    }
}

#[test]
fn an_organization_that_no_header_can_carry_is_refused() {
    let server = Server::uncalled();
    retrieve()
        .args(["a", "--organization", "org\nX-Injected: 1"])
        .server(&server)
        .run()
        .is(2, "", "error: --organization cannot be sent in a header\n");
    retrieve()
        .args(["a"])
        .env("OPENAI_PROJECT_ID", "a\u{1b}b")
        .server(&server)
        .run()
        .is(
            2,
            "",
            "error: OPENAI_PROJECT_ID cannot be sent in a header\n",
        );
}

#[test]
fn custom_headers_are_sent_and_replace_ours() {
    let server = Server::replying(Reply::file());
    let lines = format!(
        "X-Tenant: blue: green\n\r\n  x-gateway-key:{}  \r\nUser-Agent: mine/1\nX-Twice: 1\nX-Twice: 2\nX-Empty:\n",
        secrets::CUSTOM_HEADER
    );
    retrieve()
        .args(["a"])
        .server(&server)
        .env("OPENAI_CUSTOM_HEADERS", lines)
        .run()
        .is(0, EXAMPLE, "");
    let request = only(&server);
    let values = |name| request.header_values(name).collect::<Vec<_>>();
    assert_eq!(values("x-tenant"), ["blue: green"]);
    assert_eq!(values("x-gateway-key"), [secrets::CUSTOM_HEADER]);
    assert_eq!(values("user-agent"), ["mine/1"]);
    assert_eq!(values("x-twice"), ["2"]);
    assert_eq!(values("x-empty"), [""]);
    assert_eq!(values("authorization"), [bearer()]);
    assert_eq!(request.headers.len(), 9, "{request:#?}");
}

#[test]
fn a_custom_header_may_hold_the_credentials() {
    let server = Server::replying(Reply::file());
    retrieve()
        .args(["a"])
        .server(&server)
        .env(
            "OPENAI_CUSTOM_HEADERS",
            format!("authorization: Token {}", secrets::CUSTOM_HEADER),
        )
        .run()
        .is(0, EXAMPLE, "");
    let request = only(&server);
    let credentials: Vec<_> = request.header_values("authorization").collect();
    assert_eq!(credentials, [format!("Token {}", secrets::CUSTOM_HEADER)]);
}

#[test]
fn custom_headers_that_are_none_are_refused_by_their_line() {
    for (lines, problem) in [
        ("X-A: 1\nno colon here", "line 2: no colon"),
        ("a b: 1", "line 1: not a header name"),
        (": 1", "line 1: not a header name"),
        ("X-A: \u{1}", "line 1: not a header value"),
        (
            "Content-Length: 5",
            "line 1: this header belongs to the connection and cannot be set",
        ),
    ] {
        let server = Server::uncalled();
        let hint = "\n\nhint: expected one `Name: value` a line\n";
        retrieve()
            .args(["a"])
            .server(&server)
            .env("OPENAI_CUSTOM_HEADERS", lines)
            .run()
            .is(
                2,
                "",
                format!("error: OPENAI_CUSTOM_HEADERS, {problem}{hint}"),
            );
    }
}

#[test]
fn user_info_becomes_basic_credentials_where_there_is_no_key() {
    // "us@er:p:ss" and "someone:"
    for (user_info, credentials) in [
        ("us%40er:p%3Ass", "Basic dXNAZXI6cDpzcw=="),
        ("someone", "Basic c29tZW9uZTo="),
    ] {
        let server = Server::replying(Reply::file());
        retrieve()
            .args(["a", "--base-url", &with_user_info(&server, user_info)])
            .run()
            .is(0, EXAMPLE, "");
        let request = only(&server);
        assert_eq!(request.header("authorization"), Some(credentials));
        assert_eq!(
            request.header("host"),
            Some(server.address().to_string().as_str())
        );
    }
}

#[test]
fn a_key_is_preferred_to_user_info_which_is_never_printed() {
    let server = Server::replying(Reply::error(404, "No such File object: a"));
    let user_info = format!("someone:{}", secrets::USER_INFO_PASSWORD);
    retrieve()
        .args(["a"])
        .server(&server)
        .env("OPENAI_BASE_URL", with_user_info(&server, &user_info))
        .run()
        .is(
            3,
            "",
            "\
error: no such file `a` (HTTP 404)
  No such File object: a
  url: {base}/files/a

hint: check the id, and that the file is on this server
",
        );
    assert_eq!(
        only(&server).header("authorization"),
        Some(bearer().as_str())
    );
}

#[test]
fn the_key_comes_from_flag_then_file_then_environment() {
    let with_file = || {
        retrieve()
            .file("key", format!("\n {}\r\n\n", secrets::API_KEY))
            .args(["--api-key-file", "key"])
            .env("OPENAI_API_KEY", "sk-other")
    };
    for openai in [
        with_file()
            .file("key", "sk-other")
            .args(["--api-key", secrets::API_KEY]),
        with_file(),
        with_file()
            .args(["--api-key-file", "-"])
            .stdin(format!("{}\n", secrets::API_KEY)),
        retrieve().env("OPENAI_API_KEY", format!(" {}\t\n", secrets::API_KEY)),
        retrieve()
            .args(["--api-key", &format!("{} ", secrets::API_KEY)])
            .env("OPENAI_API_KEY", "sk-other"),
    ] {
        let server = Server::replying(Reply::file());
        openai
            .args(["a", "--base-url", &server.base_url()])
            .run()
            .is(0, EXAMPLE, "");
        assert_eq!(
            only(&server).header("authorization"),
            Some(bearer().as_str())
        );
    }
}

#[test]
fn a_key_that_cannot_be_sent_is_named_by_its_source_only() {
    let key = secrets::API_KEY;
    for (bad, why) in [
        (format!("{key}\n{key}"), "has a line break inside"),
        (format!("{key}\u{1b}"), "has a control character inside"),
        (format!("{key}é"), "has a character outside ASCII inside"),
        (" \n".to_owned(), "is empty"),
    ] {
        let server = Server::uncalled();
        retrieve()
            .args(["a"])
            .server(&server)
            .env("OPENAI_API_KEY", &bad)
            .run()
            .is(
                2,
                "",
                format!("error: the API key from OPENAI_API_KEY {why}\n"),
            );
        retrieve()
            .args(["a", "--api-key", &bad])
            .server(&server)
            .run()
            .is(2, "", format!("error: the API key from --api-key {why}\n"));
        retrieve()
            .args(["a", "--api-key-file", "key"])
            .file("key", &bad)
            .server(&server)
            .run()
            .is(
                2,
                "",
                format!("error: the API key from --api-key-file {why}\n"),
            );
    }
}

#[test]
fn a_key_file_that_cannot_be_read_is_named() {
    let server = Server::uncalled();
    // Its start may be anything.
    retrieve()
        .args(["a", "--api-key-file", "key"])
        .file("key", "k".repeat(64 * 1024 + 1))
        .server(&server)
        .run()
        .is(
            2,
            "",
            "error: cannot read the API key from `key`: file too large\n",
        );
    retrieve()
        .args(["a", "--api-key-file", "missing"])
        .server(&server)
        .run()
        .is(
            2,
            "",
            "error: cannot read the API key from `missing`: no such file or directory\n",
        );
    retrieve()
        .args(["a", "--api-key-file", "/"])
        .server(&server)
        .run()
        .is(
            2,
            "",
            "error: cannot read the API key from `/`: is a directory\n",
        );
    retrieve()
        .args(["-", "--api-key-file", "-"])
        .server(&server)
        .stdin("x\n")
        .run()
        .is(
            2,
            "",
            "error: standard input cannot be both the API key (--api-key-file -) and the ids (-)\n",
        );
}

#[test]
fn without_a_key_nothing_is_sent_to_the_default_host() {
    // Whatever went out would go through this proxy.
    let proxy = Server::uncalled();
    for openai in [
        retrieve(),
        retrieve().env("OPENAI_API_KEY", ""),
        retrieve().args(["--base-url", "https://api.openai.com/v1/"]),
    ] {
        openai
            .args(["a"])
            .env("HTTPS_PROXY", proxy.origin())
            .run()
            .is(
                4,
                "",
                "\
error: no API key

hint: set OPENAI_API_KEY or use --api-key-file; keys are made at https://platform.openai.com/api-keys
",
            );
    }
}

#[test]
fn without_a_key_another_host_is_asked_without_credentials() {
    let server = Server::replying(Reply::file());
    retrieve()
        .args(["a"])
        .server(&server)
        .without_env("OPENAI_API_KEY")
        .run()
        .is(0, EXAMPLE, "");
    assert_eq!(only(&server).header("authorization"), None);
}

#[test]
fn options_stand_anywhere() {
    let server = Server::options().expecting(5).start(|_| Reply::file());
    let base = server.base_url();
    let line = "{\"id\":\"id\"}\n";
    for words in [
        "--base-url BASE --format jsonl --transform {id} --project p files retrieve --file-id a",
        "files --base-url=BASE --format=jsonl --transform {id} retrieve --project p --file-id=a",
        "--project p files --file-id a retrieve --base-url BASE --transform={id} --format JSONL",
        "--file-id a files retrieve --project=p --base-url BASE --transform {id} --format JsonL",
        "files retrieve a --project p --format jsonl --base-url BASE --transform {id}",
    ] {
        let words = words.split(' ').map(|word| word.replace("BASE", &base));
        crate::support::openai().args(words).run().is(0, line, "");
    }
    for request in server.requests() {
        assert_eq!(request.target, "/v1/files/a");
        assert_eq!(request.header("openai-project"), Some("p"));
    }
}

#[test]
fn the_last_of_an_option_counts() {
    let server = Server::replying(Reply::file());
    crate::support::openai()
        .args(["--base-url", "http://unused.invalid", "--format", "yaml"])
        .args(["files", "--project", "first", "--format", "raw"])
        .args(["retrieve", "a", "--project", "last", "--format", "json"])
        .args(["--base-url", &server.base_url()])
        .run()
        .is(0, EXAMPLE, "");
    assert_eq!(only(&server).header("openai-project"), Some("last"));
}

#[test]
fn two_dashes_end_the_options() {
    let server = Server::replying(Reply::file());
    retrieve()
        .args(["--quiet", "--", "--format", "-x"])
        .server(&server)
        .run()
        .is(0, "", "");
    let mut targets = server.targets();
    targets.sort_unstable();
    assert_eq!(targets, ["/v1/files/--format", "/v1/files/-x"]);
}

#[test]
fn an_empty_value_is_a_mistake_and_nothing_is_sent() {
    // The key must not go to the default host because a variable was not set.
    let proxy = Server::uncalled();
    for option in [
        "--file-id <FILE_ID>",
        "--api-key <KEY>",
        "--organization <ID>",
        "--project <ID>",
        "--base-url <URL>",
        "--transform <GJSON>",
        "--transform-error <GJSON>",
        "--api-key-file <PATH>",
        "--mtls-client-cert-file <PATH>",
        "--mtls-client-key-file <PATH>",
        "--format <FORMAT>",
        "--timeout <DURATION>",
        "--max-retries <N>",
        "--concurrency <N>",
    ] {
        let flag = option.split(' ').next().unwrap();
        for arguments in [
            vec!["a".to_owned(), flag.to_owned(), String::new()],
            vec!["a".to_owned(), format!("{flag}=")],
            vec![flag.to_owned(), String::new(), "a".to_owned()],
        ] {
            let run = retrieve()
                .args(&arguments)
                .env("OPENAI_API_KEY", secrets::API_KEY)
                .env("HTTPS_PROXY", proxy.origin())
                .run();
            run.is(2, "", crate::support::like(predicates::str::contains(flag)));
            assert!(run.err().starts_with("error: "), "{run}");
            assert!(run.err().contains(option), "{run}");
        }
    }
    retrieve()
        .args([""])
        .env("OPENAI_API_KEY", secrets::API_KEY)
        .env("HTTPS_PROXY", proxy.origin())
        .run()
        .is(
            2,
            "",
            crate::support::like(predicates::str::contains("[FILE_ID]...")),
        );
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let server = Server::replying(Reply::file());
    let mut openai = retrieve().args(["a"]).server(&server);
    for name in [
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_CUSTOM_HEADERS",
        "OPENAI_MTLS_CLIENT_CERT_FILE",
        "OPENAI_MTLS_CLIENT_KEY_FILE",
        "OPENAI_ADMIN_KEY",
        "OPENAI_WEBHOOK_SECRET",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "TERM",
    ] {
        openai = openai.env(name, "");
    }
    openai.run().is(0, EXAMPLE, "");
    assert_eq!(only(&server).headers.len(), 5);
}

#[test]
fn a_client_certificate_needs_its_key_and_https() {
    let server = Server::uncalled();
    let cert = ["--mtls-client-cert-file", "cert.pem"];
    let key = ["--mtls-client-key-file", "key.pem"];
    let no_key = "error: a client certificate needs its key: --mtls-client-key-file is missing\n";
    let no_cert = "error: a client key needs its certificate: --mtls-client-cert-file is missing\n";
    let no_https = "error: a client certificate can be used with an https base URL only\n";
    let over_http = || retrieve().args(["a"]).server(&server);
    over_http().args(cert).run().is(2, "", no_key);
    over_http()
        .env("OPENAI_MTLS_CLIENT_CERT_FILE", "cert.pem")
        .run()
        .is(2, "", no_key);
    over_http().args(key).run().is(2, "", no_cert);
    over_http().args(cert).args(key).run().is(2, "", no_https);
    over_http()
        .args(key)
        .env("OPENAI_MTLS_CLIENT_CERT_FILE", "cert.pem")
        .run()
        .is(2, "", no_https);
    let over_https = || {
        retrieve()
            .args(["a", "--base-url", "https://127.0.0.1:1"])
            .args(cert)
            .args(key)
    };
    over_https().run().is(
        2,
        "",
        "error: cannot use the client certificate `cert.pem`: no such file or directory\n",
    );
    over_https()
        .file("cert.pem", secrets::CLIENT_KEY)
        .file("key.pem", secrets::CLIENT_KEY)
        .run()
        .is(
            2,
            "",
            "error: cannot use the client certificate `cert.pem`: it holds no certificate in PEM form\n",
        );
}

#[test]
fn what_belongs_to_other_resources_is_accepted_and_never_sent() {
    let server = Server::replying(Reply::file());
    retrieve()
        .args(["a", "--admin-api-key", secrets::CUSTOM_HEADER])
        .args(["--webhook-secret", secrets::PROXY_PASSWORD])
        .env("OPENAI_ADMIN_KEY", secrets::CUSTOM_HEADER)
        .env("OPENAI_WEBHOOK_SECRET", secrets::PROXY_PASSWORD)
        .server(&server)
        .run()
        .is(0, EXAMPLE, "");
    let request = only(&server);
    assert_eq!(request.header("authorization"), Some(bearer().as_str()));
    assert_eq!(request.headers.len(), 5, "{request:#?}");
}

/// `data` in gzip (RFC 1952): one member of stored blocks.
fn gzip(data: &[u8]) -> Vec<u8> {
    let mut checksum = !0_u32;
    for byte in data {
        checksum ^= u32::from(*byte);
        for _ in 0..8 {
            let polynomial = if checksum & 1 == 1 { 0xedb8_8320 } else { 0 };
            checksum = checksum >> 1 ^ polynomial;
        }
    }
    let length = u16::try_from(data.len()).unwrap();
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    member.extend(length.to_le_bytes());
    member.extend((!length).to_le_bytes());
    member.extend(data);
    member.extend((!checksum).to_le_bytes());
    member.extend(u32::from(length).to_le_bytes());
    member
}

#[test]
fn a_compressed_answer_is_decoded() {
    let body = crate::server::file_object().to_string();
    let reply = |body: &[u8]| Reply::json(200, body).header("Content-Encoding", "gzip");
    let server = Server::replying(reply(&gzip(body.as_bytes())));
    retrieve()
        .args(["a", "--format", "raw"])
        .server(&server)
        .run()
        .is(0, format!("{body}\n"), "");
    assert_eq!(only(&server).header("accept-encoding"), Some("gzip"));

    let server = Server::replying(reply(body.as_bytes()));
    retrieve().args(["a"]).server(&server).run().is(
        1,
        "",
        "\
error: the answer for `a` from {address} cannot be decoded: it is not gzip as its header says
  url: {base}/files/a
",
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn redirects_within_the_origin_are_followed() {
    for status in [301, 302, 303, 307, 308] {
        for location in [
            "/elsewhere?x=1#y",
            "//ADDRESS/elsewhere?x=1",
            "../../elsewhere?x=1",
            "http://ADDRESS/elsewhere?x=1",
        ] {
            let server = Server::options().expecting(2).start(move |request| {
                if request.path() == "/elsewhere" {
                    return Reply::file();
                }
                let address = request.header("host").unwrap();
                Reply::status(status).header("Location", &location.replace("ADDRESS", address))
            });
            retrieve()
                .args(["a"])
                .server(&server)
                .run()
                .is(0, EXAMPLE, "");
            assert_eq!(server.targets(), ["/v1/files/a", "/elsewhere?x=1"]);
            for request in server.requests() {
                assert_eq!(request.method, "GET");
                assert_eq!(request.header("authorization"), Some(bearer().as_str()));
            }
        }
    }
}

#[test]
fn user_info_in_a_redirect_is_not_shown() {
    let server = Server::start(|request| {
        if request.path() == "/elsewhere" {
            return Reply::file();
        }
        let address = request.header("host").unwrap();
        let password = secrets::USER_INFO_PASSWORD;
        let location = format!("http://someone:{password}@{address}/elsewhere");
        Reply::status(302).header("Location", &location)
    });
    let run = retrieve().args(["a", "--debug"]).server(&server).run();
    run.is(
        0,
        EXAMPLE,
        "\
debug: attempt 1: GET {base}/files/a
debug: > authorization: [redacted]
debug: > accept: application/json
debug: > accept-encoding: gzip
debug: > user-agent: openai-cli/[..]
debug: < HTTP 302 Found (first byte [..] ms, total [..] ms)
debug: < location: [redacted]
debug: < content-length: 0
debug: attempt 1: GET {origin}/elsewhere
debug: > authorization: [redacted]
debug: > accept: application/json
debug: > accept-encoding: gzip
debug: > user-agent: openai-cli/[..]
debug: < HTTP 200 OK (first byte [..] ms, total [..] ms)
debug: < content-type: application/json
debug: < content-length: 166
",
    );
    assert_eq!(
        server.requests()[1].header("authorization"),
        Some(bearer().as_str())
    );
}

/// A server that redirects `hops` times before it answers.
fn redirecting(hops: usize) -> Server {
    Server::start(move |request| {
        if request.number > hops {
            return Reply::file();
        }
        Reply::status(302).header("Location", &format!("/hop/{}", request.number))
    })
}

#[test]
fn ten_redirects_are_followed_and_no_more() {
    let server = redirecting(10);
    retrieve()
        .args(["a"])
        .server(&server)
        .run()
        .is(0, EXAMPLE, "");
    assert_eq!(server.requests().len(), 11);

    let server = redirecting(11);
    retrieve().args(["a"]).server(&server).run().is(
        1,
        "",
        "\
error: the server redirects `a` again and again
  url: {base}/files/a

hint: check the base URL
",
    );
    assert_eq!(server.requests().len(), 11);
}

#[test]
fn a_redirect_to_another_origin_is_refused() {
    let elsewhere = Server::uncalled();
    for target in [
        format!("{}/v1/files/a", elsewhere.origin()),
        format!(
            "http://user:{}@{}/",
            secrets::USER_INFO_PASSWORD,
            elsewhere.address()
        ),
    ] {
        let server = Server::replying(Reply::status(307).header("Location", &target));
        retrieve()
            .args(["a"])
            .server(&server)
            .placeholder("elsewhere", &elsewhere.origin())
            .run()
            .is(
                1,
                "",
                "\
error: the server redirects `a` to another origin; not followed
  from {origin} to {elsewhere}
  url: {base}/files/a

hint: if that is where the API is, name it with --base-url
",
            );
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn another_scheme_port_or_kind_of_url_is_another_origin() {
    for (location, named) in [
        ("https://{address}/v1/files/a", "https://{address}"),
        ("http://127.0.0.1/v1/files/a", "http://127.0.0.1"),
        ("file:///etc/passwd", "file://"),
        ("mailto:x@y", "mailto:"),
    ] {
        let server = Server::start(move |request| {
            let address = request.header("host").unwrap();
            Reply::status(302).header("Location", &location.replace("{address}", address))
        });
        retrieve().args(["a"]).server(&server).run().is(
            1,
            "",
            format!(
                "\
error: the server redirects `a` to another origin; not followed
  from {{origin}} to {named}
  url: {{base}}/files/a

hint: if that is where the API is, name it with --base-url
"
            ),
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_redirect_to_nowhere_is_told() {
    for reply in [
        Reply::status(302),
        Reply::status(302).header("Location", "http://"),
    ] {
        let server = Server::replying(reply);
        retrieve().args(["a"]).server(&server).run().is(
            1,
            "",
            "\
error: the server redirects `a`, but not to a URL
  url: {base}/files/a

hint: check the base URL
",
        );
    }
}

#[test]
fn standard_input_is_left_to_others() {
    let server = Server::options().expecting(3).start(|_| Reply::file());
    retrieve()
        .args(["--format", "jsonl", "--transform", "{id}"])
        .server(&server)
        .shell("while read -r id; do \"$@\" \"$id\" || exit; done; echo done")
        .stdin("a\nb\nc\n")
        .run()
        .is(0, "{\"id\":\"id\"}\n".repeat(3) + "done\n", "");
    assert_eq!(
        server.targets(),
        ["/v1/files/a", "/v1/files/b", "/v1/files/c"]
    );
}

#[test]
fn a_run_on_a_terminal_waits_for_no_input() {
    let server = Server::replying(Reply::file());
    let run = retrieve()
        .args(["a", "--no-color"])
        .server(&server)
        .terminal(80, 24)
        .run();
    run.is(0, EXAMPLE, "");
}

#[test]
fn no_id_is_a_mistake() {
    let server = Server::uncalled();
    retrieve().server(&server).run().is(
        2,
        "",
        "\
error: no file id

hint: name one: openai files retrieve FILE_ID, or `-` to read ids from standard input
",
    );
}

#[test]
fn several_ids_from_both_forms_keep_their_order() {
    let server = Server::options().expecting(4).start(|request| {
        let mut body = String::new();
        write!(
            body,
            "{{\"id\":\"{}\"}}",
            &request.path()["/v1/files/".len()..]
        )
        .unwrap();
        Reply::json(200, body)
    });
    crate::support::openai()
        .args([
            "--file-id",
            "a",
            "files",
            "retrieve",
            "b",
            "--file-id=c",
            "d",
        ])
        .args(["--format", "jsonl"])
        .server(&server)
        .run()
        .is(
            0,
            "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n{\"id\":\"d\"}\n",
            "",
        );
}
