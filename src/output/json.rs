//! JSON as indented text and as one line, with every token spelled as the server spelled it.
//!
//! Both forms stream: nothing of the output is held, and the only look ahead is over an array
//! that may fit on one line.

use std::io::{self, Write};

use crate::columns::Style;
use crate::json::{Json, Kind, MAX_DEPTH, Token, Tokens, kind_of};
use crate::terminal::Stream;

/// The least room, in columns, in which Go's `pretty` package tries to put an array on one line.
const LEAST_ROOM: usize = 4;

/// How JSON is laid out: the options of Go's `pretty` package, with which the official tool
/// prints.
pub(super) struct Layout<'a> {
    /// The columns within which an array may stay on one line.
    pub(super) width: usize,
    /// What every line begins with.
    pub(super) prefix: &'a [u8],
    /// The bytes by which each level is indented.
    pub(super) indent: usize,
    /// The indentation of the deepest level, of which every other takes its part.
    pub(super) indentation: &'a [u8],
}

/// The default layout of that package: 80 columns, two spaces for each level.
pub(super) const DEFAULT_LAYOUT: Layout = Layout {
    width: 80,
    prefix: b"",
    indent: 2,
    indentation: &[b' '; 2 * MAX_DEPTH],
};

/// Where the next token stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the whole document or the value of a member.
    Value,
    /// It is the first within an object or array.
    First,
    /// It follows a sibling.
    Next,
}

/// Writes `json` indented by two spaces, and a line break.
///
/// The layout is that of Go's `pretty` package with its default options, byte for byte: every
/// member of an object has its own line; an array stays on one line if it fits there and neither
/// it nor an array within it holds an object, not even an empty one.
///
/// # Errors
/// Whatever writing to `out` fails with.
pub fn write_indented(out: &mut impl Write, json: Json, stream: &Stream) -> io::Result<()> {
    write_laid_out(out, json, &DEFAULT_LAYOUT, stream)
}

/// Writes `json` in the given layout, and a line break.
pub(super) fn write_laid_out(
    out: &mut impl Write,
    json: Json,
    layout: &Layout,
    stream: &Stream,
) -> io::Result<()> {
    let mut tokens = json.tokens();
    let mut place = Place::Value;
    let mut depth = 0;
    let mut column = layout.prefix.len();
    out.write_all(layout.prefix)?;
    loop {
        let here = tokens.clone();
        let Some(token) = tokens.next() else { break };
        if let Token::Close(kind) = token {
            depth -= 1;
            if place == Place::Next {
                break_line(out, depth, layout)?;
            }
            out.write_all(closing(kind))?;
            place = Place::Next;
            continue;
        }
        if place != Place::Value {
            if place == Place::Next {
                out.write_all(b",")?;
            }
            break_line(out, depth, layout)?;
            // The package counts the line break as a column, except where it has overwritten the
            // space after a comma in an array.
            let counts_break = place == Place::First || matches!(token, Token::Key(_));
            column = layout.prefix.len() + layout.indent * depth + usize::from(counts_break);
        }
        place = match token {
            Token::Key(key) => {
                write_part(out, key, Style::Key, stream)?;
                out.write_all(b": ")?;
                column += key.len() + 2;
                Place::Value
            }
            Token::Open(Kind::Array) if fits(here.clone(), layout.width.saturating_sub(column)) => {
                tokens = here;
                write_flat(out, &mut tokens, b", ", stream)?;
                Place::Next
            }
            Token::Open(kind) => {
                out.write_all(opening(kind))?;
                depth += 1;
                Place::First
            }
            Token::Scalar(text) => {
                write_part(out, text, style_of(text), stream)?;
                Place::Next
            }
            Token::Close(_) => place,
        };
    }
    out.write_all(b"\n")
}

/// Writes `json` without white space, and a line break: JSON Lines.
///
/// # Errors
/// Whatever writing to `out` fails with.
pub fn write_line(out: &mut impl Write, json: Json, stream: &Stream) -> io::Result<()> {
    write_flat(out, &mut json.tokens(), b",", stream)?;
    out.write_all(b"\n")
}

/// `json` without the white space between its tokens.
pub(super) fn compact(json: Json) -> String {
    let mut text = Vec::with_capacity(json.as_str().len());
    // A vector takes whatever is written.
    let _ = write_flat(&mut text, &mut json.tokens(), b",", &Stream::PIPE);
    // Whole tokens of a text are text.
    String::from_utf8(text).unwrap_or_default()
}

/// Writes the one value that `tokens` stand before, on one line.
pub(super) fn write_flat(
    out: &mut impl Write,
    tokens: &mut Tokens,
    comma: &[u8],
    stream: &Stream,
) -> io::Result<()> {
    let mut place = Place::Value;
    let mut depth = 0_usize;
    for token in tokens {
        if place == Place::Next && !matches!(token, Token::Close(_)) {
            out.write_all(comma)?;
        }
        place = match token {
            Token::Key(key) => {
                write_part(out, key, Style::Key, stream)?;
                out.write_all(b":")?;
                Place::Value
            }
            Token::Open(kind) => {
                out.write_all(opening(kind))?;
                depth += 1;
                Place::First
            }
            Token::Scalar(text) => {
                write_part(out, text, style_of(text), stream)?;
                Place::Next
            }
            Token::Close(kind) => {
                out.write_all(closing(kind))?;
                depth -= 1;
                Place::Next
            }
        };
        if depth == 0 {
            break;
        }
    }
    Ok(())
}

/// Whether the array that `tokens` stand before holds no object and takes at most `room` columns
/// on one line. Looks no further than that room.
fn fits(tokens: Tokens, room: usize) -> bool {
    if room < LEAST_ROOM {
        return false;
    }
    let mut length = 0;
    let mut depth = 0_usize;
    let mut follows_sibling = false;
    for token in tokens {
        let comma = if follows_sibling { ", ".len() } else { 0 };
        match token {
            Token::Open(Kind::Array) => {
                length += comma + 1;
                depth += 1;
                follows_sibling = false;
            }
            Token::Scalar(text) => {
                length += comma + text.len();
                follows_sibling = true;
            }
            Token::Close(_) => {
                length += 1;
                depth -= 1;
                follows_sibling = true;
            }
            Token::Key(_) | Token::Open(_) => return false,
        }
        if length > room {
            return false;
        }
        if depth == 0 {
            break;
        }
    }
    true
}

/// Ends the line and indents the next.
pub(super) fn break_line(out: &mut impl Write, depth: usize, layout: &Layout) -> io::Result<()> {
    let indentation = layout.indentation.get(..layout.indent * depth);
    out.write_all(b"\n")?;
    out.write_all(layout.prefix)?;
    out.write_all(indentation.unwrap_or(layout.indentation))
}

fn opening(kind: Kind) -> &'static [u8] {
    if kind == Kind::Array { b"[" } else { b"{" }
}

fn closing(kind: Kind) -> &'static [u8] {
    if kind == Kind::Array { b"]" } else { b"}" }
}

/// How the scalar that `text` spells in JSON is set off.
pub(super) fn style_of(text: &str) -> Style {
    match kind_of(text) {
        Kind::String => Style::Green,
        Kind::Number => Style::Magenta,
        Kind::Bool => Style::Cyan,
        Kind::Null => Style::Dim,
        Kind::Object | Kind::Array => Style::Plain,
    }
}

/// Writes text from a server: made safe for a terminal, and in this `style` where `stream` is
/// coloured.
pub(super) fn write_part(
    out: &mut impl Write,
    text: &str,
    style: Style,
    stream: &Stream,
) -> io::Result<()> {
    /// Escaped, megabytes may become six times as many, which need not be there at once; in bytes.
    const PIECE: usize = 64 << 10;
    let mut rest = text;
    while !rest.is_empty() {
        let mut ends = (1..=rest.len().min(PIECE)).rev();
        let end = ends.find(|end| rest.is_char_boundary(*end));
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        out.write_all(style.paint(&stream.safe(piece), stream).as_bytes())?;
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    const TERMINAL: Stream = Stream {
        color: true,
        ..samples::terminal(80)
    };

    #[test]
    fn a_large_text_comes_in_whole_characters() {
        let text = format!("\"{}\u{7f}\"", "資\u{9b}".repeat(50_000));
        let plain = samples::terminal(80);
        let written = written(|out| write_part(out, &text, Style::Green, &plain));
        assert_eq!(written, plain.safe(&text));
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn indented(text: &str) -> String {
        written(|out| write_indented(out, Json::parse(text).unwrap(), &Stream::PIPE))
    }

    fn line(text: &str) -> String {
        written(|out| write_line(out, Json::parse(text).unwrap(), &Stream::PIPE))
    }

    /// An array of one string that takes `columns` on one line.
    fn array_of(columns: usize) -> String {
        format!("[\"{}\"]", "x".repeat(columns - 4))
    }

    #[test]
    fn indents_as_the_official_tool_does() {
        // Every expectation was printed by the Go package itself.
        for (text, expected) in [
            ("null", "null\n"),
            (" -1.50E+3 ", "-1.50E+3\n"),
            (r#""a b""#, "\"a b\"\n"),
            ("{ }", "{}\n"),
            ("[ ]", "[]\n"),
            ("[[ ],[ ]]", "[[], []]\n"),
            ("[{}]", "[\n  {}\n]\n"),
            ("[[{}],[1]]", "[\n  [\n    {}\n  ],\n  [1]\n]\n"),
            (
                "[1 ,\"a , ]\",[true,[null]]]",
                "[1, \"a , ]\", [true, [null]]]\n",
            ),
            (
                r#"{"a":1,"a":{"b":{},"c":[]},"":[1,{"d":[2,3]}]}"#,
                concat!(
                    "{\n  \"a\": 1,\n  \"a\": {\n    \"b\": {},\n    \"c\": []\n  },\n",
                    "  \"\": [\n    1,\n    {\n      \"d\": [2, 3]\n    }\n  ]\n}\n",
                ),
            ),
        ] {
            assert_eq!(indented(text), expected, "{text}");
        }
    }

    #[test]
    fn an_array_takes_eighty_columns_at_most() {
        // The widest array that stays on one line, for each place an array can stand in. The
        // line break counts as a column except before a later element.
        let cases: [(&str, &str, usize); 4] = [
            ("", "", 80),
            (r#"{"k":"#, "}", 80 - 1 - "  \"k\": ".len()),
            ("[{},", "]", 80 - "  ".len()),
            ("[[{},", "]]", 80 - "    ".len()),
        ];
        for (before, after, widest) in cases {
            let on_one_line = |columns| {
                let array = array_of(columns);
                indented(&format!("{before}{array}{after}")).contains(&array)
            };
            assert!(on_one_line(widest), "{before}");
            assert!(!on_one_line(widest + 1), "{before}");
        }
        let first = |columns| indented(&format!("[{},{{}}]", array_of(columns)));
        assert!(first(77).contains(&array_of(77)));
        assert!(!first(78).contains(&array_of(78)));
    }

    #[test]
    fn columns_are_bytes() {
        let array = format!("[\"{}\"]", "é".repeat(38));
        assert_eq!(indented(&array), format!("{array}\n"));
        let array = format!("[\"{}\"]", "é".repeat(39));
        assert_ne!(indented(&array), format!("{array}\n"));
    }

    #[test]
    fn an_array_is_not_tried_in_less_than_four_columns() {
        let member = |name: usize| indented(&format!("{{\"{}\":[1]}}", "n".repeat(name)));
        // The break, two of indentation, two quotes, a colon and a space: seven beside the name.
        assert!(member(69).ends_with("\": [1]\n}\n"));
        assert!(member(70).ends_with("\": [\n    1\n  ]\n}\n"));
        assert!(member(200).ends_with("\": [\n    1\n  ]\n}\n"));
    }

    #[test]
    fn one_line_keeps_the_spelling() {
        assert_eq!(
            line("{ \"a\\u0041\" : [ 1.50 , { } , [ ] , \" , \" ] , \"b\" : 1e9 }"),
            "{\"a\\u0041\":[1.50,{},[],\" , \"],\"b\":1e9}\n"
        );
        assert_eq!(line(" 7 "), "7\n");
    }

    #[test]
    fn a_terminal_sees_colours_and_no_control() {
        colored::control::set_override(true);
        let json = Json::parse("{\"k\u{9b}\":[\"s\u{202e}\",1,true,null]}").unwrap();
        assert_eq!(
            written(|out| write_line(out, json, &TERMINAL)),
            concat!(
                "{\u{1b}[1;94m\"k\\u009b\"\u{1b}[0m:[",
                "\u{1b}[32m\"s\\u202e\"\u{1b}[0m,\u{1b}[35m1\u{1b}[0m,",
                "\u{1b}[36mtrue\u{1b}[0m,\u{1b}[2mnull\u{1b}[0m]}\n",
            )
        );
    }

    #[test]
    fn escaping_and_colour_do_not_change_the_layout() {
        colored::control::set_override(true);
        let fits = format!("[\"{}\"]", "\u{9b}".repeat(38));
        let json = Json::parse(&fits).unwrap();
        let shown = written(|out| write_indented(out, json, &TERMINAL));
        assert_eq!(shown.lines().count(), 1);
    }

    proptest! {
        #[test]
        fn layout_changes_nothing_but_white_space(text in samples::document()) {
            let indented = indented(&text);
            let line = line(&text);
            let tokens = |text| Json::parse(text).unwrap().tokens().collect::<Vec<_>>();
            prop_assert_eq!(tokens(&indented), tokens(&text));
            prop_assert_eq!(tokens(&line), tokens(&text));
        }

        #[test]
        fn layout_is_stable(text in samples::document()) {
            let (once, flat) = (indented(&text), line(&text));
            prop_assert_eq!(&indented(&once), &once);
            prop_assert_eq!(&indented(&flat), &once);
            prop_assert_eq!(&line(&once), &flat);
            prop_assert_eq!(&line(&flat), &flat);
        }

        #[test]
        fn one_line_has_white_space_in_strings_only(text in samples::document()) {
            let line = line(&text);
            let mut outside = line.strip_suffix('\n').unwrap().to_owned();
            for token in Json::parse(&text).unwrap().tokens() {
                if let Token::Key(quoted) | Token::Scalar(quoted) = token {
                    outside = outside.replacen(quoted, "", 1);
                }
            }
            prop_assert!(outside.chars().all(|c| "{}[],:".contains(c)), "{:?}", outside);
        }
    }
}
