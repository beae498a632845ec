//! One time: microseconds of UTC, years 1 to 9999, written as RFC 3339 says.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::fmt;

/// An instant, in microseconds since 1970-01-01T00:00:00Z; always within years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A length of time in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// Why a text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text is not an RFC 3339 date-time, or names a day or hour that does not exist.
    #[error("is not an RFC 3339 date-time")]
    Malformed,
    /// The text names no offset from UTC, so it names no instant.
    #[error("has no zone")]
    NoZone,
    /// The text is well formed, and its instant lies outside years 1 to 9999 of UTC.
    #[error("lies outside years 1 to 9999")]
    OutOfRange,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Span {
    /// A span of whole seconds; saturates.
    pub const fn seconds(count: i64) -> Self {
        Self(count.saturating_mul(SECOND))
    }

    /// Reads a whole number with a unit: `90s`, `15m`, `4h` or `2d`; nothing longer than all of recorded time.
    pub fn parse(text: &str) -> Option<Self> {
        let units = [('s', 1_i64), ('m', 60), ('h', 3600), ('d', 86_400)];
        let (digits, seconds) = units
            .into_iter()
            .find_map(|(unit, seconds)| text.strip_suffix(unit).map(|digits| (digits, seconds)))?;
        let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let count: i64 = plain.then_some(digits)?.parse().ok()?;
        let total = count.checked_mul(seconds)?;
        (total <= 366 * 10_000 * 86_400).then(|| Self::seconds(total))
    }

    /// The span in microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The span in whole seconds, towards zero.
    pub const fn as_seconds(self) -> i64 {
        self.0 / SECOND
    }
}

impl Time {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800 * SECOND);
    /// 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_800 * SECOND - 1);

    /// The instant `micros` microseconds after 1970; `None` outside years 1 to 9999.
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros >= Self::MIN.0 && micros <= Self::MAX.0 { Some(Self(micros)) } else { None }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 date-time; digits finer than a microsecond are dropped.
    ///
    /// # Errors
    /// [`TimeError::NoZone`] when everything but the offset is there, [`TimeError::OutOfRange`] when the offset leads out
    /// of years 1 to 9999, else [`TimeError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        Reader(text.as_bytes()).date_time(None)
    }

    /// Reads as [`Time::parse`] does, and takes a time without a zone to be UTC.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] or [`TimeError::Malformed`].
    pub fn parse_assuming_utc(text: &str) -> Result<Self, TimeError> {
        Reader(text.as_bytes()).date_time(Some(0))
    }

    /// Reads the one spelling that [`Time`] is written in; `None` for any other of the same instant.
    pub fn parse_exact(text: &str) -> Option<Self> {
        let time = Self::parse(text).ok()?;
        let fraction = match text.len() {
            20 => true,
            27 => time.0.rem_euclid(SECOND) != 0,
            _ => false,
        };
        (fraction && text.get(10..11) == Some("T") && text.ends_with('Z')).then_some(time)
    }

    /// The later instant; saturates at the end of year 9999.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The earlier instant; saturates at the beginning of year 1.
    #[must_use]
    pub fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// How much later `self` is than `earlier`; negative when it is not.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        let within = self.0.rem_euclid(DAY);
        let (seconds, micros) = (within.div_euclid(SECOND), within.rem_euclid(SECOND));
        let (hour, minute, second) =
            (seconds.div_euclid(3600), seconds.div_euclid(60).rem_euclid(60), seconds.rem_euclid(60));
        write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if micros != 0 {
            write!(out, ".{micros:06}")?;
        }
        out.write_str("Z")
    }
}

/// Days since 1970 to a proleptic Gregorian date, by counting in eras of 400 years from 0000-03-01.
#[allow(clippy::arithmetic_side_effects, reason = "|days| < 3.7 million within years 1 to 9999")]
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// The inverse of [`civil`].
#[allow(clippy::arithmetic_side_effects, reason = "year, month and day have been range-checked")]
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

const fn month_length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

struct Reader<'t>(&'t [u8]);

#[allow(clippy::arithmetic_side_effects, reason = "every operand is a range-checked calendar field")]
impl Reader<'_> {
    fn date_time(mut self, default_offset: Option<i64>) -> Result<Time, TimeError> {
        let micros = self.local().ok_or(TimeError::Malformed)?;
        let offset = match (self.0.is_empty(), default_offset) {
            (true, None) => return Err(TimeError::NoZone),
            (true, Some(assumed)) => assumed,
            (false, _) => self.offset().ok_or(TimeError::Malformed)?,
        };
        Time::from_micros(micros - offset).ok_or(TimeError::OutOfRange)
    }

    fn local(&mut self) -> Option<i64> {
        let year = self.digits::<4>()?;
        self.one_of(b"-")?;
        let month = self.digits::<2>().filter(|month| (1..=12).contains(month))?;
        self.one_of(b"-")?;
        let day = self.digits::<2>().filter(|day| (1..=month_length(year, month)).contains(day))?;
        self.one_of(b"Tt ")?;
        let hour = self.digits::<2>().filter(|hour| *hour < 24)?;
        self.one_of(b":")?;
        let minute = self.digits::<2>().filter(|minute| *minute < 60)?;
        self.one_of(b":")?;
        let second = self.digits::<2>().filter(|second| *second < 60)?;
        let fraction = self.fraction()?;
        Some(days(year, month, day) * DAY + ((hour * 60 + minute) * 60 + second) * SECOND + fraction)
    }

    fn fraction(&mut self) -> Option<i64> {
        if self.one_of(b".").is_none() {
            return Some(0);
        }
        let mut micros = 0;
        let mut scale = SECOND / 10;
        let mut count = 0;
        while let Some(digit) = self.digit() {
            micros += digit * scale;
            scale /= 10;
            count += 1;
        }
        (1..=9).contains(&count).then_some(micros)
    }

    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return self.0.is_empty().then_some(0),
        };
        let hour = self.digits::<2>().filter(|hour| *hour < 24)?;
        self.one_of(b":")?;
        let minute = self.digits::<2>().filter(|minute| *minute < 60)?;
        self.0.is_empty().then_some(sign * (hour * 60 + minute) * 60 * SECOND)
    }

    fn digits<const N: usize>(&mut self) -> Option<i64> {
        let mut value = 0;
        for _ in 0..N {
            value = value * 10 + self.digit()?;
        }
        Some(value)
    }

    fn digit(&mut self) -> Option<i64> {
        let (first, rest) = self.0.split_first()?;
        first.is_ascii_digit().then(|| {
            self.0 = rest;
            i64::from(first - b'0')
        })
    }

    fn one_of(&mut self, accepted: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        accepted.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_and_last_microsecond_are_times_and_the_next_are_not() {
        assert_eq!(Time::parse("0001-01-01T00:00:00Z"), Ok(Time::MIN));
        assert_eq!(Time::parse("9999-12-31T23:59:59.999999Z"), Ok(Time::MAX));
        assert_eq!(Time::parse("0001-01-01T00:00:00+00:01"), Err(TimeError::OutOfRange));
        assert_eq!(Time::parse("9999-12-31T23:59:59-00:01"), Err(TimeError::OutOfRange));
        assert_eq!(Time::parse("0000-12-31T23:59:59Z"), Err(TimeError::OutOfRange));
    }

    #[test]
    fn a_time_without_a_zone_is_named_and_taken_as_utc_only_when_asked() {
        assert_eq!(Time::parse("2026-03-01T12:00:00"), Err(TimeError::NoZone));
        assert_eq!(Time::parse_assuming_utc("2026-03-01T12:00:00"), Time::parse("2026-03-01T12:00:00Z"));
        assert_eq!(
            Time::parse_assuming_utc("2026-03-01T12:00:00+01:00"),
            Time::parse("2026-03-01T11:00:00Z")
        );
    }

    #[test]
    fn midnight_24_leap_second_and_impossible_days_are_refused() {
        for bad in [
            "2026-03-01T24:00:00Z",
            "2026-06-30T23:59:60Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-03-01T12:00Z",
            "2026-03-01T12:00:00.Z",
            "2026-03-01T12:00:00Z ",
            "2026-03-01T12:00:00+24:00",
            "20260301T120000Z",
            "2026-03-01",
            "",
            "2026-03-01T12:00:00.0000000000Z",
        ] {
            assert_eq!(Time::parse(bad), Err(TimeError::Malformed), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_time_reads_back_what_it_writes(micros in Time::MIN.0..=Time::MAX.0) {
            let time = Time::from_micros(micros).unwrap();
            prop_assert_eq!(Time::parse(&time.to_string()), Ok(time));
        }

        #[test]
        fn one_spelling_of_each_instant_is_exact(
            micros in prop_oneof![0..DAY, (0..9999i64).prop_map(|count| Span::seconds(count).micros())],
            zone in "Z|z|[+]00:00|-01:00", between in "[Tt ]", digits in prop::option::of(0..10usize)
        ) {
            let written = Time::from_micros(micros).unwrap().to_string();
            let fraction = format!("{:06}000", micros % SECOND);
            let fraction = digits.map_or(String::new(), |digits| format!(".{fraction:.digits$}"));
            let spelled = format!("{written:.19}{fraction}{zone}").replace('T', &between);
            for text in [spelled, written] {
                let exact = Time::parse(&text).ok().filter(|time| time.to_string() == text);
                prop_assert_eq!(Time::parse_exact(&text), exact, "{}", text);
            }
        }
    }
}
