//! What happens during a check, for whoever shows its progress or adds up its cost.

use std::time::Duration;

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
    /// A scenario has been replayed to its end.
    Replayed {
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
        timeout: Option<Duration>,
    },
    /// Something that a scenario, or the preparation, had to wait for is over.
    Waited {
        /// What it was.
        work: Work,
        /// How long it took.
        took: Duration,
    },
}

/// Something that a check waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A program is started, until it answers.
    Start,
    /// A program ends.
    Stop,
    /// A request is answered.
    Request,
    /// Time passes: it is moved, or slept through.
    Clock,
    /// A folder is copied.
    Copy,
    /// One of the documents' programs runs to its end.
    Program,
}

impl Work {
    /// Every kind of work, in the order of [`Costs::spent`].
    pub const ALL: [Self; 6] =
        [Self::Start, Self::Stop, Self::Request, Self::Clock, Self::Copy, Self::Program];

    /// Names the work, in the plural.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "starts",
            Self::Stop => "stops",
            Self::Request => "requests",
            Self::Clock => "clock moves",
            Self::Copy => "copies",
            Self::Program => "programs run",
        }
    }
}

/// Hears of events as they happen, from several modes at once.
pub trait EventListener: Sync {
    /// Takes note of an event; it must not block.
    fn on_event(&self, event: &Event<'_>);
}

impl<A: EventListener + ?Sized, B: EventListener + ?Sized> EventListener for (&A, &B) {
    fn on_event(&self, event: &Event<'_>) {
        self.0.on_event(event);
        self.1.on_event(event);
    }
}

/// Hears nothing.
#[derive(Debug)]
pub struct NoListener;

impl EventListener for NoListener {
    fn on_event(&self, _event: &Event<'_>) {}
}
