//! Any JSON value as a titled box of `key: value` lines.
//!
//! Members stand below their key, indented; elements are numbered; strings have no quotes. On a
//! terminal the box is at most as wide as the terminal and long values are cut. In a pipe nothing
//! is cut: the few lines that are too wide to be aligned with reach over the border, and so do more
//! where the box would be mostly padding.

use std::borrow::Cow;
use std::io::{self, Write};

use super::json::write_part;
use crate::columns::{ALIGNED, Measure, Style, is_padding, limit, one_line, start_for, width};
use crate::json::{Json, Kind, Token, Tokens, unquote};
use crate::terminal::Stream;

/// The columns by which each level is indented.
const INDENT: usize = 2;

/// The indentation, in columns, beyond which deeper levels are no longer told apart: it is to
/// leave room for what is indented.
const DEEPEST: usize = 40;

/// What a box adds to the width of its content: border and padding on both sides, in columns.
const FRAME: usize = 4;

/// Writes `json` in a box with `title` in its upper border.
///
/// # Errors
/// Those of writing to `out`.
pub fn write(out: &mut impl Write, title: &str, json: Json<'_>, stream: &Stream) -> io::Result<()> {
    let room = limit(stream).map(|limit| limit - FRAME);
    let title = one_line(title, stream);
    let widest = room.unwrap_or(ALIGNED);
    let least = (width(&title) + INDENT).min(widest);
    let (mut count, mut content) = (0, least);
    for line in Lines::new(json) {
        let columns = line.fitted(room, stream).width().min(widest);
        count += 1;
        content = content.max(columns);
    }
    if is_padding(count, content, json.as_str().len()) {
        content = least;
    }

    let border = |text: &str| Style::Dim.paint(text, stream).into_owned();
    let side = border("│");
    let title = Measure::USUAL.cut(&title, content - INDENT);
    let rest = "─".repeat(content - INDENT - width(&title) + 1);
    write!(out, "{} ", border("╭─"))?;
    write!(out, "{} ", Style::Bold.paint(&title, stream))?;
    writeln!(out, "{}", border(&format!("{rest}╮")))?;
    for line in Lines::new(json) {
        let line = line.fitted(room, stream);
        let padding = content.saturating_sub(line.width());
        write!(out, "{side} ")?;
        line.write(out, stream)?;
        writeln!(out, "{:padding$} {side}", "")?;
    }
    let bottom = "─".repeat(content + FRAME - 2);
    writeln!(out, "{}", border(&format!("╰{bottom}╯")))
}

/// What a line says, before it is fitted into the box.
struct Line<'a> {
    depth: usize,
    label: Option<Label<'a>>,
    value: Option<Value<'a>>,
}

/// What stands before a value.
enum Label<'a> {
    /// The name of a member, with its quotes and escapes.
    Key(&'a str),
    /// The number of an element, from 1.
    Number(usize),
}

/// A value that has no lines of its own.
enum Value<'a> {
    /// A string, number, boolean or null as it stands in the text.
    Scalar(&'a str),
    /// An object or array with nothing in it.
    Empty(Kind),
}

/// The lines of a value, read from its tokens without recursion and kept nowhere.
struct Lines<'a> {
    tokens: Tokens<'a>,
    /// For each container that is open, how many elements it has had.
    open: Vec<usize>,
    key: Option<&'a str>,
}

impl<'a> Lines<'a> {
    fn new(json: Json<'a>) -> Self {
        Self {
            tokens: json.tokens(),
            open: Vec::new(),
            key: None,
        }
    }

    fn label(&mut self) -> Option<Label<'a>> {
        if let Some(key) = self.key.take() {
            return Some(Label::Key(key));
        }
        let count = self.open.last_mut()?;
        *count += 1;
        Some(Label::Number(*count))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        loop {
            let depth = self.open.len().saturating_sub(1);
            let value = match self.tokens.next()? {
                Token::Key(key) => {
                    self.key = Some(key);
                    continue;
                }
                Token::Close(_) => {
                    self.open.pop();
                    continue;
                }
                Token::Scalar(text) => Some(Value::Scalar(text)),
                Token::Open(kind) => {
                    let mut ahead = self.tokens.clone();
                    if matches!(ahead.next(), Some(Token::Close(_))) {
                        self.tokens = ahead;
                        Some(Value::Empty(kind))
                    } else {
                        None
                    }
                }
            };
            let label = self.label();
            if value.is_none() {
                self.open.push(0);
                if label.is_none() {
                    // The outermost container: its members are not below anything.
                    continue;
                }
            }
            return Some(Line {
                depth,
                label,
                value,
            });
        }
    }
}

impl<'a> Line<'a> {
    /// The line as text, cut to `room` columns where there is an end.
    fn fitted(&self, room: Option<usize>, stream: &Stream) -> Fitted<'a> {
        let deepest = room.map_or(DEEPEST, |room| DEEPEST.min(room / 2));
        let indent = (self.depth * INDENT).min(deepest);
        let label = self.label.as_ref().map(|label| match label {
            Label::Key(key) => {
                let mut key = shown(key, stream).into_owned();
                key.push(':');
                (key.into(), Style::Key)
            }
            Label::Number(number) => (format!("{number}.").into(), Style::Dim),
        });
        let value = self.value.as_ref().map(|value| value.shown(stream));
        let mut fitted = Fitted {
            indent,
            label,
            value,
        };
        if let Some(room) = room {
            fitted.cut(room - indent, stream);
        }
        fitted
    }
}

impl<'a> Value<'a> {
    fn shown(&self, stream: &Stream) -> (Cow<'a, str>, Style) {
        match *self {
            Self::Empty(Kind::Object) | Self::Scalar("\"\"") => ("(empty)".into(), Style::Dim),
            Self::Empty(_) => ("(none)".into(), Style::Dim),
            Self::Scalar("null") => ("null".into(), Style::Dim),
            Self::Scalar("true") => ("yes".into(), Style::Cyan),
            Self::Scalar("false") => ("no".into(), Style::Cyan),
            Self::Scalar(text) if text.starts_with('"') => (shown(text, stream), Style::Green),
            Self::Scalar(number) => (number.into(), Style::Magenta),
        }
    }
}

/// What a string in quotes says, on one line.
fn shown<'a>(quoted: &'a str, stream: &Stream) -> Cow<'a, str> {
    one_line(start_for(unquote(quoted), stream), stream)
}

/// A line as it is written.
struct Fitted<'a> {
    indent: usize,
    label: Part<'a>,
    value: Part<'a>,
}

type Part<'a> = Option<(Cow<'a, str>, Style)>;

fn columns_of(part: &Part<'_>, measure: Measure) -> usize {
    part.as_ref().map_or(0, |(text, _)| measure.width(text))
}

impl Fitted<'_> {
    /// Cuts label and value to `room` columns together; the value first, down to half of them.
    fn cut(&mut self, room: usize, stream: &Stream) {
        let parts = [&self.label, &self.value];
        let texts = parts.into_iter().flatten().map(|(text, _)| &**text);
        let measure = Measure::of(texts, stream);
        let [label, value] = parts.map(|part| columns_of(part, measure));
        let room = room - self.gap();
        let label = label.min(room - value.min(room / 2));
        for (part, columns) in [(&mut self.label, label), (&mut self.value, room - label)] {
            if let Some((text, _)) = part
                && let Cow::Owned(short) = measure.cut(text, columns)
            {
                *text = short.into();
            }
        }
    }

    fn width(&self) -> usize {
        let [label, value] =
            [&self.label, &self.value].map(|part| columns_of(part, Measure::USUAL));
        self.indent + label + self.gap() + value
    }

    fn gap(&self) -> usize {
        usize::from(self.label.is_some() && self.value.is_some())
    }

    fn write(&self, out: &mut impl Write, stream: &Stream) -> io::Result<()> {
        let indent = self.indent;
        write!(out, "{:indent$}", "")?;
        if let Some((text, style)) = &self.label {
            write_part(out, text, *style, stream)?;
        }
        let gap = self.gap();
        write!(out, "{:gap$}", "")?;
        if let Some((text, style)) = &self.value {
            write_part(out, text, *style, stream)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::super::samples::{any_json, hostile_text, terminal};
    use super::*;
    use crate::columns::NARROWEST;
    use crate::json::MAX_DEPTH;
    use crate::terminal::escape;

    fn boxed(title: &str, text: &str, stream: &Stream) -> String {
        let mut out = Vec::new();
        write(&mut out, title, Json::parse(text).unwrap(), stream).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_object_is_a_box_of_its_members() {
        let file = r#"{"id": "file-abc123", "bytes": 1.50, "filename": "資料\u0009.jsonl",
            "status_details": "", "expires_at": null, "ok": true, "old": false,
            "labels": {"team": "red", "none": {}}, "lines": [17, [], {"at": 3}, [[4]]]}"#;
        assert_eq!(
            boxed("file", file, &Stream::PIPE),
            "╭─ file ─────────────────────╮
│ id: file-abc123            │
│ bytes: 1.50                │
│ filename: 資料\\u0009.jsonl │
│ status_details: (empty)    │
│ expires_at: null           │
│ ok: yes                    │
│ old: no                    │
│ labels:                    │
│   team: red                │
│   none: (empty)            │
│ lines:                     │
│   1. 17                    │
│   2. (none)                │
│   3.                       │
│     at: 3                  │
│   4.                       │
│     1.                     │
│       1. 4                 │
╰────────────────────────────╯
"
        );
    }

    #[test]
    fn other_values_are_boxed_too() {
        for (value, line) in [
            ("\"a\"", "│ a       │"),
            ("12", "│ 12      │"),
            ("{}", "│ (empty) │"),
            ("[]", "│ (none)  │"),
            ("[[]]", "│ 1. (none) │"),
        ] {
            let text = boxed("title", value, &Stream::PIPE);
            let lines: Vec<_> = text.lines().collect();
            assert_eq!(lines.len(), 3, "{text}");
            assert_eq!(lines[1], line);
        }
    }

    #[test]
    fn what_a_terminal_has_no_room_for_is_cut() {
        let file = r#"{"id": "file-6F2ksmvXxt4VdoqmHRw6kL", "status_details": "no",
            "資料資料資料資料": "資料資料資料資料"}"#;
        assert_eq!(
            boxed("a title that is too long", file, &terminal(24)),
            "╭─ a title that is t… ─╮
│ id: file-6F2ksmvXxt… │
│ status_details: no   │
│ 資料資料… 資料資料…  │
╰──────────────────────╯
"
        );
    }

    #[test]
    fn what_may_look_like_a_message_is_cut_for_every_terminal() {
        let wides = "±".repeat(17);
        let file = format!(r#"{{"{wides}": "hint: run me now", "a": "{wides}{wides}"}}"#);
        let text = boxed("file", &file, &terminal(40));
        let lines = [
            "│ ±±±±±±±±… hint: run me now           │",
            "│ a: ±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±… │",
        ];
        assert_eq!(text.lines().skip(1).take(2).collect::<Vec<_>>(), lines);
    }

    #[test]
    fn a_pipe_gets_everything() {
        let name = "n".repeat(1000);
        let text = boxed(
            "file",
            &format!(r#"{{"a": "{name}", "b": 1}}"#),
            &Stream::PIPE,
        );
        assert!(text.contains(&format!("│ a: {name} │\n")));
        let widths: Vec<_> = text.lines().map(width).collect();
        assert_eq!([widths[0], widths[2], widths[3]], [ALIGNED + FRAME; 3]);
    }

    #[test]
    fn a_giant_terminal_and_a_giant_name_are_no_trouble() {
        let name = "n".repeat(100_000);
        let object = format!(r#"{{"{name}": "{name}"}}"#);
        for columns in [20, 1_000_000] {
            let text = boxed(&name, &object, &terminal(columns));
            let widths: Vec<_> = text.lines().map(width).collect();
            assert_eq!(widths, [columns.min(4096); 3]);
        }
    }

    #[test]
    fn depth_does_not_use_up_the_room() {
        let text = format!("{}1{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        for stream in [Stream::PIPE, terminal(80), terminal(NARROWEST)] {
            let text = boxed("deep", &text, &stream);
            assert!(text.contains(" 1. 1 "), "{text}");
            assert!(text.lines().all(|line| width(line) <= DEEPEST + 10));
        }
    }

    #[test]
    fn colour_tells_the_types_apart() {
        colored::control::set_override(true);
        let stream = Stream {
            color: true,
            ..terminal(80)
        };
        let text = boxed("t", r#"{"a": "x", "b": [1, true, null]}"#, &stream);
        for part in [
            "\u{1b}[2m╭─\u{1b}[0m \u{1b}[1mt\u{1b}[0m ",
            "\u{1b}[1;94ma:\u{1b}[0m \u{1b}[32mx\u{1b}[0m",
            "\u{1b}[2m1.\u{1b}[0m \u{1b}[35m1\u{1b}[0m",
            "\u{1b}[36myes\u{1b}[0m",
            "\u{1b}[2mnull\u{1b}[0m",
        ] {
            assert!(text.contains(part), "{part:?} in {text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_line_is_as_wide_as_the_box(
            title in hostile_text(),
            text in any_json(),
            columns in NARROWEST..120,
        ) {
            let text = boxed(&title, &text, &terminal(columns));
            let box_width = text.lines().next().map_or(0, width);
            prop_assert!(box_width <= columns);
            for line in text.lines() {
                prop_assert_eq!(width(line), box_width, "{}", text);
                prop_assert!(line.width() <= columns);
                prop_assert_eq!(escape(line), line);
            }
        }

        #[test]
        fn a_box_in_a_pipe_has_a_line_for_each_value(
            title in hostile_text(),
            names in prop::collection::vec(hostile_text(), 1..5),
        ) {
            let members: Vec<_> = names
                .iter()
                .map(|name| format!("{0}:{0}", serde_json::to_string(name).unwrap()))
                .collect();
            let text = boxed(&title, &format!("{{{}}}", members.join(",")), &Stream::PIPE);
            prop_assert_eq!(text.lines().count(), names.len() + 2);
            for line in text.lines() {
                prop_assert!(line.ends_with(['│', '╮', '╯']), "{}", text);
            }
        }
    }
}
