//! Whether a failed attempt is repeated, and when. Pure: clock and chance come in as arguments.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;

/// The delay before the first repetition (SDK constant).
const FIRST_DELAY: Duration = Duration::from_millis(500);

/// The longest delay of our own choice (SDK constant).
const LONGEST_DELAY: Duration = Duration::from_secs(8);

/// How much of a delay chance may take off, so that many clients do not come back together (SDK
/// constant).
const JITTER: f64 = 0.25;

/// The longest delay that a server may ask for. Beyond it a person would rather be told.
pub const LONGEST_SERVER_DELAY: Duration = Duration::from_secs(120);

/// What came of an attempt, as far as repeating it is concerned.
#[derive(Clone, Copy, Debug)]
pub enum Attempt<'a> {
    /// An answer with a status other than 2xx.
    Answered {
        /// The HTTP status.
        status: u16,
        /// Its headers, which may say whether and when to come back.
        headers: &'a HeaderMap,
        /// Whether the body says `insufficient_quota`: coming back will not help.
        out_of_quota: bool,
    },
    /// No complete answer.
    Failed {
        /// Whether the cause may pass by itself.
        may_pass: bool,
    },
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// Ask again after this time.
    Retry(Duration),
    /// Asking again would not help.
    Final,
    /// Asking again might have helped, but it was done often enough, or is not wanted. Still the
    /// server may have asked to be left alone for this time.
    Exhausted(Option<Duration>),
    /// The server wants to be left alone for longer than [`LONGEST_SERVER_DELAY`].
    TooLong(Duration),
}

impl Decision {
    /// How long there is no use in asking.
    #[must_use]
    pub fn delay(self) -> Option<Duration> {
        match self {
            Self::Retry(delay) | Self::TooLong(delay) => Some(delay),
            Self::Exhausted(delay) => delay,
            Self::Final => None,
        }
    }
}

/// Decides what follows the failed attempt number `attempt` (counted from 1), where at most
/// `max_retries` more than the first are made. `now` is the wall clock that `Retry-After` dates
/// are measured against; `chance` is a number from 0 to 1.
#[must_use]
pub fn decide(
    attempt: u32,
    max_retries: u32,
    outcome: Attempt<'_>,
    now: SystemTime,
    chance: f64,
) -> Decision {
    let (may_pass, again, asked_for) = match outcome {
        Attempt::Failed { may_pass } => (may_pass, true, None),
        Attempt::Answered {
            status,
            headers,
            out_of_quota,
        } => {
            let should_retry = text(headers, "x-should-retry");
            // Money does not come by waiting, whatever a gateway says.
            let may_pass = !out_of_quota
                && (should_retry == Some("true") || matches!(status, 408 | 409 | 429 | 500..=599));
            // That is said of this request, not of a later look.
            let again = should_retry != Some("false");
            (may_pass, again, server_delay(headers, now))
        }
    };
    if !may_pass {
        return Decision::Final;
    }
    if let Some(delay) = asked_for.filter(|delay| *delay > LONGEST_SERVER_DELAY) {
        return Decision::TooLong(delay);
    }
    if attempt > max_retries || !again {
        return Decision::Exhausted(asked_for);
    }
    Decision::Retry(asked_for.unwrap_or_else(|| backoff(attempt, chance)))
}

/// The delay of our own choice after attempt number `attempt`: 0.5 s, doubled each time up to
/// 8 s, less up to a quarter by `chance`.
fn backoff(attempt: u32, chance: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let delay = FIRST_DELAY
        .saturating_mul(1 << doublings)
        .min(LONGEST_DELAY);
    delay.mul_f64(1.0 - JITTER * chance.clamp(0.0, 1.0))
}

/// The delay that a server asks for: `retry-after-ms`, else `Retry-After` as seconds or as a date
/// (RFC 9110, section 10.2.3). `None` if there is none, if it cannot be read, or if it names a
/// time gone by.
fn server_delay(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if let Some(delay) = text(headers, "retry-after-ms").and_then(|text| decimal(text, 1e-3)) {
        return Some(delay);
    }
    let text = text(headers, "retry-after")?;
    decimal(text, 1.0).or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        date.duration_since(now).ok()
    })
}

/// A plain decimal number of units of `unit` seconds. The grammar has digits and here a fraction,
/// but no sign, exponent, `inf` or `nan`. A number too large for any clock is the largest delay.
fn decimal(text: &str, unit: f64) -> Option<Duration> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = text.parse().ok().filter(|_| plain)?;
    Some(Duration::try_from_secs_f64(number * unit).unwrap_or(Duration::MAX))
}

/// The value of the header `name`; of several the first.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// How long the server wants `--wait` to wait before the next look (`openai-poll-after-ms`, the
/// header that the SDKs heed).
#[must_use]
pub fn poll_after(headers: &HeaderMap) -> Option<Duration> {
    // No time at all is no idea of a time.
    text(headers, "openai-poll-after-ms")
        .and_then(|text| decimal(text, 1e-3))
        .filter(|delay| !delay.is_zero())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        headers
    }

    /// 2015-10-21 07:28:00 UTC
    const NOW: u64 = 1_445_412_480;

    fn decided(status: u16, pairs: &[(&'static str, &str)]) -> Decision {
        decide(
            1,
            2,
            Attempt::Answered {
                status,
                headers: &headers(pairs),
                out_of_quota: false,
            },
            SystemTime::UNIX_EPOCH + Duration::from_secs(NOW),
            0.0,
        )
    }

    fn retry(milliseconds: u64) -> Decision {
        Decision::Retry(Duration::from_millis(milliseconds))
    }

    #[test]
    fn the_status_tells_what_may_pass() {
        for status in [408, 409, 429, 500, 502, 503, 504, 520, 599] {
            assert_eq!(decided(status, &[]), retry(500), "{status}");
        }
        for status in [101, 304, 400, 401, 403, 404, 418, 422, 499, 600, 999] {
            assert_eq!(decided(status, &[]), Decision::Final, "{status}");
        }
    }

    #[test]
    fn the_server_has_the_last_word() {
        assert_eq!(
            decided(503, &[("x-should-retry", "false"), ("retry-after", "7")]),
            Decision::Exhausted(Some(Duration::from_secs(7)))
        );
        assert_eq!(
            decided(404, &[("x-should-retry", "false")]),
            Decision::Final
        );
        assert_eq!(decided(404, &[("x-should-retry", "true")]), retry(500));
        assert_eq!(
            decided(404, &[("x-should-retry", "maybe")]),
            Decision::Final
        );
    }

    #[test]
    fn the_server_sets_the_delay() {
        assert_eq!(decided(429, &[("retry-after", "7")]), retry(7000));
        assert_eq!(decided(429, &[("retry-after", "0")]), retry(0));
        assert_eq!(decided(429, &[("retry-after", " 1.25 ")]), retry(1250));
        assert_eq!(
            decided(429, &[("retry-after-ms", "40.5"), ("retry-after", "9")]),
            Decision::Retry(Duration::from_micros(40_500))
        );
        assert_eq!(
            decided(429, &[("retry-after", "3"), ("retry-after", "9")]),
            retry(3000)
        );
        assert_eq!(
            decided(429, &[("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")]),
            retry(30_000)
        );
        assert_eq!(decided(429, &[("retry-after", "120")]), retry(120_000));
    }

    #[test]
    fn what_cannot_be_read_or_is_past_is_left_out() {
        for value in [
            "nan",
            "inf",
            "-1",
            "+1",
            "1e30",
            "",
            ".",
            "1, 2",
            "soon",
            "Wed, 21 Oct 2015 07:27:00 GMT",
        ] {
            assert_eq!(
                decided(429, &[("retry-after", value)]),
                retry(500),
                "{value:?}"
            );
            assert_eq!(
                decided(429, &[("retry-after-ms", value)]),
                retry(500),
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_long_delay_is_not_waited_for() {
        assert_eq!(
            decided(429, &[("retry-after", "121")]),
            Decision::TooLong(Duration::from_secs(121))
        );
        assert_eq!(
            decided(429, &[("retry-after", &"9".repeat(400))]),
            Decision::TooLong(Duration::MAX)
        );
    }

    #[test]
    fn quota_does_not_come_back_by_itself() {
        let headers = HeaderMap::new();
        let outcome = Attempt::Answered {
            status: 429,
            headers: &headers,
            out_of_quota: true,
        };
        assert_eq!(
            decide(1, 2, outcome, SystemTime::UNIX_EPOCH, 0.0),
            Decision::Final
        );
    }

    #[test]
    fn our_own_delays_grow_to_a_limit_and_vary() {
        let after = |attempt, chance| {
            decide(
                attempt,
                u32::MAX,
                Attempt::Failed { may_pass: true },
                SystemTime::UNIX_EPOCH,
                chance,
            )
        };
        let delays: Vec<_> = (1..=6).map(|attempt| after(attempt, 0.0)).collect();
        assert_eq!(
            delays,
            [
                retry(500),
                retry(1000),
                retry(2000),
                retry(4000),
                retry(8000),
                retry(8000)
            ]
        );
        assert_eq!(after(1, 1.0), retry(375));
        assert_eq!(after(u32::MAX - 1, 0.0), retry(8000));
    }

    #[test]
    fn the_number_of_retries_is_kept() {
        let failed = |attempt, max| {
            decide(
                attempt,
                max,
                Attempt::Failed { may_pass: true },
                SystemTime::UNIX_EPOCH,
                0.0,
            )
        };
        assert_eq!(failed(1, 0), Decision::Exhausted(None));
        assert_eq!(failed(2, 2), retry(1000));
        assert_eq!(failed(3, 2), Decision::Exhausted(None));
        assert_eq!(
            decide(
                1,
                9,
                Attempt::Failed { may_pass: false },
                SystemTime::UNIX_EPOCH,
                0.0
            ),
            Decision::Final
        );
    }

    #[test]
    fn the_hint_for_the_next_look() {
        assert_eq!(
            poll_after(&headers(&[("openai-poll-after-ms", "250")])),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            poll_after(&headers(&[("openai-poll-after-ms", "-1")])),
            None
        );
    }

    /// What servers write into these headers, and what they should not.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,20}",
            "[-+]?[0-9]{0,25}[.,]?[0-9]{0,25}([eE][-+]?[0-9]{1,4})?",
            "(Mon|Wed|Sunday), [0-9]{1,2}[ -](Jan|Oct|Foo)[ -][0-9]{2,5} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|UTC|\\+0100)",
            "(nan|NaN|inf|-inf|infinity|0x10|1_000|true|false)",
        ]
    }

    proptest! {
        #[test]
        fn whatever_a_server_asks_for_no_wait_is_longer_than_the_limit(
            status in 100_u16..1000,
            seconds in value(),
            milliseconds in prop::option::of(value()),
            should in prop::option::of(value()),
            attempt in 1_u32..,
            max_retries: u32,
            chance in 0.0..=1.0,
        ) {
            let mut pairs = vec![("retry-after", seconds.as_str())];
            pairs.extend(milliseconds.as_deref().map(|value| ("retry-after-ms", value)));
            pairs.extend(should.as_deref().map(|value| ("x-should-retry", value)));
            let outcome = Attempt::Answered {
                status,
                headers: &headers(&pairs),
                out_of_quota: false,
            };
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
            match decide(attempt, max_retries, outcome, now, chance) {
                Decision::Retry(delay) => {
                    prop_assert!(delay <= LONGEST_SERVER_DELAY);
                    prop_assert!(attempt <= max_retries);
                }
                Decision::TooLong(delay) => prop_assert!(delay > LONGEST_SERVER_DELAY),
                Decision::Final | Decision::Exhausted(_) => {}
            }
        }

        #[test]
        fn a_delay_is_read_to_the_millisecond(milliseconds in 0_u64..=120_000) {
            let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
            for (name, value) in [
                ("retry-after", format!("{seconds}.{rest:03}")),
                ("retry-after-ms", milliseconds.to_string()),
            ] {
                let Decision::Retry(delay) = decided(429, &[(name, &value)]) else {
                    return Err(TestCaseError::fail(value));
                };
                let wrong_by = delay.abs_diff(Duration::from_millis(milliseconds));
                prop_assert!(wrong_by < Duration::from_micros(1), "{name}: {value}");
            }
        }

        #[test]
        fn a_date_is_as_far_as_it_is(seconds in -4_000_000_000_i64..4_000_000_000) {
            let now = i64::try_from(NOW).unwrap();
            prop_assume!(now + seconds >= 0);
            let then = Duration::from_secs((now + seconds).unsigned_abs());
            let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + then);
            let ahead = Duration::from_secs(seconds.unsigned_abs());
            let expected = match seconds {
                ..0 => retry(500),
                0..=120 => Decision::Retry(ahead),
                _ => Decision::TooLong(ahead),
            };
            prop_assert_eq!(decided(503, &[("retry-after", &date)]), expected);
        }

        #[test]
        fn our_own_delay_stays_within_its_bounds(attempt in 1_u32.., chance: f64) {
            let delay = backoff(attempt, chance);
            prop_assert!(delay >= FIRST_DELAY.mul_f64(1.0 - JITTER));
            prop_assert!(delay <= LONGEST_DELAY);
        }
    }
}
