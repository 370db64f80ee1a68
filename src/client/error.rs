//! What the API or the network can answer instead of a file, told apart.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::iter::successors;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::http::Extensions;
use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::header::HeaderMap;
use reqwest::{Url, Version};

use super::connections::TooMany;
use super::tls;
use crate::columns::cut_characters;
use crate::error::io_words;
use crate::json::Json;
use crate::secret::{MOST_SEARCHED, Secrets};

/// How much of a header is repeated, in characters.
pub(super) const LONGEST_HEADER: usize = 200;

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
    /// Whether it was the deadline of the lookup that ended it, or kept it from going on.
    pub out_of_time: bool,
    /// How long there is no use in asking again. What is longer than anybody waits, the server
    /// asked for.
    pub not_before: Option<Duration>,
}

impl Error {
    /// The same where the cause does not pass by itself.
    pub(super) fn for_good(self) -> Self {
        Self {
            may_pass: false,
            out_of_time: false,
            ..self
        }
    }
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
    /// Not asked at all: its deadline came before its turn.
    NoTurn,
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
    /// Whether there was more of it.
    pub is_cut: bool,
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
    /// The same by the HTTP library, which did not like what came over one of HTTP/2: for this
    /// request or for another that is under way there.
    Broken,
    /// It was not sent, for connections that others shared ended as they were made.
    Unsent,
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
    /// The body ends before what is encoded in it does.
    CutEncoding,
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
    /// It does not connect to the server; a SOCKS proxy says why, an HTTP proxy by a status that
    /// the library does not tell.
    NoConnection(&'static str),
    /// It may not connect to the server.
    NotAllowed,
    /// It is no SOCKS proxy.
    NotSocks,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "no connection to the proxy",
            Self::Credentials => "the proxy wants a user name and password",
            Self::NoConnection(_) => "the proxy does not connect",
            Self::NotAllowed => "the proxy may not connect",
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

    /// The start of the header `name`, to be shown without `secrets`. They are taken out first: where
    /// a text is cut in the middle of a key, the rest of the key looks like any other word.
    pub(super) fn start_of_header(&self, name: &str, secrets: &Secrets) -> Option<String> {
        let value = self.header(name)?;
        Some(cut_characters(&secrets.scrub_known(&value), LONGEST_HEADER).into_owned())
    }

    /// The same with a body without `secrets`, and of one that is cut without the end.
    pub(super) fn scrubbed(mut self, secrets: &Secrets) -> Self {
        let text = String::from_utf8_lossy(&self.body);
        let scrubbed = if self.is_cut {
            Cow::Owned(secrets.scrub_cut(&text, MOST_SEARCHED / 2))
        } else {
            secrets.scrub_known(&text)
        };
        if let Cow::Owned(text) = scrubbed {
            self.body = text.into_bytes();
        }
        self
    }

    /// The same with the start of the body, of as many bytes as are searched, white space before it not
    /// counted.
    pub(super) fn start(mut self) -> Self {
        let blank = self.body.len() - self.body.trim_ascii_start().len();
        self.body.drain(..blank);
        self.is_cut |= self.body.len() > MOST_SEARCHED;
        self.body.truncate(MOST_SEARCHED);
        self
    }

    /// Whether the error is that there were too many requests.
    pub(super) fn is_rate_limit(&self) -> bool {
        self.status == 429 && !self.is_out_of_quota()
    }

    /// Whether the error is that no quota is left (error code `insufficient_quota` of the API).
    #[must_use]
    pub fn is_out_of_quota(&self) -> bool {
        const CODE: &str = "insufficient_quota";
        if self.status != 429 {
            return false;
        }
        let body = String::from_utf8_lossy(&self.body);
        let Ok(json) = Json::parse(&body) else {
            // Of an answer that is cut off or too long there is the start.
            return body.contains(&format!("\"{CODE}\""));
        };
        json.get("error").is_some_and(|error| {
            ["code", "type"]
                .into_iter()
                .any(|name| error.get(name).and_then(Json::string).as_deref() == Some(CODE))
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
            Self::NoTurn => f.write_str("no time was left for it"),
            Self::Network(network) => match network {
                Network::Dns(_) => f.write_str("the name does not resolve"),
                Network::Refused => f.write_str("connection refused"),
                Network::ConnectTimeout | Network::Timeout(_) => f.write_str("timed out"),
                Network::Cut | Network::Broken | Network::Unsent => f.write_str("connection lost"),
                Network::Tls { error, .. } => error.fmt(f),
                Network::Proxy(refusal) => refusal.fmt(f),
                Network::Other(words) => f.write_str(words),
                Network::NotHttp | Network::Unasked => f.write_str("the answer is not valid HTTP"),
                Network::LargeHead => f.write_str("the headers are too large"),
                Network::Encoding => f.write_str("the answer cannot be decoded"),
                Network::CutEncoding => f.write_str("the answer is not complete"),
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

/// The words of `EAI_AGAIN` in glibc: no name server answered. All that the standard library tells
/// of an error of the resolver are its words.
const NO_NAME_SERVER: &str = "Temporary failure in name resolution";

/// How the errors of a tunnel through an HTTP proxy begin.
const TUNNEL: &str = "tunnel error: ";

/// The connection over which a request went.
#[derive(Clone, Copy)]
pub(super) struct Used {
    /// The local address.
    pub address: SocketAddr,
    /// Whether it serves several requests at a time.
    pub is_http2: bool,
}

impl Used {
    /// That of a request that failed with `error` before an answer began. Over HTTP/2 one may fail
    /// without the others; then it is not the connection that failed.
    pub(super) fn for_error(error: &reqwest::Error) -> Option<Self> {
        let first = error.source();
        let mut chain = successors(first, |&error| error.source());
        let is_reset = |error: &h2::Error| error.is_reset();
        if chain
            .clone()
            .any(|error| error.downcast_ref().is_some_and(is_reset))
        {
            return None;
        }
        let error =
            chain.find_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())?;
        let connected = error.connect_info()?;
        let mut extras = Extensions::new();
        connected.get_extras(&mut extras);
        Self::of(&extras, connected.is_negotiated_h2())
    }

    /// That of a `response` that began.
    pub(super) fn for_response(response: &reqwest::Response) -> Option<Self> {
        Self::of(response.extensions(), response.version() == Version::HTTP_2)
    }

    fn of(extensions: &Extensions, is_http2: bool) -> Option<Self> {
        let address = extensions.get().map(HttpInfo::local_addr)?;
        Some(Self { address, is_http2 })
    }
}

impl Network {
    /// Reads the cause out of an error of the HTTP library.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        let mut last = None;
        let mut seen_hyper = false;
        let mut before_tunnel = false;
        let in_body = error.is_body() || error.is_decode();
        let is_connecting = error.is_connect();
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = next {
            let stream = error.downcast_ref::<h2::Error>();
            // One that ends before its length was reached.
            if in_body && stream.is_some_and(h2::Error::is_reset) {
                return Self::Cut;
            }
            match Self::known(error) {
                // What trust there is was established before.
                Some(Self::Tls { error, .. }) if !is_connecting && tls::is_garbled(&error) => {
                    return Self::Cut;
                }
                // The kernel gave up a connection that there was: nobody said that they got what was
                // sent (RFC 5482).
                Some(Self::Other(_) | Self::ConnectTimeout) if !is_connecting => {
                    return Self::Cut;
                }
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
            // Framing that breaks the rules; before the body it is TLS that does, of which HTTP/2 keeps
            // no more than the words.
            if in_body && seen_hyper && is_malformed(error) {
                return Self::NotHttp;
            }
            before_tunnel |= error.to_string().starts_with(TUNNEL);
            last = Some(error);
            next = error.source();
        }
        if error.is_timeout() {
            return Self::ConnectTimeout;
        }
        // What is left of hyper's errors are streams and connections that ended early.
        if seen_hyper {
            return Self::Cut;
        }
        Self::Other(last.map_or_else(String::new, |error| {
            error
                .downcast_ref()
                .map_or_else(|| error.to_string(), io_words)
        }))
    }

    fn known(error: &(dyn StdError + 'static)) -> Option<Self> {
        if let Some(DnsError(error)) = error.downcast_ref() {
            let words = io_words(error);
            // All else says nothing of the name: there may be no files left to ask with.
            let answer = words.strip_prefix("failed to lookup address information: ");
            return Some(match answer {
                Some(answer) => Self::Dns(answer.to_owned()),
                None => Self::Other(words),
            });
        }
        if error.is::<TooMany>() {
            return Some(Self::Unsent);
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
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return error.is_library().then_some(if error.is_go_away() {
                Self::Broken
            } else {
                Self::NotHttp
            });
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // An io::Error hides what it wraps from `source`.
            if let Some(cause) = error.get_ref().and_then(|inner| Self::known(inner)) {
                return Some(cause);
            }
            return match error.kind() {
                // HTTP/2 keeps no more of it than its words.
                io::ErrorKind::InvalidData => Some(Self::Tls {
                    error: tls::error_of(&error.to_string())?,
                    at_proxy: false,
                }),
                io::ErrorKind::ConnectionRefused => Some(Self::Refused),
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => Some(Self::Cut),
                // The kernel has a clock of its own; of what it says HTTP/2 keeps no more than the kind.
                io::ErrorKind::TimedOut => Some(match error.raw_os_error() {
                    Some(_) => Self::Other(io_words(error)),
                    None => Self::ConnectTimeout,
                }),
                _ => None,
            };
        }
        let words = error.to_string();
        // Of who waited for a connection that another began in vain (hyper-util,
        // `client::legacy::pool`).
        if words == "request was canceled" {
            return Some(Self::Unsent);
        }
        Self::refusal(&words)
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
            "connection not allowed" => Self::Proxy(Refusal::NotAllowed),
            "network unreachable" => reason("network unreachable"),
            "host unreachable" => reason("host unreachable"),
            "connection refused" => reason("connection refused"),
            "ttl expired" => reason("timed out"),
            _ => reason(""),
        })
    }

    /// Whether the cause may pass by itself. A name that nobody knows is taken for a typing error,
    /// unless it is the one that ships with the tool or one that `has_answered`, and what goes wrong with
    /// TLS for a setting, unless the host `has_answered`.
    #[must_use]
    pub fn may_pass(&self, is_default_host: bool, has_answered: bool) -> bool {
        match self {
            Self::Dns(words) => is_default_host || has_answered || words == NO_NAME_SERVER,
            Self::NotHttp | Self::LargeHead | Self::Encoding => false,
            Self::Tls { error, .. } => tls::may_pass(error, has_answered),
            Self::Proxy(refusal) => {
                matches!(refusal, Refusal::Unreachable | Refusal::NoConnection(_))
            }
            Self::Refused
            | Self::ConnectTimeout
            | Self::Timeout(_)
            | Self::Cut
            | Self::Broken
            | Self::Unsent
            | Self::CutEncoding
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nobody_knows_passes_where_it_was_known() {
        let dns = |words: &str| Network::Dns(words.to_owned());
        for (words, is_default_host, has_answered, may_pass) in [
            ("Name or service not known", false, false, false),
            ("Name or service not known", false, true, true),
            ("Name or service not known", true, false, true),
            (NO_NAME_SERVER, false, false, true),
        ] {
            let found = dns(words).may_pass(is_default_host, has_answered);
            assert_eq!(found, may_pass, "{words} {is_default_host} {has_answered}");
        }
    }

    #[test]
    fn quota_is_told_from_a_rate_limit() {
        let answer = |body: &str| Answer {
            status: 429,
            headers: HeaderMap::new(),
            body: body.into(),
            is_cut: false,
        };
        assert!(answer(r#"{"error": {"code": "insufficient_quota"}}"#).is_out_of_quota());
        assert!(
            answer(r#"{"error": {"type": "insufficient_quota", "code": null}}"#).is_out_of_quota()
        );
        assert!(!answer(r#"{"error": {"code": "rate_limit_exceeded"}}"#).is_out_of_quota());
        assert!(
            answer(r#"{"error": {"code": "insufficient_quota", "message": "no mo"#)
                .is_out_of_quota()
        );
        assert!(!answer("").is_out_of_quota());
    }
}
