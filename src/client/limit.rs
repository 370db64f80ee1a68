//! How much time something may take, not counting that in which this process is held up.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout};

/// A time that begins at once. What a pager that is left open holds up is not the fault of the
/// server: what it sent meanwhile could not be read.
#[derive(Clone, Copy)]
pub struct Limit {
    time: Duration,
    start: Instant,
    /// How long this process has been held up.
    held_up: fn() -> Duration,
    held_up_before: Duration,
}

impl Limit {
    /// A limit of so much `time` from now on, to which is added what `held_up` grows by.
    #[must_use]
    pub fn new(time: Duration, held_up: fn() -> Duration) -> Self {
        Self {
            time,
            start: Instant::now(),
            held_up,
            held_up_before: held_up(),
        }
    }

    /// All of its time.
    pub(super) fn time(self) -> Duration {
        self.time
    }

    /// How much has passed of its time.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        let held_up = (self.held_up)().saturating_sub(self.held_up_before);
        self.start.elapsed().saturating_sub(held_up)
    }

    /// How much of its time is left.
    #[must_use]
    pub fn left(self) -> Duration {
        self.time.saturating_sub(self.elapsed())
    }

    /// What comes of `work`, unless it takes too long.
    pub async fn keep<T>(self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            match timeout(self.left(), &mut work).await {
                Ok(done) => return Some(done),
                Err(_) if self.left().is_zero() => return None,
                Err(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, ready};

    use super::*;

    #[test]
    fn what_holds_this_process_up_does_not_count() {
        thread_local! {
            static HELD_UP: Cell<Duration> = const { Cell::new(Duration::from_secs(9)) };
        }
        let minute = Duration::from_secs(60);
        let limit = Limit::new(minute, || HELD_UP.get());
        assert!(limit.left() <= minute && limit.left() > minute / 2);
        HELD_UP.set(Duration::from_secs(999));
        assert_eq!((limit.left(), limit.elapsed()), (minute, Duration::ZERO));
    }

    #[test]
    fn work_ends_with_its_time() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let keep = |time| {
            let limit = Limit::new(time, Duration::default);
            runtime.block_on(async {
                (
                    limit.keep(ready(1)).await,
                    limit.keep(pending::<()>()).await,
                )
            })
        };
        assert_eq!(keep(Duration::ZERO), (Some(1), None));
        assert_eq!(keep(Duration::from_millis(1)), (Some(1), None));
    }
}
