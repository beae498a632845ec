//! A parent grants a child a part of what it holds.

mod delegate;

pub use delegate::{Child, DelegationError, MAX_DEPTH, Request, delegate};
