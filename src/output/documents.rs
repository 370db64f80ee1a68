//! Documents on their way to a stream: whole ones together, none cut in half where it can be
//! helped.
//!
//! A signal may end the run while a pipe is full. What its reader then gets ends with a whole
//! document, as a pipe takes a short write as a whole or not at all. And what shares a terminal with
//! the documents is never drawn into one of them: none is in part there and in part held.

use std::io::{self, Write};

/// The most bytes that a pipe takes as a whole: `PIPE_BUF` of Linux; others may have less (POSIX,
/// `write`).
const WHOLE: usize = 4096;

/// A writer that is told where each document ends.
pub(super) struct Documents<W> {
    out: W,
    held: Vec<u8>,
    /// How much of what is held belongs to whole documents.
    ended: usize,
    /// Whether a part of the present document is written.
    begun: bool,
}

impl<W: Write> Documents<W> {
    /// Writes to `out`, in pieces of its own.
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            held: Vec::with_capacity(WHOLE),
            ended: 0,
            begun: false,
        }
    }

    /// Notes that a document ends here.
    pub(super) fn end_document(&mut self) -> io::Result<()> {
        self.ended = self.held.len();
        if std::mem::take(&mut self.begun) {
            self.release(self.ended)?;
        }
        Ok(())
    }

    /// Writes the first `length` bytes that are held.
    fn release(&mut self, length: usize) -> io::Result<()> {
        let written = self
            .out
            .write_all(self.held.get(..length).unwrap_or_default());
        // Also after an error: nothing is ever written twice.
        self.held.drain(..length);
        self.ended = self.ended.saturating_sub(length);
        written
    }
}

impl<W: Write> Write for Documents<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.write_all(text)?;
        Ok(text.len())
    }

    fn write_all(&mut self, text: &[u8]) -> io::Result<()> {
        if self.held.len() + text.len() > WHOLE {
            self.release(self.ended)?;
        }
        if self.held.len() + text.len() > WHOLE {
            // A document of this length cannot be helped.
            self.begun = true;
            self.release(self.held.len())?;
        }
        if text.len() > WHOLE {
            return self.out.write_all(text);
        }
        self.held.extend_from_slice(text);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.release(self.held.len())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Keeps the pieces in which it was written to.
    #[derive(Default)]
    struct Pieces(Vec<Vec<u8>>);

    impl Write for Pieces {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0.push(piece.to_vec());
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn short_documents_are_never_cut(
            documents in prop::collection::vec(prop::collection::vec(0_usize..9000, 0..5), 0..40),
        ) {
            let mut out = Documents::new(Pieces::default());
            let mut all = Vec::new();
            // Where each document starts and ends.
            let mut places = Vec::new();
            for (number, parts) in documents.iter().enumerate() {
                let start = all.len();
                for length in parts {
                    let part = vec![u8::try_from(number).unwrap(); *length];
                    out.write_all(&part).unwrap();
                    all.extend(part);
                }
                out.end_document().unwrap();
                places.push(start..all.len());
                let written: usize = out.out.0.iter().map(Vec::len).sum();
                prop_assert!(written <= start || written == all.len());
            }
            out.flush().unwrap();
            let pieces = out.out.0;
            prop_assert_eq!(pieces.concat(), all);
            let mut at = 0;
            for piece in &pieces {
                at += piece.len();
                let cut = places.iter().find(|place| place.start < at && at < place.end);
                prop_assert!(cut.is_none_or(|place| place.len() > WHOLE));
            }
        }
    }
}
