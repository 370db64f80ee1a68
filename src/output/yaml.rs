//! Block YAML that readers of YAML 1.1 and of 1.2 take back to the same value.
//!
//! Written by hand rather than by a serializer: those take numbers as machine numbers, and
//! `18446744073709551616`, `1.50` and a thousand digits must stay what they are; and they want a
//! tree, where this walks the text. Of YAML it needs little: block mappings and sequences, plain
//! scalars that are beyond doubt, and the double-quoted style for everything else.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::iter::Peekable;
use std::vec;

use super::json::{DEFAULT_LAYOUT, break_line, style_of, write_part};
use crate::columns::Style;
use crate::error::LABELS;
use crate::json::{Json, Kind, Token, Tokens, kind_of, unescape, unquote};
use crate::terminal::{Stream, is_unsafe};

/// The longest key, in bytes of its JSON text, that is written before a mere `:`; a longer one
/// needs the `? ` form. YAML 1.2.2, section 7.4.2 allows 1,024 characters as presented, and one
/// byte is presented as six at most. The emitter of libyaml draws the same line.
const LONGEST_IMPLICIT_KEY: usize = 128;

/// What the last thing written on the line was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing: the document starts here.
    Start,
    /// The `:` after a key.
    Colon,
    /// The `-` of an element.
    Dash,
    /// A whole value.
    Value,
}

/// Writes `json` as one YAML document in block style, keys in their order, and a line break.
///
/// Numbers keep their digits; one with an exponent gets the point and the sign without which
/// YAML 1.1 takes it for a string (`1e3` becomes `1.0e+3`). A lone surrogate, which no YAML text
/// may hold, becomes U+FFFD. YAML forbids a key to occur twice: the last one counts, as it does
/// for jq, and those before it are left out.
///
/// # Errors
/// Whatever writing to `out` fails with.
pub fn write(out: &mut impl Write, json: Json, stream: &Stream) -> io::Result<()> {
    let mut before = Before::Start;
    // Whether the value before the next token is an object or array of which nothing is written
    // yet: how it starts depends on whether it is empty.
    let mut opened = false;
    let mut depth = 0_usize;
    for token in Unshadowed::tokens(json) {
        if let Token::Close(kind) = token {
            depth -= 1;
            if opened {
                write_space(out, before)?;
                out.write_all(if kind == Kind::Array { b"[]" } else { b"{}" })?;
            }
            opened = false;
            before = Before::Value;
            continue;
        }
        if opened || before == Before::Value {
            // A sequence or mapping within a sequence starts on the line of the dash.
            match before {
                Before::Start => {}
                Before::Dash => out.write_all(b" ")?,
                Before::Colon | Before::Value => break_line(out, depth - 1, &DEFAULT_LAYOUT)?,
            }
            opened = false;
            if !matches!(token, Token::Key(_)) {
                out.write_all(b"-")?;
                before = Before::Dash;
            }
        }
        match token {
            Token::Key(key) => {
                if unquote(key) == MERGE {
                    out.write_all(b"!!str ")?;
                }
                if key.len() > LONGEST_IMPLICIT_KEY {
                    out.write_all(b"? ")?;
                    write_scalar(out, key, Style::Key, stream)?;
                    break_line(out, depth - 1, &DEFAULT_LAYOUT)?;
                } else if depth == 1 && is_label(key) {
                    write_part(out, key, Style::Key, stream)?;
                } else {
                    write_scalar(out, key, Style::Key, stream)?;
                }
                out.write_all(b":")?;
                before = Before::Colon;
            }
            Token::Scalar(text) => {
                write_space(out, before)?;
                write_scalar(out, text, style_of(text), stream)?;
                before = Before::Value;
            }
            Token::Open(_) | Token::Close(_) => {
                opened = true;
                depth += 1;
            }
        }
    }
    out.write_all(b"\n")
}

/// The key that stands for members of another mapping (YAML 1.1, type `merge`); to Ruby also where it
/// is in quotes, which say elsewhere that it is a string.
const MERGE: &str = "<<";

/// Whether a line that begins with the name that `key` spells in JSON would begin like a message of
/// this tool. In quotes it does not.
fn is_label(key: &str) -> bool {
    let labels = LABELS.iter().map(|label| label.strip_suffix(':'));
    labels.flatten().any(|label| unquote(key) == label)
}

/// Writes the space that parts a `:` or `-` from what follows on its line.
fn write_space(out: &mut impl Write, before: Before) -> io::Result<()> {
    if matches!(before, Before::Colon | Before::Dash) {
        out.write_all(b" ")?;
    }
    Ok(())
}

/// Writes the key or scalar that `text` spells in JSON, in this `style` where `stream` is coloured.
fn write_scalar(out: &mut impl Write, text: &str, style: Style, stream: &Stream) -> io::Result<()> {
    if !stream.color {
        return present(out, text, stream);
    }
    let mut presented = Vec::with_capacity(text.len());
    present(&mut presented, text, stream)?;
    write_part(out, &String::from_utf8_lossy(&presented), style, stream)
}

/// Writes the YAML spelling of the scalar that `text` spells in JSON.
fn present(out: &mut impl Write, text: &str, stream: &Stream) -> io::Result<()> {
    match kind_of(text) {
        Kind::String => {
            let inner = text
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
                .unwrap_or(text);
            if is_plain(inner) {
                out.write_all(inner.as_bytes())
            } else {
                write_quoted(out, inner, stream)
            }
        }
        Kind::Number => write_number(out, text),
        _ => out.write_all(text.as_bytes()),
    }
}

/// Writes a number. Its digits stay; YAML 1.1 knows an exponent only after a point and with a
/// sign, and YAML 1.2 takes that form too.
fn write_number(out: &mut impl Write, text: &str) -> io::Result<()> {
    let Some(at) = text.find(['e', 'E']) else {
        return out.write_all(text.as_bytes());
    };
    let (mantissa, exponent) = text.split_at(at);
    let (letter, exponent) = exponent.split_at(1);
    out.write_all(mantissa.as_bytes())?;
    if !mantissa.contains('.') {
        out.write_all(b".0")?;
    }
    out.write_all(letter.as_bytes())?;
    if !exponent.starts_with(['+', '-']) {
        out.write_all(b"+")?;
    }
    out.write_all(exponent.as_bytes())
}

/// Words that some version of YAML or some reader takes for something other than a string,
/// in lower case. They count in any case: better a quote too many.
const RESERVED: [&str; 12] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity",
];

/// Whether the string whose JSON text within the quotes is `inner` can stand without quotes: it
/// begins with a letter, so that it is no date or indicator and hardly a number, holds nothing
/// that means something within a line, and is no [`RESERVED`] word.
fn is_plain(inner: &str) -> bool {
    // Some readers take even an exponent without digits before it for a number: `e3`.
    let number = inner.trim_start_matches(['e', 'E']);
    inner.starts_with(|first: char| first.is_ascii_alphabetic())
        && number.contains(|character: char| character.is_ascii_alphabetic())
        && !inner.ends_with(' ')
        && inner
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b" _-./+@".contains(&byte))
        && !RESERVED
            .iter()
            .any(|reserved| inner.eq_ignore_ascii_case(reserved))
}

/// Writes the string whose JSON text within the quotes is `inner` in the double-quoted style,
/// piece by piece.
fn write_quoted(out: &mut impl Write, inner: &str, stream: &Stream) -> io::Result<()> {
    let stops = |character| {
        character == '\\'
            || !is_printable(character)
            || (stream.is_terminal && is_unsafe(character))
    };
    let mut rest = inner;
    out.write_all(b"\"")?;
    while let Some((at, stop)) = rest.char_indices().find(|&(_, character)| stops(character)) {
        let (before, after) = rest.split_at(at);
        out.write_all(before.as_bytes())?;
        let (character, length) = if stop == '\\' {
            unescape(after)
        } else {
            (stop, stop.len_utf8())
        };
        if character == '"' || stops(character) {
            write_escape(out, character)?;
        } else {
            write!(out, "{character}")?;
        }
        rest = after.get(length..).unwrap_or_default();
    }
    out.write_all(rest.as_bytes())?;
    out.write_all(b"\"")
}

/// Writes the escape of a character, in a form that YAML 1.1 and 1.2 share.
fn write_escape(out: &mut impl Write, character: char) -> io::Result<()> {
    match character {
        '"' => out.write_all(b"\\\""),
        '\\' => out.write_all(b"\\\\"),
        '\n' => out.write_all(b"\\n"),
        '\r' => out.write_all(b"\\r"),
        '\t' => out.write_all(b"\\t"),
        _ => match u32::from(character) {
            code @ 0..=0xFF => write!(out, "\\x{code:02x}"),
            code @ 0x100..=0xFFFF => write!(out, "\\u{code:04x}"),
            code => write!(out, "\\U{code:08x}"),
        },
    }
}

/// Whether a character may stand as it is within double quotes on one line: printable for
/// YAML 1.2.2, section 5.1, and neither a line break of YAML 1.1 nor a byte order mark.
fn is_printable(character: char) -> bool {
    matches!(
        character,
        ' '..='~' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..
    ) && !matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// The tokens of a document without the members that a later one of the same name replaces.
struct Unshadowed<'a> {
    tokens: Tokens<'a>,
    keys: usize,
    shadowed: Peekable<vec::IntoIter<usize>>,
}

impl<'a> Unshadowed<'a> {
    fn tokens(json: Json<'a>) -> Self {
        Self {
            tokens: json.tokens(),
            keys: 0,
            shadowed: shadowed_keys(json).into_iter().peekable(),
        }
    }

    /// Counts a key; says whether a later one shadows it.
    fn count_key(&mut self) -> bool {
        let number = self.keys;
        self.keys += 1;
        self.shadowed.next_if_eq(&number).is_some()
    }

    /// Passes over the one value that the tokens stand before.
    fn skip_value(&mut self) {
        let mut depth = 0_usize;
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Open(_) => depth += 1,
                Token::Close(_) => depth -= 1,
                Token::Key(_) => {
                    self.count_key();
                }
                Token::Scalar(_) => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
}

impl<'a> Iterator for Unshadowed<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let token = self.tokens.next()?;
            if !matches!(token, Token::Key(_)) || !self.count_key() {
                return Some(token);
            }
            self.skip_value();
        }
    }
}

/// The keys of a document that a later one of the same name shadows, each as its number among
/// all keys, in ascending order.
///
/// The usual document has none. It is told by the hashes alone, eight bytes for each key; the
/// names themselves are held only where two hashes agree, and while their object lasts.
fn shadowed_keys(json: Json) -> Vec<usize> {
    let state = RandomState::new();
    let mut repeated: Vec<u64> = keys(json).map(|key| state.hash_one(key)).collect();
    repeated.sort_unstable();
    let (mut before, mut kept) = (None, None);
    repeated.retain(|hash| {
        let again = before.replace(*hash) == Some(*hash);
        again && kept.replace(*hash) != Some(*hash)
    });
    repeated.shrink_to_fit();
    if repeated.is_empty() {
        return Vec::new();
    }
    let mut shadowed = Vec::new();
    // For each level the object that is open there, and its names.
    let mut levels: Vec<(usize, HashMap<Cow<str>, usize>)> = Vec::new();
    for (number, key) in keys(json).enumerate() {
        if repeated.binary_search(&state.hash_one(&key)).is_err() {
            continue;
        }
        let (level, object, name) = key;
        levels.resize_with(level, Default::default);
        if let Some(open) = levels.last_mut() {
            if open.0 != object {
                *open = (object, HashMap::new());
            }
            shadowed.extend(open.1.insert(name, number));
        }
    }
    shadowed.sort_unstable();
    shadowed
}

/// Every key of a document: the level and the number of its object, both from 1, and its decoded
/// name.
fn keys(json: Json) -> impl Iterator<Item = (usize, usize, Cow<str>)> {
    let mut opened = 0;
    let mut open = Vec::new();
    json.tokens().filter_map(move |token| {
        match token {
            Token::Open(_) => {
                opened += 1;
                open.push(opened);
            }
            Token::Close(_) => {
                open.pop();
            }
            Token::Key(name) => {
                let object = open.last()?;
                return Some((open.len(), *object, unquote(name)));
            }
            Token::Scalar(_) => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use proptest::prelude::*;
    use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

    use super::super::samples;
    use super::*;

    const TERMINAL: Stream = samples::terminal(80);

    fn yaml_on(stream: &Stream, text: &str) -> String {
        let mut out = Vec::new();
        write(&mut out, Json::parse(text).unwrap(), stream).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn yaml(text: &str) -> String {
        yaml_on(&Stream::PIPE, text)
    }

    /// A value as any reader sees it: numbers as doubles, members in their order.
    #[derive(Debug, PartialEq)]
    enum Tree {
        Null,
        Bool(bool),
        Number(f64),
        String(String),
        Array(Vec<Tree>),
        Object(Vec<(String, Tree)>),
    }

    /// What `json` means; of members of one name the last.
    fn meaning(json: Json) -> Tree {
        match json.kind() {
            Kind::Null => Tree::Null,
            Kind::Bool => Tree::Bool(json.as_str() == "true"),
            Kind::Number => Tree::Number(json.as_str().parse().unwrap()),
            Kind::String => Tree::String(json.string().unwrap().into_owned()),
            Kind::Array => Tree::Array(json.elements().map(meaning).collect()),
            Kind::Object => {
                let mut members: Vec<(String, Tree)> = Vec::new();
                for (name, value) in json.members() {
                    members.retain(|(other, _)| *other != name);
                    members.push((name.into_owned(), meaning(value)));
                }
                Tree::Object(members)
            }
        }
    }

    struct TreeVisitor;

    impl<'de> Visitor<'de> for TreeVisitor {
        type Value = Tree;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a value that JSON can hold")
        }

        fn visit_unit<E>(self) -> Result<Tree, E> {
            Ok(Tree::Null)
        }

        fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
            Ok(Tree::Bool(value))
        }

        fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
            Ok(Tree::Number(value.to_string().parse().unwrap()))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
            Ok(Tree::Number(value.to_string().parse().unwrap()))
        }

        fn visit_i128<E>(self, value: i128) -> Result<Tree, E> {
            Ok(Tree::Number(value.to_string().parse().unwrap()))
        }

        fn visit_u128<E>(self, value: u128) -> Result<Tree, E> {
            Ok(Tree::Number(value.to_string().parse().unwrap()))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
            Ok(Tree::Number(value))
        }

        fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
            Ok(Tree::String(value.to_owned()))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
            let mut elements = Vec::new();
            while let Some(element) = seq.next_element()? {
                elements.push(element);
            }
            Ok(Tree::Array(elements))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
            let mut members = Vec::new();
            while let Some((name, value)) = map.next_entry::<Tree, Tree>()? {
                let Tree::String(name) = name else {
                    return Err(serde::de::Error::custom("a key was read as another type"));
                };
                members.push((name, value));
            }
            Ok(Tree::Object(members))
        }
    }

    impl<'de> Deserialize<'de> for Tree {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(TreeVisitor)
        }
    }

    fn read_back(yaml: &str) -> Tree {
        serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
    }

    #[test]
    fn block_style() {
        for (text, expected) in [
            ("{}", "{}\n"),
            ("[]", "[]\n"),
            ("null", "null\n"),
            ("-0", "-0\n"),
            (r#""file""#, "file\n"),
            (
                r#"{"id":"file-abc123","bytes":0,"a b":true,"details":null}"#,
                "id: file-abc123\nbytes: 0\na b: true\ndetails: null\n",
            ),
            (
                r#"{"a":{"b":{},"c":[],"d":{"x":1}},"f":[1,{"g":2,"h":[3]},[4,[5],{}]]}"#,
                concat!(
                    "a:\n  b: {}\n  c: []\n  d:\n    x: 1\nf:\n  - 1\n  - g: 2\n    h:\n",
                    "      - 3\n  - - 4\n    - - 5\n    - {}\n",
                ),
            ),
            ("[[[]],[{}],{\"a\":{}}]", "- - []\n- - {}\n- a: {}\n"),
        ] {
            assert_eq!(yaml(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        let digits = "9".repeat(1000);
        for (number, expected) in [
            ("18446744073709551616", "18446744073709551616"),
            ("1.50", "1.50"),
            (digits.as_str(), digits.as_str()),
            ("1e3", "1.0e+3"),
            ("-1E3", "-1.0E+3"),
            ("1.5e3", "1.5e+3"),
            ("1e-3", "1.0e-3"),
            ("1.5E+3", "1.5E+3"),
        ] {
            assert_eq!(yaml(number), format!("{expected}\n"));
        }
    }

    #[test]
    fn no_line_begins_like_a_message_of_ours() {
        assert_eq!(
            yaml(r#"{"error":"no such file","hint":{"hint":1},"\u006eote":2,"errors":"error"}"#),
            "\"error\": no such file\n\"hint\":\n  hint: 1\n\"\\u006eote\": 2\nerrors: error\n"
        );
    }

    #[test]
    fn only_a_later_name_of_the_same_object_counts_instead() {
        assert_eq!(
            yaml(r#"{"a":{"a":1,"\u0061":2},"b":[{"a":3},{"a":4,"b":5,"a":6}],"a":{"b":7,"a":8}}"#),
            "b:\n  - a: 3\n  - b: 5\n    a: 6\na:\n  b: 7\n  a: 8\n"
        );
    }

    #[test]
    fn what_a_reader_could_take_for_something_else_is_quoted() {
        for word in [
            "",
            " ",
            " a",
            "a ",
            "~",
            "=",
            "<<",
            "-",
            "- a",
            "---",
            "...",
            "?",
            ":",
            "a: b",
            "a:",
            "#",
            "a #b",
            "a#b",
            "!a",
            "&a",
            "*a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "'a'",
            "{a}",
            "[a]",
            "a, b",
            "no",
            "No",
            "NO",
            "y",
            "N",
            "on",
            "Off",
            "yes",
            "true",
            "FALSE",
            "null",
            "Null",
            "nan",
            ".inf",
            "-.Inf",
            ".NaN",
            "Infinity",
            "0",
            "-1",
            "+1",
            "1e3",
            "e3",
            "E+3",
            "0x1f",
            "0o17",
            "017",
            "0b1",
            "1_000",
            "12:30:45",
            "2024-01-01",
            "1.5",
            ".5",
            "1.",
            "2024-01-01T00:00:00Z",
            "é",
        ] {
            let text = format!("{{\"{word}\":\"{word}\"}}");
            let tag = if word == MERGE { "!!str " } else { "" };
            assert_eq!(yaml(&text), format!("{tag}\"{word}\": \"{word}\"\n"));
        }
        for word in [
            "mydata.jsonl",
            "file-abc123",
            "fine-tune",
            "a/b c+d@e_f",
            "e3x",
            "null-ish",
        ] {
            let text = format!("{{\"{word}\":\"{word}\"}}");
            assert_eq!(yaml(&text), format!("{word}: {word}\n"));
        }
    }

    #[test]
    fn characters_are_escaped_for_every_reader() {
        for (inner, expected) in [
            (r#"a\"b\\c\/d"#, r#"a\"b\\c/d"#),
            (r"\n\r\t\b\f\u0000\u001b", r"\n\r\t\x08\x0c\x00\x1b"),
            (r"\ud83d\ude00 \u00e9", "😀 é"),
            (r"\ud83d \ude00", "\u{fffd} \u{fffd}"),
            ("\u{7f}\u{85}\u{9b}", r"\x7f\x85\x9b"),
            ("\u{2028}\u{2029}\u{feff}", r"\u2028\u2029\ufeff"),
            ("\u{fffe}\u{ffff}", r"\ufffe\uffff"),
            (r"\u2028\ufeff", r"\u2028\ufeff"),
            ("\u{a0}資料😀", "\u{a0}資料😀"),
            // Harmless in a file, but not on a terminal.
            ("\u{202e}\u{e0041}", "\u{202e}\u{e0041}"),
        ] {
            assert_eq!(yaml(&format!("\"{inner}\"")), format!("\"{expected}\"\n"));
        }
        assert_eq!(
            yaml_on(&TERMINAL, "\"\u{202e}\u{e0041}é\""),
            "\"\\u202e\\U000e0041é\"\n"
        );
    }

    #[test]
    fn a_long_key_has_the_explicit_form() {
        let key = "k".repeat(LONGEST_IMPLICIT_KEY - 2);
        assert_eq!(yaml(&format!("{{\"{key}\":1}}")), format!("{key}: 1\n"));
        let text = format!("[{{\"{key}k\":{{\"a\":1}},\"b\":[2]}}]");
        assert_eq!(
            yaml(&text),
            format!("- ? {key}k\n  :\n    a: 1\n  b:\n    - 2\n")
        );
        // The longest that is still implicit, presented as wide as can be.
        let key = "\u{7f}".repeat(LONGEST_IMPLICIT_KEY - 2);
        let text = format!("{{\"{key}\":1}}");
        assert_eq!(
            read_back(&yaml(&text)),
            meaning(Json::parse(&text).unwrap())
        );
    }

    #[test]
    fn of_members_of_one_name_the_last_counts() {
        for (text, expected) in [
            (r#"{"a":1,"b":2,"a":3}"#, "b: 2\na: 3\n"),
            (r#"{"a":1,"\u0061":2}"#, "\"a\": 2\n"),
            (
                r#"{"a":{"b":1,"b":2},"b":{"a":[{"a":1}]},"a":{"c":3,"c":4,"d":5},"x":6}"#,
                "b:\n  a:\n    - a: 1\na:\n  c: 4\n  d: 5\nx: 6\n",
            ),
            (r#"[{"a":1},{"a":2}]"#, "- a: 1\n- a: 2\n"),
        ] {
            assert_eq!(yaml(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_are_coloured_and_values_by_their_type() {
        colored::control::set_override(true);
        let stream = Stream {
            color: true,
            ..TERMINAL
        };
        assert_eq!(
            yaml_on(&stream, "{\"a\":\"b\u{9b}\",\"c\":1}"),
            "\u{1b}[1;94ma\u{1b}[0m: \u{1b}[32m\"b\\x9b\"\u{1b}[0m\n\
             \u{1b}[1;94mc\u{1b}[0m: \u{1b}[35m1\u{1b}[0m\n"
        );
    }

    proptest! {
        #[test]
        fn any_document_reads_back(text in samples::document()) {
            let expected = meaning(Json::parse(&text).unwrap());
            prop_assert_eq!(read_back(&yaml(&text)), expected);
        }

        #[test]
        fn what_a_terminal_shows_reads_back(text in samples::document()) {
            let shown = yaml_on(&TERMINAL, &text);
            prop_assert!(shown.chars().all(|c| c == '\n' || !is_unsafe(c)));
            prop_assert_eq!(read_back(&shown), meaning(Json::parse(&text).unwrap()));
        }

        #[test]
        fn short_words_read_back(word in "[-+.:0-9a-fA-FxXoO_~<=yYnN ]{0,6}") {
            let text = format!("{{\"{word}\":[\"{word}\"]}}");
            prop_assert_eq!(read_back(&yaml(&text)), meaning(Json::parse(&text).unwrap()));
        }
    }
}
