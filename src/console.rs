//! What is said on standard error: failures, warnings, notes, debug lines and the live line. All
//! but mistakes on the command line passes through here, so that no secret and nothing that acts on
//! a terminal does.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::time::Duration;

use reqwest::header::{
    CONTENT_LOCATION, HeaderMap, HeaderName, HeaderValue, LINK, LOCATION, REFRESH,
};
use reqwest::{StatusCode, Url};

use crate::columns::{Style, hang};
use crate::error::{self, Exit, Failure, span};
use crate::files::id::FileId;
use crate::live::LiveLine;
use crate::output::{self, Format};
use crate::secret::{REDACTED, Secrets, is_secret_name};
use crate::settings::path_of;
use crate::terminal::{self, Stream, put, standard_error};

/// The shortest wait that is announced on a terminal.
const ANNOUNCED: Duration = Duration::from_secs(1);

/// How much is shown of the headers of an answer, in bytes: many times what APIs send. Over HTTP/2 a
/// server repeats one of any length with a single byte.
const MOST_OF_HEADERS: usize = 16 << 10;

/// Standard error.
pub struct Console {
    stream: Stream,
    secrets: Secrets,
    debug: bool,
    quiet: bool,
    has_live_line: bool,
    live: RefCell<Option<LiveLine>>,
    /// Whether the failure that was told last ends with a hint.
    ends_with_hint: Cell<bool>,
    /// Whether a failure was told as an object.
    told_object: Cell<bool>,
}

impl Console {
    /// A console that keeps the `secrets` to itself. It shows requests and answers, and progress, as `output` says.
    #[must_use]
    pub fn new(output: &output::Settings, secrets: Secrets) -> Self {
        // A script reads the error object, and nothing else.
        let quiet = output.quiet || output.error_format != Format::Auto;
        Self {
            stream: output.stderr,
            secrets,
            debug: output.debug,
            quiet,
            has_live_line: output.live && !quiet,
            live: RefCell::new(None),
            ends_with_hint: Cell::new(false),
            told_object: Cell::new(false),
        }
    }

    /// Says what went wrong. An empty line parts it from a hint that belongs to another failure.
    pub fn failure(&self, failure: &Failure) {
        self.aside(|| {
            let parted = self.ends_with_hint.replace(failure.hint.is_some());
            let report = failure.report(&self.stream(), &self.secrets);
            put(format!("{}{report}", if parted { "\n" } else { "" }).as_bytes());
        });
    }

    /// Says what went wrong in the form that `output` asks for.
    pub fn report(&self, failure: &Failure, output: &output::Settings) {
        match output.error_object(failure, &self.secrets) {
            Some(object) => {
                let further = self.told_object.replace(true);
                let write = |out| output.write_error_object(out, &object, further);
                // Where that fails there is nobody left to tell.
                let _ = self.aside(|| write(standard_error()));
            }
            None => self.failure(failure),
        }
    }

    /// Says what `error`, which ended the run, stands for, in the form that `output` asks for, and
    /// returns the exit code.
    pub fn settle(&self, error: anyhow::Error, output: &output::Settings) -> Exit {
        let Some(failure) = error::settle(error) else {
            return Exit::Success;
        };
        self.report(&failure, output);
        failure.exit
    }

    /// Says what is odd but does not stop the run.
    pub fn warn(&self, text: &str) {
        self.labelled("warning:", text);
    }

    /// Says what a person may want to know.
    pub fn note(&self, text: &str) {
        self.labelled("note:", text);
    }

    fn labelled(&self, label: &str, text: &str) {
        let text = self.hanging(text, label.len() + 1);
        let label = Style::Warning.paint(label, &self.stream);
        self.line(&format!("{label} {text}"));
    }

    /// What is not said, whatever text it is a part of.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The start of `text`, of `most` bytes, without secrets: for what is cut before it is said. What is
    /// left of a key in the middle of a cut looks like any other word.
    #[must_use]
    pub fn start_of<'t>(&self, text: &'t str, most: usize) -> Cow<'t, str> {
        self.secrets.scrub_start(text, most)
    }

    fn stream(&self) -> Stream {
        self.stream.measured(terminal::stderr)
    }

    fn clean(&self, text: &str) -> String {
        self.stream.safe_words(&self.secrets.scrub(text))
    }

    /// The same for the rest of a line of which `taken` columns are in use, continued on indented
    /// lines where the terminal is too narrow.
    fn hanging(&self, text: &str, taken: usize) -> String {
        hang(self.clean(text), taken, &self.stream()).into_owned()
    }

    /// Writes a line that has been cleaned.
    fn line(&self, line: &str) {
        self.aside(|| put(format!("{line}\n").as_bytes()));
    }

    /// Shows a request that is about to be sent, where a server said so to this `location`.
    pub fn request(&self, request: &reqwest::Request, attempt: u32, location: Option<&Url>) {
        if !self.debug {
            return;
        }
        let start = format!("attempt {attempt}: {} ", request.method());
        if let Some(location) = location {
            let url = self
                .secrets
                .scrub_url(location.as_str(), path_of(location).end);
            // Links that are signed are secrets.
            let signed = location.query().map(|_| format!("?{REDACTED}"));
            self.debug(&format!("{start}{url}{}", signed.unwrap_or_default()));
        } else {
            let url = request.url();
            // In one piece, so that the URL can be copied: it is ours.
            self.line(&format!("debug: {}", self.clean(&format!("{start}{url}"))));
        }
        for (name, value) in request.headers() {
            self.debug(&format!("> {name}: {}", shown(name, value)));
        }
    }

    /// Shows the head of an answer, with the time to its first byte and to its last.
    pub fn response(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        first: Duration,
        total: Duration,
    ) {
        if !self.debug {
            return;
        }
        let (first, total) = (first.as_millis(), total.as_millis());
        let mut line = format!("< HTTP {}", status.as_u16());
        if let Some(reason) = status.canonical_reason() {
            // Writing to a String cannot fail.
            let _ = write!(line, " {reason}");
        }
        self.debug(&format!("{line} (first byte {first} ms, total {total} ms)"));
        let mut size = 0;
        for (at, (name, value)) in headers.iter().enumerate() {
            size += name.as_str().len() + value.len();
            if size > MOST_OF_HEADERS {
                let others = headers.len() - at;
                self.debug(&format!("< … (headers that are not shown: {others})"));
                return;
            }
            self.debug(&format!("< {name}: {}", shown(name, value)));
        }
    }

    /// Announces to a person that `id` will be asked for again after `delay`, since attempt number `attempt`
    /// failed for the reason `why`.
    pub fn retry(&self, id: &FileId, attempt: u32, why: &str, delay: Duration) {
        if self.debug {
            self.debug(&format!(
                "attempt {attempt} failed: {why}; next in {} ms",
                delay.as_millis()
            ));
        } else if !self.quiet && self.stream.is_terminal && delay > ANNOUNCED {
            self.note(&format!(
                "{why}; asking for `{id}` again in {}",
                span(delay)
            ));
        }
    }

    /// Announces to a person that nothing will be asked for `delay`, since there is a rate limit.
    pub fn held_back(&self, delay: Duration) {
        if self.debug {
            let delay = delay.as_millis();
            self.debug(&format!("held back by a rate limit; next in {delay} ms"));
        } else if !self.quiet && self.stream.is_terminal && delay > ANNOUNCED {
            let delay = span(delay);
            self.note(&format!("held back by a rate limit; going on in {delay}"));
        }
    }

    fn debug(&self, text: &str) {
        let label = "debug: ";
        self.line(&format!("{label}{}", self.hanging(text, label.len())));
    }

    /// Tells a log that the status of `id` changed. The live line shows it where there is one.
    pub fn status(&self, id: &FileId, status: &str, elapsed: Duration) {
        if !self.quiet && !self.has_live_line {
            let line = format!("`{id}`: {status} (after {})", span(elapsed));
            self.line(&self.hanging(&line, 0));
        }
    }

    /// Tells that the wait for `id` goes on though a look at it failed for the reason `why`.
    pub fn still_waiting(&self, id: &FileId, why: &str) {
        if !self.quiet {
            self.note(&format!("still waiting for `{id}`: {why}"));
        }
    }

    /// Shows `text` and the `elapsed` time on the live line, where there is one; draws it again so
    /// that its spinner moves.
    pub fn live(&self, text: &str, elapsed: Duration) {
        if self.has_live_line {
            let mut live = self.live.borrow_mut();
            let live = live.get_or_insert_with(LiveLine::new);
            live.show(&self.clean(text), elapsed);
        }
    }

    /// Whether there is a live line to keep up.
    #[must_use]
    pub fn has_live_line(&self) -> bool {
        self.has_live_line
    }

    /// Takes the live line away for good.
    pub fn clear(&self) {
        drop(self.live.take());
    }

    /// Does `write`, which writes to a stream that may share the terminal, without the live line;
    /// that comes back when it is drawn the next time.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        if let Some(line) = &*self.live.borrow() {
            line.hide();
        }
        write()
    }
}

/// Ends the process where it would panic: with a message that says where the bug is and nothing of
/// what the panic says, since that may quote what was being worked on; and with an exit code
/// instead of an abort, which may write all memory, the key in it, to a file.
pub fn hide_panics() {
    #[expect(clippy::exit, reason = "there is nobody to return to")]
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let place = place.unwrap_or_default();
        put(format!("error: this is a bug in openai, at {place}\n").as_bytes());
        std::process::exit(Exit::Failure as i32);
    }));
}

/// The value of a header as debug output may show it.
fn shown(name: &HeaderName, value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    // Where a link leads may be a secret: links that are signed are.
    let is_link = [LOCATION, CONTENT_LOCATION, LINK, REFRESH].contains(name)
        || text.contains("://")
        || text.contains(['?', '#']);
    if value.is_sensitive() || is_link || is_secret_name(name.as_str()) {
        REDACTED.to_owned()
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_shows_no_more_than_its_place() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "console::tests::panics_where_it_is_told_to",
                "--nocapture",
            ])
            .env("PANIC_WITH", "sk-sentinel")
            .env("RUST_BACKTRACE", "1")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        let place = said.strip_prefix("error: this is a bug in openai, at src/console.rs:");
        assert!(
            place.is_some_and(|place| place.lines().count() == 1),
            "{said}"
        );
    }

    #[test]
    fn panics_where_it_is_told_to() {
        if let Ok(words) = std::env::var("PANIC_WITH") {
            hide_panics();
            panic!("{words}");
        }
    }

    #[test]
    fn headers_that_may_hold_secrets_are_not_shown() {
        for (name, expected) in [
            ("authorization", REDACTED),
            ("proxy-authorization", REDACTED),
            ("set-cookie", REDACTED),
            ("location", REDACTED),
            ("content-location", REDACTED),
            ("link", REDACTED),
            ("x-session-id", REDACTED),
            ("x-api-key", REDACTED),
            ("x-auth-token", REDACTED),
            ("x-goog-iap-jwt-assertion", REDACTED),
            ("x-passwd", REDACTED),
            ("x-ratelimit-remaining-tokens", "v"),
            ("x-request-id", "v"),
        ] {
            let name = HeaderName::from_static(name);
            assert_eq!(
                shown(&name, &HeaderValue::from_static("v")),
                expected,
                "{name}"
            );
        }
        let name = HeaderName::from_static("x-upstream");
        for link in ["https://user:password@h", "/o?sig=s", "/o#token=s"] {
            let link = HeaderValue::from_static(link);
            assert_eq!(shown(&name, &link), REDACTED);
        }
        let mut custom = HeaderValue::from_static("v");
        custom.set_sensitive(true);
        assert_eq!(
            shown(&HeaderName::from_static("x-custom"), &custom),
            REDACTED
        );
    }
}
