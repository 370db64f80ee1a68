//! What is wrong with the TLS of a server or proxy, in words.

use crate::client::error::LONGEST_HEADER;
use crate::columns::cut_characters;
use crate::secret::Secrets;
use crate::settings::Connection;

/// What is wrong with a certificate or handshake, and what to do about it. It is that of the proxy
/// if `at_proxy`, else that of the server.
pub(in crate::client) fn explain(
    error: &rustls::Error,
    at_proxy: bool,
    connection: &Connection,
    secrets: &Secrets,
) -> (String, Option<String>) {
    use rustls::{AlertDescription as Alert, Error};
    let url = match &connection.proxy {
        Some(proxy) if at_proxy => proxy.source,
        _ => "the base URL",
    };
    let (why, hint) = match error {
        Error::InvalidCertificate(bad) => {
            let anchored = connection.tls.cert_file.is_some() || connection.tls.cert_dir.is_some();
            return explain_certificate(bad, url, anchored, secrets);
        }
        Error::InvalidMessage(_) => (
            "it does not speak TLS there".to_owned(),
            format!(
                "check the port of {url}; with http:// anybody on the way could read what is sent"
            ),
        ),
        Error::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnknownCA
            | Alert::CertificateUnknown
            | Alert::CertificateExpired
            | Alert::CertificateRevoked
            | Alert::AccessDenied
            | Alert::UnsupportedCertificate,
        ) => match connection.tls.client {
            _ if at_proxy => (
                format!("it wants a client certificate ({error})"),
                format!("use another proxy in {url}: a client certificate is for the server only"),
            ),
            Some(_) => (
                format!("it does not accept the client certificate ({error})"),
                "check --mtls-client-cert-file and --mtls-client-key-file".to_owned(),
            ),
            None => (
                format!("it wants a client certificate ({error})"),
                "use --mtls-client-cert-file and --mtls-client-key-file".to_owned(),
            ),
        },
        Error::AlertReceived(Alert::UnrecognisedName) => (
            "it knows no host of that name".to_owned(),
            format!("check the host in {url}"),
        ),
        Error::PeerIncompatible(_) | Error::AlertReceived(Alert::ProtocolVersion) => (
            format!("no common TLS version or cipher ({error})"),
            "TLS 1.2 and 1.3 are spoken; the server needs one of them".to_owned(),
        ),
        Error::AlertReceived(Alert::HandshakeFailure) => (
            format!("it breaks off the handshake ({error})"),
            "it may want a client certificate (--mtls-client-cert-file), or a cipher that is not offered"
                .to_owned(),
        ),
        passing if may_pass(passing, false) => (passing.to_string(), "try again later".to_owned()),
        other => return (other.to_string(), None),
    };
    (why, Some(hint))
}

/// Whether `error` says nothing of trust: the other side is out of order or was stopped, or what
/// came was garbled on the way, here or there (RFC 8446, sections 6.1 and 6.2). Where the other side
/// `has_answered` before, nothing else does but its certificate.
pub(in crate::client) fn may_pass(error: &rustls::Error, has_answered: bool) -> bool {
    use rustls::{AlertDescription as Alert, Error};
    if has_answered && !matches!(error, Error::InvalidCertificate(_)) {
        return true;
    }
    matches!(
        error,
        Error::DecryptError
            | Error::AlertReceived(
                Alert::BadRecordMac
                    | Alert::DecodeError
                    | Alert::InternalError
                    | Alert::UserCanceled
            )
    )
}

/// Whether `error` says that what came is no TLS, or not what comes next: after the handshake nobody
/// but somebody in between makes it so, and by a reset they could have ended it, too.
pub(in crate::client) fn is_garbled(error: &rustls::Error) -> bool {
    use rustls::Error;
    matches!(
        error,
        Error::InvalidMessage(_)
            | Error::InappropriateMessage { .. }
            | Error::InappropriateHandshakeMessage { .. }
            | Error::PeerMisbehaved(_)
            | Error::PeerSentOversizedRecord
    )
}

/// The error that an established connection can end with, by its `words`, if they are those of one.
pub(in crate::client) fn error_of(words: &str) -> Option<rustls::Error> {
    let alerts = (0..=u8::MAX).map(|code| rustls::Error::AlertReceived(code.into()));
    let mut errors = alerts.chain([rustls::Error::DecryptError]);
    errors.find(|error| error.to_string() == words)
}

/// [`explain`] for a certificate. The host it is for stands in `url`; `anchored` is whether the
/// environment names the trust anchors.
fn explain_certificate(
    bad: &rustls::CertificateError,
    url: &str,
    anchored: bool,
    secrets: &Secrets,
) -> (String, Option<String>) {
    use rustls::CertificateError as Bad;
    let another_name = || {
        format!(
            "if you know it by such a name, use that in {url}; if not, somebody may be in between"
        )
    };
    let renew = "the server needs a new certificate, unless the clock of this machine is wrong";
    let (why, hint) = match bad {
        Bad::Expired => ("its certificate has expired".to_owned(), renew.to_owned()),
        Bad::ExpiredContext { not_after, .. } => (
            format!("its certificate expired on {}", date(*not_after)),
            renew.to_owned(),
        ),
        Bad::NotValidYet => (
            "its certificate is not valid yet".to_owned(),
            "check the clock of this machine".to_owned(),
        ),
        Bad::NotValidYetContext { not_before, .. } => (
            format!("its certificate is valid from {} on", date(*not_before)),
            "check the clock of this machine".to_owned(),
        ),
        Bad::NotValidForName => (
            "its certificate is for another name".to_owned(),
            another_name(),
        ),
        Bad::NotValidForNameContext {
            expected,
            presented,
        } => (
            format!(
                "its certificate is not for {}, but for {}",
                expected.to_str(),
                cut_characters(&secrets.scrub_known(&names(presented)), LONGEST_HEADER)
            ),
            another_name(),
        ),
        Bad::UnknownIssuer => (
            "its certificate was issued by an unknown authority".to_owned(),
            if anchored {
                "if you trust that authority, add its certificate (PEM) to SSL_CERT_FILE; the system's are not used while it is set"
            } else {
                "if you trust that authority, point SSL_CERT_FILE at its certificate (PEM); a certificate signed by itself is its own authority"
            }
            .to_owned(),
        ),
        Bad::BadSignature => (
            "its certificate is not signed by the authority that it names".to_owned(),
            "the certificate of that authority may have been renewed; check SSL_CERT_FILE (keys of RSA need 2048 bits)"
                .to_owned(),
        ),
        Bad::UnsupportedSignatureAlgorithmContext { .. }
        | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => (
            "its certificate is signed in a way that is not supported".to_owned(),
            "the server needs one signed with SHA-256 or better, by a key of ECDSA, Ed25519 or RSA"
                .to_owned(),
        ),
        Bad::Revoked => return ("its certificate was revoked".to_owned(), None),
        Bad::InvalidPurpose | Bad::InvalidPurposeContext { .. } => (
            "its certificate is not for servers".to_owned(),
            "the server needs one for the purpose of server authentication".to_owned(),
        ),
        Bad::Other(other) => {
            let words = format!("{other:?}");
            if words.contains("CaUsedAsEndEntity") {
                (
                    "its certificate is that of an authority, not of a server".to_owned(),
                    "the server needs one with CA:FALSE; then SSL_CERT_FILE can name it or its authority"
                        .to_owned(),
                )
            } else if words.contains("UnsupportedCertVersion") {
                (
                    "its certificate is of an old form, without extensions".to_owned(),
                    "the server needs one of X.509 version 3 with a subjectAltName".to_owned(),
                )
            } else {
                return (format!("its certificate is not acceptable: {other}"), None);
            }
        }
        other => return (format!("its certificate is not acceptable: {other}"), None),
    };
    (why, Some(hint))
}

/// The day of a time in UTC, as `2026-01-31`.
fn date(time: rustls::pki_types::UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or("a day that no calendar has".to_owned(), |time| {
            time.strftime("%Y-%m-%d").to_string()
        })
}

/// How many hosts of a certificate are named; some have hundreds.
const NAMED: usize = 5;

/// The hosts of a certificate. They come as `DnsName("host")` or `IpAddress(127.0.0.1)`.
fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        return "no host at all (a common name does not count)".to_owned();
    }
    let mut names: Vec<&str> = presented
        .iter()
        .take(NAMED)
        .map(|name| {
            let inner = name
                .split_once('(')
                .and_then(|(_, rest)| rest.strip_suffix(')'));
            inner.unwrap_or(name).trim_matches('"')
        })
        .collect();
    if presented.len() > NAMED {
        names.push("others");
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription as Alert, Error};

    use super::*;

    #[test]
    fn an_error_is_known_by_its_words() {
        for error in [
            Error::AlertReceived(Alert::CertificateRequired),
            Error::AlertReceived(Alert::UserCanceled),
            Error::DecryptError,
        ] {
            assert_eq!(error_of(&error.to_string()), Some(error));
        }
        assert_eq!(error_of("Invalid chunk size line"), None);
    }
}
