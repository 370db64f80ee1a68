//! Proxies: which one is used, what it gets to see, and what is said where it does not help.
//!
//! The host `api.test` is one that no resolver knows (RFC 6761): who reaches it does so through
//! the proxy.

use base64::prelude::{BASE64_STANDARD as BASE64, Engine as _};

use crate::server::{Refusing, Reply, Server, Step};
use crate::support::nginx::{self, Nginx};
use crate::support::pki::Authority;
use crate::support::proxy::Proxy;
use crate::support::{EXAMPLE, Openai, retrieve, secrets};

/// A user name and password as they stand in a URL, and decoded with a colon between.
fn account() -> (String, String) {
    let password = secrets::PROXY_PASSWORD;
    (
        format!("us%40er:{password}%3A"),
        format!("us@er:{password}:"),
    )
}

/// A lookup at `http://api.test/v1` through the proxy that `variable` names.
fn through(variable: &str, proxy: &str) -> Openai {
    retrieve()
        .args(["id", "--max-retries", "0"])
        .base_url("http://api.test/v1")
        .env(variable, proxy)
        .placeholder("proxy", &without_account(proxy))
}

/// The same at `https://api.test/v1`.
fn through_tunnel(variable: &str, proxy: &str) -> Openai {
    through(variable, proxy).base_url("https://api.test/v1")
}

/// A URL as messages show it.
fn without_account(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

/// Fails the test unless a run failed on the way to `http://api.test` or `https://api.test`.
#[track_caller]
fn fails(openai: Openai, scheme: &str, message: &str, hint: &str) {
    openai.run().is(
        7,
        "",
        format!("error: {message}\n  url: {scheme}://api.test/v1/files/id\n\nhint: {hint}\n"),
    );
}

#[test]
fn an_http_url_is_asked_for_at_the_proxy() {
    let proxy = Server::replying(Reply::file());
    through("HTTP_PROXY", &proxy.origin())
        .run()
        .is(0, EXAMPLE, "");
    let requests = proxy.requests();
    assert_eq!(requests[0].method, "GET");
    assert_eq!(requests[0].target, "http://api.test/v1/files/id");
    assert_eq!(requests[0].header("host"), Some("api.test"));
    assert_eq!(requests[0].header("proxy-authorization"), None);
}

#[test]
fn a_proxy_gets_the_password_of_its_url() {
    let (encoded, plain) = account();
    let proxy = Server::replying(Reply::file());
    let url = format!("http://{encoded}@{}", proxy.address());
    through("HTTP_PROXY", &url).args(["--debug"]).run().is(
        0,
        EXAMPLE,
        "debug: attempt 1: GET http://api.test/v1/files/id\n\
             debug: > authorization: [redacted]\n\
             debug: > accept: application/json\n\
             debug: > accept-encoding: gzip\n\
             debug: > user-agent: [..]\n\
             debug: < HTTP 200 OK (first byte [..] ms, total [..] ms)\n\
             debug: < content-type: application/json\n\
             debug: < content-length: 166\n",
    );
    let credentials = BASE64.encode(plain);
    assert_eq!(
        proxy.requests()[0].header("proxy-authorization"),
        Some(format!("Basic {credentials}").as_str())
    );
}

#[test]
fn an_https_url_goes_through_a_tunnel() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let (encoded, plain) = account();
    let credentials = BASE64.encode(plain);
    for (account, header) in [
        ("", String::new()),
        (
            encoded.as_str(),
            format!("Proxy-Authorization: Basic {credentials}\r\n"),
        ),
    ] {
        let nginx = Nginx::https(&authority.server(), "ssl_protocols TLSv1.3;", &[]);
        let proxy = Proxy::http(nginx.address());
        let url = match account {
            "" => proxy.url("http"),
            account => proxy.url_with("http", account),
        };
        through_tunnel("HTTPS_PROXY", &url)
            .file("ca.pem", authority.certificate())
            .env("SSL_CERT_FILE", "ca.pem")
            .run()
            .is(0, EXAMPLE, "");
        // The proxy gets its own password and nothing of what is meant for the server.
        assert_eq!(
            proxy.heard(),
            [format!(
                "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n{header}\r\n"
            )]
        );
        let key = secrets::API_KEY;
        assert_eq!(
            nginx.served(),
            [format!(
                "HTTP/2.0 TLSv1.3 /v1/files/id \"Bearer {key}\" \"-\" NONE"
            )]
        );
    }
}

#[test]
fn a_certificate_is_checked_through_a_tunnel_too() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let nginx = Nginx::https(&authority.server_named(&["other.test"]), "", &[]);
    let proxy = Proxy::http(nginx.address());
    fails(
        through_tunnel("HTTPS_PROXY", &proxy.url("http"))
            .file("ca.pem", authority.certificate())
            .env("SSL_CERT_FILE", "ca.pem"),
        "https",
        "no trusted connection to api.test through the proxy {proxy} (from HTTPS_PROXY) \
         to look up `id`: its certificate is not for api.test, but for other.test",
        "if you know it by such a name, use that in the base URL; if not, somebody may be in between",
    );
    assert_eq!(nginx.served(), [""; 0]);
}

#[test]
fn a_proxy_may_speak_tls_itself() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let nginx = Nginx::https_proxy(&authority.server());
    let url = format!("https://localhost:{}", nginx.port());
    through("HTTP_PROXY", &url)
        .file("ca.pem", authority.certificate())
        .env("SSL_CERT_FILE", "ca.pem")
        .run()
        .is(0, EXAMPLE, "");
    for (scheme, variable) in [("http", "HTTP_PROXY"), ("https", "HTTPS_PROXY")] {
        fails(
            through(variable, &url)
                .base_url(&format!("{scheme}://api.test/v1"))
                .file("ca.pem", Authority::new("two").certificate())
                .env("SSL_CERT_FILE", "ca.pem"),
            scheme,
            &format!(
                "no trusted connection to the proxy {{proxy}} (from {variable}) to look up `id`: \
                 its certificate was issued by an unknown authority"
            ),
            "if you trust that authority, add its certificate (PEM) to SSL_CERT_FILE; \
             the system's are not used while it is set",
        );
    }
    assert_eq!(nginx.served().len(), 1);
}

#[test]
fn a_proxy_that_cannot_be_reached() {
    let refusing = Refusing::start();
    let url = format!(
        "http://user:{}@{}",
        secrets::PROXY_PASSWORD,
        refusing.address()
    );
    for (scheme, variable) in [("http", "HTTP_PROXY"), ("https", "HTTPS_PROXY")] {
        fails(
            through(variable, &url)
                .base_url(&format!("{scheme}://api.test/v1"))
                .args(["--max-retries", "1"]),
            scheme,
            &format!(
                "cannot reach the proxy {{proxy}} (from {variable}) to look up `id`: \
                 connection refused, 2 attempts"
            ),
            "check that the proxy is running, or exempt api.test by NO_PROXY",
        );
    }
    let named = format!("http://{}", refusing.address());
    let token = format!("{named}/path?token={}#x", secrets::PROXY_PASSWORD);
    fails(
        through("HTTP_PROXY", &token)
            .placeholder("named", &named)
            .args(["--max-retries", "0"]),
        "http",
        "cannot reach the proxy {named} (from HTTP_PROXY) to look up `id`: connection refused",
        "check that the proxy is running, or exempt api.test by NO_PROXY",
    );
    fails(
        through("HTTP_PROXY", "http://no-such-proxy.invalid:3128"),
        "http",
        "cannot reach the proxy {proxy} (from HTTP_PROXY) to look up `id`: \
         the name does not resolve ([..])",
        "check the spelling of the host, and the network",
    );
}

#[test]
fn a_proxy_that_says_nothing() {
    let hanging = Server::replying(Reply::script([Step::Hang]));
    fails(
        through_tunnel("HTTPS_PROXY", &hanging.origin()),
        "https",
        "cannot reach api.test through the proxy {proxy} (from HTTPS_PROXY) to look up `id`: \
         no connection within 5s",
        "check the network and the base URL",
    );
}

#[test]
fn a_proxy_that_does_not_connect() {
    let html = "<html>Access denied</html>";
    let refused = "cannot reach api.test through the proxy {proxy} (from HTTPS_PROXY) \
                   to look up `id`: the proxy does not connect to it";
    let allows = "check what the proxy allows, or exempt api.test by NO_PROXY";
    for reply in [
        Reply::text(403, "text/html", html),
        Reply::text(502, "text/html", html),
        Reply::text(404, "text/html", html),
        Reply::bytes("SSH-2.0-OpenSSH_9.9\r\n"),
    ] {
        // Whether that passes is not known.
        let proxy = Server::options().expecting(2).start(move |_| reply.clone());
        fails(
            through_tunnel("HTTPS_PROXY", &proxy.origin()).args(["--max-retries", "1"]),
            "https",
            &format!("{refused}, 2 attempts"),
            allows,
        );
    }
    for steps in [[Step::Close], [Step::Reset]] {
        let proxy = Server::replying(Reply::script(steps));
        fails(
            through_tunnel("HTTPS_PROXY", &proxy.origin()),
            "https",
            "the connection to api.test through the proxy {proxy} (from HTTPS_PROXY) \
             ended before the answer for `id` was complete",
            "try again later",
        );
    }
}

#[test]
fn a_proxy_that_wants_a_password() {
    let proxy = Server::replying(Reply::text(407, "text/html", "who are you?"));
    let (origin, address) = (proxy.origin(), proxy.address());
    let with_account = format!("http://{}@{address}", account().0);
    fails(
        through_tunnel("HTTPS_PROXY", &origin),
        "https",
        "cannot reach api.test through the proxy {proxy} (from HTTPS_PROXY) to look up `id`: \
         the proxy wants a user name and password",
        "put them into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT",
    );
    fails(
        through_tunnel("HTTPS_PROXY", &with_account),
        "https",
        "cannot reach api.test through the proxy {proxy} (from HTTPS_PROXY) to look up `id`: \
         the proxy does not accept the user name and password",
        "check the user name and password in HTTPS_PROXY",
    );
    for (url, message, hint) in [
        (
            &origin,
            "wants a user name and password",
            "put them into HTTP_PROXY: http://USER:PASSWORD@HOST:PORT",
        ),
        (
            &with_account,
            "does not accept the user name and password",
            "check the user name and password in HTTP_PROXY",
        ),
    ] {
        through("HTTP_PROXY", url).run().is(
            7,
            "",
            format!(
                "error: the proxy {{proxy}} (from HTTP_PROXY) {message} (HTTP 407)\n  \
                 who are you?\n  url: http://api.test/v1/files/id\n\nhint: {hint}\n"
            ),
        );
    }
}

#[test]
fn a_proxy_may_answer_instead_of_the_server() {
    for (status, code, message) in [
        (403, 4, "not allowed to look up `id` (HTTP 403)"),
        (502, 5, "the server failed to look up `id` (HTTP 502)"),
        (503, 5, "the server failed to look up `id` (HTTP 503)"),
        (504, 5, "the server failed to look up `id` (HTTP 504)"),
    ] {
        let proxy = Server::replying(Reply::text(status, "text/html", "blocked"));
        through("HTTP_PROXY", &proxy.origin()).run().is(
            code,
            "",
            format!(
                "error: {message}\n  blocked\n  url: http://api.test/v1/files/id\n\n\
                 hint: the proxy {{proxy}} (from HTTP_PROXY) may have answered this, \
                 not the server; NO_PROXY can exempt api.test\n"
            ),
        );
    }
    let proxy = Server::replying(Reply::bytes("SSH-2.0-OpenSSH_9.9\r\n"));
    fails(
        through("HTTP_PROXY", &proxy.origin()),
        "http",
        "what the proxy {proxy} (from HTTP_PROXY) answered for `id` is not valid HTTP",
        "check scheme and port of the proxy: http:// or https://",
    );
}

#[test]
fn a_proxy_that_echoes_its_password() {
    let (encoded, plain) = account();
    let echo = format!("{encoded} {plain} {}", BASE64.encode(&plain));
    let proxy = Server::replying(Reply::text(407, "text/plain", echo));
    let url = format!("http://{encoded}@{}", proxy.address());
    through("HTTP_PROXY", &url).run().is(
        7,
        "",
        "error: the proxy {proxy} (from HTTP_PROXY) does not accept the user name and password \
         (HTTP 407)\n  us%40er:[redacted] us@er:[redacted] [redacted]\n  \
         url: http://api.test/v1/files/id\n\n\
         hint: check the user name and password in HTTP_PROXY\n",
    );
}

#[test]
fn the_url_of_a_proxy_is_not_shown_where_it_is_wrong() {
    let password = secrets::PROXY_PASSWORD;
    for url in [
        format!("ftp://user:{password}@host"),
        format!("http://user:{password}@host:port"),
        format!("user:{password}@ho st"),
        format!("http://{password}:@"),
        format!("http:/{password}:1080"),
        format!("socks5:/{password}:1080"),
        format!("http//{password}:1080"),
        format!("http://socks5://{password}:1080"),
        // What the HTTP library cannot read it would go without.
        format!("http://user:{password}@${{PROXY}}:1080"),
        format!("http://\"user:{password}@host\":1080"),
        format!("socks5h://user:{password}@b\u{fc}cher.test"),
        format!("socks5h://user%3A{password}%40host"),
        format!("http://user:{password}@host/{}", "a".repeat(70_000)),
        format!("socks5h://user:{password}@host/{:a<65499}", ""),
    ] {
        through("HTTP_PROXY", &url).run().is(
            2,
            "",
            "error: HTTP_PROXY is not the URL of a proxy\n\n\
             hint: expected http://HOST:PORT or socks5://HOST:PORT\n",
        );
    }
}

#[test]
fn socks_proxies() {
    let server = Server::options().expecting(5).start(|_| Reply::file());
    let account = ("us@er", secrets::PROXY_PASSWORD);
    for (scheme, account) in [
        ("socks5h", None),
        ("socks5h", Some(account)),
        ("socks4a", None),
    ] {
        let proxy = Proxy::socks(server.address(), account, 0);
        let url = match account {
            Some((_, password)) => proxy.url_with(scheme, &format!("us%40er:{password}")),
            None => proxy.url(scheme),
        };
        through("ALL_PROXY", &url).run().is(0, EXAMPLE, "");
        assert_eq!(proxy.heard(), ["name api.test 80"]);
    }
    // With these two the name is resolved here.
    for scheme in ["socks5", "socks4"] {
        let proxy = Proxy::socks(server.address(), None, 0);
        through("ALL_PROXY", &proxy.url(scheme))
            .base_url("http://192.0.2.1:81/v1")
            .run()
            .is(0, EXAMPLE, "");
        assert_eq!(proxy.heard(), ["ipv4 192.0.2.1 81"]);
        fails(
            through("ALL_PROXY", &proxy.url(scheme)),
            "http",
            "cannot reach api.test to look up `id`: the name does not resolve ([..])",
            &format!(
                "check the spelling of the host; {scheme} resolves it here, {} at the proxy",
                if scheme == "socks5" {
                    "socks5h"
                } else {
                    "socks4a"
                }
            ),
        );
    }
}

#[test]
fn https_through_a_socks_proxy() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let nginx = Nginx::https(&authority.server(), "", &[]);
    let proxy = Proxy::socks(nginx.address(), None, 0);
    through_tunnel("ALL_PROXY", &proxy.url("socks5h"))
        .file("ca.pem", authority.certificate())
        .env("SSL_CERT_FILE", "ca.pem")
        .run()
        .is(0, EXAMPLE, "");
    assert_eq!(proxy.heard(), ["name api.test 443"]);
    fails(
        through_tunnel("ALL_PROXY", &proxy.url("socks5h"))
            .file("ca.pem", Authority::new("two").certificate())
            .env("SSL_CERT_FILE", "ca.pem"),
        "https",
        "no trusted connection to api.test through the proxy {proxy} (from ALL_PROXY) \
         to look up `id`: its certificate was issued by an unknown authority",
        "if you trust that authority, add its certificate (PEM) to SSL_CERT_FILE; \
         the system's are not used while it is set",
    );
    assert_eq!(nginx.served().len(), 1);
}

#[test]
fn a_socks_proxy_that_does_not_connect() {
    let server = Server::uncalled();
    let reach = "cannot reach api.test through the proxy {proxy} (from ALL_PROXY) to look up `id`:";
    // RFC 1928, section 6
    for (reply, what) in [
        (1, "does not connect to it, 2 attempts"),
        (2, "may not connect to it"),
        (
            3,
            "does not connect to it, 2 attempts (network unreachable)",
        ),
        (4, "does not connect to it, 2 attempts (host unreachable)"),
        (5, "does not connect to it, 2 attempts (connection refused)"),
        (6, "does not connect to it, 2 attempts (timed out)"),
        (7, "does not connect to it, 2 attempts"),
        (8, "does not connect to it, 2 attempts"),
    ] {
        let proxy = Proxy::socks(server.address(), None, reply);
        fails(
            through("ALL_PROXY", &proxy.url("socks5h")).args(["--max-retries", "1"]),
            "http",
            &format!("{reach} the proxy {what}"),
            "check what the proxy allows, or exempt api.test by NO_PROXY",
        );
    }
    let account = Some(("user", secrets::PROXY_PASSWORD));
    let proxy = Proxy::socks(server.address(), account, 0);
    fails(
        through("ALL_PROXY", &proxy.url("socks5h")),
        "http",
        &format!("{reach} the proxy wants a user name and password"),
        "put them into ALL_PROXY: socks5h://USER:PASSWORD@HOST:PORT",
    );
    let wrong = format!("other:{}", secrets::PROXY_PASSWORD);
    fails(
        through("ALL_PROXY", &proxy.url_with("socks5h", &wrong)),
        "http",
        &format!("{reach} the proxy does not accept the user name and password"),
        "check the user name and password in ALL_PROXY",
    );
}

#[test]
fn what_is_no_socks_proxy() {
    let reach = "cannot reach api.test through the proxy {proxy} (from ALL_PROXY) to look up `id`:";
    let http = Server::options()
        .greeting([Step::bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), Step::Hang])
        .expecting(0)
        .start(|_| Reply::status(400));
    fails(
        through("ALL_PROXY", &format!("socks5h://{}", http.address())),
        "http",
        &format!("{reach} the proxy does not speak SOCKS"),
        "check scheme and port of the proxy",
    );
    let refusing = Refusing::start();
    fails(
        through("ALL_PROXY", &format!("socks5h://{}", refusing.address()))
            .args(["--max-retries", "1"]),
        "http",
        &format!("{reach} the proxy cannot be reached, 2 attempts"),
        "check that the proxy is running, or exempt api.test by NO_PROXY",
    );
    let closing = Server::options()
        .greeting([Step::Close])
        .expecting(0)
        .start(|_| Reply::status(400));
    fails(
        through("ALL_PROXY", &format!("socks5h://{}", closing.address())),
        "http",
        "the connection to api.test through the proxy {proxy} (from ALL_PROXY) \
         ended before the answer for `id` was complete",
        "try again later",
    );
}

#[test]
fn the_variables_in_their_order() {
    let right = Server::options().expecting(6).start(|_| Reply::file());
    let wrong = Server::uncalled();
    let (right_url, wrong_url) = (right.origin(), wrong.origin());
    let without_scheme = right.address().to_string();
    for variables in [
        [("HTTP_PROXY", &right_url), ("http_proxy", &wrong_url)],
        [("http_proxy", &right_url), ("HTTPS_PROXY", &wrong_url)],
        [("http_proxy", &right_url), ("ALL_PROXY", &wrong_url)],
        [("ALL_PROXY", &right_url), ("all_proxy", &wrong_url)],
        [("all_proxy", &right_url), ("https_proxy", &wrong_url)],
        [("HTTP_PROXY", &without_scheme), ("ALL_PROXY", &wrong_url)],
    ] {
        let mut openai = retrieve().args(["id"]).base_url("http://api.test/v1");
        for (name, value) in variables {
            openai = openai.env(name, value);
        }
        openai.run().is(0, EXAMPLE, "");
    }
}

#[test]
fn no_proxy_exempts_a_host() {
    // Not a loopback address, but one that leads to this machine.
    let server = Server::options().expecting(6).start(|_| Reply::file());
    let port = server.address().port();
    let proxy = Server::options().expecting(3).start(|_| Reply::file());
    for (list, exempt) in [
        ("0.0.0.0".to_owned(), true),
        (format!("other, 0.0.0.0:{port}"), true),
        ("0.0.0.0/8".to_owned(), true),
        ("*".to_owned(), true),
        ("0.0.0.0:1".to_owned(), false),
        ("10.0.0.0/8,example.com".to_owned(), false),
    ] {
        let before = proxy.requests().len();
        retrieve()
            .args(["id"])
            .base_url(&format!("http://0.0.0.0:{port}/v1"))
            .env("HTTP_PROXY", proxy.origin())
            .env("NO_PROXY", &list)
            .run()
            .is(0, EXAMPLE, "");
        assert_eq!(proxy.requests().len() == before, exempt, "{list}");
    }
    for (upper, lower) in [("0.0.0.0", "other"), ("", "0.0.0.0"), ("other", "0.0.0.0")] {
        retrieve()
            .args(["id"])
            .base_url(&format!("http://0.0.0.0:{port}/v1"))
            .env("HTTP_PROXY", proxy.origin())
            .env("NO_PROXY", upper)
            .env("no_proxy", lower)
            .run()
            .is(0, EXAMPLE, "");
    }
    for (list, host) in [
        ("api.test", "api.test"),
        ("test", "api.test"),
        (".test", "api.test"),
        ("*.test:80", "api.test"),
    ] {
        // Nobody but the proxy knows the name.
        let openai = through("HTTP_PROXY", &Server::uncalled().origin()).env("NO_PROXY", list);
        fails(
            openai,
            "http",
            &format!("cannot reach {host} to look up `id`: the name does not resolve ([..])"),
            "check the spelling of the host, and the network",
        );
    }
}

#[test]
fn loopback_is_never_asked_for_through_a_proxy() {
    let server = Server::options().expecting(3).start(|_| Reply::file());
    let v6 = Server::options().on_ipv6().start(|_| Reply::file());
    let proxy = Server::uncalled();
    let port = server.address().port();
    for base_url in [
        format!("http://127.0.0.1:{port}/v1"),
        format!("http://localhost:{port}/v1"),
        format!("http://[::ffff:127.0.0.1]:{port}/v1"),
        v6.base_url(),
    ] {
        let mut openai = retrieve().args(["id"]).base_url(&base_url);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            openai = openai.env(name, proxy.origin());
        }
        openai.run().is(0, EXAMPLE, "");
    }
}

#[test]
fn a_web_server_does_not_hand_on_a_proxy() {
    // A request header named Proxy becomes HTTP_PROXY in a CGI program.
    let proxy = Server::uncalled();
    fails(
        through("HTTP_PROXY", &proxy.origin()).env("REQUEST_METHOD", "GET"),
        "http",
        "cannot reach api.test to look up `id`: the name does not resolve ([..])",
        "check the spelling of the host, and the network",
    );
}

#[test]
fn a_proxy_does_not_see_the_client_certificate() {
    let lookup = || {
        retrieve()
            .args([
                "id",
                "--mtls-client-cert-file",
                "c",
                "--mtls-client-key-file",
                "k",
            ])
            .base_url("https://api.test/v1")
    };
    lookup().env("HTTPS_PROXY", "https://127.0.0.1:9").run().is(
        2,
        "",
        "\
error: a client certificate cannot be used through an https proxy, which would get to see it

hint: reach the proxy by http://; what goes through it is encrypted all the same
",
    );
    // Through others it goes to the server only, and so its file is read.
    lookup().env("HTTPS_PROXY", "http://127.0.0.1:9").run().is(
        2,
        "",
        "error: cannot use the client certificate `c`: no such file or directory\n",
    );
}
