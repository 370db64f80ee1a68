//! From objects to standard output: which renderer a format means, and how documents follow one
//! another.

mod documents;
mod human;
pub mod json;
mod layout;
pub mod pretty;
#[cfg(test)]
pub(crate) mod samples;
pub mod table;
pub mod transform;
pub mod yaml;

use std::io::{self, Write};

use clap::ValueEnum;

use self::documents::Documents;
use crate::columns::Style;
use crate::error::{Exit, Failure};
use crate::files::id::FileId;
use crate::files::object::FileObject;
use crate::json::Json;
use crate::secret::{REDACTED, Secrets};
use crate::terminal::{self, Stream};

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// JSON, as `json`
    Auto,
    /// JSON, indented by two spaces
    Json,
    /// JSON on one line
    Jsonl,
    /// A box of `key: value` lines
    Pretty,
    /// The body of the answer, untouched
    Raw,
    /// YAML
    Yaml,
    /// A card with sizes and dates for people; several files make one table
    Table,
    /// The table on a terminal, else JSON; the interactive viewer is not built yet
    Explore,
}

/// How to print.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that people type"
)]
pub struct Settings {
    /// The format of objects.
    pub format: Format,
    /// The GJSON path applied to each object.
    pub transform: Option<String>,
    /// The format of error objects; [`Format::Auto`] is the report for people.
    pub error_format: Format,
    /// The GJSON path applied to error objects.
    pub error_transform: Option<String>,
    /// Whether a result that is a string is printed without quotes.
    pub raw_output: bool,
    /// Whether objects and progress are left out.
    pub quiet: bool,
    /// Whether requests and answers are shown.
    pub debug: bool,
    /// Whether more than one file was asked for.
    pub several: bool,
    /// What standard output is.
    pub stdout: Stream,
    /// What standard error is.
    pub stderr: Stream,
    /// Whether a line on standard error can be drawn again and again.
    pub live: bool,
}

/// The title of the box of `pretty`.
const TITLE: &str = "files retrieve";

/// Prints objects one after the other.
pub struct Printer<'a, W> {
    out: Documents<W>,
    settings: &'a Settings,
    format: Format,
    printed: usize,
    rows: table::Rows,
}

impl<'a, W: Write> Printer<'a, W> {
    /// A printer on `out`.
    pub fn new(out: W, settings: &'a Settings) -> Self {
        Self {
            out: Documents::new(out),
            settings,
            format: settled(settings.format, settings.stdout),
            printed: 0,
            rows: table::Rows::default(),
        }
    }

    /// Prints the object of the file `id`, or keeps a row of it for the table of several.
    ///
    /// # Errors
    /// A [`Failure`] if the transform has no result; nothing of the object is printed then. Else
    /// the [`io::Error`] of the stream.
    pub fn print(&mut self, id: &FileId, object: &FileObject) -> anyhow::Result<()> {
        let Some(path) = &self.settings.transform else {
            if self.settings.quiet {
                return Ok(());
            }
            if self.format == Format::Table && self.settings.several {
                self.rows.push(object.json());
                return Ok(());
            }
            return self.document(object.json(), object.text());
        };
        let result = transform::apply(object.json(), path).map_err(|no_match| Failure {
            hint: no_match.hint(),
            ..Failure::new(
                Exit::Failure,
                format!("cannot transform `{id}`: {no_match}"),
            )
        })?;
        if self.settings.quiet {
            return Ok(());
        }
        // The result of a transform was checked to be JSON.
        let json = Json::parse(&result)?;
        self.document(json, &result)
    }

    /// Prints `json`, of which `text` is the untouched form, after what was printed before.
    fn document(&mut self, json: Json<'_>, text: &str) -> anyhow::Result<()> {
        if self.printed > 0 {
            self.out.write_all(separator(self.format))?;
        }
        self.printed += 1;
        let raw_output = self.settings.raw_output;
        let stream = self.stream();
        write(&mut self.out, json, text, self.format, raw_output, &stream)?;
        Ok(self.out.end_document()?)
    }

    fn stream(&self) -> Stream {
        self.settings.stdout.measured(terminal::stdout)
    }

    /// Hands what was printed on to where it goes.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Prints what was kept and flushes.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn finish(mut self) -> io::Result<()> {
        if !self.rows.is_empty() {
            let now = human::now();
            let stream = self.stream();
            self.rows.write(&mut self.out, &stream, &now)?;
        }
        self.out.flush()
    }
}

/// The format that `format` stands for on `stream`.
fn settled(format: Format, stream: Stream) -> Format {
    match format {
        Format::Explore if stream.is_terminal => Format::Table,
        Format::Auto | Format::Explore => Format::Json,
        format => format,
    }
}

/// What stands between two documents.
fn separator(format: Format) -> &'static [u8] {
    match format {
        Format::Yaml => b"---\n",
        Format::Table => b"\n",
        _ => b"",
    }
}

/// Writes one document.
fn write(
    out: &mut impl Write,
    json: Json<'_>,
    text: &str,
    format: Format,
    raw_output: bool,
    stream: &Stream,
) -> io::Result<()> {
    if raw_output && let Some(string) = json.string() {
        json::write_part(out, &string, Style::Plain, stream)?;
        return out.write_all(b"\n");
    }
    match format {
        Format::Jsonl => json::write_line(out, json, stream),
        Format::Raw => write_raw(out, text, stream),
        Format::Yaml => yaml::write(out, json, stream),
        Format::Pretty => pretty::write(out, TITLE, json, stream),
        Format::Table | Format::Explore => table::write_card(out, json, stream, &human::now()),
        Format::Auto | Format::Json => json::write_indented(out, json, stream),
    }
}

/// Writes `text` as it came, with a newline at the end. On a terminal only line breaks, of either
/// kind, and tabs act as they are.
fn write_raw(out: &mut impl Write, text: &str, stream: &Stream) -> io::Result<()> {
    if stream.is_terminal {
        for piece in text.split_inclusive(['\n', '\t']) {
            let plain = piece.strip_suffix("\r\n").unwrap_or(piece);
            let plain = plain.trim_end_matches(['\n', '\t']);
            json::write_part(out, plain, Style::Plain, stream)?;
            out.write_all(&piece.as_bytes()[plain.len()..])?;
        }
    } else {
        out.write_all(text.as_bytes())?;
    }
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The longest result of a transform of an error object, in bytes: some times the largest body of an
/// error, and the search for secrets takes twenty times as much.
const LONGEST_ERROR: usize = 4 << 20;

impl Settings {
    /// `failure` as JSON, where scripts asked for the error object alone: without secrets, and
    /// transformed as the options say. `None` where the report for people is wanted, or where the
    /// transform has no result, or one of megabytes, since a failure must not get lost.
    #[must_use]
    pub fn error_object(&self, failure: &Failure, secrets: &Secrets) -> Option<String> {
        if self.error_format == Format::Auto && self.error_transform.is_none() {
            return None;
        }
        let mut object = failure.object();
        if let Some(path) = &self.error_transform {
            let known = secrets.scrub_known(&object);
            object = transform::apply(Json::parse(&known).ok()?, path).ok()?;
            if object.len() > LONGEST_ERROR {
                return None;
            }
        }
        // Decoding, which some transforms do, may bring a secret to light.
        let shown = secrets.scrub(&object);
        // What is typed may reach over more than strings. To say more than was asked for is no way out.
        Some(match Json::parse(&shown) {
            Ok(_) => shown.into_owned(),
            Err(_) => format!(r#"{{"message":"{REDACTED}"}}"#),
        })
    }

    /// Writes an error `object` to `out` in the format for such, parted from the one before it where
    /// it is a `further` one.
    ///
    /// # Errors
    /// Those of `out`, and that `object` is no JSON.
    pub fn write_error_object(
        &self,
        out: impl Write,
        object: &str,
        further: bool,
    ) -> io::Result<()> {
        let json = Json::parse(object).map_err(io::Error::other)?;
        let format = settled(self.error_format, self.stderr);
        let mut out = Documents::new(out);
        if further {
            out.write_all(separator(format))?;
        }
        // An `error` that is a string is what a server says, not what a path was to pick.
        let raw_output = self.raw_output && self.error_transform.is_some();
        let stream = self.stderr.measured(terminal::stderr);
        write(&mut out, json, object, format, raw_output, &stream)?;
        out.flush()
    }
}

/// Whether `name` is one as APIs give them to members, in whatever style: no white space, no quotes
/// and nothing that only looks like a letter, so that it can be told from words around it.
fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !name.is_empty() && name.bytes().all(plain)
}
