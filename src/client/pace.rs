//! How many requests are made at a time: as many as there are lookups, until a server says that they
//! are too many.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// How many lookups have to end well before one more is made at a time. Were it faster, every few
/// of them would be refused, and some again and again.
const WELL: usize = 32;

/// How long others wait for a request.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Lets requests go when it is their turn.
pub(super) struct Pace {
    /// How many may be made at a time.
    most: Cell<usize>,
    under_way: Cell<usize>,
    /// How often each of the lookups was refused that come again.
    refused: RefCell<Vec<u32>>,
    /// How many ended well since there was one more at a time.
    well: Cell<usize>,
    changed: Notify,
}

impl Pace {
    /// That of a server that takes whatever comes.
    pub(super) fn new() -> Self {
        Self {
            most: Cell::new(usize::MAX),
            under_way: Cell::default(),
            refused: RefCell::default(),
            well: Cell::default(),
            changed: Notify::new(),
        }
    }

    /// Returns when a request may be made; until what it returns is dropped it is under way. Those go
    /// first that were refused most often.
    pub(super) async fn turn(&self, refused: Option<Refused<'_>>) -> Turn<'_> {
        let times = refused.as_ref().map_or(0, |refused| refused.times);
        loop {
            if self.under_way.get() + self.before(times) < self.most.get() {
                self.under_way.set(self.under_way.get() + 1);
                return Turn(self);
            }
            self.changed.notified().await;
        }
    }

    /// How many lookups go before one that was refused so many `times`.
    fn before(&self, times: u32) -> usize {
        let others = self.refused.borrow();
        others.iter().filter(|other| **other > times).count()
    }

    /// A request was refused as one too many, for its lookup so many `times`: from now on they are made one
    /// at a time.
    pub(super) fn refused(&self, times: u32) -> Refused<'_> {
        self.most.set(1);
        self.well.set(0);
        self.refused.borrow_mut().push(times);
        Refused { pace: self, times }
    }

    /// How many requests are under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.get()
    }

    /// A request was answered.
    pub(super) fn ended_well(&self) {
        let well = self.well.get() + 1;
        let is_enough = well >= WELL;
        self.well.set(if is_enough { 0 } else { well });
        if is_enough {
            self.most.set(self.most.get().saturating_add(1));
        }
    }
}

/// That a request is under way.
pub(super) struct Turn<'a>(&'a Pace);

impl Turn<'_> {
    /// What comes of `work`, which others wait for as long as their `patience` lasts: a server that is
    /// stuck with one request may have time for the next.
    pub(super) async fn during<T>(self, work: impl Future<Output = T>, patience: Duration) -> T {
        let mut work = pin!(work);
        if let Ok(done) = timeout(patience, &mut work).await {
            return done;
        }
        drop(self);
        work.await
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
        self.0.changed.notify_waiters();
    }
}

/// That a lookup comes again which was refused so many times.
pub(super) struct Refused<'a> {
    pace: &'a Pace,
    times: u32,
}

impl Drop for Refused<'_> {
    fn drop(&mut self) {
        let mut all = self.pace.refused.borrow_mut();
        if let Some(at) = all.iter().position(|times| *times == self.times) {
            all.swap_remove(at);
        }
        self.pace.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn all_go_until_one_is_refused_which_goes_first() {
        let pace = Pace::new();
        let turn = |refused| pace.turn(refused).now_or_never();
        let (first, second, third) = (turn(None), turn(None), turn(None));
        assert!(first.is_some() && second.is_some() && third.is_some());
        let (once, twice) = (pace.refused(1), pace.refused(2));
        drop((first, second));
        assert!(turn(None).is_none());
        drop(third);
        // Nobody is under way, but two were refused.
        assert!(turn(None).is_none());
        let mut once = Box::pin(pace.turn(Some(once)));
        assert!((&mut once).now_or_never().is_none());
        let again = turn(Some(twice));
        assert!(again.is_some() && (&mut once).now_or_never().is_none());
        drop(again);
        let again = once.now_or_never();
        assert!(again.is_some() && turn(None).is_none());
        drop(again);
        let next = turn(None);
        assert!(next.is_some() && turn(None).is_none());
        for _ in 0..WELL {
            pace.ended_well();
        }
        let (second, third) = (turn(None), turn(None));
        assert!(second.is_some() && third.is_none());
    }

    #[test]
    fn a_request_that_takes_long_holds_nobody_up() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        for (patience, holds_up) in [(PATIENCE, true), (Duration::ZERO, false)] {
            let pace = Pace::new();
            drop(pace.refused(1));
            runtime.block_on(async {
                let turn = pace.turn(None).await;
                let mut stuck = Box::pin(turn.during(pending::<()>(), patience));
                let a_moment = Duration::from_millis(10);
                assert!(timeout(a_moment, &mut stuck).await.is_err());
                assert_eq!(pace.turn(None).now_or_never().is_none(), holds_up);
            });
        }
    }

    #[test]
    fn who_waits_is_told() {
        let pace = Pace::new();
        let refused = pace.refused(1);
        let mut waiting = Box::pin(pace.turn(None));
        assert!((&mut waiting).now_or_never().is_none());
        drop(refused);
        assert!((&mut waiting).now_or_never().is_some());
    }
}
