//! The verification of passwords, as the documents have it, or as HARDENED=1 does.

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

#[cfg(feature = "hardened")]
use super::hardened::Hardened;
use crate::accounts::{PasswordHash, User};
use crate::config::Config;
use crate::http::refusal::Refusal;
use crate::store::Store;

/// Hashes and verifies passwords. To verify one takes as long without a user as with one.
pub struct PasswordVerifier {
    // Verified where there is no such user.
    dummy_hash: PasswordHash,
    #[cfg(feature = "hardened")]
    hardened: Option<Hardened>,
}

/// An email and a password, with their origin.
pub struct Attempt<'a> {
    /// The email.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
    /// The address that they came from.
    pub address: IpAddr,
    /// The time at which they came.
    pub now: DateTime<Utc>,
}

impl PasswordVerifier {
    /// Makes the verifier that the settings ask for: by SHA-256, a microsecond in place, as the documents have it; or,
    /// where hardened, by Argon2id, with a limit of guesses.
    #[cfg_attr(not(feature = "hardened"), expect(unused_variables, reason = "such settings are refused"))]
    pub fn new(config: &Config) -> Self {
        Self {
            dummy_hash: PasswordHash::sha256(""),
            #[cfg(feature = "hardened")]
            hardened: config.hardened.then(Hardened::default),
        }
    }

    /// Hashes the password of a new user.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unavailable`] if too many passwords wait to be hashed.
    pub async fn hash(&self, password: &str) -> Result<PasswordHash, Refusal> {
        #[cfg(feature = "hardened")]
        if let Some(hardened) = &self.hardened {
            return hardened.hash(password).await;
        }
        Ok(PasswordHash::sha256(password))
    }

    /// Finds the user of an attempt.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoUserForEmail`] or [`Refusal::WrongPassword`]; [`Refusal::Unavailable`] if the store cannot be read.
    /// Where hardened, [`Refusal::WrongCredentials`] for both, [`Refusal::TooManyTries`], and [`Refusal::Unavailable`]
    /// also if too many passwords wait to be hashed.
    pub async fn identify(&self, attempt: &Attempt<'_>, store: &dyn Store) -> Result<Arc<User>, Refusal> {
        let user = store.user_by_email(attempt.email).await?;
        #[cfg(feature = "hardened")]
        if let Some(hardened) = &self.hardened {
            let counted = hardened.count(attempt)?;
            // Boxed, as it would make the future of every request larger.
            return Box::pin(hardened.verify(user, attempt.password, counted, store)).await;
        }
        let stored = user.as_ref().map_or(&self.dummy_hash, |user| &user.password);
        let is_right = black_box(stored.verify(attempt.password));
        let user = user.ok_or(Refusal::NoUserForEmail)?;
        if is_right { Ok(user) } else { Err(Refusal::WrongPassword) }
    }
}
