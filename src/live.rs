//! The line on a terminal that tells how far a run is: drawn again and again, gone at the end.
//!
//! Also at an end by a signal: the line goes first. No signal is handled before there is a line.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use unicode_width::UnicodeWidthChar as _;

use crate::columns::{cut, limit, width};
use crate::terminal;

/// Erases what stands from here to the end of the terminal (ECMA-48, ED). The live line is the last
/// thing there, but a terminal that got narrower has broken it into several.
const ERASE_BELOW: &[u8] = b"\x1b[J";

/// The same from the start of the line.
const ERASE: &[u8] = b"\r\x1b[J";

/// The line, as wide as the terminal. The cursor goes back to its start: the terminal may echo an
/// interrupt as `^C`, which at its end would begin another line. Meanwhile the terminal breaks no
/// lines (DECAWM of the VT100): where it draws a character wider than others do, it would leave a
/// part of this one at each drawing.
const TEMPLATE: &str = "\x1b[?7l{spinner} {msg} {elapsed:>3}\r\x1b[?7h";

/// What stands beside the message. Were the line shorter than the terminal, the library would write
/// the blanks that are missing at the place of the cursor, over the spinner.
const REST: usize = "S ".len() + " 36h".len();

/// How long a signal waits for the line to be erased.
const PATIENCE: Duration = Duration::from_millis(200);

/// A live line on standard error; it is gone when this is dropped.
pub(crate) struct LiveLine {
    bar: ProgressBar,
    shown: Arc<Mutex<bool>>,
}

impl LiveLine {
    /// A line that is not drawn yet.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        let shown = Arc::default();
        // Without it a signal ends the run as well, only less tidily.
        let _ = erase_at_signals(Arc::clone(&shown));
        Self { bar, shown }
    }

    /// Shows `text`, which must be safe for a terminal, and the elapsed time; the spinner moves.
    pub(crate) fn show(&self, text: String) {
        // It may have another width than a moment ago.
        let stream = terminal::stderr();
        let text = match stream.width.or_else(|| limit(&stream)) {
            Some(columns) => fitted(&text, columns.saturating_sub(REST)),
            None => text,
        };
        let mut shown = lock(&self.shown);
        *shown = true;
        self.bar.set_message(text);
        self.bar.tick();
    }

    /// Does `write`, which writes to the same terminal, without the line.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        // Held while the line is erased and drawn again, not while anything else is written.
        let mut held = Some(lock(&self.shown));
        self.bar.suspend(|| {
            if let Some(mut shown) = held.take() {
                erase_remains(&mut shown);
            }
            let result = write();
            let mut shown = lock(&self.shown);
            *shown = true;
            held = Some(shown);
            result
        })
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        let mut shown = lock(&self.shown);
        self.bar.finish_and_clear();
        erase_remains(&mut shown);
    }
}

/// Erases what the library, which counts on the width that the line was drawn at, has left of it.
fn erase_remains(shown: &mut bool) {
    if std::mem::take(shown) {
        // Where this fails there is no terminal any more.
        let _ = io::stderr().write_all(ERASE_BELOW);
    }
}

/// `text` cut or padded to `columns`, without marks that have no columns of their own, such as
/// accents that are characters apart: terminals differ in how wide they are. The library must
/// never take the line for more than one, since it would erase what stands above.
fn fitted(text: &str, columns: usize) -> String {
    let seen: String = text
        .chars()
        .filter(|character| character.width() != Some(0))
        .collect();
    let text = cut(&seen, columns);
    let gap = columns.saturating_sub(width(&text));
    format!("{text}{:gap$}", "")
}

/// From now on an interrupt, a hangup or a request to terminate erases the line, if it is shown,
/// and then ends the process as if it had not been handled.
///
/// A thread of its own does it: the main one may be blocked in a write to a pipe that nobody
/// reads, and is not to be waited for. Nor is a terminal that takes no more output, which the line
/// is then left on.
fn erase_at_signals(shown: Arc<Mutex<bool>>) -> io::Result<()> {
    // Not the stream of the standard library: the main thread may hold its lock.
    let mut terminal = File::from(io::stderr().as_fd().try_clone_to_owned()?);
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new().spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let (erased, is_erased) = mpsc::channel();
            let erasing = thread::Builder::new().spawn(move || {
                let shown = lock(&shown);
                if *shown {
                    // Where this fails there is no terminal any more.
                    let _ = terminal.write_all(ERASE);
                }
                // Held to the end, so that the line is not drawn again.
                std::mem::forget(shown);
                let _ = erased.send(());
            });
            if erasing.is_ok() {
                let _ = is_erased.recv_timeout(PATIENCE);
            }
            let _ = emulate_default_handler(signal);
        }
    })?;
    Ok(())
}

fn lock(shown: &Mutex<bool>) -> MutexGuard<'_, bool> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_as_wide_as_the_terminal() {
        let text = TEMPLATE.replace("\x1b[?7l", "").replace("\r\x1b[?7h", "");
        let line = text
            .replace("{spinner}", "S")
            .replace("{msg}", &fitted("a: uploaded", 40 - REST))
            .replace("{elapsed:>3}", "36h");
        assert_eq!(width(&line), 40, "{line:?}");
    }

    #[test]
    fn a_message_takes_its_columns_whatever_it_is_written_in() {
        assert_eq!(fitted("a: new", 8), "a: new  ");
        assert_eq!(fitted("a: uploaded", 8), "a: uplo…");
        assert_eq!(fitted("a: 資料資料", 8), "a: 資料…");
        assert_eq!(fitted("a: 資料", 8), "a: 資料 ");
        assert_eq!(fitted("a: e\u{301}e\u{301}", 8), "a: ee   ");
    }
}
