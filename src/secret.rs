//! Text that must never be seen: keys, passwords, values of custom headers.

use std::borrow::Cow;
use std::fmt;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// The shortest secret that is looked for in other people's text, in bytes. A shorter one guards
/// nothing, and blotting out its every occurrence would garble the message.
const SHORTEST_SCRUBBED: usize = 4;

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

/// `text` with every literal occurrence of one of the `secrets` replaced by [`REDACTED`].
#[must_use]
pub fn scrub<'a>(text: &'a str, secrets: &[Secret]) -> Cow<'a, str> {
    let mut scrubbed = Cow::Borrowed(text);
    for secret in secrets {
        let secret = secret.reveal();
        if secret.len() >= SHORTEST_SCRUBBED && scrubbed.contains(secret) {
            scrubbed = Cow::Owned(scrubbed.replace(secret, REDACTED));
        }
    }
    scrubbed
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
    fn secrets_are_scrubbed_from_text() {
        let secrets = [Secret::new("sk-secret"), Secret::new("x")];
        assert_eq!(
            scrub("Incorrect key sk-secret, x: sk-secret", &secrets),
            "Incorrect key [redacted], x: [redacted]"
        );
        assert!(matches!(scrub("nothing here", &secrets), Cow::Borrowed(_)));
    }
}
