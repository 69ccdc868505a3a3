//! The start timeout: how long a program may take to start, given its starts before.
//!
//! A program that has never answered gets less time after its first timeout: to find it hanging once is enough. Once it
//! has answered, each of its starts may take the full time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{ServerSettings, StartFailure};

/// How long a program may take from its start to its first answer.
pub const FULL: Duration = Duration::from_secs(15);

/// The full time is divided by this for a program whose start has timed out.
const PART: u32 = 3;

/// The start timeout of one target. Clones share what they know of its starts.
#[derive(Clone, Debug)]
pub struct StartTimeout {
    full: Duration,
    /// Read and written between waits, by every sandbox of the target.
    past: Arc<Mutex<Past>>,
}

#[derive(Debug, Default)]
struct Past {
    /// The usual time of a start, the last ones above all; `None` where the program has never answered.
    usual: Option<Duration>,
    timed_out: Vec<Hung>,
}

/// A start that timed out.
#[derive(Clone, Debug)]
pub struct Hung {
    settings: ServerSettings,
    /// Why it does not serve.
    pub failure: StartFailure,
    /// Its output until then.
    pub output: String,
}

impl StartTimeout {
    /// Creates the timeout of a target whose starts may take this long.
    pub fn new(full: Duration) -> Self {
        Self { full, past: Arc::default() }
    }

    /// Returns the time that the next start may take.
    pub fn current(&self) -> Duration {
        let past = self.past();
        if past.usual.is_some() || past.timed_out.is_empty() { self.full } else { self.full / PART }
    }

    /// Returns the start with the same settings that timed out, unless the program has answered since.
    pub fn known(&self, settings: &ServerSettings) -> Option<Hung> {
        let past = self.past();
        let same = past.timed_out.iter().find(|hung| hung.settings == *settings);
        same.filter(|_| past.usual.is_none()).cloned()
    }

    /// Returns the time after a start in which no answer is expected: the last starts took longer.
    pub fn quiet_time(&self) -> Duration {
        self.past().usual.unwrap_or_default() * 3 / 4
    }

    /// Records that the program has answered after this time.
    pub fn answered(&self, after: Duration) {
        let mut past = self.past();
        past.usual = Some(past.usual.map_or(after, |usual| (usual + after) / 2));
    }

    /// Records that the start timed out.
    pub fn timed_out(&self, settings: &ServerSettings, failure: StartFailure, output: String) {
        self.past().timed_out.push(Hung { settings: settings.clone(), failure, output });
    }

    /// Locks, whatever a thread that panicked has left behind: no invariant spans two fields.
    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::catalogue::Mode;

    #[test]
    fn what_never_answered_is_waited_for_less_and_with_the_same_settings_not_at_all() {
        let timeout = StartTimeout::new(Duration::from_secs(15));
        let (off, auth) = (ServerSettings::documented(Mode::Off), ServerSettings::documented(Mode::Auth));
        assert_eq!(timeout.current(), Duration::from_secs(15));
        let failure = StartFailure::NeverListens(timeout.current());
        let of_another_site = timeout.clone();
        of_another_site.timed_out(&off, failure.clone(), "still loading".to_owned());
        assert_eq!(timeout.current(), Duration::from_secs(5));
        let known = timeout.known(&off).expect("it was waited for");
        assert_eq!((known.failure, known.output.as_str()), (failure, "still loading"));
        assert!(timeout.known(&auth).is_none());
    }

    #[test]
    fn what_has_answered_once_is_waited_for_whatever_came_before() {
        let timeout = StartTimeout::new(Duration::from_secs(15));
        let off = ServerSettings::documented(Mode::Off);
        timeout.timed_out(&off, StartFailure::NeverListens(timeout.current()), String::new());
        timeout.answered(Duration::from_millis(400));
        assert_eq!(timeout.current(), Duration::from_secs(15));
        assert!(timeout.known(&off).is_none());
    }

    #[test]
    fn the_first_question_waits_for_most_of_a_usual_start() {
        let timeout = StartTimeout::new(FULL);
        assert_eq!(timeout.quiet_time(), Duration::ZERO);
        timeout.answered(Duration::from_millis(400));
        timeout.answered(Duration::from_millis(800));
        assert_eq!(timeout.quiet_time(), Duration::from_millis(450));
    }
}
