//! The sessions of a store in memory, found by the digests of their IDs: a lookup costs the same whether there are
//! a hundred or a million, and never waits for a disk.
//!
//! A session takes 49 bytes here, in a table that is between 7/16 and 7/8 full: 56 to 112 bytes, and its share of
//! a user ID that all sessions of that user have in common.

use chrono::{DateTime, Utc};
use dashmap::DashMap;
use foldhash::fast::RandomState;

use super::digest::SessionDigest;
use crate::accounts::{Session, UserId};

/// Shards, each with its own lock. A shard of a million sessions that grows delays its readers by a millisecond at most;
/// one table would delay all by a hundred.
const SHARDS: usize = 64;

/// A session in memory.
struct Entry {
    user_id: UserId,
    // A DateTime is half as large again.
    created_at_micros: i64,
    rowid: i64,
}

/// Sessions by digest, each with the row ID by which its store identifies it.
pub struct Index(DashMap<SessionDigest, Entry, RandomState>);

impl Index {
    /// Makes an empty index.
    pub fn new() -> Self {
        Self(DashMap::with_capacity_and_hasher_and_shard_amount(0, RandomState::default(), SHARDS))
    }

    /// Finds a session.
    pub fn find(&self, digest: SessionDigest) -> Option<Session> {
        let entry = self.0.get(&digest)?;
        let created_at = DateTime::from_timestamp_micros(entry.created_at_micros)?;
        Some(Session { user_id: entry.user_id.clone(), created_at })
    }

    /// Returns the row ID of a session.
    pub fn rowid(&self, digest: SessionDigest) -> Option<i64> {
        self.0.get(&digest).map(|entry| entry.rowid)
    }

    /// Adds a session.
    pub fn add(&self, digest: SessionDigest, session: Session, rowid: i64) {
        let created_at_micros = session.created_at.timestamp_micros();
        self.0.insert(digest, Entry { user_id: session.user_id, created_at_micros, rowid });
    }

    /// Removes a session and returns its row ID, if it was there.
    pub fn remove(&self, digest: SessionDigest) -> Option<i64> {
        self.0.remove(&digest).map(|(_, entry)| entry.rowid)
    }

    /// Removes a session if it was made before `time`; returns whether it is gone now.
    pub fn remove_if_before(&self, digest: SessionDigest, time: DateTime<Utc>) -> bool {
        let time = time.timestamp_micros();
        self.0.remove_if(&digest, |_, entry| entry.created_at_micros < time);
        !self.0.contains_key(&digest)
    }

    /// Returns the sessions of a user and their row IDs. It looks at all that there are: a few milliseconds for a
    /// million.
    pub fn of_user(&self, user_id: &str) -> Vec<(SessionDigest, i64)> {
        let of_user = self.0.iter().filter(|entry| entry.user_id.as_str() == user_id);
        of_user.map(|entry| (*entry.key(), entry.rowid)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(user_id: &str, micros: i64) -> Session {
        let created_at = DateTime::from_timestamp_micros(micros).expect("a date");
        Session { user_id: user_id.into(), created_at }
    }

    #[test]
    fn a_session_is_found_by_its_id_alone_and_ends_once() {
        let index = Index::new();
        for number in 0..1000 {
            index.add(SessionDigest::new(&number.to_string()), session("kim", number), number);
        }
        for number in 0..1000 {
            let digest = SessionDigest::new(&number.to_string());
            assert_eq!(index.find(digest), Some(session("kim", number)));
            assert_eq!(index.rowid(digest), Some(number));
        }
        assert_eq!(index.find(SessionDigest::new("1000")), None);
        let digest = SessionDigest::new("7");
        assert_eq!((index.remove(digest), index.remove(digest)), (Some(7), None));
        assert_eq!(index.find(digest), None);
        assert_eq!(index.find(SessionDigest::new("8")), Some(session("kim", 8)));
    }

    #[test]
    fn the_sessions_of_a_user_are_all_found_and_no_others() {
        let index = Index::new();
        for number in 0..500 {
            index.add(
                SessionDigest::new(&number.to_string()),
                session(["kim", "lee"][number as usize % 2], 0),
                number,
            );
        }
        let mut rowids: Vec<_> = index.of_user("lee").into_iter().map(|(_, rowid)| rowid).collect();
        rowids.sort_unstable();
        assert_eq!(rowids, (0..500).filter(|number| number % 2 == 1).collect::<Vec<_>>());
        assert!(index.of_user("le").is_empty());
    }

    #[test]
    fn only_what_is_older_is_forgotten() {
        let index = Index::new();
        let (old, young) = (SessionDigest::new("old"), SessionDigest::new("young"));
        index.add(old, session("kim", 4), 1);
        index.add(young, session("kim", 5), 2);
        let time = session("kim", 5).created_at;
        assert_eq!([index.remove_if_before(old, time), index.remove_if_before(young, time)], [true, false]);
        assert_eq!([index.find(old), index.find(young)], [None, Some(session("kim", 5))]);
        assert!(index.remove_if_before(old, time), "it is gone all the same");
    }
}
