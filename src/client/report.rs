//! What to say about a lookup that failed: what happened, to which file, and what to do next.

use std::borrow::Cow;

use reqwest::Url;
use reqwest::header::AUTHORIZATION;

use super::error::{Answer, Cause, Error, LONGEST_HEADER, Network, Redirect, Refusal};
use super::retry::LONGEST_SERVER_DELAY;
use super::tls;
use super::words::{EXCERPT, excerpt, words};
use crate::columns::cut_characters;
use crate::error::{Exit, Failure, span};
use crate::files::id::FileId;
use crate::secret::Secrets;
use crate::settings::{Connection, Credentials, Proxy, path_of};

impl Error {
    /// Says what happened to the lookup of `id`, and what to do. What is cut short is searched for
    /// the `secrets` before: half of one looks like any other word.
    #[must_use]
    pub fn into_failure(self, id: &FileId, connection: &Connection, secrets: &Secrets) -> Failure {
        let host = host(&self.url);
        let attempts = match self.attempts {
            0 | 1 => String::new(),
            number => format!(", {number} attempts"),
        };
        let come_back = match self.cause {
            Cause::HeldBack(left) => Some(left),
            _ => self
                .not_before
                .filter(|delay| *delay > LONGEST_SERVER_DELAY),
        };
        let late_hint = match self.cause {
            Cause::NoTurn => "raise --wait-timeout or --concurrency",
            _ => "try again, or raise --wait-timeout",
        };
        let mut failure = match self.cause {
            Cause::Status(answer) => status(answer, id, connection, secrets, &attempts),
            Cause::Unusable(answer, why) => {
                let answer = answer.start().scrubbed(secrets);
                unusable(&answer, &why, id, secrets)
            }
            Cause::TooLarge(limit) => Failure::new(
                Exit::Failure,
                format!("the answer for `{id}` is larger than {} MiB", limit >> 20),
            )
            .hint("check the base URL; a file object has a few hundred bytes"),
            Cause::Redirect(redirect) => redirected(redirect, id, &self.url, secrets),
            Cause::LongUrl(longest) => {
                let length = self.url.as_str().len();
                let id = id.to_string();
                let id = secrets.scrub(&id);
                let id = cut_characters(&id, EXCERPT);
                return Failure::usage(format!(
                    "cannot look up `{id}`: its URL has {length} bytes, and {longest} are the limit"
                ));
            }
            Cause::Network(network) => {
                network_failure(network, id, &host, connection, secrets, &attempts)
            }
            Cause::HeldBack(_) => Failure::new(
                Exit::RateLimit,
                format!("`{id}` was not looked up: the server asked for no more requests"),
            ),
            Cause::NoTurn => Failure::new(
                Exit::NotReady,
                format!("`{id}` was not looked up: its turn did not come in time"),
            ),
        };
        if self.out_of_time {
            failure.exit = Exit::NotReady;
            failure.hint = Some(late_hint.to_owned());
        }
        if let Some(delay) = come_back {
            failure.hint = Some(format!("the server asks to come back in {}", span(delay)));
        }
        failure.url = Some(self.url.into());
        failure
    }
}

fn status(
    answer: Answer,
    id: &FileId,
    connection: &Connection,
    secrets: &Secrets,
    attempts: &str,
) -> Failure {
    const SET_A_KEY: &str = "set OPENAI_API_KEY or use --api-key-file";
    let http = format!("(HTTP {}{attempts})", answer.status);
    let has_own_authorization = connection.custom_headers.contains_key(AUTHORIZATION);
    let (exit, message, hint) = match answer.status {
        404 => (
            Exit::NotFound,
            format!("no such file `{id}` {http}"),
            Some(not_found_hint(&answer, connection).to_owned()),
        ),
        401 => (
            Exit::Authentication,
            format!("not authorized to look up `{id}` {http}"),
            Some(match connection.credentials {
                _ if has_own_authorization => {
                    "the server did not accept the Authorization of OPENAI_CUSTOM_HEADERS"
                        .to_owned()
                }
                Credentials::ApiKey(_, source) => {
                    format!("the server did not accept the API key from {source}")
                }
                Credentials::Basic(..) => {
                    "the server did not accept the user name and password of the base URL"
                        .to_owned()
                }
                Credentials::None => SET_A_KEY.to_owned(),
            }),
        ),
        403 => (
            Exit::Authentication,
            format!("not allowed to look up `{id}` {http}"),
            Some(match connection.credentials {
                Credentials::None if !has_own_authorization => SET_A_KEY.to_owned(),
                _ => "check what the API key may do, and the organization and project it is for"
                    .to_owned(),
            }),
        ),
        407 if may_be_a_proxy(connection) => unknown_to_proxy(connection, &http),
        429 if answer.is_out_of_quota() => (
            Exit::RateLimit,
            format!("no quota left to look up `{id}` {http}"),
            Some(
                "asking again does not help; check plan and billing of the organization".to_owned(),
            ),
        ),
        429 => (
            Exit::RateLimit,
            format!("too many requests; `{id}` was not looked up {http}"),
            Some("try again later, or with a lower --concurrency".to_owned()),
        ),
        408 | 409 | 500..=599 => (
            Exit::Server,
            format!("the server failed to look up `{id}` {http}"),
            Some("try again later, or raise --max-retries".to_owned()),
        ),
        400..=499 => (
            Exit::Failure,
            format!("the server refused to look up `{id}` {http}"),
            tls_trouble(&answer, connection),
        ),
        _ => (
            Exit::Failure,
            format!("the server gave no usable answer for `{id}` {http}"),
            Some("check the base URL, and what stands between here and the server".to_owned()),
        ),
    };
    let hint = perhaps_from_proxy(answer.status, connection).or(hint);
    let request_id = answer.start_of_header("x-request-id", secrets);
    let answer = answer.scrubbed(secrets);
    Failure {
        details: words(&answer.body),
        hint,
        request_id,
        answer: String::from_utf8(answer.body).ok(),
        ..Failure::new(exit, message)
    }
}

/// What to do about status 404: an API that has no such file says so in JSON, whatever else has no
/// such path does so in HTML or plain text.
fn not_found_hint(answer: &Answer, connection: &Connection) -> &'static str {
    // Looked at no closer: the answer may be cut off, or empty.
    let from_api = matches!(answer.body.trim_ascii_start(), [] | [b'{', ..]);
    let path = connection.base_url.path().trim_end_matches('/');
    match (from_api, path.ends_with("/v1")) {
        _ if connection.is_default_host => {
            "files belong to one project; check --project or OPENAI_PROJECT_ID"
        }
        (true, true) => "check the id, and that the file is on this server",
        (true, false) => "check the id, and the base URL: most servers want one that ends in /v1",
        (false, true) => "check the base URL; this does not look like the answer of an API",
        (false, false) => "check the base URL: most servers want one that ends in /v1",
    }
}

/// Status 407: the proxy does not know who is asking. `http` is the status as messages show it.
fn unknown_to_proxy(connection: &Connection, http: &str) -> (Exit, String, Option<String>) {
    let (what, hint) = match &connection.proxy {
        Some(proxy) if proxy.has_user_info() => (
            format!(
                "{} does not accept the user name and password",
                proxy.name()
            ),
            proxy.credentials_hint(),
        ),
        Some(proxy) => (
            format!("{} wants a user name and password", proxy.name()),
            proxy.credentials_hint(),
        ),
        None => (
            "the proxy wants a user name and password".to_owned(),
            "put them into the URL of the proxy: http://USER:PASSWORD@HOST:PORT".to_owned(),
        ),
    };
    (Exit::Network, format!("{what} {http}"), Some(hint))
}

/// Whether a proxy may have answered: an HTTP proxy is asked itself for http URLs, or there is one
/// that nobody named.
fn may_be_a_proxy(connection: &Connection) -> bool {
    let proxy = connection.proxy.as_ref();
    connection.base_url.scheme() == "http"
        && proxy.is_none_or(|proxy| proxy.url.scheme().starts_with("http"))
}

/// What to do where an answer with this status may be that of the proxy.
fn perhaps_from_proxy(status: u16, connection: &Connection) -> Option<String> {
    let proxy = connection.proxy.as_ref()?;
    let may_be = may_be_a_proxy(connection) && matches!(status, 403 | 502..=504);
    let host = connection.base_url.host_str().unwrap_or_default();
    may_be.then(|| {
        format!(
            "{} may have answered this, not the server; NO_PROXY can exempt {host}",
            proxy.name()
        )
    })
}

/// What to do about TLS where a server or proxy speaks of it in an ordinary answer: nginx, Apache
/// and Go do so where they get http on a port for https, nginx also where it does not get the
/// client certificate that it wants.
fn tls_trouble(answer: &Answer, connection: &Connection) -> Option<String> {
    let body = String::from_utf8_lossy(&answer.body);
    if answer.status != 400 {
        None
    } else if connection.base_url.scheme() == "http" {
        ["HTTPS", "SSL-enabled"]
            .iter()
            .any(|word| body.contains(word))
            .then(|| "the server wants https:// in the base URL".to_owned())
    } else {
        let hint = match connection.tls.client {
            Some(_) => "check --mtls-client-cert-file: the server does not accept it",
            None => "the server wants --mtls-client-cert-file and --mtls-client-key-file",
        };
        body.contains("SSL certificate").then(|| hint.to_owned())
    }
}

fn unusable(answer: &Answer, why: &str, id: &FileId, secrets: &Secrets) -> Failure {
    let content_type = answer
        .start_of_header("content-type", secrets)
        .unwrap_or_else(|| "no content type".to_owned());
    // The header is gone where the body was decoded.
    let encoding = answer
        .start_of_header("content-encoding", secrets)
        .filter(|encoding| !["", "identity"].contains(&encoding.as_str()));
    let why = encoding.as_ref().map_or(Cow::Borrowed(why), |encoding| {
        Cow::Owned(format!(
            "it is encoded as {encoding}, which cannot be read here"
        ))
    });
    let mut failure = Failure::new(
        Exit::Failure,
        format!("the answer for `{id}` is not a file object: {why}"),
    )
    .detail(format!("HTTP {}, {content_type}", answer.status));
    if !answer.body.is_empty() && encoding.is_none() {
        failure = failure.detail(excerpt(&answer.body));
    }
    failure.request_id = answer.start_of_header("x-request-id", secrets);
    failure
        .hint("check the base URL; a login page or a gateway may have answered instead of the API")
}

fn redirected(redirect: Redirect, id: &FileId, url: &Url, secrets: &Secrets) -> Failure {
    let message = match &redirect {
        Redirect::Nowhere => format!("the server redirects `{id}`, but not to a URL"),
        Redirect::TooMany => format!("the server redirects `{id}` again and again"),
        Redirect::Elsewhere(_) => {
            format!("the server redirects `{id}` to another origin; not followed")
        }
    };
    let failure = Failure::new(Exit::Failure, message);
    match redirect {
        Redirect::Elsewhere(target) => failure
            .detail(format!(
                "from {} to {}",
                url.origin().ascii_serialization(),
                origin(&target, secrets)
            ))
            .hint("if that is where the API is, name it with --base-url"),
        Redirect::Nowhere | Redirect::TooMany => failure.hint("check the base URL"),
    }
}

/// What stands before the path of `url`: as a person names its origin.
fn origin(url: &Url, secrets: &Secrets) -> String {
    let shown = secrets.scrub_url(url.as_str(), path_of(url).start);
    cut_characters(&shown, LONGEST_HEADER).into_owned()
}

#[expect(clippy::too_many_lines, reason = "one arm for each cause")]
fn network_failure(
    network: Network,
    id: &FileId,
    host: &str,
    connection: &Connection,
    secrets: &Secrets,
    attempts: &str,
) -> Failure {
    let proxy = connection.proxy.as_ref();
    let name = proxy.map(Proxy::name).unwrap_or_default();
    let via = proxy.map_or(String::new(), |_| format!(" through {name}"));
    // Through an HTTP proxy no other connection is made and no other name resolved than its own.
    let to_proxy = proxy.is_some_and(|proxy| proxy.url.scheme().starts_with("http"));
    // An http URL is asked for at the proxy itself, and through it only where it speaks SOCKS.
    let asks_proxy = to_proxy && connection.base_url.scheme() == "http";
    let peer = if to_proxy { &name } else { host };
    let reach = format!("cannot reach {host}{via} to look up `{id}`");
    let base_url = "check the network and the base URL".to_owned();
    // What cannot be decoded did arrive.
    let arrived = matches!(network, Network::Encoding);
    let exit = if arrived {
        Exit::Failure
    } else {
        Exit::Network
    };
    let (code, what, hint) = match network {
        Network::Dns(words) => (
            "dns",
            format!(
                "cannot reach {peer} to look up `{id}`: the name does not resolve{attempts} ({words})"
            ),
            Some(check_name(proxy).to_owned()),
        ),
        Network::Refused => (
            "connection_refused",
            format!("cannot reach {peer} to look up `{id}`: connection refused{attempts}"),
            Some(if to_proxy {
                format!("check that the proxy is running, or exempt {host} by NO_PROXY")
            } else {
                "check that the server is running, and the base URL".to_owned()
            }),
        ),
        Network::ConnectTimeout => (
            "timeout",
            format!(
                "{reach}: no connection within {}{attempts}",
                span(connection.connect_timeout)
            ),
            Some(base_url),
        ),
        Network::Timeout(limit) => (
            "timeout",
            format!(
                "no complete answer for `{id}` from {host}{via} within {}{attempts}",
                span(limit)
            ),
            Some("try again, or raise --timeout".to_owned()),
        ),
        Network::Cut | Network::Unsent => (
            "connection_reset",
            format!(
                "the connection to {host}{via} ended before the answer for `{id}` was complete{attempts}"
            ),
            Some("try again later".to_owned()),
        ),
        Network::CutEncoding => (
            "encoding",
            format!(
                "the answer for `{id}` from {host}{via} ends in the middle of its gzip{attempts}"
            ),
            Some("try again later".to_owned()),
        ),
        Network::Broken => (
            "not_http",
            format!(
                "the connection to {host}{via} ended before the answer for `{id}` was complete{attempts}: something came over it that is not valid HTTP/2, or too much of it"
            ),
            Some("try again later".to_owned()),
        ),
        Network::Tls { error, at_proxy } => {
            let at_proxy = at_proxy || asks_proxy;
            let (why, hint) = tls::explain(&error, at_proxy, connection, secrets);
            let through = format!("{host}{via}");
            let peer = if at_proxy { name } else { through };
            let what =
                format!("no trusted connection to {peer} to look up `{id}`{attempts}: {why}");
            ("tls", what, hint)
        }
        Network::Proxy(refusal) => {
            let (what, hint) = refused_by_proxy(refusal, host, &reach, attempts, proxy);
            ("proxy", what, hint)
        }
        Network::NotHttp | Network::Unasked => {
            let through = format!("{host}{via}");
            let (peer, url, scheme) = match proxy.filter(|_| asks_proxy) {
                Some(proxy) => (name, "the proxy", proxy.url.scheme()),
                None => (through, "the base URL", connection.base_url.scheme()),
            };
            let what = format!("what {peer} answered for `{id}` is not valid HTTP{attempts}");
            // Over TLS that is trusted nobody is to be talked into going without it.
            let hint = match scheme {
                "https" => format!("check the port of {url}"),
                _ => format!("check scheme and port of {url}: http:// or https://"),
            };
            ("not_http", what, Some(hint))
        }
        Network::LargeHead => (
            "large_head",
            format!("the answer for `{id}` from {host}{via} has too many or too large headers"),
            Some(base_url),
        ),
        Network::Encoding => (
            "encoding",
            format!(
                "the answer for `{id}` from {host}{via} cannot be decoded: it is not gzip as its header says"
            ),
            None,
        ),
        Network::Other(words) => (
            "network",
            format!("{reach}: {words}{attempts}"),
            Some(if words.contains("too many open files") {
                "raise the limit (ulimit -n), or lower --concurrency".to_owned()
            } else {
                base_url
            }),
        ),
    };
    Failure {
        code: Some(code),
        hint,
        ..Failure::new(exit, what)
    }
}

/// What to do about a name that does not resolve. Two schemes of proxies differ from others in
/// who resolves it.
fn check_name(proxy: Option<&Proxy>) -> &'static str {
    match proxy.map(|proxy| proxy.url.scheme()) {
        Some("socks5") => {
            "check the spelling of the host; socks5 resolves it here, socks5h at the proxy"
        }
        Some("socks4") => {
            "check the spelling of the host; socks4 resolves it here, socks4a at the proxy"
        }
        _ => "check the spelling of the host, and the network",
    }
}

/// What a proxy that does not let us through means, and what to do about it.
fn refused_by_proxy(
    refusal: Refusal,
    host: &str,
    reach: &str,
    attempts: &str,
    proxy: Option<&Proxy>,
) -> (String, Option<String>) {
    let what = match refusal {
        Refusal::Unreachable => format!("{reach}: the proxy cannot be reached{attempts}"),
        Refusal::Credentials if proxy.is_some_and(Proxy::has_user_info) => {
            format!("{reach}: the proxy does not accept the user name and password")
        }
        Refusal::Credentials => format!("{reach}: the proxy wants a user name and password"),
        Refusal::NoConnection("") => {
            format!("{reach}: the proxy does not connect to it{attempts}")
        }
        Refusal::NoConnection(why) => {
            format!("{reach}: the proxy does not connect to it{attempts} ({why})")
        }
        Refusal::NotAllowed => format!("{reach}: the proxy may not connect to it"),
        Refusal::NotSocks => format!("{reach}: the proxy does not speak SOCKS"),
    };
    let hint = match refusal {
        Refusal::Unreachable => {
            format!("check that the proxy is running, or exempt {host} by NO_PROXY")
        }
        Refusal::Credentials => return (what, proxy.map(Proxy::credentials_hint)),
        Refusal::NoConnection(_) | Refusal::NotAllowed => {
            format!("check what the proxy allows, or exempt {host} by NO_PROXY")
        }
        Refusal::NotSocks => "check scheme and port of the proxy".to_owned(),
    };
    (what, Some(hint))
}

/// Host and port of `url` as a person names them.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
