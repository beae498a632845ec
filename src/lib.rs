//! meshwarden
