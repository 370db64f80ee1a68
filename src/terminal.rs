//! What each output stream is, and how hostile text is shown on it.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use terminal_size::{Width, terminal_size_of};

use crate::columns::is_blank;
use crate::error::LABELS;

/// What is known of one output stream: all that rendering has to ask about its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Whether a person is looking at it.
    pub is_terminal: bool,
    /// The width in columns; `None` where there is none, as in a pipe, or where it is not told.
    pub width: Option<usize>,
    /// Whether to colour.
    pub color: bool,
}

impl Stream {
    /// A stream that is no terminal and has no colour: a pipe, a file.
    pub const PIPE: Self = Self {
        is_terminal: false,
        width: None,
        color: false,
    };

    /// The same as wide as its terminal is now, of which `now` tells: it may have been another width a
    /// moment ago.
    #[must_use]
    pub fn measured(self, now: fn() -> Self) -> Self {
        if self.is_terminal {
            let width = now().width;
            Self { width, ..self }
        } else {
            self
        }
    }

    /// `text` from a server as it may be written to this stream: escaped for a terminal,
    /// untouched elsewhere.
    #[must_use]
    pub fn safe<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_terminal {
            escape(text)
        } else {
            Cow::Borrowed(text)
        }
    }

    /// The same for text that must not leave its line: elsewhere than on a terminal control
    /// characters and line separators are escaped, too.
    #[must_use]
    pub fn safe_line<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let breaks = |character: char| {
            character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
        };
        if self.is_terminal {
            return escape(text);
        }
        if !text.contains(breaks) {
            return Cow::Borrowed(text);
        }
        let mut line = String::with_capacity(text.len() + 16);
        for character in text.chars() {
            if breaks(character) {
                line.push_str(&escape(character.encode_utf8(&mut [0; 4])));
            } else {
                line.push(character);
            }
        }
        Cow::Owned(line)
    }

    /// The same for words that are said on standard error, which ends up in logs: nothing in them
    /// is a command to who reads those.
    #[must_use]
    pub fn safe_words(&self, text: &str) -> String {
        disarm(&self.safe_line(text)).into_owned()
    }
}

/// Standard output to write to, unbuffered.
///
/// That of the standard library takes a descriptor that is not open for writing for one that
/// takes everything, and who looks at the exit code would believe it.
///
/// # Errors
/// Those of duplicating a descriptor.
pub fn standard_output() -> io::Result<impl Write> {
    let out = io::stdout().as_fd().try_clone_to_owned()?;
    Ok(Timed(Blocking(File::from(out))))
}

/// A stream that takes its time, also where another process made it one that does not: whether it
/// does belongs to all who share it (`O_NONBLOCK`; POSIX, `open`), and some do not set it back.
pub struct Blocking<T>(pub(crate) T);

/// How long a stream that has nothing, or takes nothing, is left alone.
const PAUSE: Duration = Duration::from_millis(1);

fn patiently<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
            done => return done,
        }
    }
}

impl<T: Read> Read for Blocking<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        patiently(|| self.0.read(buffer))
    }
}

impl<T: Write> Write for Blocking<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        patiently(|| self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        patiently(|| self.0.flush())
    }
}

/// A stream that counts for how long it holds this process up.
struct Timed<T>(T);

impl<T: Write> Write for Timed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let started = Instant::now();
        let written = self.0.write(bytes);
        HELD_UP.set(HELD_UP.get() + started.elapsed());
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

thread_local! {
    static HELD_UP: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// How long this thread has been held up so far by who reads standard output: a pager may do that
/// for hours. It is not what drawing takes, nor how long standard error takes to be read, since a
/// server chooses how much there is of that: with each look at a file it may have another status.
pub(crate) fn held_up() -> Duration {
    HELD_UP.get()
}

/// Standard error to write to.
pub(crate) fn standard_error() -> impl Write {
    Blocking(io::stderr().lock())
}

/// Writes to standard error. Where that fails there is nobody left to tell.
pub(crate) fn put(text: &[u8]) {
    let _ = standard_error().write_all(text);
}

/// What standard output is; without colour until somebody decides for it.
#[must_use]
pub fn stdout() -> Stream {
    stream(&io::stdout())
}

/// What standard error is; without colour until somebody decides for it.
#[must_use]
pub fn stderr() -> Stream {
    stream(&io::stderr())
}

fn stream(file: &(impl IsTerminal + AsFd)) -> Stream {
    if file.is_terminal() {
        Stream {
            is_terminal: true,
            width: terminal_size_of(file).map(|(Width(columns), _)| columns.into()),
            color: false,
        }
    } else {
        Stream::PIPE
    }
}

/// Replaces every character that could act on a terminal or deceive its reader (controls,
/// bidirectional overrides, zero-width characters) by its JSON escape, so that JSON stays JSON.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for character in text.chars() {
        if is_unsafe(character) {
            for unit in character.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// `line` so that no runner of a CI service takes a part of it for a command, wherever a log of it
/// goes: the first character of one is shown as its JSON escape.
///
/// GitHub's runner obeys a line that begins with `::`; that of Azure obeys `##vso[`, that of `TeamCity`
/// `##teamcity[`, and both of the former `##[`, anywhere in a line.
pub(crate) fn disarm(line: &str) -> Cow<'_, str> {
    disarmed(line, begins_command(line))
}

/// The same for what never stands at the start of a line, or is in quotes there.
pub(crate) fn disarm_inside(text: &str) -> Cow<'_, str> {
    disarmed(text, false)
}

/// `text` without commands; `begins` is whether it begins with one.
fn disarmed(text: &str, mut begins: bool) -> Cow<'_, str> {
    if !begins && !text.contains('#') {
        return Cow::Borrowed(text);
    }
    let hashes = commands(text);
    let mut disarmed = String::with_capacity(text.len() + 16);
    for (at, character) in text.char_indices() {
        let is_first = match character {
            ':' => std::mem::take(&mut begins),
            '#' => hashes
                .get(at / 64)
                .is_some_and(|bits| bits >> (at % 64) & 1 == 1),
            _ => false,
        };
        if is_first {
            // Writing to a String cannot fail.
            let _ = write!(disarmed, "\\u{:04x}", u32::from(character));
        } else {
            disarmed.push(character);
        }
    }
    Cow::Owned(disarmed)
}

/// A bit for each byte of `text`: whether it is a `#` that begins a command, `##`, a name in letters and
/// `[`. It is read from its end, and each character once: of a server it may have megabytes.
fn commands(text: &str) -> Vec<u64> {
    /// What follows, of what can be seen.
    #[derive(Clone, Copy)]
    enum After {
        Name,
        HashAndName,
        Other,
    }
    let mut bits = vec![0; text.len() / 64 + 1];
    let mut after = After::Other;
    for (at, character) in text.char_indices().rev().filter(|(_, it)| is_seen(*it)) {
        after = match (character, after) {
            ('[', _) => After::Name,
            ('#', After::Name) => After::HashAndName,
            ('#', After::HashAndName) => {
                if let Some(bits) = bits.get_mut(at / 64) {
                    *bits |= 1 << (at % 64);
                }
                After::Other
            }
            (letter, After::Name) if letter.is_ascii_alphabetic() => After::Name,
            _ => After::Other,
        };
    }
    bits
}

/// Whether GitHub's runner would take `line` for a command.
pub(crate) fn begins_command(line: &str) -> bool {
    let seen = line.chars().filter(|character| is_seen(*character));
    begins(seen.skip_while(|character| is_blank(*character)), "::")
}

/// Whether who looks at `line` may see it begin with one of [`LABELS`]: of what is not ASCII some
/// terminals do not draw what they do not know, or what has no letter to sit on.
pub(crate) fn seems_to_begin_with_label(line: &str) -> bool {
    let drawn = line
        .chars()
        .filter(|character| matches!(character, ' '..='~'))
        .skip_while(|character| *character == ' ');
    LABELS.iter().any(|label| begins(drawn.clone(), label))
}

/// The same for any place of a `line`.
pub(crate) fn seems_to_hold_label(line: &str) -> bool {
    // What was drawn last, of which a label takes eight bytes at most.
    let mut last = 0_u64;
    let mut drawn = line.bytes().filter(|byte| matches!(byte, b' '..=b'~'));
    drawn.any(|byte| {
        last = last << 8 | u64::from(byte);
        let last = last.to_be_bytes();
        LABELS.iter().any(|label| last.ends_with(label.as_bytes()))
    })
}

fn begins(mut characters: impl Iterator<Item = char>, words: &str) -> bool {
    words.chars().all(|word| characters.next() == Some(word))
}

/// Whether `character` chooses a variant of the one before it, and cannot be seen itself (Unicode,
/// property `Variation_Selector`).
fn is_variation_selector(character: char) -> bool {
    matches!(
        character,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Whether `character` can be seen: .NET, which these runners are written for, passes over the others
/// where it compares.
pub(crate) fn is_seen(character: char) -> bool {
    character.is_ascii_graphic() || !is_variation_selector(character) && !is_unsafe(character)
}

/// Whether a character must not reach a terminal as it is: C0, DEL and C1 controls (ECMA-48),
/// line and paragraph separators, bidirectional controls (UAX #9), interlinear annotations, what
/// joins hieroglyphs, and what takes no room or cannot be seen: `Default_Ignorable_Code_Point` of
/// Unicode, but for the variation selectors, which emoji and names in Japanese need; and what nobody
/// knows how to draw.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}'
                | '\u{e01f0}'..='\u{e0fff}'
                | '\u{f0000}'..='\u{10ffff}'
        )
        || is_unknown(character)
}

/// Whether Unicode, as the standard library knows it, has no such character, or leaves it to private
/// use. Some terminals do not draw those.
fn is_unknown(character: char) -> bool {
    // Most texts are of these, and to ask takes its time.
    if matches!(
        character,
        '\0'..='\u{377}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
    ) || character.is_whitespace()
        || is_variation_selector(character)
    {
        return false;
    }
    // Behind a letter marks are what they are, and only what cannot be printed is escaped.
    let mut text = *b"a\0\0\0\0";
    let length = character.encode_utf8(&mut text[1..]).len();
    let text = str::from_utf8(&text[..=length]).unwrap_or_default();
    text.escape_debug().nth(1) == Some('\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_characters_become_json_escapes() {
        assert_eq!(
            escape("a\u{1b}[31m\u{9b}\u{7f}\u{202e}\u{200b}\u{feff}\u{e0041}\u{13430}\n"),
            r"a\u001b[31m\u009b\u007f\u202e\u200b\ufeff\udb40\udc41\ud80d\udc30\u000a"
        );
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        for text in [
            "naïve 資料 😀.txt",
            "e\u{301} \u{93f} a\u{a0}b\u{3000}c",
            "กำ สวัสดี বা 👍🏽 ❤\u{fe0f} 🇨🇭",
        ] {
            assert!(matches!(escape(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn what_terminals_do_not_know_is_escaped() {
        assert_eq!(
            escape("proces\u{378}sed \u{e000} \u{1ffff}"),
            r"proces\u0378sed \ue000 \ud83f\udfff"
        );
    }

    #[test]
    fn a_pipe_gets_the_text_untouched() {
        assert_eq!(Stream::PIPE.safe("\u{1b}[31m"), "\u{1b}[31m");
    }

    #[test]
    fn a_line_stays_one_line() {
        let text = "a\n\t\u{2028}b\u{202e}\u{1b}c";
        let terminal = Stream {
            is_terminal: true,
            ..Stream::PIPE
        };
        assert_eq!(
            terminal.safe_line(text),
            r"a\u000a\u0009\u2028b\u202e\u001bc"
        );
        assert_eq!(
            Stream::PIPE.safe_line(text),
            "a\\u000a\\u0009\\u2028b\u{202e}\\u001bc"
        );
        assert_eq!(Stream::PIPE.safe_line("👩\u{200d}🚀"), "👩\u{200d}🚀");
    }

    #[test]
    fn who_is_written_to_holds_this_process_up() {
        struct Slow;
        impl Write for Slow {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                thread::sleep(PAUSE);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let before = held_up();
        Blocking(Slow).write_all(b"x").unwrap();
        assert_eq!(held_up(), before);
        Timed(Slow).write_all(b"x").unwrap();
        assert!(held_up() >= before + PAUSE);
    }

    #[test]
    fn commands_for_runners_are_disarmed() {
        for (line, shown) in [
            ("::stop-commands::x", r"\u003a:stop-commands::x"),
            ("  \u{3000}:::", "  \u{3000}\\u003a::"),
            ("\u{200b}:\u{ad}:error::", "\u{200b}\\u003a\u{ad}:error::"),
            (
                "see ##vso[task.x]a ##[b]c",
                r"see \u0023#vso[task.x]a \u0023#[b]c",
            ),
            ("###[x", r"#\u0023#[x"),
            ("#\u{fe0f}#teamcity[x", "\\u0023\u{fe0f}#teamcity[x"),
            ("\u{180b}::error::", "\u{180b}\\u003a:error::"),
            ("##\u{e0100}vso[x", "\\u0023#\u{e0100}vso[x"),
        ] {
            assert_eq!(disarm(line), shown);
            assert_eq!(disarm(shown), shown);
        }
        for line in [
            "",
            ":",
            ": :",
            "a::b",
            "## Title [1]",
            "#[x]",
            "##x",
            "#1 ::",
        ] {
            assert_eq!(disarm(line), line);
        }
    }

    proptest! {
        #[test]
        fn what_is_disarmed_holds_no_command(line in "[ a:#\\[v\u{200b}\u{fe0f}]{0,12}") {
            let disarmed = disarm(&line);
            let seen: String = disarmed.chars().filter(|it| is_seen(*it)).collect();
            prop_assert!(!seen.trim_start().starts_with("::"));
            prop_assert!(!seen.contains("##[") && !seen.contains("##v["));
            prop_assert_eq!(disarmed.replace("\\u003a", ":").replace("\\u0023", "#"), line);
        }

        #[test]
        fn nothing_unsafe_is_left_and_nothing_else_changes(text: String) {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(is_unsafe));
            if !text.contains(is_unsafe) {
                prop_assert_eq!(escaped, text.as_str());
            }
        }

        #[test]
        fn escaped_json_is_json_of_the_same_value(text: String) {
            let json = serde_json::to_string(&text).unwrap();
            let read: String = serde_json::from_str(&escape(&json)).unwrap();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn a_pipe_gets_any_text_untouched(text: String) {
            prop_assert_eq!(Stream::PIPE.safe(&text), text.as_str());
        }

        #[test]
        fn a_line_stays_a_line(text: String) {
            let line = Stream::PIPE.safe_line(&text);
            prop_assert!(!line.contains(char::is_control));
            prop_assert_eq!(line.lines().count(), usize::from(!text.is_empty()));
            prop_assert_eq!(escape(&line), escape(&text));
        }

        #[test]
        fn every_character_is_safe_or_escaped(character: char) {
            let escaped = escape(character.encode_utf8(&mut [0; 4])).into_owned();
            prop_assert_eq!(is_unsafe(character), escaped.starts_with("\\u"));
        }
    }
}
