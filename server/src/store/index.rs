//! The sessions of a store in memory, found by a digest of their IDs: a lookup costs the same whether there are
//! a hundred or a million, and never waits for a disk.
//!
//! A session takes 49 bytes here, in a table that is between 7/16 and 7/8 full: 56 to 112 bytes, and its share of
//! a user ID that all sessions of that user have in common.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::accounts::{Session, UserId};

/// Parts with a lock of their own: a part of a million sessions that grows holds up its readers for a
/// millisecond at most, where one table would hold up all for a hundred.
const PARTS: usize = 64;

/// The name of a session in a store: half of the SHA-256 of its ID, which is more than the 122 bits of
/// randomness in one.
///
/// Nothing reads the ID itself, so it is not at rest; and how long a lookup takes tells nothing about the IDs
/// there are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl Key {
    /// The key of a session ID.
    pub fn of(id: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(id).into();
        Self(*digest.first_chunk().expect("32 bytes"))
    }

    /// The key, for a file.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for Key {
    fn from(stored: [u8; 16]) -> Self {
        Self(stored)
    }
}

/// A digest is as good a hash as any that is made of it, and no client can choose one.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from_ne_bytes(*self.0.last_chunk().expect("16 bytes")));
    }
}

/// Takes a [`Key`]'s own bits for its hash.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write_u64(&mut self, bits: u64) {
        self.0 = bits;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a key is hashed as one number");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Part = HashMap<Key, Entry, BuildHasherDefault<KeyHasher>>;

/// What is kept of a session.
struct Entry {
    user_id: UserId,
    // A DateTime is half as large again.
    created_at_micros: i64,
    place: i64,
}

/// Sessions by key, each with its place: the number by which its store knows it otherwise.
pub struct Index {
    // A read lock is two atomic steps, and which of the parts it is hangs on a digest: requests seldom share
    // one. Held for one operation on the map, never across I/O or an await.
    parts: Box<[RwLock<Part>]>,
}

impl Index {
    /// No sessions.
    pub fn new() -> Self {
        Self { parts: (0..PARTS).map(|_| RwLock::default()).collect() }
    }

    /// The session with this key.
    pub fn find(&self, key: Key) -> Option<Session> {
        let part = self.read(key);
        let entry = part.get(&key)?;
        let created_at = DateTime::from_timestamp_micros(entry.created_at_micros)?;
        Some(Session { user_id: entry.user_id.clone(), created_at })
    }

    /// The place of the session with this key.
    pub fn place(&self, key: Key) -> Option<i64> {
        self.read(key).get(&key).map(|entry| entry.place)
    }

    /// Adds a session.
    pub fn add(&self, key: Key, session: Session, place: i64) {
        let created_at_micros = session.created_at.timestamp_micros();
        self.write(key).insert(key, Entry { user_id: session.user_id, created_at_micros, place });
    }

    /// Removes the session with this key; its place, if it was there.
    pub fn remove(&self, key: Key) -> Option<i64> {
        self.write(key).remove(&key).map(|entry| entry.place)
    }

    /// Removes the session with this key if it was made before `time`; whether it is gone now.
    pub fn forget(&self, key: Key, time: DateTime<Utc>) -> bool {
        let mut part = self.write(key);
        if part.get(&key).is_some_and(|entry| entry.created_at_micros >= time.timestamp_micros()) {
            return false;
        }
        part.remove(&key);
        true
    }

    /// The sessions of a user and their places. It looks at all there are: a few milliseconds for a million.
    pub fn of_user(&self, user_id: &str) -> Vec<(Key, i64)> {
        let mut found = Vec::new();
        for part in &self.parts {
            let part = part.read().unwrap_or_else(PoisonError::into_inner);
            let of_user = part.iter().filter(|(_, entry)| entry.user_id.as_str() == user_id);
            found.extend(of_user.map(|(&key, entry)| (key, entry.place)));
        }
        found
    }

    // No update can leave a map half-changed, so a panic elsewhere in a holder does not spoil it.
    fn read(&self, key: Key) -> RwLockReadGuard<'_, Part> {
        self.part(key).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, key: Key) -> RwLockWriteGuard<'_, Part> {
        self.part(key).write().unwrap_or_else(PoisonError::into_inner)
    }

    fn part(&self, key: Key) -> &RwLock<Part> {
        &self.parts[usize::from(key.0[0]) % PARTS]
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher as _;

    use super::*;

    fn session(user_id: &str, micros: i64) -> Session {
        let created_at = DateTime::from_timestamp_micros(micros).expect("a date");
        Session { user_id: user_id.into(), created_at }
    }

    #[test]
    fn keys_differ_in_their_hashes() {
        let hash = |id: &str| BuildHasherDefault::<KeyHasher>::default().hash_one(Key::of(id));
        assert_eq!(hash("a"), hash("a"));
        let hashes: std::collections::HashSet<_> = (0..100).map(|n| hash(&n.to_string())).collect();
        assert_eq!(hashes.len(), 100);
    }

    #[test]
    fn a_session_is_found_by_its_id_alone_and_ends_once() {
        let index = Index::new();
        for number in 0..1000 {
            index.add(Key::of(&number.to_string()), session("kim", number), number);
        }
        for number in 0..1000 {
            let key = Key::of(&number.to_string());
            assert_eq!(index.find(key), Some(session("kim", number)));
            assert_eq!(index.place(key), Some(number));
        }
        assert_eq!(index.find(Key::of("1000")), None);
        let key = Key::of("7");
        assert_eq!((index.remove(key), index.remove(key)), (Some(7), None));
        assert_eq!(index.find(key), None);
        assert_eq!(index.find(Key::of("8")), Some(session("kim", 8)));
    }

    #[test]
    fn the_sessions_of_a_user_are_all_found_and_no_others() {
        let index = Index::new();
        for number in 0..500 {
            index.add(Key::of(&number.to_string()), session(["kim", "lee"][number as usize % 2], 0), number);
        }
        let mut places: Vec<_> = index.of_user("lee").into_iter().map(|(_, place)| place).collect();
        places.sort_unstable();
        assert_eq!(places, (0..500).filter(|number| number % 2 == 1).collect::<Vec<_>>());
        assert!(index.of_user("le").is_empty());
    }

    #[test]
    fn only_what_is_older_is_forgotten() {
        let index = Index::new();
        let (old, young) = (Key::of("old"), Key::of("young"));
        index.add(old, session("kim", 4), 1);
        index.add(young, session("kim", 5), 2);
        let time = session("kim", 5).created_at;
        assert_eq!([index.forget(old, time), index.forget(young, time)], [true, false]);
        assert_eq!([index.find(old), index.find(young)], [None, Some(session("kim", 5))]);
        assert!(index.forget(old, time), "it is gone all the same");
    }
}
