//! Lengths of time and decimals as people write them, and as the log keeps them.

use super::document::{Field, Read, Value};
use crate::time::Span;

const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// A length of time such as `90s`, `15m`, `4h` or `2d`, from `least` to `most` seconds.
pub(super) fn span(field: &Field, least: i64, most: i64, expected: &'static str) -> Read<Span> {
    let text = field.text(24, expected)?;
    let seconds = Span::parse(text).map(Span::as_seconds);
    match seconds.filter(|seconds| (least..=most).contains(seconds)) {
        Some(seconds) => Ok(Span::seconds(seconds)),
        None => field.takes(expected),
    }
}

/// The text of a length of time: in the largest unit that gives a whole number.
pub fn span_text(span: Span) -> String {
    let seconds = span.as_seconds();
    let fits = |(_, unit): &(char, i64)| seconds != 0 && seconds.checked_rem(*unit) == Some(0);
    let (unit, size) = UNITS.into_iter().find(fits).unwrap_or(('s', 1));
    format!("{}{unit}", seconds.checked_div(size).unwrap_or(0))
}

/// A decimal with at most three places, as `"0.3"` or a whole number; in thousandths.
pub(super) fn thousandths(field: &Field, most: i64, expected: &'static str) -> Read<i64> {
    let read = match &field.node.value {
        Value::Whole(number) => number.checked_mul(1000),
        Value::Text(text) => decimal(text),
        _ => None,
    };
    match read.filter(|number| (0..=most).contains(number)) {
        Some(number) => Ok(number),
        None => field.takes(expected),
    }
}

fn decimal(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 3 || whole.len() > 9 {
        return None;
    }
    let part: i64 = format!("{part:0<3}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(part)
}

/// The text of a number of thousandths.
pub(super) fn thousandths_text(number: u32) -> String {
    let (whole, part) = (number.div_euclid(1000), number.rem_euclid(1000));
    if part == 0 {
        return whole.to_string();
    }
    format!("{whole}.{part:03}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_written_in_the_largest_unit_that_fits() {
        let texts =
            [1, 60, 61, 3600, 5400, 86_400, 90 * 86_400, 0].map(|count| span_text(Span::seconds(count)));
        assert_eq!(texts, ["1s", "1m", "61s", "1h", "90m", "1d", "90d", "0s"]);
    }

    #[test]
    fn a_decimal_has_three_places_at_most() {
        for (text, number) in [("2", 2000), ("0.3", 300), ("2.125", 2125), ("0.05", 50)] {
            assert_eq!(decimal(text), Some(number), "{text}");
            assert_eq!(thousandths_text(u32::try_from(number).unwrap()), text);
        }
        for bad in ["", ".", "1.", ".5", "-1", "1e3", "0.1234", "+1", "1.-2", "1_000"] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }
}
