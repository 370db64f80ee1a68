//! Pseudo-terminals, and the rule for what may be written to a terminal.

use std::fs::File;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize,
};

/// Both ends of a pseudo-terminal.
pub(super) struct Terminal {
    /// The end where a person would sit.
    pub(super) person: File,
    /// The end that a program takes for a terminal.
    pub(super) program: OwnedFd,
}

/// Opens a pseudo-terminal of this size. It does not change what is written to it (a line feed
/// stays one) and does not echo what is typed, so that captures are what the program wrote.
pub(super) fn open(columns: u16, rows: u16) -> Terminal {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let program = rustix::fs::open(
        name,
        OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .unwrap();
    let mut modes = tcgetattr(&program).unwrap();
    modes.output_modes.remove(OutputModes::OPOST);
    modes.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&program, OptionalActions::Now, &modes).unwrap();
    resize(&program, columns, rows);
    Terminal {
        person: person.into(),
        program,
    }
}

/// Gives a pseudo-terminal this size.
pub(super) fn resize(terminal: &OwnedFd, columns: u16, rows: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).unwrap();
}

/// What a terminal of this size shows after `written`: its lines without the empty ones at the
/// end and without trailing spaces.
pub(crate) fn screen(written: &[u8], columns: u16, rows: u16) -> String {
    let mut terminal = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
    // A terminal driver adds the carriage returns; `open` switched that off.
    for line in written.split_inclusive(|byte| *byte == b'\n') {
        terminal.process(line);
        if line.ends_with(b"\n") {
            terminal.process(b"\r");
        }
    }
    let shown: Vec<String> = terminal
        .screen()
        .rows(0, columns)
        .map(|row| row.trim_end().to_owned())
        .collect();
    shown.join("\n").trim_end().to_owned()
}

/// The first thing in `written` that a tool must not write to a terminal, if any: control
/// characters beside line feed, carriage return, tab and the escape sequences that colour, move
/// the cursor or erase; terminal queries; and characters that reorder or hide text.
pub(super) fn forbidden(written: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(written);
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\n' | '\r' | '\t' => {}
            '\u{1b}' => {
                let Some(after) = after_harmless_sequence(rest.as_str()) else {
                    let sequence: String = rest.take(12).collect();
                    return Some(format!("escape sequence {sequence:?}"));
                };
                rest = after.chars();
            }
            control if control.is_control() => return Some(format!("control {control:?}")),
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{61c}' => {
                return Some(format!("invisible or reordering {character:?}"));
            }
            _ => {}
        }
    }
    None
}

/// What follows a control sequence (ECMA-48, section 5.4: `[`, parameters, one final character)
/// that colours, moves the cursor, erases or switches a mode. Nothing if `text`, which came after
/// an escape character, is another one: those that a terminal answers among them.
fn after_harmless_sequence(text: &str) -> Option<&str> {
    text.strip_prefix('[')?
        .trim_start_matches(|character: char| {
            character.is_ascii_digit() || matches!(character, ';' | ':' | '?')
        })
        .strip_prefix([
            'm', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'P', 'S', 'T', 'X',
            'd', 'h', 'l', 'r',
        ])
}
