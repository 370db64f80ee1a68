//! What the API or the network can answer instead of a file, and what to say about it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::tls;
use crate::error::{Exit, Failure};
use crate::files::id::FileId;
use crate::json::Json;
use crate::secret::{Secret, scrub};
use crate::settings::{Connection, Credentials, Proxy};

/// How much of a body that has no known form is quoted, in characters.
const EXCERPT: usize = 120;

/// How much of the server's own words is repeated, in characters: more than any message of the
/// API has, and less than would push everything else off a terminal.
const LONGEST_WORDS: usize = 2000;

/// How many lines of them are repeated.
const MOST_LINES: usize = 20;

/// How much of a header is repeated, in characters.
const LONGEST_HEADER: usize = 200;

/// A lookup that did not bring a file.
#[derive(Debug)]
pub struct Error {
    /// What happened in the last attempt.
    pub cause: Cause,
    /// The URL that was asked.
    pub url: Url,
    /// How many attempts were made.
    pub attempts: u32,
    /// Whether the cause may pass by itself, so that a later look may succeed.
    pub may_pass: bool,
    /// How long the server wants to be left alone, where that is too long to wait.
    pub come_back: Option<Duration>,
}

/// Why an attempt failed.
#[derive(Debug)]
pub enum Cause {
    /// The server answered with a status other than 2xx.
    Status(Answer),
    /// The server answered 2xx with something that is no file object.
    Unusable(Answer, String),
    /// The body is larger than the limit, in bytes.
    TooLarge(usize),
    /// The server sent us on, but not to a place to go to.
    Redirect(Redirect),
    /// Not asked at all: the URL is longer than this many bytes.
    LongUrl(usize),
    /// No complete answer came.
    Network(Network),
    /// Not asked at all: the server told an earlier lookup to leave it alone for this long.
    HeldBack(Duration),
}

/// A complete answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// A redirect that is not followed.
#[derive(Debug)]
pub enum Redirect {
    /// There is no `Location`, or it is no URL.
    Nowhere,
    /// It leads to another origin (scheme, host, port): to this URL.
    Elsewhere(Url),
    /// More than the limit in a row.
    TooMany,
}

/// Why no complete answer came.
#[derive(Debug)]
pub enum Network {
    /// The name of the host could not be resolved; the resolver's words.
    Dns(String),
    /// Nobody listens there.
    Refused,
    /// Connecting took too long.
    ConnectTimeout,
    /// The answer took too long; the limit, which is that of an attempt or, where that is less,
    /// what was left of the time to wait.
    Timeout(Duration),
    /// The connection was closed or reset before the answer was complete.
    Cut,
    /// No trust could be established.
    Tls {
        /// What is wrong.
        error: rustls::Error,
        /// Whether with the proxy, on the way to a tunnel through it.
        at_proxy: bool,
    },
    /// The proxy did not let us through.
    Proxy(Refusal),
    /// What came is not HTTP, or not valid.
    NotHttp,
    /// The headers are larger than the HTTP library reads.
    LargeHead,
    /// Something came before anything was asked: the greeting of another protocol, or the last
    /// words on a connection that the server gave up at this moment.
    Unasked,
    /// The body is not encoded as its header says.
    Encoding,
    /// Something else; in words.
    Other(String),
}

/// How a proxy does not let us through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no connection to a SOCKS proxy; the library does not tell why.
    Unreachable,
    /// It wants a user name and password, or others.
    Credentials,
    /// It cannot or may not connect to the server; a SOCKS proxy says why.
    NoConnection(&'static str),
    /// It is no SOCKS proxy.
    NotSocks,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "no connection to the proxy",
            Self::Credentials => "the proxy wants a user name and password",
            Self::NoConnection(_) => "the proxy does not connect",
            Self::NotSocks => "the proxy does not speak SOCKS",
        })
    }
}

impl Answer {
    /// The header `name` as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()))
    }

    /// The start of the header `name`, to be shown.
    fn start_of_header(&self, name: &str) -> Option<String> {
        self.header(name)
            .map(|value| cut(&value, LONGEST_HEADER).into_owned())
    }

    /// The same without what must not be printed. This is done to the whole of it: where a text is
    /// cut in the middle of a key, the rest of the key looks like any other word.
    fn scrubbed(mut self, secrets: &[Secret]) -> Self {
        let scrub = |bytes: &[u8]| match scrub(&String::from_utf8_lossy(bytes), secrets) {
            Cow::Owned(text) => Some(text.into_bytes()),
            Cow::Borrowed(_) => None,
        };
        for value in self.headers.values_mut() {
            let scrubbed = scrub(value.as_bytes()).map(HeaderValue::try_from);
            *value = scrubbed.and_then(Result::ok).unwrap_or(value.clone());
        }
        self.body = scrub(&self.body).unwrap_or(self.body);
        self
    }

    /// Whether the error is that no quota is left (error code `insufficient_quota` of the API).
    #[must_use]
    pub fn is_out_of_quota(&self) -> bool {
        self.status == 429
            && std::str::from_utf8(&self.body)
                .ok()
                .and_then(|text| Json::parse(text).ok())
                .and_then(|body| body.get("error"))
                .is_some_and(|error| {
                    ["code", "type"].into_iter().any(|name| {
                        error.get(name).and_then(Json::string).as_deref()
                            == Some("insufficient_quota")
                    })
                })
    }
}

/// What happened, in a few words, for the announcement of a retry.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(answer) => write!(f, "HTTP {}", answer.status),
            Self::Unusable(..) => f.write_str("not a file object"),
            Self::TooLarge(_) => f.write_str("the answer is too large"),
            Self::Redirect(_) => f.write_str("a redirect that is not followed"),
            Self::LongUrl(_) => f.write_str("the URL is too long"),
            Self::HeldBack(_) => f.write_str("held back by a rate limit"),
            Self::Network(network) => match network {
                Network::Dns(_) => f.write_str("the name does not resolve"),
                Network::Refused => f.write_str("connection refused"),
                Network::ConnectTimeout | Network::Timeout(_) => f.write_str("timed out"),
                Network::Cut => f.write_str("connection lost"),
                Network::Tls { error, .. } => error.fmt(f),
                Network::Proxy(refusal) => refusal.fmt(f),
                Network::Other(words) => f.write_str(words),
                Network::NotHttp | Network::Unasked => f.write_str("the answer is not valid HTTP"),
                Network::LargeHead => f.write_str("the headers are too large"),
                Network::Encoding => f.write_str("the answer cannot be decoded"),
            },
        }
    }
}

/// Failed name resolution, so that it can be told from other failures to connect.
#[derive(Debug)]
pub struct DnsError(pub io::Error);

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for DnsError {}

/// How the errors of a tunnel through an HTTP proxy begin.
const TUNNEL: &str = "tunnel error: ";

impl Network {
    /// Reads the cause out of an error of the HTTP library.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        let mut last = None;
        let mut seen_hyper = false;
        let mut before_tunnel = false;
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = next {
            match Self::known(error) {
                Some(Self::Tls { error, .. }) => {
                    return Self::Tls {
                        error,
                        at_proxy: before_tunnel,
                    };
                }
                Some(cause) => return cause,
                None => {}
            }
            seen_hyper |= error.is::<hyper::Error>();
            // Framing that breaks the rules. What cannot be decoded has no error of hyper around it.
            if seen_hyper && is_malformed(error) {
                return Self::NotHttp;
            }
            before_tunnel |= error.to_string().starts_with(TUNNEL);
            last = Some(error);
            next = error.source();
        }
        if error.is_timeout() {
            return Self::ConnectTimeout;
        }
        if error.is_decode() && !seen_hyper {
            return Self::Encoding;
        }
        // What is left of hyper's errors are streams and connections that ended early.
        if seen_hyper {
            return Self::Cut;
        }
        Self::Other(last.map_or_else(String::new, |error| {
            error
                .downcast_ref()
                .map_or_else(|| error.to_string(), crate::error::words)
        }))
    }

    fn known(error: &(dyn StdError + 'static)) -> Option<Self> {
        if let Some(DnsError(error)) = error.downcast_ref() {
            let words = crate::error::words(error);
            let plain = words.strip_prefix("failed to lookup address information: ");
            return Some(Self::Dns(plain.unwrap_or(&words).to_owned()));
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::Tls {
                error: error.clone(),
                at_proxy: false,
            });
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            // Beyond `is_parse` the library tells its kinds of error by words only.
            let words = error.to_string();
            return if error.is_parse() {
                let large = words.contains("too large");
                Some(if large {
                    Self::LargeHead
                } else {
                    Self::NotHttp
                })
            } else {
                (words == "received unexpected message from connection").then_some(Self::Unasked)
            };
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // An io::Error hides what it wraps from `source`.
            if let Some(cause) = error.get_ref().and_then(|inner| Self::known(inner)) {
                return Some(cause);
            }
            return match error.kind() {
                io::ErrorKind::ConnectionRefused => Some(Self::Refused),
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => Some(Self::Cut),
                io::ErrorKind::TimedOut => Some(Self::ConnectTimeout),
                _ => None,
            };
        }
        Self::refusal(&error.to_string())
    }

    /// What the words of a proxy error mean. Its types are private to the library (hyper-util,
    /// `client::legacy::connect::proxy`); the words are all there is.
    fn refusal(words: &str) -> Option<Self> {
        if let Some(tunnel) = words.strip_prefix(TUNNEL) {
            return match tunnel {
                // Why is told by the next error of the chain.
                "failed to create underlying connection" | "io error establishing tunnel" => None,
                "proxy authorization required" => Some(Self::Proxy(Refusal::Credentials)),
                "unexpected end of file" => Some(Self::Cut),
                _ => Some(Self::Proxy(Refusal::NoConnection(""))),
            };
        }
        let socks = words.strip_prefix("SOCKS error: ")?;
        let reason = |reason| Self::Proxy(Refusal::NoConnection(reason));
        Some(match socks {
            "failed to create underlying connection" => Self::Proxy(Refusal::Unreachable),
            "io error during SOCKS handshake" => Self::Cut,
            "failed parsing server response" => Self::Proxy(Refusal::NotSocks),
            "server does not support user/pass authentication"
            | "server implements authentication incorrectly"
            | "credentials not accepted" => Self::Proxy(Refusal::Credentials),
            // The reasons of RFC 1928, section 6.
            "connection not allowed" => reason("not allowed"),
            "network unreachable" => reason("network unreachable"),
            "host unreachable" => reason("host unreachable"),
            "connection refused" => reason("connection refused"),
            "ttl expired" => reason("timed out"),
            _ => reason(""),
        })
    }

    /// Whether the cause may pass by itself. A name that does not resolve is taken for a typing
    /// error, unless it is the one that ships with the tool.
    #[must_use]
    pub fn may_pass(&self, is_default_host: bool) -> bool {
        match self {
            Self::Dns(_) => is_default_host,
            Self::Tls { .. } | Self::NotHttp | Self::LargeHead | Self::Encoding => false,
            Self::Proxy(refusal) => *refusal == Refusal::Unreachable,
            Self::Refused
            | Self::ConnectTimeout
            | Self::Timeout(_)
            | Self::Cut
            | Self::Unasked
            | Self::Other(_) => true,
        }
    }
}

fn is_malformed(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        )
    })
}

impl Error {
    /// Says what happened to the lookup of `id`, and what to do.
    #[must_use]
    pub fn into_failure(self, id: &FileId, connection: &Connection) -> Failure {
        let host = host(&self.url);
        let attempts = match self.attempts {
            0 | 1 => String::new(),
            number => format!(", {number} attempts"),
        };
        let come_back = match self.cause {
            Cause::HeldBack(left) => Some(left),
            _ => self.come_back,
        };
        let secrets = &connection.secrets();
        let mut failure = match self.cause {
            Cause::Status(answer) => status(answer.scrubbed(secrets), id, connection, &attempts),
            Cause::Unusable(answer, why) => unusable(&answer.scrubbed(secrets), &why, id),
            Cause::TooLarge(limit) => Failure::new(
                Exit::Failure,
                format!("the answer for `{id}` is larger than {} MiB", limit >> 20),
            )
            .hint("check the base URL; a file object has a few hundred bytes"),
            Cause::Redirect(redirect) => redirected(redirect, id, &self.url, secrets),
            Cause::LongUrl(longest) => {
                let length = self.url.as_str().len();
                let id = cut(id.as_str(), EXCERPT);
                return Failure::usage(format!(
                    "cannot look up `{id}`: its URL has {length} bytes, and {longest} are the limit"
                ));
            }
            Cause::Network(network) => network_failure(network, id, &host, connection, &attempts),
            Cause::HeldBack(_) => Failure::new(
                Exit::RateLimit,
                format!("`{id}` was not looked up: the server asked for no more requests"),
            ),
        };
        if let Some(delay) = come_back {
            failure.hint = Some(format!("the server asks to come back in {}", span(delay)));
        }
        failure.url = Some(self.url.into());
        failure
    }
}

fn status(answer: Answer, id: &FileId, connection: &Connection, attempts: &str) -> Failure {
    let http = format!("(HTTP {}{attempts})", answer.status);
    let default_host = connection.is_default_host;
    let (exit, message, hint) = match answer.status {
        404 => (
            Exit::NotFound,
            format!("no such file `{id}` {http}"),
            if default_host {
                Some("files belong to one project; check --project or OPENAI_PROJECT_ID".to_owned())
            } else {
                Some(
                    "check the id, and the base URL: most servers want one that ends in /v1"
                        .to_owned(),
                )
            },
        ),
        401 => (
            Exit::Authentication,
            format!("not authorized to look up `{id}` {http}"),
            Some(match connection.credentials {
                _ if connection.custom_headers.contains_key(AUTHORIZATION) => {
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
                Credentials::None => "set OPENAI_API_KEY or use --api-key-file".to_owned(),
            }),
        ),
        403 => (
            Exit::Authentication,
            format!("not allowed to look up `{id}` {http}"),
            Some(
                "check what the API key may do, and the organization and project it is for"
                    .to_owned(),
            ),
        ),
        407 => unknown_to_proxy(connection, &http),
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
    Failure {
        details: words(&answer.body),
        request_id: answer.start_of_header("x-request-id"),
        hint,
        answer: String::from_utf8(answer.body).ok(),
        ..Failure::new(exit, message)
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

/// What to do where an answer with this status may be that of the proxy, which is asked itself
/// for http URLs.
fn perhaps_from_proxy(status: u16, connection: &Connection) -> Option<String> {
    let proxy = connection.proxy.as_ref()?;
    let may_be = connection.base_url.scheme() == "http" && matches!(status, 403 | 502..=504);
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

fn unusable(answer: &Answer, why: &str, id: &FileId) -> Failure {
    let content_type = answer
        .start_of_header("content-type")
        .unwrap_or_else(|| "no content type".to_owned());
    // The header is gone where the library could decode the body.
    let encoding = answer
        .start_of_header("content-encoding")
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
    failure.request_id = answer.start_of_header("x-request-id");
    failure
        .hint("check the base URL; a login page or a gateway may have answered instead of the API")
}

fn redirected(redirect: Redirect, id: &FileId, url: &Url, secrets: &[Secret]) -> Failure {
    let message = match &redirect {
        Redirect::Nowhere => format!("the server redirects `{id}`, but not to a URL"),
        Redirect::TooMany => format!("the server redirects `{id}` in circles"),
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

/// The origin of `url` as a person names it: its scheme, where that has no hosts.
fn origin(url: &Url, secrets: &[Secret]) -> String {
    let origin = url.origin();
    if origin.is_tuple() {
        let origin = origin.ascii_serialization();
        cut(&scrub(&origin, secrets), LONGEST_HEADER).into_owned()
    } else {
        format!("{}:", url.scheme())
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each cause")]
fn network_failure(
    network: Network,
    id: &FileId,
    host: &str,
    connection: &Connection,
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
            Some(if limit < connection.timeout {
                "try again, or raise --wait-timeout".to_owned()
            } else {
                "try again, or raise --timeout".to_owned()
            }),
        ),
        Network::Cut => (
            "connection_reset",
            format!(
                "the connection to {host}{via} ended before the answer for `{id}` was complete{attempts}"
            ),
            Some("try again later".to_owned()),
        ),
        Network::Tls { error, at_proxy } => {
            let at_proxy = at_proxy || asks_proxy;
            let (why, hint) = tls::explain(&error, at_proxy, connection);
            let through = format!("{host}{via}");
            let peer = if at_proxy { name } else { through };
            let what = format!("no trusted connection to {peer} to look up `{id}`: {why}");
            ("tls", what, hint)
        }
        Network::Proxy(refusal) => {
            let (what, hint) = refused_by_proxy(refusal, host, &reach, attempts, proxy);
            ("proxy", what, hint)
        }
        Network::NotHttp | Network::Unasked => {
            let through = format!("{host}{via}");
            let (peer, url) = if asks_proxy {
                (name, "the proxy")
            } else {
                (through, "the base URL")
            };
            let what = format!("what {peer} answered for `{id}` is not valid HTTP{attempts}");
            let hint = format!("check scheme and port of {url}: http:// or https://");
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
        Refusal::NoConnection("") => format!("{reach}: the proxy does not connect to it"),
        Refusal::NoConnection(why) => {
            format!("{reach}: the proxy does not connect to it ({why})")
        }
        Refusal::NotSocks => format!("{reach}: the proxy does not speak SOCKS"),
    };
    let hint = match refusal {
        Refusal::Unreachable => {
            format!("check that the proxy is running, or exempt {host} by NO_PROXY")
        }
        Refusal::Credentials => return (what, proxy.map(Proxy::credentials_hint)),
        Refusal::NoConnection(_) => {
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

/// A duration in words: `5s`, `2m 30s`.
#[must_use]
pub fn span(duration: Duration) -> String {
    // What is left of a second says nothing once seconds count.
    let rounded = if duration < Duration::from_secs(2) {
        duration.as_millis().try_into().map(Duration::from_millis)
    } else {
        Ok(Duration::from_secs(duration.as_secs()))
    };
    match jiff::SignedDuration::try_from(rounded.unwrap_or(Duration::MAX)) {
        Ok(duration) if duration.as_hours() < 24 * 365 => format!("{duration:#}"),
        _ => "more than a year".to_owned(),
    }
}

/// The server's own words about an error, a line each, in whichever form it puts them:
/// `error.message`, `error` as a string (OpenAI and those who follow it), `detail` as a string or
/// as a list of validation errors (FastAPI), `message`, else the start of the body.
#[must_use]
pub fn words(body: &[u8]) -> Vec<String> {
    let from_json = std::str::from_utf8(body)
        .ok()
        .and_then(|text| Json::parse(text).ok())
        .map(words_of_json)
        .filter(|told| told.iter().any(|words| !words.trim().is_empty()));
    let told = from_json.unwrap_or_else(|| vec![excerpt(body)]);
    let mut left = LONGEST_WORDS;
    let mut shown: Vec<String> = Vec::new();
    for line in told.iter().flat_map(|words| words.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        if left == 0 || shown.len() == MOST_LINES {
            shown.push("…".to_owned());
            break;
        }
        shown.push(cut(line, left).into_owned());
        left -= line.chars().count().min(left);
    }
    shown
}

fn words_of_json(body: Json<'_>) -> Vec<String> {
    let string = |json: Json<'_>| json.string().map(|text| vec![text.into_owned()]);
    let error = body.get("error");
    error
        .and_then(|error| error.get("message"))
        .and_then(string)
        .or_else(|| error.and_then(string))
        .or_else(|| body.get("detail").map(detail))
        .or_else(|| body.get("message").and_then(string))
        .unwrap_or_default()
}

/// `detail` as FastAPI writes it: a string, or a list of `{"loc": […], "msg": "…"}`.
fn detail(detail: Json<'_>) -> Vec<String> {
    if let Some(text) = detail.string() {
        return vec![text.into_owned()];
    }
    detail
        .elements()
        .filter_map(|item| {
            let message = item.get("msg")?.string()?;
            let place: Vec<String> = item
                .get("loc")
                .into_iter()
                .flat_map(Json::elements)
                .map(|step| {
                    step.string()
                        .map_or_else(|| step.as_str().to_owned(), Into::into)
                })
                .collect();
            Some(if place.is_empty() {
                message.into_owned()
            } else {
                format!("{}: {message}", place.join("."))
            })
        })
        .collect()
}

/// The start of a body of no known form, on one line.
fn excerpt(body: &[u8]) -> String {
    let text = body.utf8_chunks().flat_map(|chunk| {
        let replaced = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        chunk.valid().chars().chain(replaced)
    });
    let mut line = String::new();
    let mut length = 0;
    let mut gap = false;
    for character in text {
        if character.is_whitespace() {
            gap = length > 0;
            continue;
        }
        length += 1 + usize::from(gap);
        if length > EXCERPT {
            line.push('…');
            break;
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
        }
        line.push(character);
    }
    line
}

/// `text` if it has at most `longest` characters, else that many and `…`.
fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_words_are_found_in_every_form() {
        for (body, expected) in [
            (
                r#"{"error": {"message": "No such File object: x", "type": "t"}}"#,
                "No such File object: x",
            ),
            (r#"{"error": "boom"}"#, "boom"),
            (r#"{"error": {"code": 1}, "message": "m"}"#, "m"),
            (r#"{"detail": "Not Found"}"#, "Not Found"),
            (
                r#"{"detail": [{"loc": ["path", "file_id", 0], "msg": "bad", "type": "t"}, {"msg": "worse"}]}"#,
                "path.file_id.0: bad\nworse",
            ),
            (r#"{"message": "no route"}"#, "no route"),
            (r#"{"x": 1}"#, r#"{"x": 1}"#),
            (
                "<html>\n  <h1>502</h1>\n</html>",
                "<html> <h1>502</h1> </html>",
            ),
            ("", ""),
            (" \n", ""),
            ("\u{fffd}", "\u{fffd}"),
        ] {
            assert_eq!(words(body.as_bytes()).join("\n"), expected, "{body}");
        }
        assert_eq!(words(b"\xff\xfe"), ["\u{fffd}\u{fffd}"]);
    }

    #[test]
    fn many_lines_are_cut() {
        let body = format!("{{\"message\": \"a{}\"}}", "\\n\\nb".repeat(100));
        let lines = words(body.as_bytes());
        assert_eq!(lines.len(), MOST_LINES + 1);
        assert_eq!((lines[1].as_str(), lines[MOST_LINES].as_str()), ("b", "…"));
        // White space for Unicode, though not for JSON.
        assert_eq!(words("\u{b}\u{a0}\u{2003}\n".as_bytes()), [""; 0]);
    }

    #[test]
    fn a_long_body_is_cut_at_a_character() {
        let line = excerpt("é".repeat(5000).as_bytes());
        assert_eq!(line, "é".repeat(120) + "…");
        assert_eq!(excerpt("é".repeat(120).as_bytes()), "é".repeat(120));
    }

    #[test]
    fn spans_are_short() {
        assert_eq!(span(Duration::from_millis(1500)), "1s 500ms");
        assert_eq!(span(Duration::from_secs(300)), "5m");
        assert_eq!(span(Duration::MAX), "more than a year");
    }

    #[test]
    fn quota_is_told_from_a_rate_limit() {
        let answer = |body: &str| Answer {
            status: 429,
            headers: HeaderMap::new(),
            body: body.into(),
        };
        assert!(answer(r#"{"error": {"code": "insufficient_quota"}}"#).is_out_of_quota());
        assert!(
            answer(r#"{"error": {"type": "insufficient_quota", "code": null}}"#).is_out_of_quota()
        );
        assert!(!answer(r#"{"error": {"code": "rate_limit_exceeded"}}"#).is_out_of_quota());
        assert!(!answer("").is_out_of_quota());
    }

    /// The number of characters in `lines`.
    fn characters(lines: &[String]) -> usize {
        lines.iter().map(|line| line.chars().count()).sum()
    }

    /// An error body in one of the forms that servers use, and its words.
    fn told() -> impl Strategy<Value = (String, String)> {
        let text = "\\PC{0,8}[a-z]\\PC{0,8}|x{1990,2010}";
        (text, 0..5_usize).prop_map(|(words, form)| {
            let json = serde_json::Value::from(words.as_str());
            let body = match form {
                0 => format!(r#"{{"error":{{"type":"t","message":{json},"code":null}}}}"#),
                1 => format!(r#"{{"error":{json}}}"#),
                2 => format!(r#"{{"detail":{json}}}"#),
                3 => format!(r#"{{"detail":[7,{{"msg":{json},"loc":[]}},{{"loc":1}}]}}"#),
                _ => format!(r#"{{"message":{json},"error":{{"code":1}}}}"#),
            };
            (body, words)
        })
    }

    proptest! {
        #[test]
        fn any_body_has_few_words(body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "[{}\\[\\]\",:a-z \n]{0,60}".prop_map(String::into_bytes),
            told().prop_map(|(body, _)| body.into_bytes()),
        ]) {
            let lines = words(&body);
            prop_assert!(characters(&lines) <= LONGEST_WORDS + 2);
            prop_assert!(lines.len() <= MOST_LINES + 1);
            prop_assert!(lines.iter().all(|line| !line.trim().is_empty()));
            prop_assert!(characters(&[excerpt(&body)]) <= EXCERPT + 1);
        }

        #[test]
        fn the_words_are_the_servers_own((body, expected) in told()) {
            let lines = words(body.as_bytes());
            prop_assert_eq!(lines, [cut(&expected, LONGEST_WORDS)]);
        }

        #[test]
        fn an_excerpt_is_the_start_of_the_body(body in "\\PC{0,300}") {
            let squeezed = body.split_whitespace().collect::<Vec<_>>().join(" ");
            let expected: String = squeezed.chars().take(EXCERPT).collect();
            let excerpt = excerpt(body.as_bytes());
            if squeezed.chars().count() <= EXCERPT {
                prop_assert_eq!(excerpt, squeezed);
            } else {
                prop_assert_eq!(excerpt, format!("{}…", expected.trim_end()));
            }
        }
    }
}
