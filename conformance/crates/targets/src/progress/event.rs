//! Events: the progress of a check, for whoever shows it or adds up its costs.

use std::time::Duration;

use spec::catalogue::Subject;
use spec::scenario::Scenario;

/// An event of a check.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The check begins.
    Planned {
        /// The number of scenarios, each counted once a mode.
        scenarios: usize,
    },
    /// A scenario begins.
    Began {
        /// The mode.
        mode: Subject,
        /// The scenario.
        scenario: &'a Scenario,
    },
    /// A scenario has been replayed to its end.
    Replayed {
        /// The mode.
        mode: Subject,
        /// The scenario.
        scenario: &'a Scenario,
    },
    /// A scenario is not going to be replayed: its result is known without that.
    Skipped {
        /// The mode.
        mode: Subject,
        /// The scenario.
        scenario: &'a Scenario,
    },
    /// A server is still starting. This event comes once a second.
    Starting {
        /// Its mode.
        mode: Subject,
        /// The time since its start.
        waited: Duration,
        /// The longest time that the start may take; `None` where nothing limits it.
        timeout: Option<Duration>,
    },
    /// A wait of a scenario, or of the preparation, is over.
    Waited {
        /// The work that was waited for.
        work: Work,
        /// The time that it took.
        took: Duration,
    },
}

/// A kind of work that a check waits for.
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

    /// Returns the name of the work, in the plural.
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

/// Is told of events as they happen, from several modes at once.
pub trait EventListener: Sync {
    /// Is called at each event. It must not block.
    fn on_event(&self, event: &Event<'_>);
}

impl<A: EventListener + ?Sized, B: EventListener + ?Sized> EventListener for (&A, &B) {
    fn on_event(&self, event: &Event<'_>) {
        self.0.on_event(event);
        self.1.on_event(event);
    }
}

/// Ignores every event.
#[derive(Debug)]
pub struct NoListener;

impl EventListener for NoListener {
    fn on_event(&self, _event: &Event<'_>) {}
}
