//! What happens during a check, for whoever shows its progress or adds up its cost.

use std::time::Duration;

use crate::progress::cost::Work;
use spec::catalogue::Mode;
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
        mode: Mode,
        /// Which.
        scenario: &'a Scenario,
    },
    /// A scenario has been played to its end.
    Played {
        /// In this mode.
        mode: Mode,
        /// Which.
        scenario: &'a Scenario,
    },
    /// A scenario is not going to be played: what it says is known without it.
    Skipped {
        /// In this mode.
        mode: Mode,
        /// Which.
        scenario: &'a Scenario,
    },
    /// A server is still not there; told once a second.
    Starting {
        /// Its mode.
        mode: Mode,
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
