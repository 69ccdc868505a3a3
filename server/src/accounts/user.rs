//! Users: their stored fields, and their public JSON.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::PasswordHash;

/// A user as a store keeps it. It is immutable: a changed user is a new value.
#[derive(Debug)]
pub struct User {
    /// The ID.
    pub id: UserId,
    /// The address, unique among users.
    pub email: String,
    /// The hash of the password.
    pub password: PasswordHash,
    /// The names.
    pub names: Names,
    /// The time of its creation.
    pub created_at: DateTime<Utc>,
    /// The time of its last change.
    pub updated_at: DateTime<Utc>,
    // Rendered by the first request that asks for it.
    json: OnceLock<Bytes>,
}

/// First and last name; `None` is JSON's null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The first name.
    pub first: Option<String>,
    /// The last name.
    pub last: Option<String>,
}

impl User {
    /// Creates a user with a random ID.
    pub fn new(email: String, password: PasswordHash, names: Names, now: DateTime<Utc>) -> Self {
        Self::stored(UserId::random(), email, password, names, [now, now])
    }

    /// Restores a user from a store, with the times of its creation and last update.
    pub fn stored(
        id: UserId,
        email: String,
        password: PasswordHash,
        names: Names,
        [created_at, updated_at]: [DateTime<Utc>; 2],
    ) -> Self {
        Self { id, email, password, names, created_at, updated_at, json: OnceLock::new() }
    }

    /// Returns the JSON of this user: what `render` returned for the first caller, kept from then on.
    pub fn json(&self, render: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.json.get_or_init(|| render(self)).clone()
    }
}

impl Serialize for User {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// The public fields (`users.shape`, `users.hide-password`), sorted by name.
        #[derive(Serialize)]
        struct Public<'a> {
            created_at: String,
            email: &'a str,
            first_name: Option<&'a str>,
            id: &'a str,
            last_name: Option<&'a str>,
            updated_at: String,
        }
        Public {
            created_at: timestamp(self.created_at),
            email: &self.email,
            first_name: self.names.first.as_deref(),
            id: self.id.as_str(),
            last_name: self.names.last.as_deref(),
            updated_at: timestamp(self.updated_at),
        }
        .serialize(serializer)
    }
}

/// Users in the order of their creation.
#[derive(Debug)]
pub struct UserList {
    users: Vec<Arc<User>>,
    // As a user's.
    json: OnceLock<Bytes>,
}

impl UserList {
    /// Makes a list of these users.
    pub fn new(users: Vec<Arc<User>>) -> Self {
        Self { users, json: OnceLock::new() }
    }

    /// Returns the users.
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.users.iter().map(Arc::as_ref)
    }

    /// Returns the JSON of these users: what `render` returned for the first caller, kept from then on. That takes its time
    /// for a long list: a store that reads one has it rendered on the same thread for blocking work.
    pub fn json(&self, render: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.json.get_or_init(|| render(self)).clone()
    }
}

impl Serialize for UserList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Formats a time as the documents do: `2017-10-16 04:23:04`.
fn timestamp(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The ID of a user, an opaque string. [`UserId::random`] alone knows that it is a UUID version 4.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Creates a UUID version 4.
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string().into())
    }

    /// Returns the ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for UserId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_formatted_as_in_the_documents() {
        for (time, expected) in [
            ("2017-10-16T04:23:04.999999Z", "2017-10-16 04:23:04"),
            ("2038-01-19T03:14:08Z", "2038-01-19 03:14:08"),
        ] {
            assert_eq!(timestamp(time.parse().expect("a time")), expected);
        }
    }
}
