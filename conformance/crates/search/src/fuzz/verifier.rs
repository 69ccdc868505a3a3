//! The verifier: shows the observations of a server to the oracle, and returns the answers that no correct server
//! gives.

use model::{Deviation, Oracle, Rules, Unspecified, User};
use spec::catalogue::{Catalogue, Mode};
use targets::observation::Observation;

/// Judges what is observed on the servers of one target.
#[derive(Clone, Debug)]
pub struct Verifier<'a> {
    /// Requirements count in the modes that it has.
    catalogue: &'a Catalogue,
    oracle: Oracle,
    /// The mode of the server.
    mode: Mode,
    /// Nothing is known of the server's SESSION_DURATION.
    timeless: bool,
}

/// An answer that no correct server would give.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// The place of its step among all steps.
    pub step: usize,
    /// What is wrong with it.
    pub deviation: Deviation,
}

impl Mismatch {
    /// Returns the requirement that it most likely breaks.
    pub fn requirement(&self) -> &'static str {
        self.deviation.requirements[0]
    }
}

impl<'a> Verifier<'a> {
    /// Creates a verifier of servers that store nothing at first.
    ///
    /// `is_shared` says that others use the server too: it may store users of theirs, and nothing is known of
    /// its SESSION_DURATION.
    pub fn new(catalogue: &'a Catalogue, is_shared: bool) -> Self {
        let oracle = Oracle::new(Rules::new(Mode::Off, "", None), is_shared);
        Self { catalogue, oracle, mode: Mode::Off, timeless: is_shared }
    }

    /// Returns the mismatches in what was observed, each observation with the place of its step.
    pub fn verify(&mut self, observations: &[(usize, Observation)]) -> Vec<Mismatch> {
        observations.iter().flat_map(|(step, observation)| self.observe(*step, observation)).collect()
    }

    fn observe(&mut self, step: usize, observation: &Observation) -> Vec<Mismatch> {
        match observation {
            Observation::Served { settings, cookie_name } => {
                // Only the API is verified.
                self.mode = settings.mode.api_mode().unwrap_or(Mode::Off);
                let duration = settings.session_duration.as_deref().filter(|_| !self.timeless);
                self.oracle.server_started(Rules {
                    time_zone: settings.time_zone.clone(),
                    ..Rules::new(self.mode, cookie_name, duration)
                });
                Vec::new()
            }
            Observation::ProgramRan => {
                self.oracle.stop_judging();
                Vec::new()
            }
            Observation::Answered { exchanges, since, until } => {
                let (from, to) = (since.timestamp(), until.timestamp());
                let mut mismatches = Vec::new();
                for exchange in self.oracle.in_consistent_order(exchanges, from, to) {
                    let found = self.oracle.judge(exchange, from, to).into_iter();
                    let found = found.filter_map(|deviation| self.asked_for(deviation));
                    mismatches.extend(found.map(|deviation| Mismatch { step, deviation }));
                }
                mismatches
            }
        }
    }

    /// Keeps of a deviation what the documents ask for in the server's mode; `None` where that is nothing.
    fn asked_for(&self, mut deviation: Deviation) -> Option<Deviation> {
        let applies =
            |id: &str| self.catalogue.find(id).is_some_and(|row| row.modes.contains(&self.mode.into()));
        deviation.requirements.retain(|id| applies(id));
        (!deviation.requirements.is_empty()).then_some(deviation)
    }

    /// Adds a stored user, unless the server's answers have shown it already.
    pub fn knows(&mut self, user: &User) {
        self.oracle.add_user(user);
    }

    /// Returns an oracle that knows what is stored now, for [`Self::start_from`].
    pub fn snapshot(&self) -> Oracle {
        self.oracle.without_history()
    }

    /// Begins anew with a server that stores what the oracle knows.
    pub fn start_from(&mut self, snapshot: &Oracle) {
        self.oracle = snapshot.clone();
    }

    /// Lists the freedoms that the documents leave and that the answers have made use of since the last start.
    pub fn freedoms(&self) -> &[Unspecified] {
        self.oracle.unspecified_cases()
    }
}
