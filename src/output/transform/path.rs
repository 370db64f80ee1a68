//! The grammar of a GJSON path: cuts it into components, selectors and queries. No JSON is read
//! here, and nothing recurses.
//!
//! Reference: SYNTAX.md of github.com/tidwall/gjson, and its Go source where that says nothing.

use std::borrow::Cow;

use super::modifier;
use crate::json::unquote;

/// What follows a component of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After<'p> {
    /// Nothing: its value is the result.
    End,
    /// A path into its value, or into every element where the component is a `#`.
    Dot(&'p str),
    /// A path that is applied to the result of all before it.
    Pipe(&'p str),
}

impl<'p> After<'p> {
    /// What `rest` says that stands after a component. A modifier or selector after a dot is
    /// applied to the result as after a pipe. `None` if it is neither empty nor a separator.
    pub(super) fn parse(rest: &'p str) -> Option<Self> {
        if let Some(path) = rest.strip_prefix('.') {
            let anew = path.starts_with(['[', '{']) || modifier::named_by(path).is_some();
            Some(if anew {
                Self::Pipe(path)
            } else {
                Self::Dot(path)
            })
        } else if let Some(path) = rest.strip_prefix('|') {
            Some(Self::Pipe(path))
        } else {
            rest.is_empty().then_some(Self::End)
        }
    }

    /// The path that follows, if one does.
    pub(super) fn path(self) -> Option<&'p str> {
        match self {
            Self::End => None,
            Self::Dot(path) | Self::Pipe(path) => Some(path),
        }
    }
}

/// Cuts the first component, a name or an index, off a path.
pub(super) fn component(path: &str) -> (&str, After<'_>) {
    let mut escaped = false;
    let end = path.find(|character| {
        let ends = !escaped && matches!(character, '.' | '|');
        escaped = !escaped && character == '\\';
        ends
    });
    let (name, rest) = path.split_at(end.unwrap_or(path.len()));
    (name, After::parse(rest).unwrap_or(After::End))
}

/// Text in which `*` stands for any characters, `?` for any one, and `\` takes the meaning from
/// the character after it.
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Exactly(char),
}

impl Pattern {
    /// Every text is a pattern; a single `\` at its end is left out.
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '*' if pieces.last() == Some(&Piece::Any) => {}
                '*' => pieces.push(Piece::Any),
                '?' => pieces.push(Piece::One),
                '\\' => pieces.extend(characters.next().map(Piece::Exactly)),
                _ => pieces.push(Piece::Exactly(character)),
            }
        }
        Self(pieces)
    }

    /// Whether all of `text` is what the pattern describes. Takes at most the product of both
    /// lengths in time, whatever they hold.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut at = 0;
        // Where to go on when a later piece fails: after the last `*`, one character further on.
        let mut retry = None;
        loop {
            let mut ahead = rest.clone();
            let fits = match (self.0.get(at), ahead.next()) {
                (Some(Piece::Any), _) => {
                    at += 1;
                    retry = Some((at, rest.clone()));
                    continue;
                }
                (None, None) => return true,
                (Some(Piece::One), Some(_)) => true,
                (Some(Piece::Exactly(expected)), Some(character)) => *expected == character,
                (Some(_), None) | (None, Some(_)) => false,
            };
            if fits {
                at += 1;
                rest = ahead;
                continue;
            }
            let Some((piece, start)) = &mut retry else {
                return false;
            };
            if start.next().is_none() {
                return false;
            }
            at = *piece;
            rest = start.clone();
        }
    }
}

/// The condition of `#(…)`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query<'p> {
    /// The path to what is compared; empty for the element itself.
    pub(super) path: &'p str,
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `%` (is like) or `!%`; empty to ask only whether there
    /// is such a value.
    pub(super) operator: &'p str,
    /// What to compare with.
    pub(super) value: Cow<'p, str>,
    /// Whether every element that meets it counts, not only the first.
    pub(super) all: bool,
}

/// Cuts a query off a path that begins with `#(` or, as older paths do, `#[`. `None` if the
/// bracket is not closed.
pub(super) fn query(path: &str) -> Option<(Query<'_>, After<'_>)> {
    let (condition, rest) = cut_bracket(path.get(1..)?)?;
    let (all, rest) = match rest.strip_prefix('#') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let after = match rest.strip_prefix('.') {
        Some(path) => After::Dot(path),
        None => After::parse(rest)?,
    };
    let start = find_outside(condition, &['!', '=', '<', '>', '%']);
    let (path, comparison) = condition.split_at(start.unwrap_or(condition.len()));
    let comparison = trim(comparison);
    let operator = ["!=", "!%", "<=", ">=", "==", "=", "<", ">", "%"]
        .into_iter()
        .find(|operator| comparison.starts_with(operator))
        .unwrap_or_default();
    let value = trim(comparison.get(operator.len()..)?);
    let query = Query {
        path: trim(path),
        operator: if operator == "==" { "=" } else { operator },
        value: if value.len() >= 2 && value.starts_with('"') && value.ends_with('"') {
            unquote(value)
        } else {
            Cow::Borrowed(value)
        },
        all,
    };
    Some((query, after))
}

/// One of the paths of a `[…]` or `{…}` path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selector<'p> {
    /// The name that the path gives its value, with quotes if it has them.
    pub(super) name: Option<&'p str>,
    /// The path to its value.
    pub(super) path: &'p str,
}

/// Cuts a `[…]` or `{…}` off a path: its selectors and what follows. `None` if it begins otherwise,
/// the bracket is not closed, or something other than a separator follows.
pub(super) fn selectors(path: &str) -> Option<(Vec<Selector<'_>>, After<'_>)> {
    if !path.starts_with(['[', '{']) {
        return None;
    }
    let named = path.starts_with('{');
    let (mut inner, rest) = cut_bracket(path)?;
    let after = After::parse(rest)?;
    let mut selectors = Vec::new();
    loop {
        let comma = find_outside(inner, &[',']);
        let (selector, following) = inner.split_at(comma.unwrap_or(inner.len()));
        selectors.push(match name_end(selector, named) {
            Some(colon) => Selector {
                name: selector.get(..colon),
                path: selector.get(colon + 1..)?,
            },
            None => Selector {
                name: None,
                path: selector,
            },
        });
        match following.strip_prefix(',') {
            Some(following) => inner = following,
            None => break,
        }
    }
    Some((selectors, after))
}

/// The place of the colon that ends the name of a selector, as opposed to one that starts the
/// argument of a modifier. At the very start, `@…:` is a name in an object (`{@id:id}`), where
/// names have a meaning, and a modifier in an array.
fn name_end(selector: &str, named: bool) -> Option<usize> {
    let colon = find_outside(selector, &[':'])?;
    let before = selector.get(..colon)?;
    let in_modifier = before.contains(".@")
        || before.contains("|@")
        || (!named && modifier::named_by(selector).is_some());
    (!in_modifier).then_some(colon)
}

/// The name that a selector without one gives its value: the last component of its path, or `_`
/// where that is not a plain name.
pub(super) fn implied_name(path: &str) -> &str {
    let mut ends = path.rmatch_indices(['.', '|']);
    let start = ends.find(|&(at, _)| !path.get(..at).is_some_and(|path| path.ends_with('\\')));
    let last = start.map_or(path, |(at, _)| path.get(at + 1..).unwrap_or_default());
    let plain = |character: char| character >= ' ' && !"[]{}()#|!".contains(character);
    if last.chars().all(plain) { last } else { "_" }
}

/// Cuts a path at the first `|` outside brackets: what is applied to each element, and what to
/// the whole.
pub(super) fn split_at_pipe(path: &str) -> (&str, Option<&str>) {
    match find_outside(path, &['|']) {
        Some(at) => (path.get(..at).unwrap_or(path), path.get(at + 1..)),
        None => (path, None),
    }
}

/// Cuts a bracket or string off the start of `text`: that with its delimiters, and what follows.
/// `None` if it is not closed.
pub(super) fn cut_enclosed(text: &str) -> Option<(&str, &str)> {
    let mut scan = Scan::default();
    let end = text.find(|character| {
        scan.step(character);
        scan.is_outside()
    })?;
    text.split_at_checked(end + 1)
}

/// Cuts a bracket off the start of `text`: what stands within, and what follows.
fn cut_bracket(text: &str) -> Option<(&str, &str)> {
    let (enclosed, rest) = cut_enclosed(text)?;
    Some((enclosed.get(1..enclosed.len() - 1)?, rest))
}

/// The place of the first of `characters` that stands outside brackets and strings and is not
/// escaped.
pub(super) fn find_outside(text: &str, characters: &[char]) -> Option<usize> {
    let mut scan = Scan::default();
    text.find(|character| {
        let outside = scan.is_outside();
        scan.step(character);
        outside && characters.contains(&character)
    })
}

/// A walk through a path that keeps count of brackets and strings.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    fn is_outside(&self) -> bool {
        self.depth == 0 && !self.in_string && !self.escaped
    }

    fn step(&mut self, character: char) {
        if self.escaped {
            self.escaped = false;
            return;
        }
        match character {
            '\\' => self.escaped = true,
            '"' => self.in_string = !self.in_string,
            '(' | '[' | '{' if !self.in_string => self.depth += 1,
            ')' | ']' | '}' if !self.in_string => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

/// Whether every bracket and string of a path is closed.
pub(super) fn is_closed(path: &str) -> bool {
    let mut scan = Scan::default();
    path.chars().for_each(|character| scan.step(character));
    scan.is_outside()
}

/// Cuts spaces and controls off both ends.
fn trim(text: &str) -> &str {
    text.trim_matches(|character| character <= ' ')
}
