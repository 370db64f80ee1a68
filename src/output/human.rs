//! Numbers of the API in words that people use: sizes, dates and ages.

use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, Unit, Zoned, ZonedDifference};

/// Decimal prefixes of the SI, from thousand to the largest that 64 bits reach.
const PREFIXES: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];

/// `bytes` in decimal units, to a tenth below 100: `17 B`, `1.5 kB`, `120 kB`.
///
/// Whole numbers are rounded here, as the crates for it print 999,999 as `1000 kB`.
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut unit = 1_u128;
    let mut rounded = String::new();
    for prefix in PREFIXES {
        unit *= 1000;
        let tenths = (u128::from(bytes) * 10 + unit / 2) / unit;
        let whole = (u128::from(bytes) + unit / 2) / unit;
        rounded = match (tenths / 10, tenths % 10) {
            (units @ 0..100, 0) => format!("{units} {prefix}"),
            (units @ 0..100, tenth) => format!("{units}.{tenth} {prefix}"),
            _ => format!("{whole} {prefix}"),
        };
        if whole < 1000 {
            break;
        }
    }
    rounded
}

/// `bytes` to the byte: `120,000 bytes`, `1 byte`.
pub(super) fn in_bytes(bytes: u64) -> String {
    let plural = if bytes == 1 { "" } else { "s" };
    format!("{} byte{plural}", grouped(bytes))
}

/// `number` with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The present, in the time zone of the system or of `TZ`.
pub(super) fn now() -> Zoned {
    // The file that says what the zone is (tzset(3)) is read directly: to tell its name, too, the
    // library would search the folders of all zones first.
    // An empty variable is an unset one here, and UTC to the library.
    let name = std::env::var_os("TZ").filter(|name| !name.is_empty());
    let zone = match name {
        // The library would read a device or a pipe to its end, and there may be none.
        Some(name) if name.to_str().is_some_and(names_no_zone) => Some(TimeZone::UTC),
        Some(_) => None,
        None => {
            let data = std::fs::read("/etc/localtime").ok();
            data.and_then(|data| TimeZone::tzif("", &data).ok())
        }
    };
    Timestamp::now().to_zoned(zone.unwrap_or_else(TimeZone::system))
}

/// The largest file that is read for a time zone, in bytes: those of the zones have a few thousand.
const LARGEST_ZONE: u64 = 1 << 20;

/// Whether a value of `TZ` is the path of something other than the file of a zone, and no name of
/// one. Files that have no end, as some below `/proc`, tell no length.
fn names_no_zone(name: &str) -> bool {
    let name = name.strip_prefix(':').unwrap_or(name);
    std::fs::metadata(name)
        .is_ok_and(|there| !there.is_file() || !(1..=LARGEST_ZONE).contains(&there.len()))
        && TimeZone::get(name).is_err()
}

/// A point in time as a person sees it from another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Date, time and offset in the observer's time zone: `2024-03-09 14:02:11 +01:00`.
    pub(super) date: String,
    /// `2 years ago`, `in 3 days` or `just now`.
    pub(super) age: String,
    /// Whether it has come.
    pub(super) past: bool,
}

impl Moment {
    /// The moment `seconds` after 1970 (Unix time) seen from `now`; `None` for one before, or
    /// after the year 9999: no file is of that time, the number means something else.
    pub(super) fn new(seconds: i64, now: &Zoned) -> Option<Self> {
        if seconds < 0 {
            return None;
        }
        let then = Timestamp::from_second(seconds)
            .ok()?
            .to_zoned(now.time_zone().clone());
        let past = then.timestamp() <= now.timestamp();
        // What has passed counts in full units, as the age of a person does. What is to come is
        // rounded: a second after "in 3 days" it still is.
        let age = if past {
            distance(now, &then, RoundMode::Trunc).map(|distance| format!("{distance} ago"))
        } else {
            distance(now, &then, RoundMode::HalfExpand).map(|distance| format!("in {distance}"))
        };
        Some(Self {
            date: then.strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
            age: age.unwrap_or_else(|| "just now".to_owned()),
            past,
        })
    }
}

/// How far apart two moments are, rounded by `mode` to the largest unit in which it is not zero:
/// `2 years`, `1 hour`. `None` if they are the same second.
fn distance(from: &Zoned, to: &Zoned, mode: RoundMode) -> Option<String> {
    const UNITS: [(Unit, &str); 6] = [
        (Unit::Year, "year"),
        (Unit::Month, "month"),
        (Unit::Day, "day"),
        (Unit::Hour, "hour"),
        (Unit::Minute, "minute"),
        (Unit::Second, "second"),
    ];
    let largest_in = |smallest: Unit| {
        let difference = ZonedDifference::new(to)
            .largest(Unit::Year)
            .smallest(smallest)
            .mode(mode);
        let span = from.until(difference).ok()?.abs();
        [
            i64::from(span.get_years()),
            i64::from(span.get_months()),
            i64::from(span.get_days()),
            i64::from(span.get_hours()),
            span.get_minutes(),
            span.get_seconds(),
        ]
        .into_iter()
        .zip(UNITS)
        .find(|(count, _)| *count != 0)
    };
    // At the end of the calendar there is nothing to round to; full units count there.
    let full = largest_in(Unit::Second).or_else(|| largest_in(Unit::Nanosecond))?;
    let (_, (unit, _)) = full;
    // Rounding may carry into the next unit: 23 h 40 min is a day.
    let (count, (_, name)) = largest_in(unit).unwrap_or(full);
    let plural = if count == 1 { "" } else { "s" };
    Some(format!("{count} {name}{plural}"))
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, tz::TimeZone};
    use proptest::prelude::*;

    use super::*;

    fn now() -> Zoned {
        "2026-03-09T14:02:11+01:00[+01:00]".parse().unwrap()
    }

    fn seen(seconds: i64) -> Moment {
        Moment::new(seconds, &now()).unwrap()
    }

    #[test]
    fn sizes_are_decimal() {
        for (bytes, short) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (1049, "1 kB"),
            (1050, "1.1 kB"),
            (99_949, "99.9 kB"),
            (99_960, "100 kB"),
            (120_000, "120 kB"),
            (999_499, "999 kB"),
            (999_999, "1 MB"),
            (1_234_567, "1.2 MB"),
            (536_870_912, "537 MB"),
            (999_999_999_999, "1 TB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(size(bytes), short, "{bytes}");
        }
    }

    #[test]
    fn sizes_to_the_byte() {
        assert_eq!(in_bytes(0), "0 bytes");
        assert_eq!(in_bytes(1), "1 byte");
        assert_eq!(in_bytes(999), "999 bytes");
        assert_eq!(in_bytes(1000), "1,000 bytes");
        assert_eq!(in_bytes(120_000), "120,000 bytes");
        assert_eq!(in_bytes(u64::MAX), "18,446,744,073,709,551,615 bytes");
    }

    #[test]
    fn a_moment_has_a_date_and_an_age() {
        assert_eq!(
            seen(1_709_989_331),
            Moment {
                date: "2024-03-09 14:02:11 +01:00".to_owned(),
                age: "2 years ago".to_owned(),
                past: true,
            }
        );
    }

    #[test]
    fn ages_are_in_their_largest_unit() {
        for (span, past, future) in [
            (0.seconds(), "just now", "just now"),
            (1.second(), "1 second ago", "in 1 second"),
            (59.seconds(), "59 seconds ago", "in 59 seconds"),
            (60.seconds(), "1 minute ago", "in 1 minute"),
            (100.minutes(), "1 hour ago", "in 2 hours"),
            (1420.minutes(), "23 hours ago", "in 1 day"),
            (3.days(), "3 days ago", "in 3 days"),
            (71.hours().minutes(59), "2 days ago", "in 3 days"),
            (2.months(), "2 months ago", "in 2 months"),
            (23.months(), "1 year ago", "in 2 years"),
        ] {
            let at = |moment: Zoned| seen(moment.timestamp().as_second());
            assert_eq!(at(now().checked_sub(span).unwrap()).age, past);
            assert_eq!(at(now().checked_add(span).unwrap()).age, future);
        }
    }

    #[test]
    fn numbers_that_are_no_date_are_not_taken() {
        for seconds in [-1, i64::MIN, i64::MAX, 1_709_989_331_000] {
            assert_eq!(Moment::new(seconds, &now()), None, "{seconds}");
        }
        assert_eq!(seen(0).date, "1970-01-01 01:00:00 +01:00");
    }

    #[test]
    fn the_last_moments_of_the_calendar_have_an_age() {
        // The first day of the year 9999 rounds up to this, the last days are rounded down.
        for seconds in [253_370_764_800, 253_402_207_199, 253_402_207_200] {
            assert_eq!(seen(seconds).age, "in 7973 years", "{seconds}");
        }
    }

    proptest! {
        #[test]
        fn no_number_is_too_strange(
            seconds in prop_oneof![any::<i64>(), 0..300_000_000_000_i64],
            now in 0..253_000_000_000_i64,
            hours in -25_i8..=25,
        ) {
            let zone = TimeZone::fixed(jiff::tz::offset(hours));
            let now = Timestamp::from_second(now).unwrap().to_zoned(zone);
            if let Some(moment) = Moment::new(seconds, &now) {
                prop_assert_eq!(moment.past, seconds <= now.timestamp().as_second());
                prop_assert!(moment.age.len() <= "10000 seconds ago".len());
            }
        }

        #[test]
        fn sizes_stay_short(bytes: u64) {
            let short = size(bytes);
            prop_assert!(short.len() <= "18.4 EB".len(), "{}", short);
            prop_assert!(!short.starts_with("1000"));
        }
    }
}
