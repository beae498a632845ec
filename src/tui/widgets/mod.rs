//! Stateless pieces of screens.

mod area;
mod cursor;
mod field;
mod policy;
mod spans;
mod table;
mod tree;

pub(super) use area::{split_left, split_top};
pub(super) use cursor::Cursor;
pub(super) use field::Field;
pub(super) use policy::policy_lines;
pub(super) use spans::{Spans, bar, expiry_words, name_spans, spark, state_span, state_word, tier_span};
pub(super) use table::{Column, Table};
pub(super) use tree::{Node, Tree};
