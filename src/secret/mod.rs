//! Text that must never be seen: keys, passwords, values of custom headers.

mod reading;
mod scrub;

use std::fmt;

pub use self::scrub::{MOST_SEARCHED, SHORTEST_SCRUBBED, Secrets};

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// A text that can be used but not printed: its `Debug` is [`REDACTED`] and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes `text` as it is.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that has to send it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Whether the name of a header says that its value is a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let parts = [
        "authorization",
        "credential",
        "cookie",
        "api-key",
        "api_key",
        "apikey",
        "secret",
        "passw",
        "passphrase",
        "token",
        "jwt",
        "bearer",
        "assertion",
        "csrf",
        "session",
        "signature",
    ];
    // The counters of a rate limit are no tokens in that sense.
    (parts.iter().any(|part| name.contains(part)) && !name.starts_with("x-ratelimit-"))
        || name.ends_with("key")
        || name.ends_with("auth")
        || name == "sig"
}

/// How all keys of OpenAI begin.
const KEY_PREFIX: &str = "sk-";

/// Whether a text that should be something else is an API key, put there by mistake.
#[must_use]
pub fn looks_like_key(text: &str) -> bool {
    text.starts_with(KEY_PREFIX)
}

/// Whether a text holds the start of a PEM file (RFC 7468, section 2), which may be a private key: as
/// it is, or in Base64.
#[must_use]
pub fn holds_pem(text: &str) -> bool {
    text.contains("-----BEGIN") || text.contains("LS0tLS1CRUdJTi")
}

/// Whether a text is not the path of a PEM file but what such a file holds, perhaps without its first
/// line.
#[must_use]
pub fn looks_like_pem(text: &str) -> bool {
    if holds_pem(text) {
        return true;
    }
    // Base64 of either alphabet, on one line or more, perhaps in quotes or behind `base64:`.
    let (_, text) = text.rsplit_once(':').unwrap_or(("", text));
    let text = text.trim_matches(|character: char| !character.is_ascii_alphanumeric());
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=\r\n ".contains(&byte);
    // Certificates and keys of more than 127 bytes begin like this, shorter keys with their length
    // and version (X.690, sections 8.1.3 and 8.3).
    let is_long = text.starts_with("MI") && text.len() > 127;
    let is_short_key = text.starts_with('M') && text.get(3..6) == Some("CAQ") && text.len() > 60;
    (is_long || is_short_key) && text.bytes().all(is_base64)
}

/// Why a text cannot serve as an API key. The texts never hold the key or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadKey {
    /// Nothing but white space.
    Empty,
    /// A line break inside.
    LineBreak,
    /// Another control character inside.
    Control,
    /// A character outside ASCII, which a header cannot carry.
    NotAscii,
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::LineBreak => "has a line break inside",
            Self::Control => "has a control character inside",
            Self::NotAscii => "has a character outside ASCII inside",
        })
    }
}

/// Makes an API key out of what a person pasted: white space around it is dropped (a newline at
/// the end of an environment variable is the most common mistake of all).
///
/// # Errors
/// [`BadKey`] if what is left cannot be sent in a header (RFC 9110, section 5.5).
pub fn api_key(pasted: &str) -> Result<Secret, BadKey> {
    let key = pasted.trim();
    if key.is_empty() {
        Err(BadKey::Empty)
    } else if key.contains(['\n', '\r']) {
        Err(BadKey::LineBreak)
    } else if key.contains(char::is_control) {
        Err(BadKey::Control)
    } else if !key.is_ascii() {
        Err(BadKey::NotAscii)
    } else {
        Ok(Secret::new(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trimmed_and_never_shown() {
        let key = api_key(" sk-secret\r\n").unwrap();
        assert_eq!(key.reveal(), "sk-secret");
        assert_eq!(
            format!("{key:?} {:?}", Some(&key)),
            "[redacted] Some([redacted])"
        );
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused() {
        assert_eq!(api_key(" \n"), Err(BadKey::Empty));
        assert_eq!(api_key("sk-1\nsk-2"), Err(BadKey::LineBreak));
        assert_eq!(api_key("sk-\u{1b}1"), Err(BadKey::Control));
        assert_eq!(api_key("sk-ключ"), Err(BadKey::NotAscii));
    }

    #[test]
    fn what_a_pem_file_holds_is_told_from_its_path() {
        let base64 = format!("MIG{}", "HAgEAMBMGByqGSM49/+\n".repeat(8));
        let ed25519 = "MC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for text in [
            "x\n-----BEGIN PRIVATE KEY-----",
            "LS0tLS1CRUdJTiBQ",
            &base64,
            &base64.replace('\n', " "),
            &base64.replace('/', "_"),
            &format!("\"{base64}\""),
            &format!("base64:{base64}"),
            ed25519,
        ] {
            assert!(looks_like_pem(text), "{text}");
        }
        for text in [
            "key.pem",
            "MIT",
            "/run/secrets/MIKEY",
            "M/etcCAQ/key",
            &format!("MI{}.pem", "x".repeat(200)),
        ] {
            assert!(!looks_like_pem(text), "{text}");
        }
    }
}
