//! The verification of passwords where HARDENED=1: by Argon2id, with a limit of guesses.

use std::hint::black_box;
use std::sync::Arc;
use std::thread;

use tokio::sync::Semaphore;

use super::throttle::{Throttle, Try};
use super::verifier::Attempt;
use crate::accounts::{PasswordHash, User};
use crate::http::limits::PASSWORDS_WAITING;
use crate::http::refusal::Refusal;
use crate::store::Store;

/// Verifies passwords by Argon2id, and counts the wrong ones. Hashes by SHA-256 are replaced when their passwords come by.
pub struct Hardened {
    // Verified where there is no such user.
    dummy_hash: PasswordHash,
    throttle: Throttle,
    // One permit for every hash that waits or is worked on: more are refused. A client that leaves gives its permit
    // back.
    waiting: Semaphore,
    // One permit for every hash at work: half of the processors, so that the other requests have the rest.
    working: Arc<Semaphore>,
}

impl Default for Hardened {
    fn default() -> Self {
        Self::with_permits(PASSWORDS_WAITING)
    }
}

impl Hardened {
    fn with_permits(waiting: usize) -> Self {
        let working = thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2));
        Self {
            dummy_hash: PasswordHash::argon2id(""),
            throttle: Throttle::default(),
            waiting: Semaphore::new(waiting),
            working: Arc::new(Semaphore::new(working)),
        }
    }

    /// Hashes the password of a new user.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unavailable`] if too many passwords wait to be hashed.
    pub async fn hash(&self, password: &str) -> Result<PasswordHash, Refusal> {
        let password = password.to_owned();
        self.work(move || PasswordHash::argon2id(&password)).await
    }

    /// Counts a try before its password is verified.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooManyTries`].
    pub fn count(&self, attempt: &Attempt<'_>) -> Result<Try, Refusal> {
        self.throttle.count(attempt.email, attempt.address, attempt.now).map_err(Refusal::TooManyTries)
    }

    /// Returns the user if there is one with this password, and replaces a hash that is not of Argon2id.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongCredentials`]; [`Refusal::Unavailable`] if too many passwords wait to be hashed, or the store
    /// cannot be written.
    pub async fn verify(
        &self,
        user: Option<Arc<User>>,
        password: &str,
        counted: Try,
        store: &dyn Store,
    ) -> Result<Arc<User>, Refusal> {
        let stored = user.as_ref().map(|user| user.password.clone());
        let (password, dummy_hash) = (password.to_owned(), self.dummy_hash.clone());
        let tested = self.work(move || Tested::new(&password, stored, &dummy_hash)).await?;
        let Some(user) = user.filter(|_| tested.is_right) else {
            return Err(Refusal::WrongCredentials);
        };
        self.throttle.refund(counted);
        if let Some(hash) = tested.replacement {
            store.rehash_user(user.id.as_str(), hash).await?;
        }
        Ok(user)
    }

    /// Works a hash out on a thread for blocking work.
    async fn work<T: Send + 'static>(&self, hash: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let _waiting = self.waiting.try_acquire().map_err(|_| Refusal::Unavailable)?;
        let turn = Arc::clone(&self.working).acquire_owned().await.expect("the semaphore is never closed");
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work, not by its caller: a client that leaves does not stop it.
            let _turn = turn;
            hash()
        });
        // It panics only without randomness, and has said so.
        work.await.map_err(|_| Refusal::Internal)
    }
}

/// The outcome of a password. Whatever it is, one Argon2id hash was worked out.
struct Tested {
    is_right: bool,
    /// The hash to keep from now on, if the one that was kept is not of Argon2id.
    replacement: Option<PasswordHash>,
}

impl Tested {
    fn new(password: &str, stored: Option<PasswordHash>, dummy_hash: &PasswordHash) -> Self {
        match stored {
            Some(old @ PasswordHash::Sha256(_)) if old.verify(password) => {
                Self { is_right: true, replacement: Some(PasswordHash::argon2id(password)) }
            }
            Some(stored @ PasswordHash::Argon2id(_)) => {
                Self { is_right: stored.verify(password), replacement: None }
            }
            Some(PasswordHash::Sha256(_)) | None => {
                black_box(dummy_hash.verify(password));
                Self { is_right: false, replacement: None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_beyond_those_that_may_wait_is_refused() {
        let hashed = Hardened::with_permits(1).hash("x").await.expect("a permit");
        assert!(matches!(hashed, PasswordHash::Argon2id(_)) && hashed.verify("x"));
        assert_eq!(Hardened::with_permits(0).hash("x").await.err(), Some(Refusal::Unavailable));
    }

    #[test]
    fn only_a_right_password_by_the_old_hash_gives_a_new_one() {
        let (old, new) = (PasswordHash::sha256("x"), PasswordHash::argon2id("x"));
        for (stored, password, is_right, is_new) in [
            (Some(&old), "x", true, true),
            (Some(&old), "y", false, false),
            (Some(&new), "x", true, false),
            (Some(&new), "y", false, false),
            (None, "x", false, false),
        ] {
            let tested = Tested::new(password, stored.cloned(), &new);
            assert_eq!(
                (tested.is_right, tested.replacement.is_some()),
                (is_right, is_new),
                "{stored:?} {password}"
            );
            assert!(tested.replacement.is_none_or(|hash| hash.verify("x")));
        }
    }
}
