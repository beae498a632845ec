//! Times and lengths of time, as people type them.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use crate::time::{Span, Time, TimeError};

/// The text is no time, or no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// Not RFC 3339.
    #[error("is not a time; write it like 2026-03-01T12:00:00Z")]
    Malformed,
    /// No offset from UTC.
    #[error("has no zone; add Z for UTC, or an offset like +01:00")]
    NoZone,
    /// Not a whole number and a unit.
    #[error("is not a length of time; write a whole number and s, m, h or d, such as 90s, 15m, 4h, 2d")]
    Span,
}

/// The time of the machine.
pub fn now() -> Time {
    let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
    };
    Time::from_micros(micros.clamp(Time::MIN.micros(), Time::MAX.micros())).unwrap_or(Time::MIN)
}

/// Reads an RFC 3339 time.
///
/// # Errors
/// [`WhenError`].
pub fn time(text: &str) -> Result<Time, WhenError> {
    Time::parse(text).map_err(|error| match error {
        TimeError::Malformed | TimeError::OutOfRange => WhenError::Malformed,
        TimeError::NoZone => WhenError::NoZone,
    })
}

/// A moment in the life of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// After so many entries of the log.
    Entries(u64),
    /// At this time.
    Time(Time),
}

/// A moment from which on something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// This time.
    Time(Time),
    /// So long ago.
    Ago(Span),
}

impl Since {
    /// The moment, as of `now`.
    pub fn from(self, now: Time) -> Time {
        match self {
            Self::Time(time) => time,
            Self::Ago(span) => now.plus(Span::seconds(span.as_seconds().saturating_neg())),
        }
    }
}

/// Reads a time, or a length of time before now.
///
/// # Errors
/// [`WhenError`].
pub fn since(text: &str) -> Result<Since, WhenError> {
    span(text).map(Since::Ago).or_else(|_| time(text).map(Since::Time))
}

/// As of when a command looks.
#[derive(Debug, Clone, Copy, Args)]
pub struct Then {
    /// Look as of this time, or after so many entries of the log [default: now]
    #[arg(long, value_name = "TIME|ENTRIES", value_parser = moment)]
    pub at: Option<When>,
}

/// Reads a time, or a number of entries.
///
/// # Errors
/// [`WhenError`].
pub fn moment(text: &str) -> Result<When, WhenError> {
    match text.parse() {
        Ok(entries) if text.bytes().all(|digit| digit.is_ascii_digit()) => Ok(When::Entries(entries)),
        _ => time(text).map(When::Time),
    }
}

/// Reads a length of time: `90s`, `15m`, `4h`, `2d`; never zero.
///
/// # Errors
/// [`WhenError::Span`].
pub fn span(text: &str) -> Result<Span, WhenError> {
    Span::parse(text).filter(|span| span.micros() > 0).ok_or(WhenError::Span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_whole_numbers_with_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("4h", 14_400), ("2d", 172_800), ("001s", 1)] {
            assert_eq!(span(text), Ok(Span::seconds(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "4",
            "4 h",
            " 4h",
            "-4h",
            "+4h",
            "4.5h",
            "4H",
            "1w",
            "0s",
            "9223372036854775807d",
            "4h30m",
        ] {
            assert_eq!(span(text), Err(WhenError::Span), "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_refused_by_name() {
        assert_eq!(time("2026-03-01T12:00:00"), Err(WhenError::NoZone));
        assert_eq!(time("yesterday"), Err(WhenError::Malformed));
        assert!(time("2026-03-01T12:00:00+01:00").is_ok());
    }

    #[test]
    fn this_machine_has_a_time() {
        assert!(now() > Time::parse("2020-01-01T00:00:00Z").unwrap());
    }
}
