//! Observations: what happened to a server, for whoever judges its answers as one sequence.

use chrono::{DateTime, Utc};
use spec::http::Exchange;

use crate::ServerSettings;

/// Something that happened to the server of an instance that [records](crate::instance::Instance::recording).
#[derive(Clone, Debug)]
pub enum Observation {
    /// A server serves from now on; the one before it has ended.
    Served {
        /// The settings that it runs with.
        settings: ServerSettings,
        /// The name that the session cookie has there.
        cookie_name: String,
    },
    /// One of the documents' programs ran on the data, or serves in the server's place.
    ProgramRan,
    /// Requests that were sent at once have been answered, or not.
    Answered {
        /// Each request with its answer; at least one.
        exchanges: Vec<Exchange>,
        /// The sandbox's time when they were sent.
        since: DateTime<Utc>,
        /// The sandbox's time when the last answer was there.
        until: DateTime<Utc>,
    },
}
