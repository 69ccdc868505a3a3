//! Passwords at rest, hashed as the documents require, or as HARDENED=1 does.

#[cfg(feature = "hardened")]
use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _},
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The hash of a password, in one of the forms that a store keeps.
#[derive(Clone)]
pub enum PasswordHash {
    /// SHA-256, which is weak by today's standards and required by the documents.
    Sha256([u8; 32]),
    #[cfg(feature = "hardened")]
    /// Argon2id (RFC 9106) with salt and parameters, as a PHC string.
    Argon2id(Box<str>),
}

impl PasswordHash {
    /// Hashes all bytes of a password by SHA-256, as the documents do.
    pub fn sha256(password: &str) -> Self {
        Self::Sha256(Sha256::digest(password).into())
    }

    #[cfg(feature = "hardened")]
    /// Hashes a password by Argon2id with 19 MiB and two passes, the first choice of OWASP. That takes some 20 ms of a
    /// processor. Panics without the system's randomness, as the hash would be weak.
    pub fn argon2id(password: &str) -> Self {
        let hash = Argon2::default().hash_password(password.as_bytes()).expect("randomness and 19 MiB");
        Self::Argon2id(hash.to_string().into())
    }

    /// Returns whether `password` has this hash. The time does not depend on where the hashes differ.
    pub fn verify(&self, password: &str) -> bool {
        match self {
            Self::Sha256(hash) => hash.ct_eq(&Sha256::digest(password)).into(),
            #[cfg(feature = "hardened")]
            Self::Argon2id(hash) => Argon2::default().verify_password(password.as_bytes(), &**hash).is_ok(),
        }
    }

    /// Returns the hash, for a store.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha256(hash) => hash,
            #[cfg(feature = "hardened")]
            Self::Argon2id(hash) => hash.as_bytes(),
        }
    }

    /// Reads a hash that a store has kept; returns `None` if it is of no kind that this build knows.
    pub fn from_bytes(stored: &[u8]) -> Option<Self> {
        #[cfg(feature = "hardened")]
        if stored.starts_with(b"$argon2id$") {
            return str::from_utf8(stored).ok().map(|text| Self::Argon2id(text.into()));
        }
        stored.try_into().ok().map(Self::Sha256)
    }
}

/// Prints no hash: hashes do not belong in logs.
impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hash of every kind that this build knows.
    fn hashes(password: &str) -> Vec<PasswordHash> {
        vec![
            PasswordHash::sha256(password),
            #[cfg(feature = "hardened")]
            PasswordHash::argon2id(password),
        ]
    }

    #[test]
    fn the_whole_password_counts() {
        let long = "p".repeat(100);
        for hash in hashes(&long) {
            assert!(hash.verify(&long));
            for other in [&long[..99], &long[..72], "", "P", &format!("{long}\0")] {
                assert!(!hash.verify(other), "{other:?}");
            }
        }
    }

    #[test]
    fn a_store_gives_back_what_it_was_given() {
        for hash in hashes("x") {
            let again = PasswordHash::from_bytes(hash.as_bytes()).expect("a hash");
            assert!(again.verify("x") && !again.verify("y"));
        }
        for damaged in [&b""[..], b"$argon2i$v=19$", b"$argon2id$\xff", &[0xff; 31], &[0xff; 33]] {
            assert!(PasswordHash::from_bytes(damaged).is_none(), "{damaged:?}");
        }
    }

    #[test]
    fn a_hash_is_never_shown() {
        for hash in hashes("x") {
            assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
        }
    }

    #[cfg(feature = "hardened")]
    #[test]
    fn an_argon2id_hash_is_salted_and_names_its_parameters() {
        let [one, other] = [PasswordHash::argon2id("x"), PasswordHash::argon2id("x")];
        assert_ne!(one.as_bytes(), other.as_bytes());
        assert!(one.as_bytes().starts_with(b"$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!PasswordHash::Argon2id("$argon2id$v=19$damaged".into()).verify("x"));
    }
}
