//! The checks of a verdict or an examination, a line for each place that they looked at.

use super::error::CliError;
use super::output::{Output, cell};
use crate::verify::Check;
use crate::wire::{FailureLine, codes};

/// Writes the checks in the order in which they were made.
///
/// # Errors
/// [`CliError`].
pub fn write(checks: &[Check], out: &mut Output) -> Result<(), CliError> {
    for same_place in checks.chunk_by(|one, next| one.hop == next.hop) {
        let place = same_place.first().and_then(|check| check.hop);
        let place = place.map_or("request".to_owned(), |hop| format!("token {hop}"));
        let passed = same_place.iter().filter(|check| check.passed).map(|check| check.name.as_ref());
        let passed = passed.collect::<Vec<_>>().join(" ");
        if !passed.is_empty() {
            out.line(&format!("  {}  passed  {passed}", cell(&place, 8)))?;
        }
        for failed in same_place.iter().filter(|check| !check.passed) {
            out.line(&format!("  {}  FAILED  {}", cell(&place, 8), failed.name))?;
        }
    }
    Ok(())
}

/// Writes why not, and what to do.
///
/// # Errors
/// [`CliError`].
pub fn write_failure(failure: &FailureLine, out: &mut Output) -> Result<(), CliError> {
    let hop = failure.hop.map_or(String::new(), |hop| format!("token {hop}, "));
    let words = codes::find(&failure.code).map_or("", |row| row.words);
    out.line(&format!("  why       {words} ({hop}{})", failure.code))?;
    out.line(&format!("  expected  {}", failure.expected))?;
    out.line(&format!("  found     {}", failure.found))?;
    out.line(&format!("  fix       {}", failure.advice))
}
