//! The ids of a run: those of the command line, and those on standard input.

use std::io::{BufRead, BufReader, Read as _};

use futures_util::stream::{self, Stream, StreamExt as _};

use super::id::{BadId, FileId};
use crate::error::{Exit, Failure, io_words};
use crate::secret::holds_pem;
use crate::settings::IdSource;
use crate::terminal::Blocking;

/// The ids of `sources` one after the other; those of standard input are read as they are needed.
pub(super) fn ids(sources: &[IdSource]) -> impl Stream<Item = Result<FileId, Failure>> {
    let from = |source: &IdSource| match source {
        IdSource::Given(id) => stream::once(std::future::ready(Ok(id.clone()))).left_stream(),
        IdSource::Stdin => stdin_ids().right_stream(),
    };
    stream::iter(sources).map(from).flatten()
}

/// The longest line that is taken for an id, in bytes; a URL of this length is refused by most
/// servers already.
const LONGEST_LINE: u64 = 16 * 1024;

/// The ids on standard input, one a line. A thread reads them, since a read of standard input
/// cannot be interrupted. It hands on what came together in one piece, as waking the other side
/// for each id would cost more than the id, and reads no further before that is taken.
fn stdin_ids() -> impl Stream<Item = Result<FileId, Failure>> {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let reading = std::thread::Builder::new().spawn(move || {
        let mut stdin = BufReader::new(Blocking(std::io::stdin().lock()));
        let mut together = Vec::new();
        for number in 1_u64.. {
            let line = read_line(&mut stdin, number);
            let end = match &line {
                Ok(line) => line.is_none(),
                Err(unread) => unread.is_final,
            };
            match line {
                Ok(line) => together.extend(line.and_then(|line| id_of(&line, number))),
                Err(unread) => together.push(Err(unread.failure)),
            }
            let all_came = end || !stdin.buffer().contains(&b'\n');
            let handed_on =
                !all_came || sender.blocking_send(std::mem::take(&mut together)).is_ok();
            if end || !handed_on {
                break;
            }
        }
    });
    let unread = reading.err().map(|error| {
        let why = io_words(&error);
        Err(Failure::new(
            Exit::Failure,
            format!("cannot read standard input: {why}"),
        ))
    });
    let read = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|ids| (ids, receiver))
    });
    stream::iter(unread).chain(read.map(stream::iter).flatten())
}

/// The id in a line, without the white space around it and, in the first line, without the byte
/// order mark that some programs write. Blank lines have none.
fn id_of(line: &str, number: u64) -> Option<Result<FileId, Failure>> {
    let line = match number {
        1 => line.strip_prefix('\u{feff}').unwrap_or(line),
        _ => line,
    };
    let id = line.trim();
    let bad = |bad| {
        Failure::usage(format!(
            "line {number} of standard input cannot be looked up: {bad}"
        ))
    };
    (!id.is_empty()).then(|| FileId::new(id).map_err(bad))
}

/// A line that is no text; after some of them there can be no next one.
struct Unread {
    failure: Failure,
    is_final: bool,
}

fn read_line(stdin: &mut impl BufRead, number: u64) -> Result<Option<String>, Unread> {
    let mut line = Vec::new();
    let unread = |why: &str, is_final| Unread {
        failure: Failure::usage(format!("line {number} of standard input {why}")),
        is_final,
    };
    let last = |why: &str| {
        let Unread { failure, is_final } = unread(why, true);
        let failure = failure.hint("what follows it was not read");
        Unread { failure, is_final }
    };
    match stdin.take(LONGEST_LINE).read_until(b'\n', &mut line) {
        Ok(0) => Ok(None),
        Ok(_) if line.len() as u64 == LONGEST_LINE && !line.ends_with(b"\n") => {
            Err(last("is too long for a file id"))
        }
        Ok(_) => match String::from_utf8(line) {
            // Its other lines look like ids.
            Ok(line) if holds_pem(&line) => {
                Err(last(&format!("cannot be looked up: {}", BadId::Pem)))
            }
            Ok(line) => Ok(Some(line)),
            Err(_) => Err(unread("is not valid UTF-8", false)),
        },
        Err(error) => Err(unread(
            &format!("cannot be read: {}", io_words(&error)),
            true,
        )),
    }
}
