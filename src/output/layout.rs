//! Cells laid out: as the lines of a card, or as the rows and columns of a table.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io::{self, Write};

use super::json::write_part;
use crate::columns::{ALIGNED, Measure, Style, hang, is_padding, limit, width};
use crate::terminal::Stream;

/// The space between two columns, in columns.
const GAP: usize = 2;

/// What stands for columns that a terminal has no room for, after a gap of one.
const LEFT_OUT: &str = "…";

/// What is shown of one value: one line of text, and how.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
    /// The same in other words, in parentheses; only a card has room for it.
    pub(super) aside: Option<String>,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
            aside: None,
        }
    }

    pub(super) fn title(text: impl Into<String>) -> Self {
        Self::new(text, Style::Bold)
    }

    pub(super) fn with_aside(self, aside: &str) -> Self {
        Self {
            aside: Some(format!("({aside})")),
            ..self
        }
    }
}

/// Writes a card: labels on the left, values on the right. Where a value needs several lines they
/// stay right of the labels. A label too wide to be aligned with takes a line of its own.
///
/// `fields` is asked twice, once to measure and once to write, so that no field is kept.
pub(super) fn write_fields<'a, I>(
    out: &mut impl Write,
    fields: impl Fn() -> I,
    stream: &Stream,
) -> io::Result<()>
where
    I: Iterator<Item = (Cow<'a, str>, Cell)>,
{
    /// The widest label that values are aligned with on a terminal, in columns: wide enough for
    /// the longest name in the API reference, `status_details`.
    const WIDEST_LABEL: usize = 24;
    let limit = limit(stream);
    // A terminal that broke a line would put there what a server chose, perhaps a field.
    let measure = limit.map_or(Measure::USUAL, |_| Measure::MOST);
    let widest_label = limit.map_or(ALIGNED, |limit| WIDEST_LABEL.min(limit / 2 - GAP));
    let (mut count, mut text, mut labels) = (0_usize, 0_usize, 0);
    for (label, value) in fields() {
        let columns = measure.width(&label);
        count += 1;
        text += columns + value.text.len().min(ALIGNED);
        if columns <= widest_label {
            labels = labels.max(columns);
        }
    }
    if is_padding(count, labels, text) {
        labels = 0;
    }
    let indent = labels + GAP;
    for (label, value) in fields() {
        let used = measure.width(&label);
        let mut gap = indent.saturating_sub(used).max(GAP);
        let Some(limit) = limit else {
            write_part(out, &label, Style::Bold, stream)?;
            write!(out, "{:gap$}", "")?;
            write_part(out, &value.text, value.style, stream)?;
            if let Some(aside) = &value.aside {
                write!(out, " {}", Style::Dim.paint(aside, stream))?;
            }
            writeln!(out)?;
            continue;
        };
        if used > labels {
            // What continues it is indented: as a label it could say what it likes.
            let label = hang(label, 0, stream);
            writeln!(out, "{}", Style::Bold.paint(&label, stream))?;
            gap = indent;
        } else {
            write!(out, "{}", Style::Bold.paint(&label, stream))?;
        }
        let room = limit - indent;
        let mut end = 0;
        for (at, line) in measure.wrap(&value.text, room).enumerate() {
            if at > 0 {
                writeln!(out)?;
                gap = indent;
            }
            write!(out, "{:gap$}{}", "", value.style.paint(&line, stream))?;
            end = measure.width(&line);
        }
        if let Some(aside) = &value.aside {
            if end + 1 + width(aside) <= room {
                write!(out, " {}", Style::Dim.paint(aside, stream))?;
            } else {
                for line in measure.wrap(aside, room) {
                    write!(out, "\n{:indent$}{}", "", Style::Dim.paint(&line, stream))?;
                }
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A column of a table.
pub(super) struct Column {
    pub(super) title: Cell,
    pub(super) right_aligned: bool,
    /// The width, in columns, down to which it may shrink for others to stay.
    pub(super) floor: usize,
    /// Columns of a lower number shrink before those of a higher.
    pub(super) shrinks: u8,
    /// Columns of a lower number are left out before those of a higher; [`STAYS`] never are.
    pub(super) stays: usize,
}

/// Says of a column that it is never left out.
pub(super) const STAYS: usize = usize::MAX;

/// A column that is shown, and how wide.
struct Slot<'a> {
    at: usize,
    column: &'a Column,
    natural: usize,
    width: usize,
}

/// Writes a table of `columns`; a row is its cells, one for each column. In a pipe it is not aligned
/// where that would make it much larger: each of many empty rows may be padded to the width of
/// columns that only one row fills.
///
/// `rows` is asked twice, once to measure and once to write, so that no row is kept.
pub(super) fn write_grid<I>(
    out: &mut impl Write,
    columns: &[Column],
    rows: impl Fn() -> I,
    stream: &Stream,
) -> io::Result<()>
where
    I: Iterator<Item = Vec<Cell>>,
{
    let limit = limit(stream);
    let most = limit.unwrap_or(ALIGNED);
    let mut slots: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| Slot {
            at,
            column,
            natural: width(&column.title.text).min(most),
            width: 0,
        })
        .collect();
    let (mut count, mut text) = (0_usize, 0_usize);
    for row in rows() {
        count += 1;
        let measure = Measure::of(row.iter().map(|cell| cell.text.as_str()), stream);
        for (slot, cell) in slots.iter_mut().zip(row) {
            let columns = measure.width(&cell.text).min(most);
            slot.natural = slot.natural.max(columns);
            text += columns;
        }
    }
    for slot in &mut slots {
        slot.width = slot.natural;
    }
    if let Some(limit) = limit {
        fit(&mut slots, columns.len(), limit);
    } else if is_padding(count, needed(&slots, columns.len()), text) {
        for slot in &mut slots {
            slot.width = 0;
        }
    }
    let title = |at: usize| columns.get(at).map(|column| &column.title);
    write_line(out, &slots, title, stream)?;
    if slots.len() < columns.len() {
        write!(out, " {}", Style::Dim.paint(LEFT_OUT, stream))?;
    }
    writeln!(out)?;
    for row in rows() {
        write_line(out, &slots, |at| row.get(at), stream)?;
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
    let row: usize = slots.iter().map(|slot| slot.width + GAP).sum();
    let row = row.saturating_sub(GAP);
    let Some(last) = slots.last().filter(|_| slots.len() < all) else {
        return row;
    };
    let title = if last.column.right_aligned {
        last.width
    } else {
        last.width.min(width(&last.column.title.text))
    };
    row.max(row - last.width + title + 1 + width(LEFT_OUT))
}

/// Writes a line of a table, without its end; `cell` is asked for that of each column.
fn write_line<'a>(
    out: &mut impl Write,
    slots: &[Slot<'_>],
    cell: impl Fn(usize) -> Option<&'a Cell>,
    stream: &Stream,
) -> io::Result<()> {
    let cells = slots.iter().filter_map(|slot| cell(slot.at));
    let measure = Measure::of(cells.map(|cell| cell.text.as_str()), stream);
    let mut pending = 0;
    for slot in slots {
        let Some(cell) = cell(slot.at) else {
            continue;
        };
        let text = if stream.is_terminal {
            measure.cut(&cell.text, slot.width)
        } else {
            Cow::Borrowed(cell.text.as_str())
        };
        let room = slot.width.saturating_sub(measure.width(&text));
        let (before, after) = if slot.column.right_aligned {
            (room, 0)
        } else {
            (0, room)
        };
        let gap = pending + before;
        write!(out, "{:gap$}", "")?;
        write_part(out, &text, cell.style, stream)?;
        // Space is only written once something follows it, so that no line ends in spaces.
        pending = after + GAP;
    }
    Ok(())
}
