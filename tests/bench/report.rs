//! What was measured, as a table in Markdown and as JSON.

use std::fmt;

use serde_json::{Value, json};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Instructions executed, shown in millions.
    Instructions,
    /// Seconds, shown in milliseconds.
    Seconds,
    /// Bytes, shown in megabytes (10⁶).
    Bytes,
    /// Anything that is counted one by one.
    Count,
    /// How many times as much as something else.
    Times,
}

/// What was measured for another program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// The number.
    pub(crate) value: f64,
    /// The ratio of that of the tool to it.
    pub(crate) ratio: f64,
}

impl Number {
    /// The number `value`, where that of the tool is `openai`.
    pub(crate) fn new(value: f64, openai: f64) -> Self {
        Self {
            value,
            ratio: openai / value,
        }
    }
}

/// One number of each program.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) name: String,
    /// What the numbers count.
    pub(crate) unit: Unit,
    /// That of the tool.
    pub(crate) openai: f64,
    /// Those of curl and of the others, as far as they can do it.
    pub(crate) others: Vec<Option<Number>>,
    limit: Option<f64>,
    limit_of_curl: Option<f64>,
}

impl Row {
    /// A row for the tool alone.
    pub(crate) fn new(name: impl Into<String>, unit: Unit, openai: f64) -> Self {
        Self {
            name: name.into(),
            unit,
            openai,
            others: Vec::new(),
            limit: None,
            limit_of_curl: None,
        }
    }

    /// The same with a number that must not be exceeded.
    pub(crate) fn at_most(mut self, limit: f64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The same with a share of curl's number that must not be exceeded.
    pub(crate) fn at_most_of_curl(mut self, limit: f64) -> Self {
        self.limit_of_curl = Some(limit);
        self
    }

    fn is_within_limits(&self) -> bool {
        let curl = self.others.first().and_then(Option::as_ref);
        let within = |number: Option<f64>, limit: Option<f64>| {
            limit.is_none_or(|limit| number.is_some_and(|number| number <= limit))
        };
        within(Some(self.openai), self.limit)
            && within(curl.map(|curl| curl.ratio), self.limit_of_curl)
    }
}

/// All that was measured, and with what.
pub(crate) struct Report {
    /// When, where and how.
    pub(crate) circumstances: Vec<(&'static str, String)>,
    /// The names of the other programs.
    pub(crate) others: Vec<String>,
    /// The numbers.
    pub(crate) rows: Vec<Row>,
    /// What could not be measured, and why.
    pub(crate) skipped: Vec<String>,
}

impl Report {
    /// The report for other programs, all numbers in instructions, seconds and bytes.
    pub(crate) fn json(&self) -> Value {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                let others: serde_json::Map<_, _> = self
                    .others
                    .iter()
                    .zip(&row.others)
                    .filter_map(|(name, other)| {
                        let Number { value, ratio } = (*other)?;
                        Some((name.clone(), json!({ "value": value, "ratio": ratio })))
                    })
                    .collect();
                json!({
                    "name": row.name,
                    "unit": format!("{:?}", row.unit).to_lowercase(),
                    "openai": row.openai,
                    "others": others,
                    "limit": row.limit,
                    "limit_of_curl": row.limit_of_curl,
                    "within_limits": row.is_within_limits(),
                })
            })
            .collect();
        let circumstances: serde_json::Map<_, _> = self
            .circumstances
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
            .collect();
        json!({ "circumstances": circumstances, "rows": rows, "skipped": self.skipped })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.circumstances {
            writeln!(f, "{name}: {value}")?;
        }
        let names = self.others.iter();
        let names = names.flat_map(|name| [name.clone(), format!("openai / {name}")]);
        let mut header = vec![String::new(), "openai".to_owned()];
        header.extend(names);
        header.push("at most".to_owned());
        let columns = header.len();
        let mut table = vec![header];
        for row in &self.rows {
            let mut cells = vec![row.name.clone(), shown(row.openai, row.unit)];
            for other in &row.others {
                cells.extend(match other {
                    Some(other) => [
                        shown(other.value, row.unit),
                        shown(other.ratio, Unit::Times),
                    ],
                    None => [String::new(), String::new()],
                });
            }
            cells.resize(columns - 1, String::new());
            let limits = [
                row.limit.map(|limit| shown(limit, row.unit)),
                row.limit_of_curl
                    .map(|limit| shown(limit, Unit::Times) + " of curl"),
            ];
            let mut limit = limits.into_iter().flatten().collect::<Vec<_>>().join(", ");
            if !row.is_within_limits() {
                limit.push_str(" **missed**");
            }
            cells.push(limit);
            table.push(cells);
        }
        writeln!(f)?;
        write_table(f, &table)?;
        for skipped in &self.skipped {
            writeln!(f, "\nskipped: {skipped}")?;
        }
        Ok(())
    }
}

/// Writes rows as a Markdown table whose source can be read, too. The first row is the header,
/// the first column is text.
fn write_table(f: &mut fmt::Formatter<'_>, table: &[Vec<String>]) -> fmt::Result {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = table.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
            .max(2)
    };
    for (number, row) in table.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            if column == 0 {
                write!(f, "| {cell:width$} ")?;
            } else {
                write!(f, "| {cell:>width$} ")?;
            }
        }
        writeln!(f, "|")?;
        if number == 0 {
            for column in 0..columns {
                let dashes = "-".repeat(width(column));
                write!(
                    f,
                    "|{}",
                    if column == 0 {
                        format!(" {dashes} ")
                    } else {
                        format!(" {dashes}:")
                    }
                )?;
            }
            writeln!(f, "|")?;
        }
    }
    Ok(())
}

/// `number` in the unit that people use for it, to three digits or so.
fn shown(number: f64, unit: Unit) -> String {
    let digits = |number: f64| {
        let decimals = match number {
            0.0..10.0 => 2,
            10.0..100.0 => 1,
            _ => 0,
        };
        format!("{number:.decimals$}")
    };
    match unit {
        Unit::Instructions => format!("{} M", digits(number / 1e6)),
        Unit::Seconds => format!("{} ms", digits(number * 1e3)),
        Unit::Bytes => format!("{} MB", digits(number / 1e6)),
        Unit::Count => format!("{number}"),
        // None of either.
        Unit::Times if number.is_nan() => String::new(),
        Unit::Times if number < 0.1 => format!("{number:.3}"),
        Unit::Times => format!("{number:.2}"),
    }
}
