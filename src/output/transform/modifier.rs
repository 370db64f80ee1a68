//! The modifiers of GJSON: what `@name` and `@name:argument` make of a value.
//!
//! Each does what it does in the Go package, except that what would not be JSON is no match.
//! Left out are `@group`, and `@dig`, whose cost has no useful bound.

use std::collections::HashMap;

use super::path::{After, cut_enclosed, find_outside};
use super::{List, MAX_SIZE, NoMatch, Text, Value};
use crate::json::{Json, Kind, MAX_DEPTH, Token, Tokens, unquote};
use crate::output::json::{DEFAULT_LAYOUT, Layout, write_flat, write_laid_out};
use crate::terminal::Stream;

/// The names of all modifiers.
pub(super) const NAMES: [&str; 11] = [
    "this", "pretty", "ugly", "valid", "reverse", "keys", "values", "tostr", "fromstr", "flatten",
    "join",
];

/// A modifier as a path calls it.
pub(super) struct Call<'p> {
    name: &'p str,
    /// Empty where there is none.
    argument: &'p str,
    /// What follows the call.
    pub(super) after: After<'p>,
}

/// The name of the modifier that `path` begins with, and the rest of the path. `None` if it
/// begins otherwise, or there is no such modifier.
pub(super) fn named_by(path: &str) -> Option<(&str, &str)> {
    let called = path.strip_prefix('@')?;
    let (name, rest) = called.split_at(called.find(['.', '|', ':']).unwrap_or(called.len()));
    NAMES.contains(&name).then_some((name, rest))
}

/// The call that `path` begins with.
pub(super) fn call(path: &str) -> Option<Call<'_>> {
    let (name, rest) = named_by(path)?;
    let (argument, rest) = match rest.strip_prefix(':') {
        None => ("", rest),
        // Only an argument in brackets or quotes ends by itself; any other lasts to the pipe.
        Some(rest) if rest.starts_with(['{', '[', '"']) => cut_enclosed(rest).unwrap_or((rest, "")),
        Some(rest) => rest.split_at(find_outside(rest, &['|']).unwrap_or(rest.len())),
    };
    Some(Call {
        name,
        argument,
        after: After::parse(rest)?,
    })
}

/// What the modifier that is called makes of `json`; `None` if that is nothing.
pub(super) fn apply<'a>(call: &Call, json: Json<'a>) -> Result<Option<Value<'a>>, NoMatch> {
    let built = match (call.name, json.kind()) {
        ("pretty", _) => pretty(json, call.argument)?,
        ("ugly", _) => {
            let mut text = Text::default();
            write_flat(&mut text, &mut json.tokens(), b",", &Stream::PIPE)
                .map_err(|_| NoMatch::TooLarge)?;
            text.0
        }
        ("reverse", Kind::Array) => reversed(
            "[",
            json.elements().map(|value| [value.as_str(), "", ""]),
            "]",
        )?,
        ("reverse", Kind::Object) => reversed(
            "{",
            json.entries()
                .map(|(key, value)| [key, ":", value.as_str()]),
            "}",
        )?,
        ("keys", Kind::Object) => array(json.entries().map(|(key, _)| key))?,
        ("keys", Kind::Array) => array(json.elements().map(|_| "null"))?,
        ("keys", _) => "[null]".to_owned(),
        ("values", Kind::Object) => array(json.entries().map(|(_, value)| value.as_str()))?,
        ("values", kind) if kind != Kind::Array => array([json.as_str()])?,
        ("tostr", _) => quote(json.as_str())?,
        ("fromstr", Kind::String) => {
            let text = unquote(json.as_str());
            match Json::parse(&text) {
                Ok(json) => json.as_str().to_owned(),
                Err(_) => return Ok(None),
            }
        }
        ("flatten", Kind::Array) if flag(call.argument, "deep") => flatten_deep(json)?,
        ("flatten", Kind::Array) => flatten(json)?,
        ("join", Kind::Array) => join(json, flag(call.argument, "preserve"))?,
        ("fromstr", Kind::Null) => return Ok(None),
        // `this` and `valid`, and what leaves a value of this type as it is.
        _ => return Ok(Some(Value::Part(json))),
    };
    Ok(Some(Value::Built(built)))
}

/// Whether the object that `argument` spells says yes to `name`.
fn flag(argument: &str, name: &str) -> bool {
    let argument = Json::parse(argument).ok();
    argument
        .and_then(|argument| argument.get(name))
        .is_some_and(is_true)
}

/// Whether a value counts as true: `true`, a number other than 0, a string that says so.
pub(super) fn is_true(json: Json) -> bool {
    match json.kind() {
        Kind::Bool => json.as_str() == "true",
        Kind::Number => json.as_str().parse() != Ok(0.0),
        Kind::String => spells(json, ["1", "t", "true"]),
        _ => false,
    }
}

/// Whether a value counts as false: `false`, `null`, 0, a string that says so.
pub(super) fn is_false(json: Json) -> bool {
    match json.kind() {
        Kind::Bool => json.as_str() == "false",
        Kind::Number => json.as_str().parse() == Ok(0.0),
        Kind::String => spells(json, ["0", "f", "false"]),
        Kind::Null => true,
        _ => false,
    }
}

fn spells(json: Json, words: [&str; 3]) -> bool {
    let text = unquote(json.as_str());
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Indents `json`, by the options of Go's `pretty` package: `sortKeys`, `indent`, `prefix` and
/// `width`. Of `indent` and `prefix` only the white space counts, so that the result is JSON.
fn pretty(json: Json, argument: &str) -> Result<String, NoMatch> {
    let options = Json::parse(argument).ok();
    let option = |name| options.and_then(|options| options.get(name));
    let space = |name| {
        let text = option(name).and_then(Json::string)?;
        Some(text.replace(
            |character| !matches!(character, ' ' | '\t' | '\n' | '\r'),
            "",
        ))
    };
    let prefix = space("prefix").unwrap_or_default();
    let indent = space("indent");
    if indent
        .as_ref()
        .is_some_and(|indent| indent.len() > MAX_SIZE / MAX_DEPTH)
    {
        return Err(NoMatch::TooLarge);
    }
    let indentation = indent.as_ref().map(|indent| indent.repeat(MAX_DEPTH));
    let layout = Layout {
        width: option("width")
            .and_then(Json::integer)
            .map_or(DEFAULT_LAYOUT.width, |width| {
                usize::try_from(width).unwrap_or(0)
            }),
        prefix: prefix.as_bytes(),
        indent: indent.map_or(DEFAULT_LAYOUT.indent, |indent| indent.len()),
        indentation: indentation
            .as_ref()
            .map_or(DEFAULT_LAYOUT.indentation, |text| text.as_bytes()),
    };
    let sorted = if option("sortKeys").is_some_and(is_true) {
        Some(sort_keys(json)?)
    } else {
        None
    };
    let json = match &sorted {
        Some(text) => Json::parse(text).map_err(|_| NoMatch::TooDeep)?,
        None => json,
    };
    let mut text = Text::default();
    write_laid_out(&mut text, json, &layout, &Stream::PIPE).map_err(|_| NoMatch::TooLarge)?;
    Ok(text.0)
}

/// `json` with the members of every object in the order of their names.
fn sort_keys(json: Json) -> Result<String, NoMatch> {
    let mut sorted = Text::default();
    let mut tokens = json.tokens();
    if let Some(first) = tokens.next() {
        sort_value(first, &mut tokens, &mut sorted)?;
    }
    Ok(sorted.0)
}

/// Writes the value that begins with the token `first`. The document is read once, however deep it
/// is.
fn sort_value(first: Token, tokens: &mut Tokens, out: &mut Text) -> Result<(), NoMatch> {
    let (open, close) = match first {
        Token::Open(Kind::Object) => ("{", "}"),
        Token::Open(_) => ("[", "]"),
        Token::Scalar(text) => return out.push(text),
        Token::Key(_) | Token::Close(_) => return Ok(()),
    };
    out.push(open)?;
    let from = out.0.len();
    let mut members: Vec<Member> = Vec::new();
    while let Some(token) = tokens.next() {
        let start = out.0.len() - from;
        let separator = if start > 0 { "," } else { "" };
        match token {
            Token::Close(_) => break,
            Token::Key(key) => {
                out.push(separator)?;
                members.push(Member::new(start + separator.len(), key));
                out.push(key)?;
                out.push(":")?;
            }
            value => {
                // That of a member follows its colon.
                if members.is_empty() {
                    out.push(separator)?;
                }
                sort_value(value, tokens, out)?;
            }
        }
        if let Some(member) = members.last_mut() {
            member.end = small(out.0.len() - from);
        }
    }
    if !members.is_sorted_by(|one, other| {
        let text = &out.0[from..];
        unquote(one.name(text)) <= unquote(other.name(text))
    }) {
        let text = out.0.split_off(from);
        members.sort_by(|one, other| unquote(one.name(&text)).cmp(&unquote(other.name(&text))));
        let mut separator = "";
        for member in members {
            out.push(separator)?;
            out.push(member.text(&text))?;
            separator = ",";
        }
    }
    out.push(close)
}

/// Where a member stands in the text between the brackets of its object. In 32 bits, as an object
/// may have millions; no text is longer, see [`MAX_SIZE`].
struct Member {
    start: u32,
    colon: u32,
    end: u32,
}

impl Member {
    fn new(start: usize, key: &str) -> Self {
        let colon = small(start + key.len());
        Self {
            start: small(start),
            colon,
            end: colon,
        }
    }

    /// Its name, as it stands there.
    fn name<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start as usize..self.colon as usize)
            .unwrap_or_default()
    }

    /// All of it.
    fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The elements of an array, with those of the arrays in it in their place.
fn flatten(json: Json) -> Result<String, NoMatch> {
    let mut list = List::open("[")?;
    for element in json.elements() {
        if element.kind() == Kind::Array {
            for inner in element.elements() {
                list.push(&[inner.as_str()])?;
            }
        } else {
            list.push(&[element.as_str()])?;
        }
    }
    list.close("]")
}

/// The elements of an array, with those of the arrays in it, however deep, in their place.
fn flatten_deep(json: Json) -> Result<String, NoMatch> {
    let mut list = List::open("[")?;
    let mut tokens = json.tokens();
    loop {
        let here = tokens.clone();
        match tokens.next() {
            Some(Token::Open(Kind::Object)) => {
                tokens = here;
                let mut text = Text::default();
                write_flat(&mut text, &mut tokens, b",", &Stream::PIPE)
                    .map_err(|_| NoMatch::TooLarge)?;
                list.push(&[&text.0])?;
            }
            Some(Token::Scalar(text)) => list.push(&[text])?,
            Some(_) => {}
            None => return list.close("]"),
        }
    }
}

/// One object of the members of all objects in an array. Where a name occurs again, its last
/// value stands at its first place, unless `preserve` keeps them all.
fn join(json: Json, preserve: bool) -> Result<String, NoMatch> {
    let all = json.elements().flat_map(Json::entries);
    if preserve {
        return object(all);
    }
    let mut places = HashMap::new();
    let mut members: Vec<(&str, Json)> = Vec::new();
    for (key, value) in all {
        let place = *places.entry(unquote(key)).or_insert(members.len());
        match members.get_mut(place) {
            Some((_, last)) => *last = value,
            None => members.push((key, value)),
        }
    }
    object(members)
}

fn array<'a>(elements: impl IntoIterator<Item = &'a str>) -> Result<String, NoMatch> {
    let mut list = List::open("[")?;
    for element in elements {
        list.push(&[element])?;
    }
    list.close("]")
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json<'a>)>) -> Result<String, NoMatch> {
    let mut list = List::open("{")?;
    for (key, value) in members {
        list.push(&[key, ":", value.as_str()])?;
    }
    list.close("}")
}

/// The list of `items`, given in pieces, from the last to the first. Nothing is kept of them but
/// their text, which is written from its end to its start.
fn reversed<'a>(
    open: &str,
    items: impl Iterator<Item = [&'a str; 3]>,
    close: &str,
) -> Result<String, NoMatch> {
    let mut backwards = Vec::new();
    let mut push = |text: &str| backwards.extend(text.bytes().rev());
    push(close);
    for (number, [key, colon, value]) in items.enumerate() {
        if number > 0 {
            push(",");
        }
        [value, colon, key].into_iter().for_each(&mut push);
    }
    push(open);
    backwards.reverse();
    // It is no larger than what it was made of, which is text.
    String::from_utf8(backwards).map_err(|_| NoMatch::TooLarge)
}

/// `text` as a JSON string, escaped as Go does: also `<`, `>`, `&` and the line separators of
/// JavaScript.
pub(super) fn quote(text: &str) -> Result<String, NoMatch> {
    let mut quoted = Text::default();
    let mut rest = text;
    quoted.push("\"")?;
    while let Some((at, character)) = rest.char_indices().find(|&(_, c)| must_be_escaped(c)) {
        let (plain, from) = rest.split_at(at);
        quoted.push(plain)?;
        match character {
            '"' => quoted.push("\\\"")?,
            '\\' => quoted.push("\\\\")?,
            '\u{8}' => quoted.push("\\b")?,
            '\u{c}' => quoted.push("\\f")?,
            '\n' => quoted.push("\\n")?,
            '\r' => quoted.push("\\r")?,
            '\t' => quoted.push("\\t")?,
            _ => quoted.push(&format!("\\u{:04x}", u32::from(character)))?,
        }
        rest = from.get(character.len_utf8()..).unwrap_or_default();
    }
    quoted.push(rest)?;
    quoted.push("\"")?;
    Ok(quoted.0)
}

fn must_be_escaped(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}' | '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}'
    )
}
