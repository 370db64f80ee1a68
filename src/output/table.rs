//! Objects for people: a card for one file, a table with a row each for several.
//!
//! Both tell what the fields mean (sizes, dates, ages), not how the API spells them. On a
//! terminal nothing is wider than the terminal: a card wraps, a table cuts. In a pipe all is
//! complete and aligned, each field or file on its own line. So that this holds for every value,
//! line breaks and other control characters are shown escaped there too.

use std::borrow::Cow;
use std::io::{self, Write};

use jiff::Zoned;

use super::human::{Moment, in_bytes, size};
use super::is_plain_name;
use super::json::compact;
use super::layout::{Cell, Column, STAYS, write_fields, write_grid};
use crate::columns::{Style, cut_characters, is_blank, one_line, start_for};
use crate::files::object::Status;
use crate::json::{Json, Kind, unquote};
use crate::terminal::{Stream, begins_command, is_seen, seems_to_begin_with_label};

/// Writes one value for a person, ages as seen from `now`, in its time zone.
///
/// - A File object becomes a card with a line per field: the known fields first, then those the
///   API may have added since, as they are.
/// - Another object becomes a card of its members as they are.
/// - An array of objects becomes a table with a column for each name that occurs.
/// - Anything else becomes one line of compact JSON.
///
/// # Errors
/// Those of writing to `out`.
pub fn write_card(
    out: &mut impl Write,
    json: Json<'_>,
    stream: &Stream,
    now: &Zoned,
) -> io::Result<()> {
    if is_file(json) {
        return write_fields(out, || file_fields(json, stream, now), stream);
    }
    if let Some(columns) = union_of_names(json, stream) {
        let (names, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        // A row is read once, not once for each column: it may have megabytes.
        let cells = |row: Json| {
            let mut values = vec![None; names.len()];
            for (name, value) in row.members() {
                let at = names.iter().position(|known| *known == name);
                if let Some(place) = at.and_then(|at| values.get_mut(at)) {
                    *place = Some(value);
                }
            }
            let cell = |value| Cell::of(value, stream);
            values.into_iter().map(cell).collect()
        };
        return write_grid(out, &columns, || json.elements().map(cells), stream);
    }
    if json.members().next().is_some() {
        let fields = || json.entries().map(|member| as_it_is(member, stream));
        return write_fields(out, fields, stream);
    }
    writeln!(out, "{}", one_line(compact(json), stream))
}

/// The files of a table with a row for each: of each object a few hundred bytes, however large it
/// was.
#[derive(Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
    /// How many bytes of text they have.
    kept: usize,
}

impl Rows {
    /// Adds what the row of a File object shows.
    pub fn push(&mut self, file: Json<'_>) {
        /// How much text is kept before what is odd is shortened more, in bytes: that of a hundred
        /// thousand files and more.
        const MOST: usize = 16 << 20;
        /// The most of a field, in bytes: more than a path may have on Linux (`PATH_MAX`).
        const LONGEST: usize = 4096;
        /// The same beyond [`MOST`]: as many as a name may have on Linux (`NAME_MAX`).
        const SHORTER: usize = 255;
        let row = Row::new(file, if self.kept < MOST { LONGEST } else { SHORTER });
        self.kept += row.bytes_of_text();
        self.rows.push(row);
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes a header, then the rows, ages as seen from `now`.
    ///
    /// Where a terminal is too narrow, columns shrink, the file name first; then the least telling
    /// ones are left out, and a `…` after the header says so. ID and STATUS always stay.
    ///
    /// # Errors
    /// Those of writing to `out`.
    pub fn write(&self, out: &mut impl Write, stream: &Stream, now: &Zoned) -> io::Result<()> {
        let rows = || self.rows.iter().map(|row| row.cells(stream, now));
        write_grid(out, &file_columns(), rows, stream)
    }
}

/// What a table keeps of one file, in the order of [`file_columns`].
#[derive(Debug)]
struct Row([Field; 7]);

impl Row {
    /// What the row of a File object shows, of each field at most so many bytes.
    fn new(file: Json<'_>, longest: usize) -> Self {
        let text = |name| Field::text(file.get(name)).shortened(longest);
        let number = |name| Field::number(file.get(name)).shortened(longest);
        Self([
            text("id"),
            text("filename"),
            number("bytes"),
            text("purpose"),
            text("status"),
            number("created_at"),
            number("expires_at"),
        ])
    }

    fn bytes_of_text(&self) -> usize {
        let length = |field: &Field| match field {
            Field::Text(text) => text.len(),
            Field::Missing | Field::Number(_) => 0,
        };
        self.0.iter().map(length).sum()
    }

    fn cells(&self, stream: &Stream, now: &Zoned) -> Vec<Cell> {
        let [id, filename, bytes, purpose, status, created_at, expires_at] = &self.0;
        vec![
            Cell::text(id, stream),
            Cell::text(filename, stream),
            Cell::size(bytes, Length::Short, stream),
            Cell::text(purpose, stream),
            Cell::status(status, stream),
            Cell::created(created_at, Length::Short, stream, now),
            Cell::expires(expires_at, Length::Short, stream, now),
        ]
    }
}

/// The value of a field, lenient about its type.
#[derive(Debug)]
enum Field {
    /// Not there, or null.
    Missing,
    /// The whole number that the API has there.
    Number(i64),
    /// A string, decoded, or whatever else a server put there, as compact JSON.
    Text(Box<str>),
}

impl Field {
    fn text(json: Option<Json<'_>>) -> Self {
        match json {
            None => Self::Missing,
            Some(json) if json.kind() == Kind::Null => Self::Missing,
            Some(json) => Self::Text(plain(json).into()),
        }
    }

    fn number(json: Option<Json<'_>>) -> Self {
        match json.and_then(Json::integer) {
            Some(number) => Self::Number(number),
            None => Self::text(json),
        }
    }

    /// The field with at most so many bytes, and `…`.
    fn shortened(self, longest: usize) -> Self {
        match self {
            Self::Text(text) => {
                let ends = text.char_indices().map(|(at, it)| at + it.len_utf8());
                let kept = ends.take_while(|end| *end <= longest).count();
                Self::Text(cut_characters(&text, kept).into())
            }
            field => field,
        }
    }
}

/// How much a cell tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// The gist: `expired`.
    Short,
    /// All: `expired 2 days ago (2024-03-09 14:02:11 +01:00)`.
    Long,
}

impl Cell {
    fn missing() -> Self {
        Self::new("-", Style::Dim)
    }

    /// A value as it is.
    fn of(json: Option<Json<'_>>, stream: &Stream) -> Self {
        match json {
            None => Self::missing(),
            Some(json) if json.kind() == Kind::Null => Self::new("null", Style::Dim),
            Some(json) => Self::new(visible(plain(json), stream), Style::Plain),
        }
    }

    fn text(field: &Field, stream: &Stream) -> Self {
        match field {
            Field::Missing => Self::missing(),
            Field::Number(number) => Self::new(number.to_string(), Style::Plain),
            Field::Text(text) => Self::new(visible(text.as_ref(), stream), Style::Plain),
        }
    }

    fn size(bytes: &Field, length: Length, stream: &Stream) -> Self {
        let Field::Number(number) = bytes else {
            return Self::text(bytes, stream);
        };
        match (u64::try_from(*number), length) {
            (Err(_), _) => Self::text(bytes, stream),
            (Ok(bytes), Length::Long) if bytes < 1000 => Self::new(in_bytes(bytes), Style::Plain),
            (Ok(bytes), Length::Long) => {
                Self::new(size(bytes), Style::Plain).with_aside(&in_bytes(bytes))
            }
            (Ok(bytes), Length::Short) => Self::new(size(bytes), Style::Plain),
        }
    }

    fn status(status: &Field, stream: &Stream) -> Self {
        let Field::Text(text) = status else {
            return Self::text(status, stream);
        };
        let style = match Status::from(text.as_ref()) {
            Status::Processed => Style::Green,
            Status::Uploaded => Style::Yellow,
            // Not in the API reference; Azure OpenAI has it between the two.
            Status::Other(status) if status == "pending" => Style::Yellow,
            Status::Error | Status::Deleted => Style::Red,
            Status::Other(_) => Style::Plain,
        };
        Self::new(visible(text.as_ref(), stream), style)
    }

    fn created(seconds: &Field, length: Length, stream: &Stream, now: &Zoned) -> Self {
        let Some(Moment { date, age, .. }) = moment(seconds, now) else {
            return Self::text(seconds, stream);
        };
        match length {
            Length::Short => Self::new(age, Style::Plain),
            Length::Long => Self::new(date, Style::Plain).with_aside(&age),
        }
    }

    fn expires(seconds: &Field, length: Length, stream: &Stream, now: &Zoned) -> Self {
        if matches!(seconds, Field::Missing | Field::Number(0)) {
            return Self::new("never", Style::Plain);
        }
        let Some(Moment { date, age, past }) = moment(seconds, now) else {
            return Self::text(seconds, stream);
        };
        match (past, length) {
            (true, Length::Short) => Self::new("expired", Style::Red),
            (true, Length::Long) => {
                Self::new(format!("expired {age}"), Style::Red).with_aside(&date)
            }
            (false, Length::Short) => Self::new(age, Style::Plain),
            (false, Length::Long) => Self::new(age, Style::Plain).with_aside(&date),
        }
    }
}

fn moment(seconds: &Field, now: &Zoned) -> Option<Moment> {
    match seconds {
        Field::Number(seconds) => Moment::new(*seconds, now),
        Field::Missing | Field::Text(_) => None,
    }
}

/// A string decoded, any other value as compact JSON.
fn plain(json: Json<'_>) -> Cow<'_, str> {
    json.string().unwrap_or_else(|| compact(json).into())
}

/// `text` on one line, in quotes if nobody could see otherwise where it begins and ends, or if it would
/// be a command in a log, or a message of ours, where a line begins with it.
fn visible<'a>(text: impl Into<Cow<'a, str>>, stream: &Stream) -> Cow<'a, str> {
    let line = one_line(text, stream);
    if line.is_empty()
        || begins_command(&line)
        || seems_to_begin_with_label(&line)
        || line.starts_with(is_blank)
        || line.ends_with(is_blank)
        || has_gap(&line)
    {
        // In place: it may have megabytes.
        let mut quoted = line.into_owned();
        quoted.insert(0, '"');
        quoted.push('"');
        return Cow::Owned(quoted);
    }
    line
}

/// Whether there is room in `line`, behind something that is seen, as between two columns: a wide blank
/// (of those beside U+3000 Unicode says that they are letters), or more than one.
fn has_gap(line: &str) -> bool {
    let mut is_behind_blank = false;
    let mut characters = line.chars().skip_while(|character| !is_seen(*character));
    characters.any(|character| {
        let is_wide = matches!(character, '\u{3000}' | '\u{115f}' | '\u{3164}' | '\u{ffa0}');
        let is_more = is_blank(character) || !is_seen(character);
        let is_gap = is_wide || is_behind_blank && is_more;
        is_behind_blank = is_blank(character);
        is_gap
    })
}

/// Whether an object is a whole File object. Servers that do not name the type of their objects
/// are known by the fields that the API reference requires. A selection of some fields is no
/// file: what was left out would be shown as something the file does not have.
fn is_file(json: Json<'_>) -> bool {
    match json.get("object") {
        Some(object) => object.string().as_deref() == Some("file"),
        None => ["id", "bytes", "created_at", "filename"]
            .iter()
            .all(|name| json.get(name).is_some()),
    }
}

/// The labels of a card that do not come from the server.
const LABELS: [&str; 8] = [
    "ID", "Filename", "Size", "Purpose", "Status", "Details", "Created", "Expires",
];

/// The field of a card that shows a member as it is. A name that is no plain one stands there as
/// in the JSON text, and so does one of [`LABELS`]: no member looks like another, or like a line of
/// ours.
fn as_it_is<'a>((key, value): (&'a str, Json<'a>), stream: &Stream) -> (Cow<'a, str>, Cell) {
    let name = start_for(unquote(key), stream);
    let label = if is_plain_name(&name) && !LABELS.contains(&name.as_ref()) {
        name
    } else {
        one_line(start_for(key, stream), stream)
    };
    (label, Cell::of(Some(value), stream))
}

/// The fields of a card for a File object.
fn file_fields<'a>(
    json: Json<'a>,
    stream: &Stream,
    now: &Zoned,
) -> impl Iterator<Item = (Cow<'a, str>, Cell)> {
    /// The members that are shown in other words; the type says nothing new.
    const KNOWN: [&str; 9] = [
        "id",
        "object",
        "bytes",
        "created_at",
        "expires_at",
        "filename",
        "purpose",
        "status",
        "status_details",
    ];
    let text = |name| Field::text(json.get(name));
    let number = |name| Field::number(json.get(name));
    let mut fields = vec![
        ("ID".into(), Cell::text(&text("id"), stream)),
        ("Filename".into(), Cell::text(&text("filename"), stream)),
        (
            "Size".into(),
            Cell::size(&number("bytes"), Length::Long, stream),
        ),
        ("Purpose".into(), Cell::text(&text("purpose"), stream)),
        ("Status".into(), Cell::status(&text("status"), stream)),
    ];
    let details = text("status_details");
    if matches!(&details, Field::Text(words) if !words.is_empty()) {
        fields.push(("Details".into(), Cell::text(&details, stream)));
    }
    fields.push((
        "Created".into(),
        Cell::created(&number("created_at"), Length::Long, stream, now),
    ));
    fields.push((
        "Expires".into(),
        Cell::expires(&number("expires_at"), Length::Long, stream, now),
    ));
    let unknown = json
        .entries()
        .filter(|(key, _)| !KNOWN.contains(&unquote(key).as_ref()));
    fields
        .into_iter()
        .chain(unknown.map(|member| as_it_is(member, stream)))
}

/// The columns for files. The floors are what the usual content needs: `file-` and 22 or 24
/// characters, `fine-tune`, `processed`, `10 months ago`.
fn file_columns() -> [Column; 7] {
    let column = |title, floor, stays| Column {
        title: Cell::title(title),
        right_aligned: false,
        floor,
        shrinks: 1,
        stays,
    };
    [
        column("ID", 29, STAYS),
        Column {
            shrinks: 0,
            ..column("FILENAME", 16, 5)
        },
        Column {
            right_aligned: true,
            ..column("SIZE", 8, 3)
        },
        column("PURPOSE", 9, 1),
        column("STATUS", 9, STAYS),
        column("CREATED", 13, 2),
        column("EXPIRES", 12, 4),
    ]
}

/// The columns for an array of objects: the names of all members, in the order in which they
/// first occur, each with how it is shown. `None` if it is something else, or has so many names, or
/// so few members in so many rows, that it is no table.
fn union_of_names<'a>(json: Json<'a>, stream: &Stream) -> Option<Vec<(Cow<'a, str>, Column)>> {
    /// More columns fit on no terminal.
    const MOST: usize = 50;
    /// How many cells there may be however little text they come of. A member takes six bytes.
    const FEW: usize = 1 << 20;
    /// As wide as most names of fields.
    const FLOOR: usize = 8;
    let mut columns: Vec<(Cow<str>, Column)> = Vec::new();
    let mut rows = 0_usize;
    for element in json.elements() {
        rows += 1;
        if element.kind() != Kind::Object {
            return None;
        }
        for (name, value) in element.members() {
            let number = value.kind() == Kind::Number;
            if let Some((_, column)) = columns.iter_mut().find(|(known, _)| *known == name) {
                column.right_aligned &= number;
                continue;
            }
            if columns.len() == MOST {
                return None;
            }
            let column = Column {
                title: Cell::title(visible(start_for(name.as_ref(), stream), stream)),
                right_aligned: number,
                floor: FLOOR,
                shrinks: 0,
                stays: STAYS - columns.len(),
            };
            columns.push((name, column));
        }
    }
    let cells = rows.saturating_mul(columns.len());
    let is_table = !columns.is_empty() && cells <= FEW + json.as_str().len();
    is_table.then_some(columns)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::super::samples::{any_json, hostile_text, terminal};
    use super::*;
    use crate::columns::{ALIGNED, Measure, NARROWEST, width};
    use crate::terminal::escape;
    use crate::terminal::seems_to_hold_label;

    fn now() -> Zoned {
        "2026-03-09T14:02:11+01:00[+01:00]".parse().unwrap()
    }

    fn json(text: &str) -> Json<'_> {
        Json::parse(text).unwrap()
    }

    fn card(text: &str, stream: &Stream) -> String {
        let mut out = Vec::new();
        write_card(&mut out, json(text), stream, &now()).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn rows(files: &[&str], stream: &Stream) -> String {
        let mut rows = Rows::default();
        for file in files {
            rows.push(json(file));
        }
        let mut out = Vec::new();
        rows.write(&mut out, stream, &now()).unwrap();
        String::from_utf8(out).unwrap()
    }

    const PROCESSED: &str = r#"{"id": "file-abc123", "object": "file", "bytes": 120000,
        "created_at": 1709989331, "expires_at": 1773320531, "filename": "training.jsonl",
        "purpose": "fine-tune", "status": "processed", "status_details": null}"#;

    /// As much as a server may add, leave out or get wrong.
    const ODD: &str = r#"{"id": "file-6F2ksmvXxt4VdoqmHRw6kL", "object": "file", "bytes": null,
        "created_at": 9223372036854775807, "expires_at": "soon",
        "filename": "資料\n\u001b[31m.png ", "status": "quarantined", "status_details": "",
        "labels": {"team": "red", "n": [1, {}]}, "reviewed": null, "ratio": 1.50}"#;

    const FAILED: &str = r#"{"id": "file-x", "object": "file", "bytes": 17,
        "created_at": 1773057671, "expires_at": 1772888531, "filename": "a b.jsonl",
        "purpose": "batch", "status": "error", "status_details": "line 17 is not valid JSON"}"#;

    #[test]
    fn a_card_tells_what_the_fields_mean() {
        assert_eq!(
            card(PROCESSED, &Stream::PIPE),
            "ID        file-abc123
Filename  training.jsonl
Size      120 kB (120,000 bytes)
Purpose   fine-tune
Status    processed
Created   2024-03-09 14:02:11 +01:00 (2 years ago)
Expires   in 3 days (2026-03-12 14:02:11 +01:00)
"
        );
    }

    #[test]
    fn a_card_shows_why_and_when_it_was_over() {
        assert_eq!(
            card(FAILED, &Stream::PIPE),
            "ID        file-x
Filename  a b.jsonl
Size      17 bytes
Purpose   batch
Status    error
Details   line 17 is not valid JSON
Created   2026-03-09 13:01:11 +01:00 (1 hour ago)
Expires   expired 2 days ago (2026-03-07 14:02:11 +01:00)
"
        );
    }

    #[test]
    fn a_card_keeps_what_it_does_not_understand() {
        assert_eq!(
            card(ODD, &Stream::PIPE),
            r#"ID        file-6F2ksmvXxt4VdoqmHRw6kL
Filename  "資料\u000a\u001b[31m.png "
Size      -
Purpose   -
Status    quarantined
Created   9223372036854775807
Expires   soon
labels    {"team":"red","n":[1,{}]}
reviewed  null
ratio     1.50
"#
        );
    }

    #[test]
    fn a_table_that_would_be_nearly_empty_is_none() {
        let members: Vec<_> = (10..60).map(|name| format!("\"{name}\":1")).collect();
        let array = |rows| {
            let rows = ",{}".repeat(rows);
            format!("[{{{}}}{rows}]", members.join(","))
        };
        let lines = |text: &str| card(text, &Stream::PIPE).lines().count();
        assert_eq!(lines(&array(20_000)), 20_002);
        assert_eq!(lines(&array(30_000)), 1);
    }

    #[test]
    fn no_member_looks_like_a_line_of_ours_or_a_command() {
        let file = r#"{"object": "file", "Status": "processed", "Expires ": 1, "\u0053ize": 2,
            "ѕtatus": 3, "Status    processed": 4, "::error::x": "::error::x", "maxAge.v-1": 5}"#;
        let card = card(file, &Stream::PIPE);
        let (ours, theirs) = card.split_at(card.find("\"Status\"").unwrap());
        assert_eq!(ours.lines().count(), 7);
        assert_eq!(
            theirs,
            r#""Status"               processed
"Expires "             1
"\u0053ize"            2
"ѕtatus"               3
"Status    processed"  4
"::error::x"           "::error::x"
maxAge.v-1             5
"#
        );
        assert_eq!(
            rows(&[r#"{"id": "::error::x"}"#], &Stream::PIPE)
                .lines()
                .nth(1)
                .unwrap()
                .split("  ")
                .next(),
            Some("\"::error::x\"")
        );
        let file = r#"{"filename": "a name that fills a line ::error::x"}"#;
        assert_eq!(
            self::card(file, &terminal(40)),
            "filename  a name that fills a line\n          \\u003a:error::x\n"
        );
    }

    #[test]
    fn no_line_begins_like_one_of_ours() {
        let forged = "error: no such file `x` (HTTP 404)";
        for unseen in [
            "",
            " ",
            "\u{fe0f}",
            "\u{e0101}",
            "\u{200b}",
            "\u{301}",
            "\u{1161}",
            "\u{378}",
        ] {
            let file = format!(r#"{{"id": "{unseen}{forged}"}}"#);
            let rows = rows(&[&file], &Stream::PIPE);
            assert!(
                rows.contains(&format!("\n\"{unseen}{forged}\"  ")),
                "{rows}"
            );
        }
        // A label that is too long goes on indented.
        for blanks in [" ", "\u{a0}", "\u{3000}"] {
            let label = format!("{}{blanks}{forged}", "x".repeat(34));
            let text = format!(r#"{{"object": "file", "{label}": 1}}"#);
            let card = card(&text, &terminal(40));
            let start = format!("\"{}\n    error: no such file", "x".repeat(34));
            assert!(card.contains(&start), "{card}");
        }
        // Nor does one that a terminal breaks, since it gives some characters more room than others;
        // it does not begin like a field either.
        for wide in ["\u{9be}", "\u{487}", "±"] {
            let wides = wide.repeat(29);
            let file = format!(r#"{{"object": "file", "filename": "a{wides}{forged}"}}"#);
            let card = card(&file, &terminal(40));
            let start = format!(
                "Filename  a{}\n          {}\n          error: no such file",
                &wides[..14 * wide.len()],
                &wides[14 * wide.len()..]
            );
            assert!(card.contains(&start), "{card}");
            assert!(card.lines().all(|line| Measure::MOST.width(line) <= 40));
            let file =
                format!(r#"{{"id": "{wides}", "filename": "{wides}", "purpose": "{forged}"}}"#);
            let rows = rows(&[&file], &terminal(100));
            assert!(
                rows.contains(&format!("\n{}…  ", &wides[..13 * wide.len()])),
                "{rows}"
            );
            fits(&rows, 100).unwrap();
        }
    }

    #[test]
    fn no_name_fills_the_columns_behind_it() {
        for (name, is_quoted) in [
            ("a b.jsonl", false),
            ("a.jsonl  1.2 kB  batch", true),
            ("a.jsonl\u{a0} 1.2 kB", true),
            ("a.jsonl\u{3000}1.2 kB", true),
            ("a.jsonl\u{3164}1.2 kB", true),
            ("a.jsonl \u{fe0f} 1.2 kB", true),
            ("\u{2764}\u{fe0f} b.jsonl", false),
            ("a.jsonl\u{2800}", true),
            (
                "a.jsonl\u{1d159}\u{13441}1.2 kB\u{13442}\u{13442}batch",
                true,
            ),
        ] {
            let file = format!(r#"{{"object": "file", "filename": "{name}"}}"#);
            let shown = rows(&[&file], &Stream::PIPE);
            let quoted = format!("  \"{name}\"  ");
            assert_eq!(shown.contains(&quoted), is_quoted, "{shown}");
        }
    }

    #[test]
    fn never_is_said_in_words() {
        for never in ["", r#", "expires_at": null"#, r#", "expires_at": 0"#] {
            let card = card(&format!(r#"{{"object": "file"{never}}}"#), &Stream::PIPE);
            assert!(card.ends_with("\nExpires   never\n"), "{card}");
        }
    }

    #[test]
    fn numbers_that_mean_nothing_are_shown_as_they_are() {
        for number in ["-1", "1.5", "1e300", "18446744073709551616"] {
            let file = format!(
                r#"{{"object": "file", "bytes": {number}, "created_at": {number}, "expires_at": {number}}}"#
            );
            assert_eq!(
                card(&file, &Stream::PIPE),
                format!(
                    "ID        -\nFilename  -\nSize      {number}\nPurpose   -\nStatus    -\n\
                     Created   {number}\nExpires   {number}\n"
                )
            );
        }
    }

    #[test]
    fn a_card_wraps_on_a_narrow_terminal() {
        let long = format!(
            r#"{{"id": "i", "object": "file", "bytes": 1, "created_at": 1709989331,
                "filename": "{}", "status_details": "a line of some words that wraps",
                "a_name_that_is_too_long_for_a_label": 1}}"#,
            "資料x".repeat(10)
        );
        assert_eq!(
            card(&long, &terminal(40)),
            "ID        i
Filename  資料x資料x資料x資料x資料x資料x
          資料x資料x資料x資料x
Size      1 byte
Purpose   -
Status    -
Details   a line of some words that
          wraps
Created   2024-03-09 14:02:11 +01:00
          (2 years ago)
Expires   never
a_name_that_is_too_long_for_a_label
          1
"
        );
    }

    #[test]
    fn colour_only_repeats_what_is_said() {
        colored::control::set_override(true);
        let coloured = Stream {
            color: true,
            ..terminal(80)
        };
        let colours = [
            ("processed", "\u{1b}[32mprocessed\u{1b}[0m"),
            ("uploaded", "\u{1b}[33muploaded\u{1b}[0m"),
            ("pending", "\u{1b}[33mpending\u{1b}[0m"),
            ("error", "\u{1b}[31merror\u{1b}[0m"),
            ("deleted", "\u{1b}[31mdeleted\u{1b}[0m"),
            ("quarantined", "quarantined"),
        ];
        for (status, shown) in colours {
            let file = format!(r#"{{"object": "file", "status": "{status}"}}"#);
            let card = card(&file, &coloured);
            let line = format!("\n\u{1b}[1mStatus\u{1b}[0m    {shown}\n");
            assert!(card.contains(&line), "{card}");
        }
        assert!(!card(PROCESSED, &terminal(80)).contains('\u{1b}'));
    }

    #[test]
    fn servers_that_name_no_type_are_known_by_their_fields() {
        let file = r#"{"id": "x", "bytes": 1, "created_at": 0, "filename": "f"}"#;
        assert!(card(file, &Stream::PIPE).starts_with("ID        x\n"));
        // A selection is not a file without the rest.
        assert_eq!(
            card(r#"{"id": "x", "bytes": 1}"#, &Stream::PIPE),
            "id     x\nbytes  1\n"
        );
        assert_eq!(
            card(r#"{"object": "file.deleted", "id": "x"}"#, &Stream::PIPE),
            "object  file.deleted\nid      x\n"
        );
    }

    #[test]
    fn other_values_are_cards_tables_or_lines() {
        let pipe = |text| card(text, &Stream::PIPE);
        assert_eq!(
            pipe(r#"{"a": "x", "long name": null, "": ""}"#),
            "a            x\n\"long name\"  null\n\"\"           \"\"\n"
        );
        assert_eq!(
            pipe(r#"[{"id": "a", "n": 1}, {"n": 22, "x": [ 1 ]}, {}]"#),
            "id   n  x\n\
             a    1  -\n\
             -   22  [1]\n\
             -    -  -\n"
        );
        assert_eq!(pipe(r#"[{"a": 1, "b": 2, "a": 3}]"#), "a  b\n3  2\n");
        for (value, line) in [
            (r#" "a\u0009b" "#, "\"a\\u0009b\""),
            (
                "[ 1, [true , {\"a\" : null , \"b\":[]}]]",
                "[1,[true,{\"a\":null,\"b\":[]}]]",
            ),
            ("[{\"a\": 1}, 2]", "[{\"a\":1},2]"),
            ("[{}, {}]", "[{},{}]"),
            ("{ }", "{}"),
            ("[ ]", "[]"),
            ("null", "null"),
        ] {
            assert_eq!(pipe(value), format!("{line}\n"));
        }
    }

    #[test]
    fn a_table_of_too_many_columns_is_a_line() {
        let objects: Vec<_> = (0..51).map(|n| format!("{{\"k{n}\":{n}}}")).collect();
        let table = format!("[{}]", objects[..50].join(","));
        assert_eq!(card(&table, &Stream::PIPE).lines().count(), 51);
        let line = format!("[{}]", objects.join(","));
        assert_eq!(card(&line, &Stream::PIPE), format!("{line}\n"));
    }

    #[test]
    fn files_are_rows() {
        assert_eq!(
            rows(&[PROCESSED, ODD, FAILED], &Stream::PIPE),
            r#"ID                           FILENAME                       SIZE  PURPOSE    STATUS       CREATED              EXPIRES
file-abc123                  training.jsonl               120 kB  fine-tune  processed    2 years ago          in 3 days
file-6F2ksmvXxt4VdoqmHRw6kL  "資料\u000a\u001b[31m.png "       -  -          quarantined  9223372036854775807  soon
file-x                       a b.jsonl                      17 B  batch      error        1 hour ago           expired
"#
        );
    }

    #[test]
    fn a_narrow_terminal_gets_what_matters_most() {
        let table = |width| rows(&[PROCESSED, ODD, FAILED], &terminal(width));
        assert_eq!(
            table(80),
            r#"ID                           FILENAME               SIZE  STATUS       EXPIRES …
file-abc123                  training.jsonl       120 kB  processed    in 3 days
file-6F2ksmvXxt4VdoqmHRw6kL  "資料\u000a\u001b[…       -  quarantined  soon
file-x                       a b.jsonl              17 B  error        expired
"#
        );
        assert_eq!(
            table(40),
            "ID                           STATUS …
file-abc123                  processed
file-6F2ksmvXxt4VdoqmHRw6kL  quarantined
file-x                       error
"
        );
        assert_eq!(
            table(20),
            "ID         STATUS …
file-abc…  processed
file-6F2…  quaranti…
file-x     error
"
        );
    }

    #[test]
    fn rows_are_small() {
        let name = "😀".repeat(1030);
        let giant = ["id", "filename", "bytes", "purpose", "status", "created_at"]
            .map(|field| format!("\"{field}\": \"{name}\""));
        let giant = format!("{{{}}}", giant.join(", "));
        let mut rows = Rows::default();
        rows.push(json(&giant));
        let filename = |Row([_, filename, ..]): &Row| match filename {
            Field::Text(kept) => kept.len(),
            _ => 0,
        };
        assert_eq!(filename(&rows.rows[0]), 4096 + "…".len());
        for _ in 0..800 {
            rows.push(json(&giant));
        }
        assert!(rows.kept < 17 << 20, "{} bytes", rows.kept);
        rows.push(json(PROCESSED));
        assert_eq!(filename(&rows.rows[800]), 252 + "…".len());
        assert_eq!(filename(&rows.rows[801]), "training.jsonl".len());
    }

    #[test]
    fn giant_names_are_written_for_all_that() {
        let name = "n".repeat(100_000);
        let object = format!(r#"{{"{name}": 1, "b": 2}}"#);
        for text in [&object, &format!("[{object}]")] {
            assert!(card(text, &Stream::PIPE).contains(&name));
            fits(&card(text, &terminal(80)), 80).unwrap();
            fits(&card(text, &terminal(1_000_000)), 1_000_000).unwrap();
        }
    }

    #[test]
    fn one_giant_value_does_not_widen_every_line() {
        let name = "n".repeat(1000);
        let file = format!(r#"{{"id": "x", "filename": "{name}"}}"#);
        let table = rows(&[&file, PROCESSED], &Stream::PIPE);
        let widths: Vec<_> = table.lines().map(str::len).collect();
        assert!(widths[1] > 1000 && table.contains(&name));
        assert!(widths[0] < ALIGNED + 100 && widths[2] < ALIGNED + 100);
    }

    #[test]
    fn a_table_of_much_padding_and_little_text_is_not_aligned() {
        let names: Vec<_> = (10..60)
            .map(|n| format!("{n}{}", "k".repeat(318)))
            .collect();
        let members: Vec<_> = names.iter().map(|name| format!("\"{name}\":1")).collect();
        let table = |rows| {
            let array = format!("[{{{}}}{}]", members.join(","), ",{}".repeat(rows));
            card(&array, &Stream::PIPE)
        };
        let header = names.join("  ") + "\n";
        let aligned = table(20);
        assert!(aligned.starts_with(&header));
        assert!(aligned.lines().all(|line| line.len() == header.len() - 1));
        // Larger than this by two thousand rows of sixteen thousand columns.
        assert_eq!(
            table(2000),
            format!(
                "{header}1{}\n{}",
                "  1".repeat(49),
                format!("-{}\n", "  -".repeat(49)).repeat(2000)
            )
        );
        // On a terminal no line is long.
        fits(
            &card(
                &format!("[{{{}}}{}]", members.join(","), ",{}".repeat(2000)),
                &terminal(80),
            ),
            80,
        )
        .unwrap();
    }

    proptest! {
        #[test]
        fn any_object_and_any_table_fit_a_terminal(
            values in prop::collection::vec((hostile_text(), any_json()), 1..5),
            width in NARROWEST..120,
        ) {
            let members: Vec<_> = values
                .iter()
                .map(|(name, value)| format!("{}:{value}", serde_json::to_string(name).unwrap()))
                .collect();
            let object = format!("{{{}}}", members.join(","));
            fits(&card(&object, &terminal(width)), width)?;
            let objects = format!("[{object},{{{}}}]", members[0]);
            fits(&card(&objects, &terminal(width)), width)?;
        }

        #[test]
        fn a_card_of_any_file_fits_a_terminal(file in any_file(), width in NARROWEST..120) {
            let card = card(&file, &terminal(width));
            prop_assert!(card.starts_with("ID "));
            fits(&card, width)?;
        }

        #[test]
        fn a_card_has_a_line_per_field_in_a_pipe(file in any_file()) {
            let lines = card(&file, &Stream::PIPE).lines().count();
            prop_assert!((7..=8).contains(&lines));
        }

        #[test]
        fn rows_fit_a_terminal_and_align(
            files in prop::collection::vec(any_file(), 0..6),
            width in NARROWEST..200,
        ) {
            let files: Vec<_> = files.iter().map(String::as_str).collect();
            let table = rows(&files, &terminal(width));
            prop_assert_eq!(table.lines().count(), files.len() + 1);
            fits(&table, width)?;
            // A row that could look like a message of ours is measured otherwise.
            if !files.iter().any(|file| seems_to_hold_label(file)) {
                aligns(&table)?;
            }
            let header = table.lines().next().unwrap_or_default();
            prop_assert!(header.starts_with("ID") && header.contains("STATUS"));
        }

        #[test]
        fn rows_align_in_a_pipe(files in prop::collection::vec(any_file(), 0..6)) {
            let files: Vec<_> = files.iter().map(String::as_str).collect();
            let table = rows(&files, &Stream::PIPE);
            prop_assert_eq!(table.lines().count(), files.len() + 1);
            aligns(&table)?;
        }
    }

    /// Every line is at most `columns` wide, on any terminal if it may look like one of ours (but for
    /// the mark of what was left out), ends in no space and holds nothing unsafe.
    fn fits(text: &str, columns: usize) -> Result<(), TestCaseError> {
        for line in text.lines() {
            let measure = Measure::of([line], &terminal(columns));
            let text = line.strip_suffix(" …").unwrap_or(line);
            prop_assert!(measure.width(text) <= columns, "{:?} in {}", line, columns);
            prop_assert!(line.width() <= columns, "{:?} in {}", line, columns);
            prop_assert!(!line.ends_with(' '), "{:?}", line);
            prop_assert_eq!(escape(line), line);
        }
        Ok(())
    }

    /// Every row has a gap, then a cell where the header has a title that is aligned left.
    fn aligns(table: &str) -> Result<(), TestCaseError> {
        let header = table.lines().next().unwrap_or_default();
        for title in ["FILENAME", "PURPOSE", "STATUS", "CREATED", "EXPIRES"] {
            let Some(column) = header.find(title) else {
                continue;
            };
            for row in table.lines().skip(1) {
                let starts = row.char_indices().any(|(at, character)| {
                    character != ' ' && row[..at].ends_with("  ") && width(&row[..at]) == column
                });
                prop_assert!(starts, "{} in {:?}", title, row);
            }
        }
        Ok(())
    }

    /// A File object with any value in any field.
    fn any_file() -> impl Strategy<Value = String> {
        let field = |usual: &'static str| {
            prop_oneof![
                4 => usual.prop_map(|value: String| value),
                // A combining mark at the start would join the gap before it.
                2 => hostile_text().prop_map(|text| {
                    serde_json::to_string(&format!("a{text}")).unwrap()
                }),
                1 => any::<i64>().prop_map(|number| number.to_string()),
                1 => Just("null".to_owned()),
                1 => Just("[\"a\", {}]".to_owned()),
            ]
        };
        (
            field("\"file-[0-9A-Za-z]{3,24}\""),
            field("\"[a-z ]{0,80}\\.jsonl\""),
            field("[1-9][0-9]{0,18}"),
            field("\"(fine-tune|assistants_output|batch)\""),
            field("\"(uploaded|processed|error|deleted|new)\""),
            field("1[0-9]{9}"),
            field("(0|1[0-9]{9})"),
        )
            .prop_map(
                |(id, filename, bytes, purpose, status, created_at, expires_at)| {
                    format!(
                        r#"{{"object": "file", "id": {id}, "filename": {filename},
                        "bytes": {bytes}, "purpose": {purpose}, "status": {status},
                        "created_at": {created_at}, "expires_at": {expires_at}}}"#
                    )
                },
            )
    }
}
