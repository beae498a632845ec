//! Queries: their help, and those that the configuration names.

use std::fmt::Write;
use std::ops::Range;
use std::sync::LazyLock;

use toml::Spanned;
use toml::de::DeValue;

use super::config::Problem;
use crate::registry::query::{FIELDS, FLAGS, Query};

/// Queries by name.
pub type Named = Vec<(String, String)>;

/// Reads the queries of the configuration, in its order.
///
/// # Errors
/// The first thing that is wrong, and where.
pub fn saved(value: &Spanned<DeValue<'_>>) -> Result<Named, (Range<usize>, Problem)> {
    let wrong = |span| (span, Problem::Value { key: "queries", expected: "a table of queries by name" });
    let table = value.get_ref().as_table().ok_or_else(|| wrong(value.span()))?;
    let mut written: Vec<_> = table.iter().collect();
    written.sort_by_key(|(name, _)| name.span().start);
    let one = |(name, text): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = name.get_ref();
        let query = text.get_ref().as_str().ok_or_else(|| wrong(text.span()))?;
        let refused =
            |error| (text.span(), Problem::Query { name: name.to_string(), error: Box::new(error) });
        Query::parse(query).map_err(refused)?;
        Ok((name.to_string(), query.to_owned()))
    };
    written.into_iter().map(one).collect()
}

/// Said below the options of whatever takes a query.
pub static AFTER: LazyLock<String> = LazyLock::new(|| {
    let mut help = "\
A query is terms side by side, all of which must hold; or is weaker, not (or !) stronger, parentheses say otherwise.
Any other word is looked for in names, DIDs, sponsors and organizations; in quotation marks it always is.

  meshwarden agent list -q billing
  meshwarden agent list -q 'trust<300 and status=active and cap:\"deploy:*\" and not broken'
  meshwarden agent list -q 'under:did:mesh:ab12 and sponsor:ops@ and seen<10m'

Fields:
"
    .to_owned();
    for field in &FIELDS {
        let _ = writeln!(help, "  {:<12} {}", field.word, field.says);
    }
    help.push_str("\nFlags:\n");
    for flag in &FLAGS {
        let _ = writeln!(help, "  {:<12} {}", flag.word, flag.says);
    }
    help.truncate(help.trim_end().len());
    help
});
