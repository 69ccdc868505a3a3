//! Before a check or a fuzz run: the first users get in, and the clock is proved.

use spec::catalogue::{Mode, Subject};
use spec::results::{ClockKind, SeedMethod};
use targets::instance::Instance;
use targets::seed::{self, Seeds};
use targets::{NewUser, SandboxError, ServerSettings};

/// The users that a run wants stored before anything is replayed.
#[derive(Clone, Copy, Debug)]
pub struct FirstUsers<'a> {
    /// Who they are; a run may want none.
    pub users: &'a [NewUser],
    /// The methods to store them, in order.
    pub seed_methods: &'a [SeedMethod],
    /// A user that is stored already.
    pub given: Option<&'a NewUser>,
}

/// What is known of an instance once it is prepared.
#[derive(Debug)]
pub struct Prepared {
    /// The users, and how they got in.
    pub seeds: Seeds,
    /// What makes time pass; it is proved where time stands still and the server runs.
    pub clock: ClockKind,
    /// Whether a server runs now, with the documents' settings.
    pub start: Result<(), SandboxError>,
}

/// The clock driver does not move the target's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock driver does not move the target's time")]
pub struct ClockUnproved;

/// Stores the first users, starts a server in the mode that shows best whether it knows them, and proves the clock.
///
/// # Errors
///
/// When the clock driver does not move the server's time.
pub async fn prepare(
    instance: &mut Instance<'_>,
    subjects: &[Subject],
    first: FirstUsers<'_>,
) -> Result<Prepared, ClockUnproved> {
    let clock = instance.sandbox().clock().kind();
    let telling = telling_subject(subjects);
    let seeds = seed::seed(instance, telling, first.users, first.seed_methods, first.given).await;
    let start = instance.ensure(&ServerSettings::documented(telling)).await;
    if clock.stands_still() && start.is_ok() && !instance.clock_follows().await {
        return Err(ClockUnproved);
    }
    Ok(Prepared { seeds, clock, start })
}

/// Returns the one of these subjects of which a server shows best whether it knows a user.
fn telling_subject(subjects: &[Subject]) -> Subject {
    let telling = [
        Mode::SessionAuth,
        Mode::BasicAuth,
        Mode::SessionExpAuth,
        Mode::SessionDbAuth,
        Mode::Off,
        Mode::Auth,
    ];
    let mut telling = telling.into_iter().map(Subject::Api).chain([Subject::Redis]);
    telling.find(|subject| subjects.contains(subject)).unwrap_or(Subject::Api(Mode::Off))
}
