//! The File object of the API: the server's own text, and lenient views of what decides.
//!
//! The text stays as it came, so fields the API adds later pass through untouched. A view of a
//! field that is missing, null or of another type is `None`, never an error: servers differ.

use std::borrow::Cow;
use std::fmt;

use crate::json::{Invalid, Json, Kind};

/// One File object as a server sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileObject {
    text: String,
}

/// Why a body is not a File object.
#[derive(Debug, PartialEq, Eq)]
pub enum NotAnObject {
    /// There is nothing in it but white space.
    Empty,
    /// It is not one JSON value, or nests too deep.
    Invalid(Invalid),
    /// It is one JSON value, but of this type.
    Other(Kind),
}

impl fmt::Display for NotAnObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = match self {
            Self::Empty => return f.write_str("empty"),
            Self::Invalid(Invalid::Syntax(what)) => return write!(f, "not JSON: {what}"),
            Self::Invalid(Invalid::TooDeep) => return Invalid::TooDeep.fmt(f),
            Self::Other(kind) => match kind {
                Kind::Object => "object",
                Kind::Array => "array",
                Kind::String => "string",
                Kind::Number => "number",
                Kind::Bool => "boolean",
                Kind::Null => "null",
            },
        };
        write!(f, "JSON, but not an object: {found}")
    }
}

impl std::error::Error for NotAnObject {}

impl FileObject {
    /// Checks the body of an answer and keeps it. A byte order mark before the object is
    /// tolerated, as RFC 8259, section 8.1 allows, and stays part of the [text](Self::text).
    ///
    /// # Errors
    /// [`NotAnObject`] if `text` is anything but one JSON object; the text comes back with it.
    pub fn parse(text: String) -> Result<Self, (String, NotAnObject)> {
        let value = strip(&text);
        let why = match Json::parse(value).map(Json::kind) {
            Ok(Kind::Object) => return Ok(Self { text }),
            Ok(other) => NotAnObject::Other(other),
            Err(_) if value.is_empty() => NotAnObject::Empty,
            Err(invalid) => NotAnObject::Invalid(invalid),
        };
        Err((text, why))
    }

    /// The body as it came, with its white space.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The object itself.
    #[must_use]
    pub fn json(&self) -> Json<'_> {
        Json::assume_valid(strip(&self.text))
    }

    /// How far the server is with the file. An empty string says nothing and is `None`.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        let status = self.string("status")?;
        (!status.is_empty()).then(|| Status::from(status.as_ref()))
    }

    /// The server's words on the status, often the reason of a failure.
    #[must_use]
    pub fn status_details(&self) -> Option<Cow<'_, str>> {
        self.string("status_details")
    }

    fn string(&self, name: &str) -> Option<Cow<'_, str>> {
        self.json().get(name)?.string()
    }
}

/// `text` without the byte order mark before the value and the white space around it.
fn strip(text: &str) -> &str {
    text.strip_prefix('\u{feff}')
        .unwrap_or(text)
        .trim_matches([' ', '\t', '\r', '\n'])
}

/// The `status` of a file. The set is open: an API that grows must not break this tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Received; the server is still to process it.
    Uploaded,
    /// Ready for use.
    Processed,
    /// Processing failed.
    Error,
    /// Deleted. Not in the API reference, but the official SDKs stop waiting at it.
    Deleted,
    /// Anything else, in the server's words.
    Other(String),
}

impl Status {
    /// The status as the server spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Processed => "processed",
            Self::Error => "error",
            Self::Deleted => "deleted",
            Self::Other(status) => status,
        }
    }

    /// Whether the status will not change any more: the three states at which
    /// `wait_for_processing` of the official SDKs returns.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Processed | Self::Error | Self::Deleted)
    }
}

impl From<&str> for Status {
    fn from(status: &str) -> Self {
        match status {
            "uploaded" => Self::Uploaded,
            "processed" => Self::Processed,
            "error" => Self::Error,
            "deleted" => Self::Deleted,
            other => Self::Other(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(text: &str) -> FileObject {
        FileObject::parse(text.to_owned()).unwrap()
    }

    fn refusal(text: &str) -> String {
        FileObject::parse(text.to_owned())
            .unwrap_err()
            .1
            .to_string()
    }

    #[test]
    fn what_is_missing_null_or_of_another_type_is_none() {
        for value in ["null", "[1]", "{\"id\": \"x\"}", "true", "1.5"] {
            let file = file(&format!(
                "{{\"status\": {value}, \"status_details\": {value}}}"
            ));
            assert_eq!(
                (file.status(), file.status_details()),
                (None, None),
                "{value}"
            );
        }
        assert_eq!(file("{}").status(), None);
        let file = file(r#"{"status": "processed", "status_details": "f\u0069ne"}"#);
        assert_eq!(file.status(), Some(Status::Processed));
        assert_eq!(file.status_details().as_deref(), Some("fine"));
    }

    #[test]
    fn statuses_are_an_open_set() {
        let status = |status: &str| file(&format!("{{\"status\": \"{status}\"}}")).status();
        for (name, last) in [
            ("uploaded", false),
            ("processed", true),
            ("error", true),
            ("deleted", true),
            ("pending", false),
            ("Processed", false),
        ] {
            let status = status(name).unwrap();
            assert_eq!((status.as_str(), status.is_final()), (name, last));
        }
        assert_eq!(status("pending"), Some(Status::Other("pending".to_owned())));
        assert_eq!(status(""), None);
    }

    #[test]
    fn the_text_stays_as_it_came() {
        let text = "\u{feff}\r\n {\"n\": 1.50 }\n";
        let file = file(text);
        assert_eq!(file.text(), text);
        assert_eq!(file.json().as_str(), "{\"n\": 1.50 }");
    }

    #[test]
    fn a_refusal_says_what_came_instead() {
        assert_eq!(refusal(""), "empty");
        assert_eq!(refusal("\u{feff} \n"), "empty");
        assert_eq!(
            refusal("<html>"),
            "not JSON: expected value at line 1 column 1"
        );
        assert_eq!(
            refusal("{\"id\":"),
            "not JSON: EOF while parsing a value at line 1 column 6"
        );
        assert_eq!(refusal("[]"), "JSON, but not an object: array");
        assert_eq!(refusal("null"), "JSON, but not an object: null");
        assert_eq!(refusal("\"x\""), "JSON, but not an object: string");
        assert!(refusal("{} {}").starts_with("not JSON: trailing characters"));
        assert!(refusal("\u{feff}\u{feff}{}").starts_with("not JSON"));
        assert_eq!(
            refusal(&format!("{}1{}", "{\"a\":".repeat(300), "}".repeat(300))),
            "nested deeper than 256 levels"
        );
    }

    proptest! {
        #[test]
        fn views_hold_on_any_fields(
            fields in prop::collection::vec((field_name(), field_value()), 0..12),
        ) {
            let members: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("\"{name}\":{value}"))
                .collect();
            let file = file(&format!("{{{}}}", members.join(",")));
            // The last of several members of one name counts.
            let last = fields.iter().rev().find(|(key, _)| *key == "status");
            let expected = last.and_then(|(_, value)| serde_json::from_str::<String>(value).ok());
            prop_assert_eq!(
                file.status().map(|status| status.as_str().to_owned()),
                expected.filter(|status| !status.is_empty())
            );
        }

        #[test]
        fn any_text_is_taken_or_refused(text in "[{}\\[\\]\",:a1 \n]{0,9}|.*") {
            let object = serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(&text);
            prop_assert_eq!(FileObject::parse(text).is_ok(), object.is_ok());
        }
    }

    fn field_name() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["id", "status", "status_details", "later"])
    }

    fn field_value() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
            any::<i64>().prop_map(|number| number.to_string()),
            "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?",
            Just("null".to_owned()),
            Just("true".to_owned()),
            Just("{\"id\": [\"}\"]}".to_owned()),
            Just("[]".to_owned()),
        ]
    }
}
