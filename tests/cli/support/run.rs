//! A run that has ended, and the comparison of all it did with what was expected.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use predicates::Predicate;

/// What a command did, from its start to its end.
pub(crate) struct Run {
    /// Everything written to stdout; also stderr, where both went together.
    pub(crate) stdout: Vec<u8>,
    /// Everything written to stderr.
    pub(crate) stderr: Vec<u8>,
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// The number of the signal that ended it.
    pub(crate) signal: Option<i32>,
    /// From the start to the end, exact to a few milliseconds.
    pub(crate) elapsed: Duration,
    /// The most memory resident at once, in bytes, as last seen within a millisecond of the end;
    /// none where the system does not tell, or the run was shorter than that.
    pub(crate) peak_memory: Option<u64>,
    pub(super) command_line: String,
    pub(super) placeholders: Vec<(String, String)>,
}

impl Run {
    /// stdout as text.
    pub(crate) fn out(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.stdout)
    }

    /// stderr as text.
    pub(crate) fn err(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.stderr)
    }

    /// Fails the test, showing everything, unless exit code, stdout and stderr are as expected.
    ///
    /// An expected text is compared whole; in it `{base}` and other placeholders stand for what
    /// [`super::Openai::placeholder`] set, and `[..]` for anything within a line. [`like`] takes
    /// a predicate instead, bytes are compared as they are.
    #[track_caller]
    pub(crate) fn is(&self, code: i32, stdout: impl Expect, stderr: impl Expect) -> &Self {
        let mut wrong = Vec::new();
        if self.code != Some(code) {
            wrong.push(format!("expected exit code {code}"));
        }
        let fill = |text: &str| self.fill(text);
        for (name, result) in [
            ("stdout", stdout.check(&self.stdout, &fill)),
            ("stderr", stderr.check(&self.stderr, &fill)),
        ] {
            if let Err(expected) = result {
                wrong.push(format!("expected {name}\n{expected}"));
            }
        }
        assert!(wrong.is_empty(), "{}\n{self}", wrong.join("\n--- "));
        self
    }

    /// Fails the test unless this signal ended the run, with stdout and stderr as in [`Run::is`].
    #[track_caller]
    pub(crate) fn is_killed_by(
        &self,
        signal: super::Signal,
        stdout: impl Expect,
        stderr: impl Expect,
    ) -> &Self {
        assert_eq!(self.signal, Some(signal.as_raw()), "signal\n{self}");
        let fill = |text: &str| self.fill(text);
        for result in [
            stdout.check(&self.stdout, &fill),
            stderr.check(&self.stderr, &fill),
        ] {
            assert!(result.is_ok(), "expected\n{}\n{self}", result.unwrap_err());
        }
        self
    }

    /// `text` with the values of its placeholders.
    fn fill(&self, text: &str) -> String {
        self.placeholders
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "--- command\n{}", self.command_line)?;
        match (self.code, self.signal) {
            (Some(code), _) => writeln!(f, "--- exit code {code}")?,
            (None, signal) => writeln!(f, "--- signal {signal:?}")?,
        }
        write!(
            f,
            "--- stdout\n{}\n--- stderr\n{}\n---",
            self.out(),
            self.err()
        )
    }
}

/// An expectation of what a stream got.
pub(crate) trait Expect {
    /// Compares with what was found; on a difference, tells what was expected.
    fn check(self, found: &[u8], fill: &dyn Fn(&str) -> String) -> Result<(), String>;
}

impl Expect for &str {
    fn check(self, found: &[u8], fill: &dyn Fn(&str) -> String) -> Result<(), String> {
        let expected = fill(self);
        let found = String::from_utf8_lossy(found);
        let same = expected.split('\n').count() == found.split('\n').count()
            && expected
                .split('\n')
                .zip(found.split('\n'))
                .all(|(expected, found)| line_matches(expected, found));
        if same { Ok(()) } else { Err(expected) }
    }
}

impl Expect for String {
    fn check(self, found: &[u8], fill: &dyn Fn(&str) -> String) -> Result<(), String> {
        self.as_str().check(found, fill)
    }
}

impl Expect for &String {
    fn check(self, found: &[u8], fill: &dyn Fn(&str) -> String) -> Result<(), String> {
        self.as_str().check(found, fill)
    }
}

impl Expect for &[u8] {
    fn check(self, found: &[u8], _: &dyn Fn(&str) -> String) -> Result<(), String> {
        if self == found {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(self).into_owned())
        }
    }
}

/// See [`like`].
pub(crate) struct Like<P>(P);

/// Expects what a predicate accepts, for streams that cannot be told word for word.
pub(crate) fn like<P: Predicate<str>>(predicate: P) -> Like<P> {
    Like(predicate)
}

impl<P: Predicate<str>> Expect for Like<P> {
    fn check(self, found: &[u8], _: &dyn Fn(&str) -> String) -> Result<(), String> {
        if self.0.eval(&String::from_utf8_lossy(found)) {
            Ok(())
        } else {
            Err(self.0.to_string())
        }
    }
}

/// Whether a line is the expected one, in which `[..]` stands for any text.
fn line_matches(expected: &str, found: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected == found,
        Some((before, after)) => found.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices()
                .map(|(index, _)| &rest[index..])
                .chain([""])
                .any(|rest| line_matches(after, rest))
        }),
    }
}
