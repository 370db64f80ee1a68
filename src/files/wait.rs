//! When to look again at a file that is being processed. Pure: time comes in as an argument.

use std::time::Duration;

use super::object::Status;
use crate::settings::Wait;

/// How long before the time is up the last look is taken, so that its answer can still arrive.
/// Of a short time to wait it is a quarter.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// The shortest time that a server may choose in place of a longer interval.
const SOONEST: Duration = Duration::from_millis(100);

/// After how long to look again, where `status` is the last one seen, `elapsed` after the first look
/// began; `None` if that is not to be done: the status is final, there is none that waiting could
/// change, or the time is up. `hint` is the server's own idea of when; it replaces the interval, but for a time
/// so short that it can only be meant otherwise.
#[must_use]
pub fn next(
    status: Option<&Status>,
    elapsed: Duration,
    wait: Wait,
    hint: Option<Duration>,
) -> Option<Duration> {
    if status.is_none_or(Status::is_final) {
        return None;
    }
    let last_look = LAST_LOOK.min(wait.timeout / 4);
    let until_last_look = wait
        .timeout
        .saturating_sub(elapsed)
        .saturating_sub(last_look);
    let delay = hint.map_or(wait.interval, |hint| hint.max(SOONEST.min(wait.interval)));
    (!until_last_look.is_zero()).then(|| delay.min(until_last_look))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Wait = Wait {
        interval: Duration::from_secs(5),
        timeout: Duration::from_secs(60),
    };

    fn at(seconds: u64, status: &str) -> Option<Duration> {
        next(
            Some(&Status::from(status)),
            Duration::from_secs(seconds),
            WAIT,
            None,
        )
    }

    #[test]
    fn a_final_status_ends_the_wait_at_any_time() {
        for status in ["processed", "error", "deleted"] {
            for seconds in [0, 59, 60, 1000] {
                assert_eq!(at(seconds, status), None, "{status} at {seconds}");
            }
        }
    }

    #[test]
    fn any_other_status_is_asked_for_again() {
        for status in ["uploaded", "pending", "running", ""] {
            assert_eq!(at(0, status), Some(Duration::from_secs(5)), "{status}");
        }
    }

    #[test]
    fn a_server_is_not_asked_without_end_because_it_says_so() {
        let after = |hint, interval| {
            let wait = Wait {
                interval: Duration::from_millis(interval),
                ..WAIT
            };
            let hint = Some(Duration::from_micros(hint));
            next(Some(&Status::Uploaded), Duration::ZERO, wait, hint)
        };
        let milliseconds = |number| Some(Duration::from_millis(number));
        assert_eq!(after(5_000, 5_000), milliseconds(100));
        assert_eq!(after(1, 10), milliseconds(10));
        assert_eq!(after(250_000, 5_000), milliseconds(250));
    }

    #[test]
    fn no_status_fails_at_once() {
        assert_eq!(next(None, Duration::ZERO, WAIT, None), None);
    }

    #[test]
    fn the_last_look_is_shortly_before_the_time_is_up() {
        assert_eq!(at(54, "uploaded"), Some(Duration::from_secs(5)));
        assert_eq!(at(55, "uploaded"), Some(Duration::from_secs(4)));
        assert_eq!(at(58, "uploaded"), Some(Duration::from_secs(1)));
        assert_eq!(at(59, "uploaded"), None);
        assert_eq!(at(61, "uploaded"), None);
    }

    #[test]
    fn the_server_may_set_the_interval() {
        let hinted = |hint| {
            next(
                Some(&Status::from("uploaded")),
                Duration::ZERO,
                WAIT,
                Some(hint),
            )
        };
        assert_eq!(hinted(Duration::from_secs(9)), Some(Duration::from_secs(9)));
        assert_eq!(
            hinted(Duration::from_secs(900)),
            Some(Duration::from_secs(59))
        );
    }

    #[test]
    fn a_short_time_to_wait_is_spent_on_looks() {
        let at = |interval, elapsed| {
            let wait = Wait {
                interval: Duration::from_millis(interval),
                timeout: Duration::from_millis(400),
            };
            let elapsed = Duration::from_millis(elapsed);
            next(Some(&Status::from("uploaded")), elapsed, wait, None)
        };
        assert_eq!(at(50, 0), Some(Duration::from_millis(50)));
        assert_eq!(at(50, 280), Some(Duration::from_millis(20)));
        assert_eq!(at(50, 300), None);
        assert_eq!(at(5000, 0), Some(Duration::from_millis(300)));
    }

    #[test]
    fn no_time_to_wait_is_one_look() {
        for interval in [Duration::ZERO, WAIT.interval] {
            let wait = Wait {
                interval,
                timeout: Duration::ZERO,
            };
            assert_eq!(
                next(Some(&Status::from("uploaded")), Duration::ZERO, wait, None),
                None
            );
        }
    }
}
