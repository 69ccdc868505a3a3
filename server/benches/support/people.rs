//! The users of every measured server: the same, by number.

use std::path::Path;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use chrono::Utc;
use futures_util::future::join_all;
use server::accounts::{Lifetime, Names, PasswordHash, Session, SessionId};
use server::store::{Sqlite, Store};
use server::{Clock as _, SystemClock, User};

/// Changes that are asked of a store at once: as many as it puts into one commit.
const AT_ONCE: usize = 1024;

/// So many users, the first of which logs in.
pub fn users(count: usize) -> Vec<Arc<User>> {
    let user = |number| {
        let names = Names { first: Some("Bob".to_owned()), last: Some("Dylan".to_owned()) };
        Arc::new(User::new(email(number), PasswordHash::sha256(&password(number)), names, SystemClock.now()))
    };
    (0..count).map(user).collect()
}

/// The credentials of so many users as Authorization has them, all of one length.
pub fn basic(count: usize) -> Vec<String> {
    let pair = |number| BASE64_STANDARD.encode(format!("{}:{}", email(number), password(number)));
    (0..count).map(pair).collect()
}

/// The login form of the first user.
pub fn form() -> String {
    format!("email={}&password={}", email(0), password(0))
}

fn email(number: usize) -> String {
    format!("user{number:06}@example.com")
}

fn password(number: usize) -> String {
    format!("correct-horse-{number:06}")
}

/// Makes a database at `path` with so many users and so many sessions of the first; gives the sessions' IDs.
pub async fn fill(path: &Path, user_count: usize, sessions: usize) -> Vec<String> {
    fill_store(&Sqlite::open(path).expect("a database"), user_count, sessions).await
}

/// Adds so many users to an empty store, and so many sessions of the first; gives the sessions' IDs.
pub async fn fill_store(store: &dyn Store, user_count: usize, sessions: usize) -> Vec<String> {
    let users = users(user_count);
    for some in users.chunks(AT_ONCE) {
        let added = join_all(some.iter().map(|user| store.add_user(Arc::clone(user)))).await;
        assert!(added.into_iter().all(|added| added == Ok(true)));
    }
    let ids: Vec<SessionId> = (0..sessions).map(|_| SessionId::random()).collect();
    let session = Session { user_id: users[0].id.clone(), created_at: Utc::now() };
    for some in ids.chunks(AT_ONCE) {
        let added = some.iter().map(|id| store.add_session(id.clone(), session.clone(), Lifetime::UNLIMITED));
        assert!(join_all(added).await.into_iter().all(|added| added == Ok(true)));
    }
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}
