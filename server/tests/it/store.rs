//! The contract of every store. A new one joins by one line in `stores`.

use std::sync::{Arc, Mutex};

use crate::support::at;
#[cfg(feature = "redis")]
use crate::support::redis_server::RedisServer;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use server::User;
use server::accounts::{Lifetime, Names, PasswordHash, Session, SessionId, UserList, UserSession};
use server::http::json;
use server::store::{Lookup, MemorySessions, Sqlite, Store, StoreError};
#[cfg(feature = "redis")]
use server::store::{Redis, RedisUrl};
use tempfile::TempDir;

/// Every store, empty, and what goes with the last of them.
struct Stores {
    all: Vec<(&'static str, Arc<dyn Store>)>,
    folder: TempDir,
    #[cfg(feature = "redis")]
    _redis: Option<RedisServer>,
}

async fn stores() -> Stores {
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = |name: &str| Arc::new(Sqlite::open(&folder.path().join(name)).expect("a database"));
    let all: Vec<(_, Arc<dyn Store>)> =
        vec![("sqlite", sqlite("a.db")), ("memory sessions", Arc::new(MemorySessions::over(sqlite("b.db"))))];
    #[cfg(feature = "redis")]
    let (all, server) = with_redis(all).await;
    Stores {
        all,
        folder,
        #[cfg(feature = "redis")]
        _redis: server,
    }
}

#[cfg(feature = "redis")]
async fn with_redis(
    mut all: Vec<(&'static str, Arc<dyn Store>)>,
) -> (Vec<(&'static str, Arc<dyn Store>)>, Option<RedisServer>) {
    if crate::support::redis_server::is_skipped("the contract with Redis") {
        return (all, None);
    }
    let server = RedisServer::start(&[]);
    let redis = async |database| {
        let url = RedisUrl::parse(&format!("{}/{database}", server.url())).expect("a URL");
        Arc::new(Redis::open(&url).await.expect("a Redis"))
    };
    all.push(("redis", redis(0).await));
    all.push(("memory sessions over redis", Arc::new(MemorySessions::over(redis(1).await))));
    (all, Some(server))
}

/// Hashes a password by the strongest means that this build has.
fn rehashed(password: &str) -> PasswordHash {
    #[cfg(feature = "hardened")]
    return PasswordHash::argon2id(password);
    #[cfg(not(feature = "hardened"))]
    PasswordHash::sha256(password)
}

fn user(email: &str) -> Arc<User> {
    Arc::new(User::new(
        email.to_owned(),
        PasswordHash::sha256("x"),
        Names::default(),
        at("2026-11-21T00:00:00.123456Z"),
    ))
}

fn session(user: &User) -> Session {
    Session { user_id: user.id.clone(), created_at: at("2026-11-21T00:00:00.654321Z") }
}

/// The session that a store has under an ID, if it leads to a user.
async fn found(store: &dyn Store, id: &SessionId) -> Option<Session> {
    let found = store.session(id.as_str()).await.expect("a read");
    found.map(|UserSession { user, created_at }| Session { user_id: user.id.clone(), created_at })
}

/// The JSON of a user.
fn shown(user: &User) -> Bytes {
    json::body(user)
}

async fn emails(store: &dyn Store) -> Vec<String> {
    store.users().await.expect("users").iter().map(|user| user.email.clone()).collect()
}

#[tokio::test]
async fn users_are_found_by_id_and_by_the_exact_email_in_order_of_creation() {
    let stores = stores().await;
    for (name, store) in stores.all {
        assert_eq!((emails(&*store).await, store.user_count().await), (vec![], Ok(0)), "{name}");
        let users: Vec<_> = ["z", "a", "nul\0", "a ", "A", "é", "' OR 1"].map(user).into();
        for user in &users {
            assert_eq!(store.add_user(Arc::clone(user)).await, Ok(true), "{name}");
        }
        let expected: Vec<_> = users.iter().map(|user| user.email.clone()).collect();
        assert_eq!((emails(&*store).await, store.user_count().await), (expected, Ok(7)), "{name}");
        for user in &users {
            let by_id = store.user(user.id.as_str()).await.expect("a read").expect("a user");
            let by_email = store.user_by_email(&user.email).await.expect("a read").expect("a user");
            assert_eq!((shown(&by_id), shown(&by_email)), (shown(user), shown(user)), "{name}");
            assert!(by_email.password.verify("x"), "{name}");
        }
        for nobody in ["", "nul", "Z", "%", "a  "] {
            assert!(store.user_by_email(nobody).await.expect("a read").is_none(), "{name} {nobody}");
            assert!(store.user(nobody).await.expect("a read").is_none(), "{name} {nobody}");
        }
        // Every reader has its turn, several times.
        for _ in 0..100 {
            assert!(store.user("nobody").await.expect("a read").is_none(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_password_is_rehashed_and_nothing_else_changes() {
    let stores = stores().await;
    for (name, store) in stores.all {
        let kim = user("kim");
        assert_eq!(store.add_user(Arc::clone(&kim)).await, Ok(true), "{name}");
        assert_eq!(store.rehash_user(kim.id.as_str(), rehashed("y")).await, Ok(true), "{name}");
        assert_eq!(store.rehash_user("nobody", rehashed("y")).await, Ok(false), "{name}");
        for found in [store.user(kim.id.as_str()), store.user_by_email("kim")] {
            let found = found.await.expect("a read").expect("a user");
            assert_eq!(shown(&found), shown(&kim), "{name}");
            assert!(found.password.verify("y") && !found.password.verify("x"), "{name}");
        }
    }
}

#[tokio::test]
async fn an_email_is_unique_until_its_user_is_removed() {
    let stores = stores().await;
    for (name, store) in stores.all {
        let first = user("kim");
        assert_eq!(store.add_user(Arc::clone(&first)).await, Ok(true), "{name}");
        let (second, third) = (user("kim"), user("lee"));
        let both = tokio::join!(store.add_user(Arc::clone(&second)), store.add_user(third));
        assert_eq!(both, (Ok(false), Ok(true)), "{name}: a refusal spoils no other change");
        assert_eq!(store.remove_user(first.id.as_str()).await, Ok(true), "{name}");
        assert_eq!(store.remove_user(first.id.as_str()).await, Ok(false), "{name}");
        assert_eq!(store.add_user(second).await, Ok(true), "{name}");
        assert_eq!(
            (emails(&*store).await, store.user_count().await),
            (vec!["lee".into(), "kim".into()], Ok(2))
        );
    }
}

#[tokio::test]
async fn names_change_where_given() {
    let stores = stores().await;
    for (name, store) in stores.all {
        let kim = user("kim");
        store.add_user(Arc::clone(&kim)).await.expect("a write");
        let now = at("2026-11-22T00:00:00Z");
        for (first, last, expected) in [
            (Some("Kim"), None, (Some("Kim"), None)),
            (None, Some("Ng"), (Some("Kim"), Some("Ng"))),
            (Some(""), None, (Some(""), Some("Ng"))),
            (None, None, (Some(""), Some("Ng"))),
        ] {
            let names = Names { first: first.map(str::to_owned), last: last.map(str::to_owned) };
            let changed =
                store.rename_user(kim.id.as_str(), names, now).await.expect("a write").expect("Kim");
            assert_eq!((changed.names.first.as_deref(), changed.names.last.as_deref()), expected, "{name}");
            assert_eq!((changed.created_at, changed.updated_at), (kim.created_at, now), "{name}");
            let list = store.users().await.expect("users");
            assert_eq!(list.iter().map(shown).collect::<Vec<_>>(), [shown(&changed)], "{name}");
            for found in [store.user(kim.id.as_str()), store.user_by_email("kim")] {
                assert_eq!(shown(&found.await.expect("a read").expect("Kim")), shown(&changed), "{name}");
            }
        }
        assert!(
            store.rename_user("nobody", Names::default(), now).await.expect("a write").is_none(),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_made_for_users_and_end_once() {
    let stores = stores().await;
    for (name, store) in stores.all {
        let kim = user("kim");
        assert_eq!(
            store.add_session(SessionId::random(), session(&kim), Lifetime::UNLIMITED).await,
            Ok(false),
            "{name}"
        );
        store.add_user(Arc::clone(&kim)).await.expect("a write");
        let ids: Vec<_> = (0..8).map(|_| SessionId::random()).collect();
        for id in &ids {
            assert_eq!(
                store.add_session(id.clone(), session(&kim), Lifetime::UNLIMITED).await,
                Ok(true),
                "{name}"
            );
            assert_eq!(found(&*store, id).await, Some(session(&kim)), "{name}");
            assert!(store.session(&id.as_str().to_uppercase()).await.expect("a read").is_none(), "{name}");
        }
        let all = futures_util::future::join_all((0..16).map(|_| store.end_session(ids[0].as_str()))).await;
        assert_eq!(all.iter().filter(|ended| **ended == Ok(true)).count(), 1, "{name}");
        assert_eq!(found(&*store, &ids[0]).await, None, "{name}");
        assert_eq!(found(&*store, &ids[1]).await, Some(session(&kim)), "{name}");
        store.remove_user(kim.id.as_str()).await.expect("a write");
        assert_eq!(
            store.add_session(SessionId::random(), session(&kim), Lifetime::UNLIMITED).await,
            Ok(false),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_session_that_is_made_while_the_last_one_ends_twice_is_not_taken_for_it() {
    let stores = stores().await;
    for (name, store) in stores.all {
        let kim = user("kim");
        store.add_user(Arc::clone(&kim)).await.expect("a write");
        let (last, new) = (SessionId::random(), SessionId::random());
        store.add_session(last.clone(), session(&kim), Lifetime::UNLIMITED).await.expect("a write");
        let all = tokio::join!(
            store.end_session(last.as_str()),
            store.add_session(new.clone(), session(&kim), Lifetime::UNLIMITED),
            store.end_session(last.as_str()),
        );
        // Which of the two it is that ends it is nobody's business.
        let (ended, made) = ([all.0, all.2].map(|ended| ended.expect("a write")), all.1);
        assert!(made == Ok(true) && ended[0] != ended[1], "{name} {all:?}");
        assert_eq!(found(&*store, &new).await, Some(session(&kim)), "{name}");
        if name == "sqlite" {
            drop(store);
            let store = Sqlite::open(&stores.folder.path().join("a.db")).expect("a database");
            assert_eq!(found(&store, &new).await, Some(session(&kim)), "after a restart");
            assert_eq!(found(&store, &last).await, None, "after a restart");
        }
    }
}

#[tokio::test]
async fn the_sessions_of_a_removed_user_end_for_good() {
    let stores = stores().await;
    for (name, store) in stores.all {
        let (kim, lee) = (user("kim"), user("lee"));
        let ids = [SessionId::random(), SessionId::random(), SessionId::random()];
        for (id, user) in ids.iter().zip([&kim, &lee, &kim]) {
            store.add_user(Arc::clone(user)).await.expect("a write");
            assert_eq!(store.add_session(id.clone(), session(user), Lifetime::UNLIMITED).await, Ok(true));
        }
        assert_eq!(store.remove_user(kim.id.as_str()).await, Ok(true), "{name}");
        let of_ids = async |store: &dyn Store| {
            [found(store, &ids[0]).await, found(store, &ids[1]).await, found(store, &ids[2]).await]
        };
        let expected = [None, Some(session(&lee)), None];
        assert_eq!(of_ids(&*store).await, expected, "{name}");
        // A session that was left behind would now lead to her again.
        assert_eq!(store.add_user(kim).await, Ok(true), "{name}");
        assert_eq!(of_ids(&*store).await, expected, "{name}");
        if name == "sqlite" {
            drop(store);
            let store = Sqlite::open(&stores.folder.path().join("a.db")).expect("a database");
            assert_eq!(of_ids(&store).await, expected, "after a restart");
        }
    }
}

#[tokio::test]
async fn no_session_outlives_its_user_whatever_shares_a_transaction_with_the_removal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.db");
    let store = Sqlite::open(&path).expect("a database");
    let users: Vec<_> = (0..8).map(|n| user(&n.to_string())).collect();
    let ids: Vec<_> = users.iter().map(|_| [(); 3].map(|()| SessionId::random())).collect();
    for (user, [old, ..]) in users.iter().zip(&ids) {
        store.add_user(Arc::clone(user)).await.expect("a write");
        assert_eq!(store.add_session(old.clone(), session(user), Lifetime::UNLIMITED).await, Ok(true));
    }
    // The writer waits for another program with the first change it gets, so all others share what follows.
    let other = rusqlite::Connection::open(&path).expect("a database");
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let changes = users.iter().zip(&ids).map(async |(user, [old, new, late])| {
        tokio::join!(
            biased;
            // The last row goes, and the next one has its place.
            store.end_session(old.as_str()),
            store.add_session(new.clone(), session(user), Lifetime::UNLIMITED),
            store.remove_user(user.id.as_str()),
            store.add_session(late.clone(), session(user), Lifetime::UNLIMITED),
            store.end_session(old.as_str()),
        )
    });
    let changes = futures_util::future::join_all(changes);
    let (answers, ()) =
        tokio::join!(biased; changes, async { other.execute_batch("COMMIT").expect("a lock") });
    assert_eq!(answers, vec![(Ok(true), Ok(true), Ok(true), Ok(false), Ok(false)); 8]);
    let live = async |store: &Sqlite| {
        let all = ids.iter().flatten().map(|id| found(store, id));
        futures_util::future::join_all(all).await.into_iter().flatten().count()
    };
    // A session that was left behind would lead to its user when that comes back.
    for user in users {
        assert_eq!(store.add_user(user).await, Ok(true));
    }
    assert_eq!(live(&store).await, 0);
    drop(store);
    let rows = other.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0));
    assert_eq!(rows, Ok(0));
    assert_eq!(live(&Sqlite::open(&path).expect("a database")).await, 0, "after a restart");
}

/// Users in a file, and what happens right after the next look at one.
struct Interrupted {
    users: Sqlite,
    then: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

#[async_trait]
impl Store for Interrupted {
    async fn users(&self) -> Result<Arc<UserList>, StoreError> {
        self.users.users().await
    }

    fn user_count(&self) -> Lookup<'_, u64> {
        self.users.user_count()
    }

    fn user(&self, id: &str) -> Lookup<'_, Option<Arc<User>>> {
        let user = self.users.user(id);
        let then = self.then.lock().expect("no panic").take();
        then.into_iter().for_each(|then| then());
        user
    }

    fn user_by_email(&self, email: &str) -> Lookup<'_, Option<Arc<User>>> {
        self.users.user_by_email(email)
    }

    async fn add_user(&self, user: Arc<User>) -> Result<bool, StoreError> {
        self.users.add_user(user).await
    }

    async fn rename_user(
        &self,
        id: &str,
        names: Names,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<User>>, StoreError> {
        self.users.rename_user(id, names, now).await
    }

    async fn rehash_user(&self, id: &str, password: PasswordHash) -> Result<bool, StoreError> {
        self.users.rehash_user(id, password).await
    }

    async fn remove_user(&self, id: &str) -> Result<bool, StoreError> {
        self.users.remove_user(id).await
    }

    async fn add_session(
        &self,
        id: SessionId,
        session: Session,
        lifetime: Lifetime,
    ) -> Result<bool, StoreError> {
        self.users.add_session(id, session, lifetime).await
    }

    fn session(&self, id: &str) -> Lookup<'_, Option<UserSession>> {
        self.users.session(id)
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        self.users.end_session(id).await
    }
}

#[tokio::test]
async fn no_session_in_memory_outlives_a_user_that_goes_while_it_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let users = Sqlite::open(&folder.path().join("a.db")).expect("a database");
    let users = Arc::new(Interrupted { users, then: Mutex::default() });
    let store = Arc::new(MemorySessions::over(Arc::clone(&users) as Arc<dyn Store>));
    let kim = user("kim");
    store.add_user(Arc::clone(&kim)).await.expect("a write");
    let removing = (Arc::clone(&store), Arc::clone(&kim));
    let remove = move || {
        let (store, kim) = removing;
        let remove = async move || store.remove_user(kim.id.as_str()).await;
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let removed = std::thread::spawn(move || runtime.block_on(remove()));
        assert_eq!(removed.join().expect("no panic"), Ok(true));
    };
    *users.then.lock().expect("no panic") = Some(Box::new(remove));
    let id = SessionId::random();
    store.add_session(id.clone(), session(&kim), Lifetime::UNLIMITED).await.expect("a write");
    assert!(users.then.lock().expect("no panic").is_none(), "the removal came between");
    // A session that was left behind would now lead to her again.
    assert_eq!(store.add_user(kim).await, Ok(true));
    assert_eq!(found(&*store, &id).await, None);
}

#[tokio::test]
async fn sessions_that_are_long_over_are_forgotten_as_others_are_made() {
    let stores = stores().await;
    for (name, store) in stores.all {
        let kim = user("kim");
        store.add_user(Arc::clone(&kim)).await.expect("a write");
        let lifetime = Lifetime::from_seconds(60);
        let old: Vec<_> = (0..8).map(|_| SessionId::random()).collect();
        for id in &old {
            store.add_session(id.clone(), session(&kim), lifetime).await.expect("a write");
        }
        let later = Session { created_at: at("2026-11-23T00:00:00Z"), ..session(&kim) };
        for _ in 0..8 {
            store.add_session(SessionId::random(), later.clone(), lifetime).await.expect("a write");
        }
        for id in &old {
            assert_eq!(found(&*store, id).await, None, "{name}");
        }
    }
}
