//! What goes wrong, in words: every failure of a run becomes one [`Failure`], which knows its
//! message, its hint and its exit code, and is printed in one place.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::columns::{Style, hang};
use crate::json::{Json, Kind};
use crate::secret::Secrets;
use crate::terminal::Stream;

/// What the lines of messages begin with.
pub(crate) const LABELS: [&str; 5] = ["error:", "warning:", "note:", "hint:", "debug:"];

/// The exit codes. Codes not listed here are reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Every file was looked up and, where that was asked for, is ready.
    Success = 0,
    /// Any failure without a code of its own, or several failures of different kinds.
    Failure = 1,
    /// A flag or value that cannot be used, or no id.
    Usage = 2,
    /// No such file (404).
    NotFound = 3,
    /// No key, or a key that is not accepted (401) or not allowed to (403).
    Authentication = 4,
    /// The server failed (408, 409, 5xx), also when asked again.
    Server = 5,
    /// Too many requests or no quota left (429), also when asked again.
    RateLimit = 6,
    /// Name resolution, connection, TLS, proxy or a timeout.
    Network = 7,
    /// The file is not processed yet, or `--wait` ran out of time.
    NotReady = 8,
    /// Processing the file failed, or it was deleted.
    FileFailed = 9,
}

impl Exit {
    /// The exit code of a batch: that of the failures if they agree, else [`Exit::Failure`].
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Success, exit) | (exit, Self::Success) => exit,
            (one, other) if one == other => one,
            _ => Self::Failure,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// One failure, ready to be told to a person or a script.
///
/// The texts are in lower case and without a final period. They may quote a server: whoever
/// prints them removes secrets and escapes for the terminal, as [`Failure::report`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened, and to which file.
    pub message: String,
    /// More about it, a line each: above all the server's own words.
    pub details: Vec<String>,
    /// The URL that was asked, without user info.
    pub url: Option<String>,
    /// The server's name for the request, from `x-request-id`.
    pub request_id: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What the server answered, where it answered with an error: its body.
    pub answer: Option<String>,
    /// A word for scripts that is more exact than the exit code.
    pub code: Option<&'static str>,
}

impl Failure {
    /// A failure of which no more is known than `message`.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            details: Vec::new(),
            url: None,
            request_id: None,
            hint: None,
            answer: None,
            code: None,
        }
    }

    /// A flag, argument or variable that cannot be used.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with one more line of detail.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// The failure for a person: message, details, URL, request id, hint, a line or more each.
    /// Occurrences of the `secrets` are removed and what could act on a terminal, or break a line, is
    /// escaped. Of all but URL and hint, which may be copied, what is too long for a line of the
    /// terminal is continued on an indented one.
    #[must_use]
    pub fn report(&self, stream: &Stream, secrets: &Secrets) -> String {
        let clean = |text: &str| stream.safe_words(&secrets.scrub(text));
        let hanging = |text: &str, label: &str| hang(clean(text), label.len(), stream);
        let label = Style::Error.paint("error:", stream);
        let mut lines = vec![format!("{label} {}", hanging(&self.message, "error: "))];
        for line in self.details.iter().flat_map(|detail| detail.lines()) {
            lines.push(format!("  {}", hanging(line, "  ")));
        }
        if let Some(url) = &self.url {
            lines.push(format!("  url: {}", clean(url)));
        }
        if let Some(id) = &self.request_id {
            lines.push(format!("  request id: {}", hanging(id, "  request id: ")));
        }
        if let Some(hint) = &self.hint {
            let label = Style::Hint.paint("hint:", stream);
            lines.push(format!("\n{label} {}", clean(hint)));
        }
        lines.join("\n") + "\n"
    }

    /// The failure as a JSON object for scripts: the server's `error` object where it sent one,
    /// its whole body where that is JSON of another form, else an object of the same form.
    #[must_use]
    pub fn object(&self) -> String {
        if let Some(answer) = &self.answer
            && let Ok(body) = Json::parse(answer)
        {
            let error = body.get("error").filter(|error| error.kind() != Kind::Null);
            return error.unwrap_or(body).as_str().to_owned();
        }
        let message = serde_json::Value::from(self.to_string());
        let (kind, code) = (self.kind(), self.code.unwrap_or(self.kind()));
        format!(r#"{{"message":{message},"type":"{kind}_error","param":null,"code":"{code}"}}"#)
    }

    /// A word for scripts that says what kind of failure this is.
    fn kind(&self) -> &'static str {
        match self.exit {
            Exit::Success | Exit::Failure => "failure",
            Exit::Usage => "usage",
            Exit::NotFound => "not_found",
            Exit::Authentication => "authentication",
            Exit::Server => "server",
            Exit::RateLimit => "rate_limit",
            Exit::Network => "network",
            Exit::NotReady => "not_ready",
            Exit::FileFailed => "file_failed",
        }
    }
}

/// The failure that `error` stands for, as the pipeline hands it up: a [`Failure`] as it is, an
/// error of writing to standard output, or anything else by its words. `None` if nobody reads
/// standard output any more, which is no failure.
#[must_use]
pub fn settle(error: anyhow::Error) -> Option<Failure> {
    match error.downcast::<Failure>() {
        Ok(failure) => Some(failure),
        Err(error) => match error.downcast_ref::<io::Error>() {
            Some(io) if is_reader_gone(io) => None,
            Some(io) => Some(Failure::new(
                Exit::Failure,
                format!("cannot write to standard output: {}", io_words(io)),
            )),
            None => Some(Failure::new(Exit::Failure, format!("{error:#}"))),
        },
    }
}

/// A duration in words: `5s`, `2m 30s`.
#[must_use]
pub fn span(duration: Duration) -> String {
    // What is left of 5 s when the clock is read is less.
    let duration = duration.saturating_add(Duration::from_micros(500));
    // What is left of a second says nothing once seconds count.
    let rounded = if duration < Duration::from_secs(2) {
        duration.as_millis().try_into().map(Duration::from_millis)
    } else {
        Ok(Duration::from_secs(duration.as_secs()))
    };
    match jiff::SignedDuration::try_from(rounded.unwrap_or(Duration::MAX)) {
        Ok(duration) if duration.as_hours() < 24 * 365 => format!("{duration:#}"),
        _ => "more than a year".to_owned(),
    }
}

/// Whether a failed write says that nobody reads any more: a pipe is broken, and a socket, such as
/// Node.js gives its children, is reset if there was something left to read.
pub(crate) fn is_reader_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

/// What the system says about a failed operation, without the number that only it understands.
#[must_use]
pub fn io_words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// The message and its details on one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for detail in &self.details {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_goes_away_is_no_failure() {
        for (kind, is_none) in [
            (io::ErrorKind::BrokenPipe, true),
            (io::ErrorKind::ConnectionReset, true),
            (io::ErrorKind::StorageFull, false),
        ] {
            let failure = settle(io::Error::from(kind).into());
            assert_eq!(failure.is_none(), is_none, "{kind}");
        }
    }

    #[test]
    fn spans_are_short() {
        assert_eq!(span(Duration::from_millis(1500)), "1s 500ms");
        assert_eq!(span(Duration::from_secs(300)), "5m");
        assert_eq!(span(Duration::MAX), "more than a year");
    }
}
