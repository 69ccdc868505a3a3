//! The guard: who an email and a password are of, and what it may cost to ask.

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;

use super::throttle::{Throttle, Try};
use crate::accounts::{PasswordHash, User};
use crate::http::limits::PASSWORDS_WAITING;
use crate::http::refusal::Refusal;
use crate::store::Store;

/// Tests passwords: as slowly for nobody as for somebody.
pub struct Guard {
    // What is tested where there is no such user.
    nobody: PasswordHash,
    hardened: Option<Hardened>,
}

/// What HARDENED=1 adds.
struct Hardened {
    throttle: Throttle,
    // One permit for every hash that waits or is worked on: what comes beyond is refused. A client that leaves gives
    // its place back.
    waiting: Semaphore,
    // One permit for every hash at work: half of the processors, so that the other requests have the rest.
    working: Arc<Semaphore>,
}

impl Guard {
    /// Tests passwords as the documents do, and hashes them by SHA-256: a microsecond, in place.
    pub fn documented() -> Self {
        Self { nobody: PasswordHash::of(""), hardened: None }
    }

    /// Tests passwords by Argon2id and counts the wrong ones; hashes by SHA-256 are replaced when their passwords
    /// come by.
    pub fn hardened() -> Self {
        Self::with_places(PASSWORDS_WAITING)
    }

    fn with_places(places: usize) -> Self {
        let working = thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2));
        let hardened = Hardened {
            throttle: Throttle::default(),
            waiting: Semaphore::new(places),
            working: Arc::new(Semaphore::new(working)),
        };
        Self { nobody: PasswordHash::dear(""), hardened: Some(hardened) }
    }

    /// Hashes the password of a new user.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unavailable`] where too many passwords wait already.
    pub async fn hash(&self, password: &str) -> Result<PasswordHash, Refusal> {
        match &self.hardened {
            None => Ok(PasswordHash::of(password)),
            Some(hardened) => {
                let password = password.to_owned();
                hardened.work(move || PasswordHash::dear(&password)).await
            }
        }
    }

    /// Finds the user with this email and password.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoUserForEmail`] or [`Refusal::WrongPassword`], and where hardened
    /// [`Refusal::WrongCredentials`] for both, [`Refusal::TooManyTries`], or [`Refusal::Unavailable`] where too many
    /// passwords wait already; [`Refusal::Unavailable`] also where the store cannot say.
    pub async fn identify(
        &self,
        email: &str,
        password: &str,
        address: IpAddr,
        store: &dyn Store,
        now: DateTime<Utc>,
    ) -> Result<Arc<User>, Refusal> {
        let user = store.user_by_email(email).await?;
        let Some(hardened) = &self.hardened else {
            let kept = user.as_ref().map_or(&self.nobody, |user| &user.password);
            let is_right = black_box(kept.is_of(password));
            let user = user.ok_or(Refusal::NoUserForEmail)?;
            return if is_right { Ok(user) } else { Err(Refusal::WrongPassword) };
        };
        let counted = hardened.throttle.count(email, address, now).map_err(Refusal::TooManyTries)?;
        // Boxed, as it would make the future of every request larger.
        Box::pin(hardened.test(user, password, self.nobody.clone(), counted, store)).await
    }
}

/// What came of a password; whatever it is, one Argon2id hash was worked out.
struct Tested {
    is_right: bool,
    /// The hash to keep from now on, where the one that was kept is not of Argon2id.
    dear: Option<PasswordHash>,
}

impl Tested {
    fn of(password: &str, kept: Option<PasswordHash>, nobody: &PasswordHash) -> Self {
        match kept {
            Some(old @ PasswordHash::Sha256(_)) if old.is_of(password) => {
                Self { is_right: true, dear: Some(PasswordHash::dear(password)) }
            }
            Some(kept @ PasswordHash::Argon2id(_)) => Self { is_right: kept.is_of(password), dear: None },
            Some(PasswordHash::Sha256(_)) | None => {
                black_box(nobody.is_of(password));
                Self { is_right: false, dear: None }
            }
        }
    }
}

impl Hardened {
    /// The user, if it is one with this password; a hash that is not of Argon2id is replaced then.
    async fn test(
        &self,
        user: Option<Arc<User>>,
        password: &str,
        nobody: PasswordHash,
        counted: Try,
        store: &dyn Store,
    ) -> Result<Arc<User>, Refusal> {
        let kept = user.as_ref().map(|user| user.password.clone());
        let password = password.to_owned();
        let tested = self.work(move || Tested::of(&password, kept, &nobody)).await?;
        let Some(user) = user.filter(|_| tested.is_right) else {
            return Err(Refusal::WrongCredentials);
        };
        self.throttle.forgive(counted);
        if let Some(hash) = tested.dear {
            store.rehash_user(user.id.as_str(), hash).await?;
        }
        Ok(user)
    }

    /// Works a hash out beside the threads that serve requests.
    async fn work<T: Send + 'static>(&self, hash: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let _place = self.waiting.try_acquire().map_err(|_| Refusal::Unavailable)?;
        let turn = Arc::clone(&self.working).acquire_owned().await.expect("the semaphore is never closed");
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work, not by whoever waits for it: a client that leaves does not stop it.
            let _turn = turn;
            hash()
        });
        // It panics only without randomness, and has said so.
        work.await.map_err(|_| Refusal::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_beyond_those_that_may_wait_is_refused() {
        let hashed = Guard::with_places(1).hash("x").await.expect("a place");
        assert!(matches!(hashed, PasswordHash::Argon2id(_)) && hashed.is_of("x"));
        assert_eq!(Guard::with_places(0).hash("x").await.err(), Some(Refusal::Unavailable));
    }

    #[test]
    fn only_a_right_password_by_the_old_hash_gives_a_new_one() {
        let (old, dear) = (PasswordHash::of("x"), PasswordHash::dear("x"));
        for (kept, password, is_right, is_new) in [
            (Some(&old), "x", true, true),
            (Some(&old), "y", false, false),
            (Some(&dear), "x", true, false),
            (Some(&dear), "y", false, false),
            (None, "x", false, false),
        ] {
            let tested = Tested::of(password, kept.cloned(), &dear);
            assert_eq!((tested.is_right, tested.dear.is_some()), (is_right, is_new), "{kept:?} {password}");
            assert!(tested.dear.is_none_or(|hash| hash.is_of("x")));
        }
    }
}
