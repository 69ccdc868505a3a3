//! What happens during a check, for whoever shows its progress or adds up its cost.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::Launch;
use crate::progress::cost::Work;
use spec::catalogue::Subject;
use spec::http::Exchange;
use spec::results::run::Run;
use spec::scenario::Scenario;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The check knows what it will run.
    Planned {
        /// How many scenarios, counted once a mode.
        scenarios: usize,
    },
    /// A scenario begins.
    Began {
        /// In this mode.
        mode: Subject,
        /// Which.
        scenario: &'a Scenario,
    },
    /// A scenario has been played to its end.
    Played {
        /// In this mode.
        mode: Subject,
        /// Which.
        scenario: &'a Scenario,
        /// What came of every step.
        run: &'a Run,
    },
    /// A scenario is not going to be played: what it says is known without it.
    Skipped {
        /// In this mode.
        mode: Subject,
        /// Which.
        scenario: &'a Scenario,
    },
    /// A step of a scenario begins.
    Step {
        /// Its place among all steps.
        index: usize,
    },
    /// Requests that were sent at once have been answered, or not.
    Answered {
        /// Each with its answer; at least one.
        exchanges: &'a [Exchange],
        /// The site's time when they were sent.
        since: DateTime<Utc>,
        /// The site's time when the last answer was there.
        until: DateTime<Utc>,
    },
    /// A server serves from now on; the one before it has ended.
    Served {
        /// How it runs.
        launch: &'a Launch,
        /// The name that the session cookie has there.
        cookie_name: &'a str,
    },
    /// One of the documents' programs runs on the data, or serves in the server's place.
    Ran,
    /// A server is still not there; told once a second.
    Starting {
        /// Its mode.
        mode: Subject,
        /// How long it has been waited for.
        waited: Duration,
        /// How long it will be at most; `None` where nothing limits it.
        patience: Option<Duration>,
    },
    /// Something that a scenario, or the preparation, had to wait for is over.
    Waited {
        /// What it was.
        work: Work,
        /// How long it took.
        took: Duration,
    },
}

/// Hears of events as they happen, from several modes at once.
pub trait Listener: Sync {
    /// Takes note of an event; it must not block.
    fn hear(&self, event: &Event<'_>);
}

impl<A: Listener + ?Sized, B: Listener + ?Sized> Listener for (&A, &B) {
    fn hear(&self, event: &Event<'_>) {
        self.0.hear(event);
        self.1.hear(event);
    }
}

/// Hears nothing.
#[derive(Debug)]
pub struct Silence;

impl Listener for Silence {
    fn hear(&self, _event: &Event<'_>) {}
}
