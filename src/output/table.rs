//! Objects for people: a card for one file, a table with a row each for several.
//!
//! Both tell what the fields mean (sizes, dates, ages), not how the API spells them. On a
//! terminal nothing is wider than the terminal: a card wraps, a table cuts. In a pipe all is
//! complete and aligned, each field or file on its own line. So that this holds for every value,
//! line breaks and other control characters are shown escaped there too.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io::{self, Write};

use jiff::Zoned;

use super::columns::{ALIGNED, Style, cut, limit, one_line, width, wrap};
use super::human::{Moment, in_bytes, size};
use crate::files::object::Status;
use crate::json::{Json, Kind, Token};
use crate::terminal::Stream;

/// The space between two columns, in columns.
const GAP: usize = 2;

/// What stands for columns that a terminal has no room for, after a gap of one.
const LEFT_OUT: &str = "…";

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
        return write_fields(out, &file_fields(json, stream, now), stream);
    }
    if let Some(columns) = union_of_names(json, stream) {
        let (names, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let rows: Vec<_> = json.elements().collect();
        let cells = |row: &Json| {
            let cell = |name: &Cow<str>| Cell::of(row.get(name), stream);
            names.iter().map(cell).collect()
        };
        return write_grid(out, &columns, &rows, cells, stream);
    }
    let fields: Vec<_> = json
        .members()
        .map(|(name, value)| {
            let label = visible(&name, stream).into_owned();
            (label.into(), Cell::of(Some(value), stream))
        })
        .collect();
    if fields.is_empty() {
        return writeln!(out, "{}", one_line(&compact(json), stream));
    }
    write_fields(out, &fields, stream)
}

/// Writes several files as a table: a header, then a row for each, ages as seen from `now`.
///
/// Where a terminal is too narrow, columns shrink, the file name first; then the least telling
/// ones are left out, and a `…` after the header says so. ID and STATUS always stay.
///
/// # Errors
/// Those of writing to `out`.
pub fn write_rows(
    out: &mut impl Write,
    files: &[Row],
    stream: &Stream,
    now: &Zoned,
) -> io::Result<()> {
    let cells = |row: &Row| row.cells(stream, now);
    write_grid(out, &file_columns(), files, cells, stream)
}

/// What a table keeps of one file: a few hundred bytes, however large the object was.
#[derive(Clone, Debug)]
pub struct Row {
    id: Field,
    filename: Field,
    bytes: Field,
    purpose: Field,
    status: Field,
    created_at: Field,
    expires_at: Field,
}

impl Row {
    /// Takes from a File object what its row shows.
    #[must_use]
    pub fn new(file: Json<'_>) -> Self {
        let text = |name| Field::text(file.get(name)).shortened();
        let number = |name| Field::number(file.get(name)).shortened();
        Self {
            id: text("id"),
            filename: text("filename"),
            bytes: number("bytes"),
            purpose: text("purpose"),
            status: text("status"),
            created_at: number("created_at"),
            expires_at: number("expires_at"),
        }
    }

    /// In the order of [`file_columns`].
    fn cells(&self, stream: &Stream, now: &Zoned) -> Vec<Cell> {
        vec![
            Cell::text(&self.id, stream),
            Cell::text(&self.filename, stream),
            Cell::size(&self.bytes, Length::Short, stream),
            Cell::text(&self.purpose, stream),
            Cell::status(&self.status, stream),
            Cell::created(&self.created_at, Length::Short, stream, now),
            Cell::expires(&self.expires_at, Length::Short, stream, now),
        ]
    }
}

/// The value of a field, lenient about its type.
#[derive(Clone, Debug)]
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

    /// The field without what no name and no number is long enough for.
    fn shortened(self) -> Self {
        /// The longest path of Linux (`PATH_MAX`), in bytes.
        const LONGEST: usize = 4096;
        match self {
            Self::Text(text) if text.len() > LONGEST => {
                Self::Text(format!("{}…", &text[..text.floor_char_boundary(LONGEST)]).into())
            }
            short => short,
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

/// What is shown of one value: one line of text, and how.
struct Cell {
    text: String,
    style: Style,
    /// The same in other words, in parentheses; only a card has room for it.
    aside: Option<String>,
}

impl Cell {
    fn new(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
            aside: None,
        }
    }

    fn with_aside(self, aside: &str) -> Self {
        Self {
            aside: Some(format!("({aside})")),
            ..self
        }
    }

    fn missing() -> Self {
        Self::new("-", Style::Dim)
    }

    /// A value as it is.
    fn of(json: Option<Json<'_>>, stream: &Stream) -> Self {
        match json {
            None => Self::missing(),
            Some(json) if json.kind() == Kind::Null => Self::new("null", Style::Dim),
            Some(json) => Self::new(visible(&plain(json), stream), Style::Plain),
        }
    }

    fn text(field: &Field, stream: &Stream) -> Self {
        match field {
            Field::Missing => Self::missing(),
            Field::Number(number) => Self::new(number.to_string(), Style::Plain),
            Field::Text(text) => Self::new(visible(text, stream), Style::Plain),
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
        Self::new(visible(text, stream), style)
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

/// `json` without the white space between its tokens.
fn compact(json: Json<'_>) -> String {
    let mut text = String::with_capacity(json.as_str().len());
    let mut after_value = false;
    for token in json.tokens() {
        let closes = matches!(token, Token::Close(_));
        if after_value && !closes {
            text.push(',');
        }
        after_value = closes || matches!(token, Token::Scalar(_));
        match token {
            Token::Open(Kind::Object) => text.push('{'),
            Token::Open(_) => text.push('['),
            Token::Close(Kind::Object) => text.push('}'),
            Token::Close(_) => text.push(']'),
            Token::Key(key) => text.extend([key, ":"]),
            Token::Scalar(scalar) => text.push_str(scalar),
        }
    }
    text
}

/// `text` on one line, in quotes if its edges would not be seen otherwise.
fn visible<'a>(text: &'a str, stream: &Stream) -> Cow<'a, str> {
    let line = one_line(text, stream);
    if line.is_empty()
        || line.starts_with(char::is_whitespace)
        || line.ends_with(char::is_whitespace)
    {
        return Cow::Owned(format!("\"{line}\""));
    }
    line
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

/// The lines of a card for a File object.
fn file_fields(json: Json<'_>, stream: &Stream, now: &Zoned) -> Vec<(Cow<'static, str>, Cell)> {
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
    fields.extend(
        json.members()
            .filter(|(name, _)| !KNOWN.contains(&name.as_ref()))
            .map(|(name, value)| {
                let label = visible(&name, stream).into_owned();
                (label.into(), Cell::of(Some(value), stream))
            }),
    );
    fields
}

/// Writes a card: labels on the left, values on the right. Where a value needs several lines they
/// stay right of the labels. A label too wide to be aligned with takes a line of its own.
fn write_fields(
    out: &mut impl Write,
    fields: &[(Cow<'_, str>, Cell)],
    stream: &Stream,
) -> io::Result<()> {
    /// The widest label that values are aligned with on a terminal, in columns: wide enough for
    /// the longest name in the API reference, `status_details`.
    const WIDEST_LABEL: usize = 24;
    let limit = limit(stream);
    let widest_label = limit.map_or(ALIGNED, |limit| WIDEST_LABEL.min(limit / 2 - GAP));
    let labels = fields
        .iter()
        .map(|(label, _)| width(label))
        .filter(|columns| *columns <= widest_label)
        .max()
        .unwrap_or(0);
    let indent = labels + GAP;
    for (label, value) in fields {
        let used = width(label);
        let mut gap = indent.saturating_sub(used).max(GAP);
        let Some(limit) = limit else {
            write!(out, "{}{:gap$}", Style::Bold.paint(label, stream), "")?;
            write!(out, "{}", value.style.paint(&value.text, stream))?;
            if let Some(aside) = &value.aside {
                write!(out, " {}", Style::Dim.paint(aside, stream))?;
            }
            writeln!(out)?;
            continue;
        };
        if used > labels {
            for line in wrap(label, limit) {
                writeln!(out, "{}", Style::Bold.paint(line, stream))?;
            }
            gap = indent;
        } else {
            write!(out, "{}", Style::Bold.paint(label, stream))?;
        }
        let room = limit - indent;
        let mut end = 0;
        for (at, line) in wrap(&value.text, room).into_iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
                gap = indent;
            }
            write!(out, "{:gap$}{}", "", value.style.paint(line, stream))?;
            end = width(line);
        }
        if let Some(aside) = &value.aside {
            if end + 1 + width(aside) <= room {
                write!(out, " {}", Style::Dim.paint(aside, stream))?;
            } else {
                for line in wrap(aside, room) {
                    write!(out, "\n{:indent$}{}", "", Style::Dim.paint(line, stream))?;
                }
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A column of a table.
struct Column<'a> {
    title: Cow<'a, str>,
    right_aligned: bool,
    /// The width, in columns, down to which it may shrink for others to stay.
    floor: usize,
    /// Columns of a lower number shrink before those of a higher.
    shrinks: u8,
    /// Columns of a lower number are left out before those of a higher; [`STAYS`] never are.
    stays: usize,
}

const STAYS: usize = usize::MAX;

/// The columns for files. The floors are what the usual content needs: `file-` and 22 or 24
/// characters, `fine-tune`, `processed`, `10 months ago`.
fn file_columns() -> [Column<'static>; 7] {
    let column = |title, floor, stays| Column {
        title: Cow::Borrowed(title),
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
/// first occur, each with how it is shown. `None` if it is something else, or has so many names
/// that it is no table.
fn union_of_names<'a>(json: Json<'a>, stream: &Stream) -> Option<Vec<(Cow<'a, str>, Column<'a>)>> {
    /// More columns fit on no terminal; a limit keeps rows times columns in bounds.
    const MOST: usize = 50;
    /// As wide as most names of fields.
    const FLOOR: usize = 8;
    let mut columns: Vec<(Cow<str>, Column)> = Vec::new();
    for element in json.elements() {
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
                title: visible(&name, stream).into_owned().into(),
                right_aligned: number,
                floor: FLOOR,
                shrinks: 0,
                stays: STAYS - columns.len(),
            };
            columns.push((name, column));
        }
    }
    (!columns.is_empty()).then_some(columns)
}

/// A column that is shown, and how wide.
struct Slot<'a> {
    at: usize,
    column: &'a Column<'a>,
    natural: usize,
    width: usize,
}

/// Writes a table of `columns`; `cells` makes the cells of a row, one for each column. It is
/// called twice for each row: once to measure, once to write.
fn write_grid<R>(
    out: &mut impl Write,
    columns: &[Column<'_>],
    rows: &[R],
    cells: impl Fn(&R) -> Vec<Cell>,
    stream: &Stream,
) -> io::Result<()> {
    let limit = limit(stream);
    let mut slots: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| Slot {
            at,
            column,
            natural: width(&column.title),
            width: 0,
        })
        .collect();
    for row in rows {
        for (slot, cell) in slots.iter_mut().zip(cells(row)) {
            let columns = width(&cell.text).min(limit.unwrap_or(ALIGNED));
            slot.natural = slot.natural.max(columns);
        }
    }
    for slot in &mut slots {
        slot.width = slot.natural;
    }
    if let Some(limit) = limit {
        fit(&mut slots, columns.len(), limit);
    }
    let header: Vec<_> = columns
        .iter()
        .map(|column| Cell::new(column.title.as_ref(), Style::Bold))
        .collect();
    write_line(out, &slots, &header, stream)?;
    if slots.len() < columns.len() {
        write!(out, " {}", Style::Dim.paint(LEFT_OUT, stream))?;
    }
    writeln!(out)?;
    for row in rows {
        write_line(out, &slots, &cells(row), stream)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Narrows `slots`, of `all` columns, and leaves out some, until a line is at most `limit` wide.
fn fit(slots: &mut Vec<Slot<'_>>, all: usize, limit: usize) {
    loop {
        if needed(slots, all) <= limit {
            return;
        }
        let by_turn = |slot: &&mut Slot| (slot.column.shrinks, Reverse(slot.width));
        let wide = slots
            .iter_mut()
            .filter(|slot| slot.width > slot.column.floor)
            .min_by_key(by_turn);
        if let Some(slot) = wide {
            slot.width -= 1;
            continue;
        }
        let leaving = slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.column.stays < STAYS)
            .min_by_key(|(_, slot)| slot.column.stays)
            .map(|(index, _)| index);
        if let Some(index) = leaving {
            slots.remove(index);
            for slot in slots.iter_mut() {
                slot.width = slot.natural;
            }
            continue;
        }
        // Only what always stays is left: it shrinks below its floor.
        match slots.iter_mut().max_by_key(|slot| slot.width) {
            Some(slot) if slot.width > 1 => slot.width -= 1,
            _ => return,
        }
    }
}

/// How wide the widest line is, which may be the header with the mark of what was left out.
fn needed(slots: &[Slot<'_>], all: usize) -> usize {
    let row = slots.iter().map(|slot| slot.width + GAP).sum::<usize>() - GAP;
    let Some(last) = slots.last().filter(|_| slots.len() < all) else {
        return row;
    };
    let title = if last.column.right_aligned {
        last.width
    } else {
        last.width.min(width(&last.column.title))
    };
    row.max(row - last.width + title + 1 + width(LEFT_OUT))
}

/// Writes a line of a table without its end.
fn write_line(
    out: &mut impl Write,
    slots: &[Slot<'_>],
    cells: &[Cell],
    stream: &Stream,
) -> io::Result<()> {
    let mut pending = 0;
    for slot in slots {
        let Some(cell) = cells.get(slot.at) else {
            continue;
        };
        let text = if stream.is_terminal {
            cut(&cell.text, slot.width)
        } else {
            Cow::Borrowed(cell.text.as_str())
        };
        let room = slot.width.saturating_sub(width(&text));
        let (before, after) = if slot.column.right_aligned {
            (room, 0)
        } else {
            (0, room)
        };
        let gap = pending + before;
        write!(out, "{:gap$}{}", "", cell.style.paint(&text, stream))?;
        // Space is only written once something follows it, so that no line ends in spaces.
        pending = after + GAP;
    }
    Ok(())
}
