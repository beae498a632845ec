//! The help of the query language.

use std::fmt::Write;
use std::sync::LazyLock;

use crate::registry::query::{FIELDS, FLAGS};

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
