//! What the API or the network can answer instead of a file, and what to say about it.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap};

use crate::error::{Exit, Failure};
use crate::files::id::FileId;
use crate::json::Json;
use crate::settings::{Connection, Credentials};

/// How much of a body that has no known form is quoted, in characters.
const EXCERPT: usize = 120;

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
    /// It leads to another origin (scheme, host, port), which is named.
    Elsewhere(String),
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
    Tls(rustls::Error),
    /// The proxy said no.
    Proxy(String),
    /// What came is not HTTP.
    NotHttp,
    /// Something came before anything was asked: the greeting of another protocol, or the last
    /// words on a connection that the server gave up at this moment.
    Unasked,
    /// The body is not encoded as its header says.
    Encoding,
    /// Something else; in words.
    Other(String),
}

impl Answer {
    /// The header `name` as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
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
            Self::HeldBack(_) => f.write_str("held back by a rate limit"),
            Self::Network(network) => match network {
                Network::Dns(_) => f.write_str("the name does not resolve"),
                Network::Refused => f.write_str("connection refused"),
                Network::ConnectTimeout | Network::Timeout(_) => f.write_str("timed out"),
                Network::Cut => f.write_str("connection lost"),
                Network::Tls(error) => error.fmt(f),
                Network::Proxy(words) | Network::Other(words) => f.write_str(words),
                Network::NotHttp | Network::Unasked => f.write_str("the answer is not HTTP"),
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

impl Network {
    /// Reads the cause out of an error of the HTTP library.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        let mut last = None;
        let mut seen_hyper = false;
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = next {
            if let Some(cause) = Self::known(error) {
                return cause;
            }
            seen_hyper |= error.is::<hyper::Error>();
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
        Self::Other(last.map_or_else(String::new, ToString::to_string))
    }

    fn known(error: &(dyn StdError + 'static)) -> Option<Self> {
        if let Some(DnsError(error)) = error.downcast_ref() {
            let words = error.to_string();
            let plain = words.strip_prefix("failed to lookup address information: ");
            return Some(Self::Dns(plain.unwrap_or(&words).to_owned()));
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::Tls(error.clone()));
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_parse() {
                return Some(Self::NotHttp);
            }
            // There is no other way to tell this one.
            let unasked = error.to_string() == "received unexpected message from connection";
            return unasked.then_some(Self::Unasked);
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
        // The types of these errors are private to the library; their words are all there is.
        let words = error.to_string();
        ["tunnel error", "SOCKS error"]
            .iter()
            .any(|proxy| words.to_lowercase().contains(&proxy.to_lowercase()))
            .then_some(Self::Proxy(words))
    }

    /// Whether the cause may pass by itself. A name that does not resolve is taken for a typing
    /// error, unless it is the one that ships with the tool.
    #[must_use]
    pub fn may_pass(&self, is_default_host: bool) -> bool {
        match self {
            Self::Dns(_) => is_default_host,
            Self::Tls(_) | Self::Proxy(_) | Self::NotHttp | Self::Encoding => false,
            Self::Refused
            | Self::ConnectTimeout
            | Self::Timeout(_)
            | Self::Cut
            | Self::Unasked
            | Self::Other(_) => true,
        }
    }
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
        let mut failure = match self.cause {
            Cause::Status(answer) => status(answer, id, connection, &attempts),
            Cause::Unusable(answer, why) => unusable(&answer, &why, id),
            Cause::TooLarge(limit) => Failure::new(
                Exit::Failure,
                format!("the answer for `{id}` is larger than {} MiB", limit >> 20),
            )
            .hint("check the base URL; a file object has a few hundred bytes"),
            Cause::Redirect(redirect) => redirected(redirect, id, &self.url),
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
        407 => (
            Exit::Network,
            format!("the proxy wants a user name and password {http}"),
            Some("put them into the URL of the proxy: http://USER:PASSWORD@HOST:PORT".to_owned()),
        ),
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
        _ => (
            Exit::Failure,
            format!("the server refused to look up `{id}` {http}"),
            None,
        ),
    };
    Failure {
        details: words(&answer.body),
        request_id: answer.header("x-request-id").map(str::to_owned),
        hint,
        answer: String::from_utf8(answer.body).ok(),
        ..Failure::new(exit, message)
    }
}

fn unusable(answer: &Answer, why: &str, id: &FileId) -> Failure {
    let content_type = answer.header("content-type").unwrap_or("no content type");
    let mut failure = Failure::new(
        Exit::Failure,
        format!("the answer for `{id}` is not a file object: {why}"),
    )
    .detail(format!("HTTP {}, {content_type}", answer.status));
    if !answer.body.is_empty() {
        failure = failure.detail(excerpt(&answer.body));
    }
    failure.request_id = answer.header("x-request-id").map(str::to_owned);
    failure
        .hint("check the base URL; a login page or a gateway may have answered instead of the API")
}

fn redirected(redirect: Redirect, id: &FileId, url: &Url) -> Failure {
    let message = match &redirect {
        Redirect::Nowhere => format!("the server redirects `{id}`, but not to a URL"),
        Redirect::TooMany => format!("the server redirects `{id}` in circles"),
        Redirect::Elsewhere(_) => {
            format!("the server redirects `{id}` to another origin; not followed")
        }
    };
    let failure = Failure::new(Exit::Failure, message);
    match redirect {
        Redirect::Elsewhere(origin) => failure
            .detail(format!(
                "from {} to {origin}",
                url.origin().ascii_serialization()
            ))
            .hint("if that is where the API is, name it with --base-url"),
        Redirect::Nowhere | Redirect::TooMany => failure.hint("check the base URL"),
    }
}

fn network_failure(
    network: Network,
    id: &FileId,
    host: &str,
    connection: &Connection,
    attempts: &str,
) -> Failure {
    let proxy = connection.proxy.as_ref().map(|proxy| {
        let url = crate::settings::without_user_info(&proxy.url);
        let url = url.as_str().trim_end_matches('/');
        format!("{url} (from {})", proxy.source)
    });
    let via = proxy
        .as_ref()
        .map_or(String::new(), |proxy| format!(" through the proxy {proxy}"));
    let reach = format!("cannot reach {host}{via} to look up `{id}`");
    let base_url = "check the network and the base URL".to_owned();
    let exit = match network {
        // It did arrive.
        Network::Encoding => Exit::Failure,
        _ => Exit::Network,
    };
    let (code, what, hint) = match network {
        Network::Dns(words) => (
            "dns",
            format!("{reach}: the name does not resolve{attempts} ({words})"),
            Some("check the spelling of the host, and the network".to_owned()),
        ),
        Network::Refused => (
            "connection_refused",
            format!("{reach}: connection refused{attempts}"),
            Some("check that the server is running, and the base URL".to_owned()),
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
        Network::Tls(error) => {
            let (why, hint) = tls(&error, host);
            (
                "tls",
                format!("no trusted connection to {host}{via} to look up `{id}`: {why}"),
                hint,
            )
        }
        Network::Proxy(words) => (
            "proxy",
            format!("{reach}: {words}"),
            Some(
                "check the URL of the proxy, with user name and password where it wants them"
                    .to_owned(),
            ),
        ),
        Network::NotHttp | Network::Unasked => (
            "not_http",
            format!("what {host}{via} answered for `{id}` is not HTTP{attempts}"),
            Some("check scheme and port of the base URL: http:// or https://".to_owned()),
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
            Some(base_url),
        ),
    };
    Failure {
        code: Some(code),
        hint,
        ..Failure::new(exit, what)
    }
}

/// What is wrong with a certificate or handshake, and what to do about it.
fn tls(error: &rustls::Error, host: &str) -> (String, Option<String>) {
    use rustls::{AlertDescription as Alert, CertificateError as Bad, Error};
    let hint = |text: &str| Some(text.to_owned());
    match error {
        Error::InvalidCertificate(bad) => match bad {
            Bad::Expired | Bad::ExpiredContext { .. } => (
                "its certificate has expired".to_owned(),
                hint("check the clock of this machine; else the server needs a new certificate"),
            ),
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => (
                "its certificate is not valid yet".to_owned(),
                hint("check the clock of this machine"),
            ),
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => (
                format!("its certificate is for another name than {host}"),
                hint("use the name that the certificate is for in the base URL"),
            ),
            Bad::UnknownIssuer => (
                "its certificate was issued by an unknown authority".to_owned(),
                hint("if you trust that authority, point SSL_CERT_FILE at its certificate (PEM)"),
            ),
            Bad::Revoked => ("its certificate was revoked".to_owned(), None),
            other => {
                let words = format!("{other:?}");
                if words.contains("CaUsedAsEndEntity") {
                    (
                        "it is signed by itself".to_owned(),
                        hint(
                            "the server needs a certificate of its own, issued by an authority that SSL_CERT_FILE names",
                        ),
                    )
                } else {
                    (format!("its certificate is not acceptable ({other})"), None)
                }
            }
        },
        Error::InvalidMessage(_) => (
            "it does not speak TLS there".to_owned(),
            hint("check scheme and port of the base URL: http:// or https://"),
        ),
        Error::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnknownCA
            | Alert::CertificateUnknown
            | Alert::CertificateExpired
            | Alert::AccessDenied
            | Alert::UnsupportedCertificate,
        ) => (
            format!("it does not accept the client certificate ({error})"),
            hint("check --mtls-client-cert-file and --mtls-client-key-file"),
        ),
        Error::PeerIncompatible(_)
        | Error::AlertReceived(Alert::ProtocolVersion | Alert::HandshakeFailure) => (
            format!("no common TLS version or cipher ({error})"),
            hint("TLS 1.2 and 1.3 are spoken; the server needs one of them"),
        ),
        other => (other.to_string(), None),
    }
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
    if body.iter().all(u8::is_ascii_whitespace) {
        return Vec::new();
    }
    let from_json = std::str::from_utf8(body)
        .ok()
        .and_then(|text| Json::parse(text).ok())
        .map(words_of_json)
        .filter(|lines| !lines.is_empty());
    from_json.unwrap_or_else(|| vec![excerpt(body)])
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
        .into_iter()
        .filter(|line| !line.trim().is_empty())
        .collect()
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
    // Four bytes are the longest character, and white space is squeezed.
    let start = &body[..body.len().min(EXCERPT * 16)];
    let text = String::from_utf8_lossy(start);
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
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
}
