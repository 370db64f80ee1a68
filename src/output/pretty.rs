//! Any JSON value as a titled box of `key: value` lines.
//!
//! Members stand below their key, indented; elements are numbered; strings have no quotes. On a
//! terminal the box is at most as wide as the terminal and long values are cut. In a pipe nothing
//! is cut: the few lines that are too wide to be aligned with reach over the border.

use std::borrow::Cow;
use std::io::{self, Write};

use super::columns::{ALIGNED, Style, cut, limit, one_line, width};
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
    let content = Lines::new(json)
        .map(|line| line.fitted(room, stream).width())
        .chain([width(&title) + INDENT])
        .map(|columns| columns.min(room.unwrap_or(ALIGNED)))
        .max()
        .unwrap_or(0);

    let border = |text: &str| Style::Dim.paint(text, stream);
    let title = cut(&title, content - INDENT);
    let rest = "─".repeat(content - INDENT - width(&title) + 1);
    write!(out, "{} ", border("╭─"))?;
    write!(out, "{} ", Style::Bold.paint(&title, stream))?;
    writeln!(out, "{}", border(&format!("{rest}╮")))?;
    for line in Lines::new(json) {
        let line = line.fitted(room, stream);
        let padding = content.saturating_sub(line.width());
        write!(out, "{} ", border("│"))?;
        line.write(out, stream)?;
        writeln!(out, "{:padding$} {}", "", border("│"))?;
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
                let key = unquote(key);
                (format!("{}:", one_line(&key, stream)).into(), Style::Blue)
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
            fitted.cut(room - indent);
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
            Self::Scalar("true") => ("yes".into(), Style::Magenta),
            Self::Scalar("false") => ("no".into(), Style::Magenta),
            Self::Scalar(text) if text.starts_with('"') => {
                let text = match unquote(text) {
                    Cow::Borrowed(text) => one_line(text, stream),
                    Cow::Owned(text) => one_line(&text, stream).into_owned().into(),
                };
                (text, Style::Green)
            }
            Self::Scalar(number) => (number.into(), Style::Yellow),
        }
    }
}

/// A line as it is written.
struct Fitted<'a> {
    indent: usize,
    label: Option<(Cow<'a, str>, Style)>,
    value: Option<(Cow<'a, str>, Style)>,
}

impl Fitted<'_> {
    /// Cuts label and value to `room` columns together; the value first, down to half of them.
    fn cut(&mut self, room: usize) {
        let of =
            |part: &Option<(Cow<str>, Style)>| part.as_ref().map_or(0, |(text, _)| width(text));
        let gap = usize::from(self.label.is_some() && self.value.is_some());
        let room = room - gap;
        let label = of(&self.label).min(room - of(&self.value).min(room / 2));
        for (part, columns) in [(&mut self.label, label), (&mut self.value, room - label)] {
            if let Some((text, _)) = part
                && let Cow::Owned(short) = cut(text, columns)
            {
                *text = short.into();
            }
        }
    }

    fn width(&self) -> usize {
        let part =
            |part: &Option<(Cow<str>, Style)>| part.as_ref().map_or(0, |(text, _)| width(text));
        let gap = usize::from(self.label.is_some() && self.value.is_some());
        self.indent + part(&self.label) + gap + part(&self.value)
    }

    fn write(&self, out: &mut impl Write, stream: &Stream) -> io::Result<()> {
        let indent = self.indent;
        write!(out, "{:indent$}", "")?;
        if let Some((text, style)) = &self.label {
            write!(out, "{}", style.paint(text, stream))?;
        }
        if self.label.is_some() && self.value.is_some() {
            write!(out, " ")?;
        }
        if let Some((text, style)) = &self.value {
            write!(out, "{}", style.paint(text, stream))?;
        }
        Ok(())
    }
}
