//! What may be asked for: the id of a file.

use std::fmt;

use crate::secret::holds_pem;

/// The id of a file, as the API knows it: any text that can stand as one segment of a URL path.
/// No `file-` prefix is demanded; compatible servers use other forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileId(String);

/// Why a text cannot be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadId {
    /// Empty, or nothing but white space.
    Blank,
    /// `.` or `..`, which URLs resolve as steps between folders (RFC 3986, section 5.2.4): `..`
    /// would turn `/files/..` into the list of all files.
    DotSegment,
    /// What a PEM file holds, which may be a private key: no server is to get it.
    Pem,
    /// A control character inside.
    Control,
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blank => "it is blank",
            Self::DotSegment => "`.` and `..` are no names in a URL",
            Self::Pem => "it is what a PEM file holds",
            Self::Control => "it has a control character inside",
        })
    }
}

impl std::error::Error for BadId {}

impl FileId {
    /// Checks `text` and takes it as it is.
    ///
    /// # Errors
    /// [`BadId`] if it cannot be asked for.
    pub fn new(text: impl Into<String>) -> Result<Self, BadId> {
        let text = text.into();
        if text.trim().is_empty() {
            Err(BadId::Blank)
        } else if text == "." || text == ".." {
            Err(BadId::DotSegment)
        } else if holds_pem(&text) {
            Err(BadId::Pem)
        } else if text.contains(char::is_control) {
            Err(BadId::Control)
        } else {
            Ok(Self(text))
        }
    }

    /// The id as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id as messages name it, between backquotes: one in it is shown as its JSON escape, lest an id
/// seem to end there.
impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replace('`', r"\u0060"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_no_url_can_carry_is_refused() {
        for text in ["", " ", "\t"] {
            assert_eq!(FileId::new(text), Err(BadId::Blank), "{text:?}");
        }
        assert_eq!(FileId::new("."), Err(BadId::DotSegment));
        assert_eq!(FileId::new(".."), Err(BadId::DotSegment));
        assert_eq!(FileId::new("a\u{0}b"), Err(BadId::Control));
        for text in [
            "-----BEGIN PRIVATE KEY-----\nMC4",
            r"-----BEGIN X-----\nMC4",
            "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t",
        ] {
            assert_eq!(FileId::new(text), Err(BadId::Pem));
        }
        for text in ["file-abc123", "...", "a/../b", "é", " x", "-"] {
            assert_eq!(FileId::new(text).map(|id| id.0), Ok(text.to_owned()));
        }
    }

    #[test]
    fn no_id_ends_before_its_end_in_a_message() {
        let id = FileId::new("x`: processed (after 0s) `y").unwrap();
        assert_eq!(id.to_string(), r"x\u0060: processed (after 0s) \u0060y");
    }

    proptest! {
        #[test]
        fn an_id_is_refused_for_one_reason_or_stays_as_it_is(
            text in prop_oneof![any::<String>(), "[. \t\\PC]{0,4}"],
        ) {
            let bad = text.trim().is_empty()
                || ["." , ".."].contains(&text.as_str())
                || holds_pem(&text)
                || text.contains(char::is_control);
            let taken = FileId::new(text.as_str());
            prop_assert_eq!(taken.is_err(), bad);
            if let Ok(id) = taken {
                prop_assert_eq!(id.as_str(), &text);
                prop_assert_eq!(id.to_string(), text.replace('`', r"\u0060"));
            }
        }
    }
}
