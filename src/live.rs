//! The line on a terminal that tells how far a run is: drawn again and again, gone at the end.
//!
//! Also at an end by a signal: the line goes first. No signal is handled before there is a line.
//!
//! Progress libraries count the rows that a line takes, to move up and erase them. Terminals differ
//! in how wide characters are, a server chooses the characters, and where the count is wrong what
//! stands above is erased. Here the terminal breaks no lines while this one is written, and nothing
//! ever moves up.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::columns::{Measure, limit};
use crate::error::span;
use crate::terminal::{self, put};

/// The line is erased (ECMA-48, CR and EL).
const ERASE_LINE: &str = "\r\x1b[K";

/// The same, and then to the end of the terminal (ED). The line is the last thing there, but a terminal
/// that got narrower has broken it into several. Some keep what is erased so from the top, to be
/// scrolled to: hence not for each picture, and not before the line is gone.
const ERASE: &str = "\r\x1b[K\x1b[J";

/// From here on the terminal breaks no lines, and does again (DECAWM of the VT100).
const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";

/// What moves, so that a stuck run can be told from a long one.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// How long each picture of the spinner stays.
const FRAME: Duration = Duration::from_millis(100);

/// The columns beside the text: those of the spinner and of most elapsed times.
const REST: usize = "S ".len() + " 59m 59s".len();

/// How long a signal waits for the line to be erased.
const PATIENCE: Duration = Duration::from_millis(200);

/// A live line on standard error; it is gone when this is dropped.
pub(crate) struct LiveLine {
    shown: Arc<Mutex<bool>>,
    /// The columns of the terminal that it was drawn for.
    columns: Cell<Option<usize>>,
}

impl LiveLine {
    /// A line that is not drawn yet.
    pub(crate) fn new() -> Self {
        let shown = Arc::default();
        // Without it a signal ends the run as well, only less tidily.
        let _ = erase_at_signals(Arc::clone(&shown));
        Self {
            shown,
            columns: Cell::default(),
        }
    }

    /// Shows `text`, which must be safe for a terminal, and the `elapsed` time; the spinner moves.
    pub(crate) fn show(&self, text: &str, elapsed: Duration) {
        // It may have another width than a moment ago.
        let columns = limit(&terminal::stderr());
        let erase = if self.columns.replace(columns) == columns {
            ERASE_LINE
        } else {
            ERASE
        };
        let line = line(text, elapsed, columns);
        let mut shown = lock(&self.shown);
        *shown = true;
        put(format!("{NO_WRAP}{erase}{line}{WRAP}").as_bytes());
    }

    /// Takes the line away until it is shown again.
    pub(crate) fn hide(&self) {
        let mut shown = lock(&self.shown);
        if std::mem::take(&mut *shown) {
            put(ERASE.as_bytes());
        }
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        self.hide();
    }
}

/// The line as it is drawn on a terminal of so many `columns`. The cursor goes back to its start:
/// the terminal may echo an interrupt as `^C`, which at its end would begin another line.
fn line(text: &str, elapsed: Duration, columns: Option<usize>) -> String {
    let frames = elapsed.as_millis() / FRAME.as_millis();
    let frame = usize::try_from(frames).unwrap_or_default() % SPINNER.len();
    let spinner = SPINNER.get(frame).unwrap_or(&" ");
    let text = Measure::MOST.cut(text, columns.map_or(usize::MAX, |columns| columns - REST));
    let seconds = span(Duration::from_secs(elapsed.as_secs()));
    format!("{spinner} {text} {seconds}\r")
}

/// From now on an interrupt, a hangup or a request to terminate erases the line, if it is shown,
/// and then ends the process as if it had not been handled. One that the process was started to
/// ignore, as `nohup` has it, stays ignored.
///
/// A thread of its own does it: the main one may be blocked in a write to a pipe that nobody
/// reads, and is not to be waited for. Nor is a terminal that takes no more output, which the line
/// is then left on.
fn erase_at_signals(shown: Arc<Mutex<bool>>) -> io::Result<()> {
    // Not the stream of the standard library: the main thread may hold its lock.
    let mut terminal = File::from(io::stderr().as_fd().try_clone_to_owned()?);
    let ignored = ignored();
    let heeded = [SIGINT, SIGTERM, SIGHUP].into_iter();
    let mut signals = Signals::new(heeded.filter(|signal| ignored >> (signal - 1) & 1 == 0))?;
    thread::Builder::new().spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let (erased, is_erased) = mpsc::channel();
            let erasing = thread::Builder::new().spawn(move || {
                let shown = lock(&shown);
                if *shown {
                    // Where this fails there is no terminal any more.
                    let _ = terminal.write_all(ERASE.as_bytes());
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

/// The signals that this process ignores, one bit each from that of signal 1 on; none where the
/// system does not tell (`proc_pid_status(5)`).
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

fn lock(shown: &Mutex<bool>) -> MutexGuard<'_, bool> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_cut_to_the_terminal_and_never_broken() {
        for (text, elapsed, columns, expected) in [
            ("a: uploaded", 0, Some(40), "⠋ a: uploaded 0s"),
            ("a: uploaded", 65_250, Some(40), "⠹ a: uploaded 1m 5s"),
            ("a: uploaded", 900, Some(20), "⠏ a: uploa… 0s"),
            ("a: 資料資料資料", 0, Some(20), "⠋ a: 資料… 0s"),
            ("a: uploaded", 0, None, "⠋ a: uploaded 0s"),
        ] {
            assert_eq!(
                line(text, Duration::from_millis(elapsed), columns),
                format!("{expected}\r")
            );
        }
    }
}
