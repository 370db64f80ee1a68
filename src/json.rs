//! JSON as text: what a server wrote is checked once and from then on read where it stands.
//!
//! No tree is built. Key order, the spelling of numbers and string escapes stay as they came,
//! and memory is the text itself. Every renderer walks the [`Token`]s of a [`Json`].

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

/// The deepest nesting that is accepted, in levels.
///
/// RFC 8259, section 9 leaves the limit to the reader. jq up to 1.6 refuses to read deeper
/// documents, and what this tool prints is meant for jq.
pub const MAX_DEPTH: usize = 256;

/// From here on, 2^53, a double no longer tells one integer from the next.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// One JSON value as its text: complete, valid, without surrounding white space, at most
/// [`MAX_DEPTH`] levels deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

/// Why a text is not a usable JSON value.
#[derive(Debug, PartialEq, Eq)]
pub enum Invalid {
    /// It breaks the grammar of RFC 8259; the words say what was found and where.
    Syntax(String),
    /// It nests deeper than [`MAX_DEPTH`].
    TooDeep,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(what) => f.write_str(what),
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
        }
    }
}

impl std::error::Error for Invalid {}

/// The six types of RFC 8259; `true` and `false` are one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// `-1.5e3`
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

/// A piece of a JSON text. Commas and colons are left out: their places follow from the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{` or `[`; the kind is [`Kind::Object`] or [`Kind::Array`].
    Open(Kind),
    /// `}` or `]`.
    Close(Kind),
    /// The name of a member, with its quotes and escapes as they stand in the text.
    Key(&'a str),
    /// A string, number, boolean or null, as it stands in the text.
    Scalar(&'a str),
}

impl<'a> Json<'a> {
    /// Checks `text` and takes it as one JSON value.
    ///
    /// # Errors
    /// [`Invalid`] if it is not exactly one JSON value or nests too deep.
    pub fn parse(text: &'a str) -> Result<Self, Invalid> {
        // serde_json reads a raw value without recursion, so depth cannot exhaust the stack here.
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| Invalid::Syntax(error.to_string()))?;
        let json = Self(raw.get());
        // Without that many brackets nothing nests too deep, and counting them is the faster check.
        let opening = |byte: &u8| matches!(byte, b'{' | b'[');
        if json.0.bytes().filter(opening).count() <= MAX_DEPTH {
            return Ok(json);
        }
        let mut depth = 0_usize;
        for token in json.tokens() {
            match token {
                Token::Open(_) => depth += 1,
                Token::Close(_) => depth -= 1,
                Token::Key(_) | Token::Scalar(_) => {}
            }
            if depth > MAX_DEPTH {
                return Err(Invalid::TooDeep);
            }
        }
        Ok(json)
    }

    /// Takes a text that [`Json::parse`] took before, without checking it again.
    #[must_use]
    pub(crate) fn assume_valid(text: &'a str) -> Self {
        Self(text)
    }

    /// The text of the value.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The type of the value, told by its first character.
    #[must_use]
    pub fn kind(self) -> Kind {
        kind_of(self.0)
    }

    /// The value piece by piece, from its first character to its last.
    #[must_use]
    pub fn tokens(self) -> Tokens<'a> {
        Tokens {
            text: self.0,
            at: 0,
        }
    }

    /// The members of an object in their order, names decoded; nothing for any other value.
    pub fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Json<'a>)> {
        self.entries().map(|(key, value)| (unquote(key), value))
    }

    /// The members of an object in their order, names with their quotes and escapes as they
    /// stand in the text; nothing for any other value.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, Json<'a>)> {
        let mut children = self.children(Kind::Object);
        std::iter::from_fn(move || {
            let Some(Child::Key(key)) = children.next() else {
                return None;
            };
            match children.next() {
                Some(Child::Value(value)) => Some((key, value)),
                _ => None,
            }
        })
    }

    /// The elements of an array in their order; nothing for any other value.
    pub fn elements(self) -> impl Iterator<Item = Json<'a>> {
        self.children(Kind::Array).filter_map(|child| match child {
            Child::Value(value) => Some(value),
            Child::Key(_) => None,
        })
    }

    /// The member called `name` of an object. Where a name occurs twice the last one counts, as
    /// it does for jq.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Json<'a>> {
        self.members()
            .filter_map(|(key, value)| (key == name).then_some(value))
            .last()
    }

    /// The decoded text of a string; `None` for any other value. A lone surrogate escape, which
    /// no Unicode text can hold, becomes U+FFFD.
    #[must_use]
    pub fn string(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| unquote(self.0))
    }

    /// The value of an integer within the range of `i64`, also where it is written as `1.0` or
    /// `1e3`; `None` for any other value.
    #[must_use]
    pub fn integer(self) -> Option<i64> {
        if self.kind() != Kind::Number {
            return None;
        }
        if let Ok(integer) = self.0.parse() {
            return Some(integer);
        }
        let number: f64 = self.0.parse().ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the number was just found to be whole and small"
        )]
        (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
    }

    fn children(self, of: Kind) -> Children<'a> {
        let mut tokens = self.tokens();
        let opened = tokens.next() == Some(Token::Open(of));
        Children {
            tokens,
            done: !opened,
        }
    }
}

/// The type of the value that `text` spells, told by its first character.
pub(crate) fn kind_of(text: &str) -> Kind {
    match text.as_bytes().first() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        Some(b'"') => Kind::String,
        Some(b't' | b'f') => Kind::Bool,
        Some(b'n') => Kind::Null,
        _ => Kind::Number,
    }
}

/// Decodes a quoted JSON string, quotes included.
#[must_use]
pub fn unquote(quoted: &str) -> Cow<'_, str> {
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(quoted);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut decoded = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        decoded.push_str(&rest[..at]);
        let (character, length) = unescape(&rest[at..]);
        decoded.push(character);
        rest = &rest[at + length..];
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Decodes the escape at the start of `text`; returns the character and the bytes it took.
pub(crate) fn unescape(text: &str) -> (char, usize) {
    let simple = |character| (character, 2);
    match text.as_bytes().get(1) {
        Some(b'b') => simple('\u{8}'),
        Some(b'f') => simple('\u{c}'),
        Some(b'n') => simple('\n'),
        Some(b'r') => simple('\r'),
        Some(b't') => simple('\t'),
        Some(b'u') => {
            let unit = code_unit(text);
            match (unit, text.get(6..).and_then(code_unit_after_backslash)) {
                (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
                    let scalar = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                    (
                        char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER),
                        12,
                    )
                }
                (Some(unit), _) => (
                    char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                    6,
                ),
                (None, _) => (char::REPLACEMENT_CHARACTER, text.len().min(2)),
            }
        }
        Some(&byte) if byte.is_ascii() => simple(char::from(byte)),
        _ => (char::REPLACEMENT_CHARACTER, 1),
    }
}

fn code_unit_after_backslash(text: &str) -> Option<u32> {
    text.starts_with("\\u").then(|| code_unit(text)).flatten()
}

/// The number in `\uXXXX` at the start of `text`.
fn code_unit(text: &str) -> Option<u32> {
    u32::from_str_radix(text.get(2..6)?, 16).ok()
}

/// Iterator over the tokens of a [`Json`]; see [`Json::tokens`].
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        while matches!(
            bytes.get(self.at),
            Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | b':')
        ) {
            self.at += 1;
        }
        let start = self.at;
        let token = match bytes.get(start)? {
            b'{' => self.one(Token::Open(Kind::Object)),
            b'[' => self.one(Token::Open(Kind::Array)),
            b'}' => self.one(Token::Close(Kind::Object)),
            b']' => self.one(Token::Close(Kind::Array)),
            b'"' => {
                self.at = end_of_string(bytes, start);
                let quoted = &self.text[start..self.at];
                let mut next = self.at;
                while matches!(bytes.get(next), Some(b' ' | b'\t' | b'\r' | b'\n')) {
                    next += 1;
                }
                if bytes.get(next) == Some(&b':') {
                    Token::Key(quoted)
                } else {
                    Token::Scalar(quoted)
                }
            }
            _ => {
                while !matches!(
                    bytes.get(self.at),
                    None | Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | b'}' | b']')
                ) {
                    self.at += 1;
                }
                Token::Scalar(&self.text[start..self.at])
            }
        };
        Some(token)
    }
}

impl<'a> Tokens<'a> {
    fn one(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        token
    }
}

/// The index after the closing quote of the string that opens at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

enum Child<'a> {
    Key(&'a str),
    Value(Json<'a>),
}

struct Children<'a> {
    tokens: Tokens<'a>,
    done: bool,
}

impl<'a> Iterator for Children<'a> {
    type Item = Child<'a>;

    fn next(&mut self) -> Option<Child<'a>> {
        if self.done {
            return None;
        }
        match self.tokens.next() {
            Some(Token::Key(key)) => Some(Child::Key(key)),
            Some(Token::Scalar(text)) => Some(Child::Value(Json(text))),
            Some(Token::Open(_)) => {
                let start = self.tokens.at - 1;
                let mut depth = 1_usize;
                while depth > 0 {
                    match self.tokens.next()? {
                        Token::Open(_) => depth += 1,
                        Token::Close(_) => depth -= 1,
                        Token::Key(_) | Token::Scalar(_) => {}
                    }
                }
                Some(Child::Value(Json(&self.tokens.text[start..self.tokens.at])))
            }
            Some(Token::Close(_)) | None => {
                self.done = true;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json<'_> {
        Json::parse(text).unwrap()
    }

    #[test]
    fn takes_exactly_one_value() {
        assert_eq!(json(" {\"a\": 1}\n").as_str(), "{\"a\": 1}");
        for text in [
            "",
            " ",
            "{",
            "{} x",
            "{}{}",
            "[1,]",
            "\u{feff}{}",
            "nul",
            "01",
            "\"\n\"",
        ] {
            assert!(
                matches!(Json::parse(text), Err(Invalid::Syntax(_))),
                "{text:?} was taken"
            );
        }
    }

    #[test]
    fn nesting_is_bounded_without_recursion() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Json::parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(Json::parse(&nested(MAX_DEPTH + 1)), Err(Invalid::TooDeep));
        assert_eq!(Json::parse(&nested(1_000_000)), Err(Invalid::TooDeep));
        let wide = format!("[{}1]", "[[]],".repeat(MAX_DEPTH));
        assert!(Json::parse(&wide).is_ok());
    }

    #[test]
    fn members_keep_order_and_duplicates() {
        let object = json(r#"{"b" : [1, {"x": "}"}], "a\u0041": "c:d" ,"b":null, "":{}}"#);
        let members: Vec<_> = object
            .members()
            .map(|(key, value)| (key.into_owned(), value.as_str()))
            .collect();
        assert_eq!(
            members,
            [
                ("b".to_owned(), r#"[1, {"x": "}"}]"#),
                ("aA".to_owned(), r#""c:d""#),
                ("b".to_owned(), "null"),
                (String::new(), "{}"),
            ]
        );
        assert_eq!(object.get("b").map(Json::kind), Some(Kind::Null));
        assert_eq!(object.get("c"), None);
        assert_eq!(object.elements().count(), 0);
    }

    #[test]
    fn elements_of_an_array() {
        let array = json(r#"[ "a" , 1.50,[2,[3]],true ]"#);
        let elements: Vec<_> = array.elements().map(Json::as_str).collect();
        assert_eq!(elements, [r#""a""#, "1.50", "[2,[3]]", "true"]);
        assert_eq!(array.members().count(), 0);
    }

    #[test]
    fn strings_are_decoded() {
        let decoded = |text| json(text).string().unwrap().into_owned();
        assert_eq!(decoded(r#""plain é""#), "plain é");
        assert_eq!(
            decoded(r#""\"\\\/\b\f\n\r\t\u0000""#),
            "\"\\/\u{8}\u{c}\n\r\t\0"
        );
        assert_eq!(decoded(r#""\ud83d\ude00!""#), "😀!");
        assert_eq!(
            decoded(r#""\ud83d \ude00 \ud83dx""#),
            "\u{fffd} \u{fffd} \u{fffd}x"
        );
        assert_eq!(json("12").string(), None);
    }

    #[test]
    fn integers_are_read_however_they_are_spelled() {
        assert_eq!(json("120000").integer(), Some(120_000));
        assert_eq!(json("-0").integer(), Some(0));
        assert_eq!(json("1.2e5").integer(), Some(120_000));
        assert_eq!(json("3.0").integer(), Some(3));
        for text in ["1.5", "1e300", "18446744073709551616", "\"1\"", "null"] {
            assert_eq!(json(text).integer(), None, "{text}");
        }
    }
}
