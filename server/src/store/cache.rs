//! A bounded cache in two generations, in front of a store of record.
//!
//! Not `quick_cache`: its guards protect the key that was looked up. A user who is read by email is cached by ID as well,
//! and neither value may be older than a change of the user, by whichever key that was made.
//!
//! New values go to the young generation. When that is full it becomes the old one, and the values of the old one are
//! dropped; a value that is used while old becomes young again. So values in use stay, and nothing is counted per use.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A map from strings to values, of at most twice `limit` entries.
pub struct Cache<V> {
    // Shared by the readers of every request: two atomic steps, as long as nobody writes. Never held across I/O.
    inner: RwLock<Generations<V>>,
    limit: usize,
}

struct Generations<V> {
    young: HashMap<Box<str>, V>,
    old: HashMap<Box<str>, V>,
    epoch: u64,
}

/// The moment at which a read of the store of record began, for [`Cache::fill`].
#[derive(Clone, Copy)]
pub struct Epoch(u64);

impl<V: Clone> Cache<V> {
    /// Makes an empty cache.
    pub fn new(limit: usize) -> Self {
        let inner = Generations { young: HashMap::new(), old: HashMap::new(), epoch: 0 };
        Self { inner: RwLock::new(inner), limit }
    }

    /// Finds the value of `key`.
    pub fn find(&self, key: &str) -> Option<V> {
        let inner = self.read();
        if let Some(value) = inner.young.get(key) {
            return Some(value.clone());
        }
        if !inner.old.contains_key(key) {
            return None;
        }
        drop(inner);
        let mut inner = self.write();
        let (key, value) = inner.old.remove_entry(key)?;
        self.keep(&mut inner, key, value.clone());
        Some(value)
    }

    /// Returns whether the value of `key` is here. That does not count as a use of it.
    pub fn has(&self, key: &str) -> bool {
        let inner = self.read();
        inner.young.contains_key(key) || inner.old.contains_key(key)
    }

    /// Returns the current moment, for [`fill`](Self::fill): to be called before the store of record is read.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.read().epoch)
    }

    /// Adds a value that was read from the store of record, unless anything has changed since: the value may be older than
    /// the change.
    pub fn fill(&self, since: Epoch, key: &str, value: V) {
        let mut inner = self.write();
        if inner.epoch == since.0 {
            self.keep(&mut inner, key.into(), value);
        }
    }

    /// Adds a value that has become durable.
    pub fn put(&self, key: &str, value: V) {
        let mut inner = self.write();
        inner.epoch += 1;
        inner.old.remove(key);
        self.keep(&mut inner, key.into(), value);
    }

    /// Removes a value whose removal has become durable.
    pub fn remove(&self, key: &str) {
        let mut inner = self.write();
        inner.epoch += 1;
        inner.young.remove(key);
        inner.old.remove(key);
    }

    fn keep(&self, inner: &mut Generations<V>, key: Box<str>, value: V) {
        if inner.young.len() >= self.limit {
            inner.old = std::mem::take(&mut inner.young);
        }
        inner.young.insert(key, value);
    }

    // No update can leave the maps half-changed, so a panic elsewhere in a holder does not spoil them.
    fn read(&self) -> RwLockReadGuard<'_, Generations<V>> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Generations<V>> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_not_is_forgotten() {
        let cache = Cache::new(2);
        cache.put("used", 0);
        for n in 1..20 {
            cache.put(&n.to_string(), n);
            assert_eq!(cache.find("used"), Some(0), "after {n}");
        }
        assert_eq!(cache.find("1"), None);
        let inner = cache.read();
        assert!(inner.young.len() + inner.old.len() <= 4);
    }

    #[test]
    fn whether_a_value_is_here_can_be_asked_without_using_it() {
        let cache = Cache::new(1);
        cache.put("old", 1);
        cache.put("young", 2);
        assert_eq!(["old", "young", "none"].map(|key| cache.has(key)), [true, true, false]);
        cache.put("next", 3);
        assert_eq!(["old", "young", "next"].map(|key| cache.has(key)), [false, true, true]);
    }

    #[test]
    fn a_value_read_before_a_change_is_not_kept() {
        let cache = Cache::new(2);
        let before = cache.epoch();
        cache.remove("session");
        cache.fill(before, "session", "stale");
        assert_eq!(cache.find("session"), None);
        let before = cache.epoch();
        cache.put("other", "new");
        cache.fill(before, "session", "stale");
        assert_eq!(cache.find("session"), None);
        cache.fill(cache.epoch(), "session", "fresh");
        assert_eq!(cache.find("session"), Some("fresh"));
    }

    #[test]
    fn as_many_as_the_limit_are_all_kept() {
        let cache = Cache::new(4);
        for n in 0..4 {
            cache.put(&n.to_string(), n);
        }
        for n in 0..4 {
            assert_eq!(cache.find(&n.to_string()), Some(n));
        }
    }

    #[test]
    fn a_new_value_hides_the_old_generation() {
        let cache = Cache::new(1);
        cache.put("a", 1);
        cache.put("b", 2);
        cache.put("a", 3);
        cache.remove("a");
        assert_eq!(cache.find("a"), None);
    }
}
