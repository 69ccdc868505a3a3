//! Passwords, hashed as the documents ask for.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The SHA-256 of a password: weak by today's standards, and required by the documents.
#[derive(Clone)]
pub struct PasswordHash([u8; 32]);

impl PasswordHash {
    /// Hashes a password, all of its bytes.
    pub fn of(password: &str) -> Self {
        Self(Sha256::digest(password).into())
    }

    /// Whether `password` is the one; takes the same time wherever the hashes differ.
    pub fn is_of(&self, password: &str) -> bool {
        self.0.ct_eq(&Self::of(password).0).into()
    }

    /// The hash, for a store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for PasswordHash {
    fn from(stored: [u8; 32]) -> Self {
        Self(stored)
    }
}

/// Shows nothing: hashes do not belong in logs.
impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_password_counts() {
        let long = "p".repeat(100);
        let hash = PasswordHash::of(&long);
        assert!(hash.is_of(&long));
        for other in [&long[..99], &long[..72], "", "P", &format!("{long}\0")] {
            assert!(!hash.is_of(other), "{other:?}");
        }
    }
}
