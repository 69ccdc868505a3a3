//! The name of a session in a store.

use sha2::{Digest as _, Sha256};

/// Half of the SHA-256 of a session ID, which is more than the 122 bits of randomness in one.
///
/// Nothing reads the ID itself, so it is not at rest; and how long a lookup takes tells nothing about the IDs that there
/// are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionDigest([u8; 16]);

impl SessionDigest {
    /// Computes the digest of a session ID.
    pub fn new(id: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(id).into();
        Self(*digest.first_chunk().expect("32 bytes"))
    }

    /// Returns the digest, for a file.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for SessionDigest {
    fn from(stored: [u8; 16]) -> Self {
        Self(stored)
    }
}
