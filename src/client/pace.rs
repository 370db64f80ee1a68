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

/// How many requests in a row are refused that were made one at a time before it is clear that it is
/// of no use.
const IN_VAIN: usize = 4;

/// How long others wait for a request: hardly a server allows less than four in a second.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// Lets requests go when it is their turn.
pub(super) struct Pace {
    /// How many may be made at a time.
    most: Cell<usize>,
    under_way: Cell<usize>,
    /// The ranks of the lookups that were refused and come again.
    ranks: RefCell<Vec<u32>>,
    /// How many lookups ended well, and how many had when there was one more at a time.
    well: Cell<usize>,
    well_before: Cell<usize>,
    /// How many requests were refused in a row that were made one at a time.
    in_vain: Cell<usize>,
    changed: Notify,
}

impl Pace {
    /// That of a server that takes whatever comes.
    pub(super) fn new() -> Self {
        Self {
            most: Cell::new(usize::MAX),
            under_way: Cell::default(),
            ranks: RefCell::default(),
            well: Cell::default(),
            well_before: Cell::default(),
            in_vain: Cell::default(),
            changed: Notify::new(),
        }
    }

    /// Returns when a request may be made; until what it returns is dropped it is under way. Those that
    /// were `refused` go by their ranks, all others after them.
    pub(super) async fn turn(&self, mut refused: Option<&mut Refused<'_>>) -> Turn<'_> {
        if let Some(refused) = &mut refused {
            refused.well = self.well.get();
        }
        let rank = refused.as_ref().map_or(0, |refused| refused.rank);
        loop {
            if self.under_way.get() + self.before(rank) < self.most.get() {
                self.under_way.set(self.under_way.get() + 1);
                if let Some(refused) = refused {
                    refused.leave();
                }
                return Turn {
                    pace: self,
                    is_alone: self.most.get() == 1,
                };
            }
            self.changed.notified().await;
        }
    }

    /// How many lookups go before one of this `rank`.
    fn before(&self, rank: u32) -> usize {
        let others = self.ranks.borrow();
        others.iter().filter(|other| **other > rank).count()
    }

    /// A request was refused as one too many, made at a time with others unless it `is_alone`; `before`
    /// is the last of its lookup that was. From now on they are made one at a time.
    ///
    /// Those go first that were refused most often. But one that was refused again though no other had
    /// gone before it is refused for itself, as by a limit for one file: the others go on first.
    pub(super) fn refused(&self, before: Option<&Refused<'_>>, is_alone: bool) -> Refused<'_> {
        if is_alone {
            self.in_vain.set(self.in_vain.get() + 1);
        }
        let is_slow = self.in_vain.get() < IN_VAIN;
        self.most.set(if is_slow { 1 } else { usize::MAX });
        self.well_before.set(self.well.get());
        let times = before.map_or(0, |before| before.times) + 1;
        let is_for_itself = before.is_some_and(|before| before.well == self.well.get());
        let rank = if is_for_itself { 0 } else { times };
        self.ranks.borrow_mut().push(rank);
        self.changed.notify_waiters();
        Refused {
            pace: self,
            times,
            well: self.well.get(),
            rank,
            waits: true,
        }
    }

    /// A lookup ended otherwise.
    pub(super) fn ended_well(&self) {
        let well = self.well.get() + 1;
        self.well.set(well);
        self.in_vain.set(0);
        if well - self.well_before.get() == WELL {
            self.well_before.set(well);
            self.most.set(self.most.get().saturating_add(1));
        }
    }
}

/// That a request is under way.
pub(super) struct Turn<'a> {
    pace: &'a Pace,
    /// Whether no other is made at the same time.
    pub(super) is_alone: bool,
}

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
        self.pace.under_way.set(self.pace.under_way.get() - 1);
        self.pace.changed.notify_waiters();
    }
}

/// That a lookup was refused and comes again.
pub(super) struct Refused<'a> {
    pace: &'a Pace,
    /// How often it was refused.
    times: u32,
    /// How many lookups had ended well when it came again.
    well: usize,
    rank: u32,
    /// Whether it has had no turn since.
    waits: bool,
}

impl Refused<'_> {
    fn leave(&mut self) {
        if std::mem::take(&mut self.waits) {
            let mut ranks = self.pace.ranks.borrow_mut();
            if let Some(at) = ranks.iter().position(|rank| *rank == self.rank) {
                ranks.swap_remove(at);
            }
            self.pace.changed.notify_waiters();
        }
    }
}

impl Drop for Refused<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::FutureExt as _;

    use super::*;

    fn turn<'a>(pace: &'a Pace, refused: Option<&mut Refused<'_>>) -> Option<Turn<'a>> {
        pace.turn(refused).now_or_never()
    }

    #[test]
    fn all_go_until_one_is_refused() {
        let pace = Pace::new();
        let turns = [(); 3].map(|()| turn(&pace, None).unwrap());
        assert!(turns.iter().all(|turn| !turn.is_alone));
        drop(pace.refused(None, false));
        assert!(turn(&pace, None).is_none());
        drop(turns);
        let alone = turn(&pace, None).unwrap();
        assert!(alone.is_alone && turn(&pace, None).is_none());
        for _ in 0..WELL {
            pace.ended_well();
        }
        let second = turn(&pace, None).unwrap();
        assert!(!second.is_alone && turn(&pace, None).is_none());
    }

    #[test]
    fn those_go_first_that_were_refused_most_often() {
        let pace = Pace::new();
        let mut once = pace.refused(None, false);
        let mut twice = pace.refused(None, false);
        assert!(turn(&pace, Some(&mut twice)).is_some());
        pace.ended_well();
        twice = pace.refused(Some(&twice), false);
        assert!(turn(&pace, None).is_none());
        assert!(turn(&pace, Some(&mut once)).is_none());
        assert!(turn(&pace, Some(&mut twice)).is_some());
        assert!(turn(&pace, None).is_none());
        assert!(turn(&pace, Some(&mut once)).is_some());
        assert!(turn(&pace, None).is_some());
    }

    #[test]
    fn one_that_is_refused_for_itself_does_not_go_first() {
        let pace = Pace::new();
        let mut refused = pace.refused(None, false);
        // Those that were under way with it do not count.
        pace.ended_well();
        assert!(turn(&pace, None).is_none());
        assert!(turn(&pace, Some(&mut refused)).is_some());
        refused = pace.refused(Some(&refused), true);
        assert!(turn(&pace, None).is_some());
        assert!(turn(&pace, Some(&mut refused)).is_some());
        pace.ended_well();
        refused = pace.refused(Some(&refused), true);
        assert!(turn(&pace, None).is_none());
        drop(refused);
        assert!(turn(&pace, None).is_some());
    }

    #[test]
    fn where_all_are_refused_none_waits_for_another() {
        let pace = Pace::new();
        let is_slow = || {
            let first = turn(&pace, None);
            first.is_some() && turn(&pace, None).is_none()
        };
        // Those that were under way together say nothing.
        for _ in 0..9 {
            drop(pace.refused(None, false));
        }
        for _ in 0..IN_VAIN {
            assert!(is_slow());
            drop(pace.refused(None, true));
        }
        assert!(!is_slow());
        drop(pace.refused(None, false));
        assert!(!is_slow());
        pace.ended_well();
        drop(pace.refused(None, false));
        assert!(is_slow());
    }

    #[test]
    fn a_request_that_takes_long_holds_nobody_up() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        for (patience, holds_up) in [(PATIENCE, true), (Duration::ZERO, false)] {
            let pace = Pace::new();
            drop(pace.refused(None, false));
            runtime.block_on(async {
                let alone = pace.turn(None).await;
                let mut stuck = Box::pin(alone.during(pending::<()>(), patience));
                let a_moment = Duration::from_millis(10);
                assert!(timeout(a_moment, &mut stuck).await.is_err());
                assert_eq!(turn(&pace, None).is_none(), holds_up);
            });
        }
    }

    #[test]
    fn who_waits_is_told() {
        let pace = Pace::new();
        let refused = pace.refused(None, false);
        let mut waiting = Box::pin(pace.turn(None));
        assert!((&mut waiting).now_or_never().is_none());
        drop(refused);
        assert!((&mut waiting).now_or_never().is_some());
    }
}
