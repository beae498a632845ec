//! For which end user a chain acts (IDT 15.6); of it only `user_id` is hashed, and nothing is signed.

use crate::time::Time;

/// An end user.
#[derive(Debug, Clone)]
pub struct UserContext {
    /// `user_id`.
    pub user_id: String,
    /// `user_email`.
    pub user_email: Option<String>,
    /// `roles`.
    pub roles: Vec<String>,
    /// `permissions`.
    pub permissions: Vec<String>,
    /// `expires_at`.
    pub expires_at: Option<Time>,
}

impl UserContext {
    /// Whether it still counts: not at its very end.
    pub fn is_valid(&self, now: Time) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether the user has a permission, or `*`; `prefix:*` is a permission like any other here.
    pub fn has_permission(&self, permission: &str) -> bool {
        self.permissions.iter().any(|held| held == "*" || held == permission)
    }

    /// Whether the user has a role; `*` is a role like any other.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }
}
