//! What came and is not printed yet, since an earlier file is still waited for.

use std::cell::Cell;

use tokio::sync::Notify;

/// Counts what is kept until it is printed, and says which file may be asked for. The files of a
/// run are numbered from 0, in the order in which they are printed.
pub(super) struct Backlog {
    /// How many bytes may be kept before only the file that is printed next is asked for.
    most: usize,
    kept: Cell<usize>,
    /// The number of the file that is printed next.
    next: Cell<usize>,
    freed: Notify,
}

/// Bytes that are counted until this is dropped.
pub(super) struct Kept<'a> {
    backlog: &'a Backlog,
    bytes: usize,
}

impl Backlog {
    /// A backlog of at most about `most` bytes: what is under way when they are reached is added.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            kept: Cell::new(0),
            next: Cell::new(0),
            freed: Notify::new(),
        }
    }

    /// Whether the file of this `number` may be asked for. The one that is printed next always
    /// may: it makes room for all others.
    pub(super) fn admits(&self, number: usize) -> bool {
        self.kept.get() < self.most || number <= self.next.get()
    }

    /// Waits until less is kept than now.
    pub(super) async fn less(&self) {
        self.freed.notified().await;
    }

    /// Counts `bytes` for as long as what is returned lives.
    pub(super) fn keep(&self, bytes: usize) -> Kept<'_> {
        self.kept.set(self.kept.get() + bytes);
        Kept {
            backlog: self,
            bytes,
        }
    }

    /// Takes note that it is the turn of the next file to be printed.
    pub(super) fn advance(&self) {
        self.next.set(self.next.get() + 1);
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        let kept = &self.backlog.kept;
        kept.set(kept.get() - self.bytes);
        self.backlog.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::FutureExt as _;

    use super::*;

    #[test]
    fn a_full_backlog_admits_only_the_file_that_is_printed_next() {
        let backlog = Backlog::new(10);
        let first = backlog.keep(9);
        assert!(backlog.admits(7));
        let second = backlog.keep(1);
        assert!(backlog.admits(0) && !backlog.admits(1));
        backlog.advance();
        assert!(backlog.admits(1) && !backlog.admits(2));
        drop(first);
        assert!(backlog.admits(7));
        drop(second);
        assert_eq!(backlog.kept.get(), 0);
    }

    #[test]
    fn whoever_waits_is_told_of_less() {
        let backlog = Backlog::new(10);
        let kept = backlog.keep(10);
        let mut less = std::pin::pin!(backlog.less());
        assert!(less.as_mut().now_or_never().is_none());
        drop(kept);
        assert!(less.now_or_never().is_some());
    }
}
