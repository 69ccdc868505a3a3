//! Targets: the implementations under test, behind one interface.
//!
//! A [`Target`] opens *sites*; a [`Site`] is one place with data of its own and at most one running
//! instance. Nothing outside this folder knows what kind of target it has.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use spec::results::TargetKind;

use crate::client;
use crate::clock::ClockDriver;
use crate::start_failure::StartFailure;
use spec::catalogue::{Profile, Subject};
use spec::scenario::{Action, Scenario, Setting, Settings, Template};
use spec::transcript::redact::Redactions;

/// How an instance is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// A Redis server, or the API with its AUTH_TYPE.
    pub mode: Subject,
    /// The value of SESSION_NAME.
    pub session_name: String,
    /// The value of SESSION_DURATION as the scenario writes it; `None` leaves it unset.
    pub session_duration: Option<String>,
    /// The value of TZ; `None` leaves the machine's.
    pub time_zone: Option<String>,
    /// What it is asked to be.
    pub profile: Profile,
}

impl Launch {
    /// The documents' settings for a mode, with what a scenario says of its own.
    pub fn of(subject: impl Into<Subject>, settings: &Settings) -> Self {
        let mode = subject.into();
        Self {
            mode,
            session_name: settings.session_name.clone(),
            session_duration: settings.session_duration.for_subject(mode),
            time_zone: settings.tz.clone(),
            profile: settings.profile,
        }
    }

    /// The settings in force at a step of a scenario, as far as it spells them out.
    pub fn at(subject: impl Into<Subject>, scenario: &Scenario, index: usize) -> Self {
        let mut launch = Self::of(subject, &scenario.settings);
        scenario.steps().take(index).for_each(|step| launch.follow(&step.action));
        launch
    }

    /// Changes what an action says, as far as it spells that out.
    pub fn follow(&mut self, action: &Action) {
        if let Action::Serve(serve) = action {
            let literal = |value: &Template| value.as_literal().unwrap_or_default().to_owned();
            let set = serve.set.iter().map(|(setting, value)| (*setting, literal(value)));
            self.change(set, &serve.unset);
        }
    }

    /// Changes what a `serve` step says.
    pub fn change(&mut self, set: impl IntoIterator<Item = (Setting, String)>, unset: &[Setting]) {
        for (setting, value) in set {
            match setting {
                Setting::SessionName => self.session_name = value,
                Setting::SessionDuration => self.session_duration = Some(value),
                Setting::TimeZone => self.time_zone = Some(value),
            }
        }
        for setting in unset {
            match setting {
                Setting::SessionName => Settings::SESSION_NAME.clone_into(&mut self.session_name),
                Setting::SessionDuration => self.session_duration = None,
                Setting::TimeZone => self.time_zone = None,
            }
        }
    }

    /// Runs with the documents' settings for a mode.
    pub fn documented(subject: impl Into<Subject>) -> Self {
        Self::of(subject, &Settings::default())
    }

    /// Lists the documents' environment variables; the clock driver may scale the duration.
    pub fn environment(&self, clock: &dyn ClockDriver) -> Vec<(&'static str, String)> {
        let mut variables = Vec::new();
        let Some(mode) = self.mode.api_mode() else { return variables };
        if let Some(auth_type) = mode.auth_type() {
            variables.push(("AUTH_TYPE", auth_type.to_owned()));
        }
        variables.push(("SESSION_NAME", self.session_name.clone()));
        if let Some(duration) = &self.session_duration {
            variables.push(("SESSION_DURATION", clock.duration(duration)));
        }
        if let Some(zone) = &self.time_zone {
            variables.push(("TZ", zone.clone()));
        }
        variables.extend(self.profile.variable().map(|(name, value)| (name, value.to_owned())));
        variables
    }
}

/// How an instance is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is asked to end and may finish what it does.
    Polite,
    /// It gets no warning.
    Kill,
}

/// A user that a program or the seeding stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// The address to store, made unique already.
    pub email: String,
    /// The password.
    pub password: String,
}

/// One of the documents' programs that runs to its end.
#[derive(Clone, Debug)]
pub enum Program {
    /// Stores users and prints their ids and Basic credentials.
    Main0(Vec<NewUser>),
    /// Makes sessions.
    Main1,
    /// Looks sessions up.
    Main2,
    /// Asks the gate which paths need a credential.
    RequireAuth {
        /// The excluded path.
        excluded: String,
        /// The paths to ask for.
        paths: Vec<String>,
    },
}

/// One of the documents' programs that serves.
#[derive(Clone, Debug)]
pub enum ProgramServer {
    /// Answers with the session cookie's value.
    Main3,
    /// Stores a user and a session, and answers with the user whose session it is.
    Main4(NewUser),
}

/// Says why something could not be done on a site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// This kind of target cannot do it: what depends on it is not checked.
    #[error("{0}")]
    NotPossible(String),
    /// The implementation failed to do it; the text is fit for a report: no port, path or time.
    #[error("{0}")]
    Failed(String),
    /// The suite or the machine failed to do it: it says nothing of the implementation.
    #[error("{0}")]
    Hindered(String),
    /// The implementation does not serve.
    #[error(transparent)]
    NoStart(#[from] StartFailure),
}

/// An implementation under test.
#[async_trait]
pub trait Target: Send + Sync {
    /// Says which kind it is.
    fn kind(&self) -> TargetKind;

    /// Names it, as the report shall.
    fn name(&self) -> String;

    /// Gives the command that starts it, if the suite does.
    fn command(&self) -> Option<String>;

    /// Gives the URL to write into the lines that repeat an exchange.
    fn public_url(&self) -> String;

    /// Tells whether what a check stores may still be there at the next one.
    ///
    /// Where it may, each check makes up addresses of its own. Elsewhere they are the same each time, so that an
    /// implementation that works with some addresses and fails with others does so each time alike.
    fn keeps_data(&self) -> bool {
        true
    }

    /// Opens a site without users.
    ///
    /// # Errors
    ///
    /// When there is no place for it.
    async fn open(&self) -> Result<Box<dyn Site>, SiteError>;
}

/// One place with data of its own and at most one running instance.
///
/// Dropping a site ends its instance without warning and removes the data.
#[async_trait]
pub trait Site: Send + Sync {
    /// Starts an instance and waits until it answers; whatever runs must be stopped before.
    async fn start(&mut self, launch: &Launch) -> Result<(), SiteError>;

    /// Stops the instance; does nothing where none runs.
    async fn stop(&mut self, how: Stop) -> Result<(), SiteError>;

    /// Gives how long a start may take; `None` where nothing limits it.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// Gives how long a reply of a Redis server is waited for.
    fn reply_patience(&self) -> Duration {
        client::PATIENCE
    }

    /// Gives `http://host:port` of the running instance; of a Redis server, `redis://host:port`.
    fn base_url(&self) -> String;

    /// Gives the name that the session cookie has here where a scenario's is `written`.
    ///
    /// Only something that runs already may have another.
    fn cookie_name(&self, written: &str) -> String {
        written.to_owned()
    }

    /// Tells how the instance ended by itself; `None` while it runs.
    fn ended(&mut self) -> Option<String> {
        None
    }

    /// Gives the last output of the instance, for the report: no port, path or time of this run.
    fn output(&self) -> String {
        String::new()
    }

    /// Lists what is of this run alone in a text that the instance wrote, such as its port.
    fn places(&self) -> Redactions {
        Redactions::default()
    }

    /// Gives the clock of this site.
    fn clock(&mut self) -> &mut dyn ClockDriver;

    /// Tells when the data was empty, by the site's clock.
    fn opened_at(&self) -> DateTime<Utc>;

    /// Opens another site with a copy of this one's data; nothing may run here.
    async fn fork(&self) -> Result<Box<dyn Site>, SiteError>;

    /// Runs one of the programs on the data and gives what it printed; nothing may run here.
    async fn program(&mut self, _program: &Program) -> Result<String, SiteError> {
        Err(no_programs())
    }

    /// Starts one of the serving programs in place of the server and gives what it printed first.
    async fn serve_program(
        &mut self,
        _launch: &Launch,
        _program: &ProgramServer,
    ) -> Result<String, SiteError> {
        Err(no_programs())
    }

    /// Gives the folder of a Flask-like project's data, where one exists.
    fn data_folder(&self) -> Option<&std::path::Path> {
        None
    }
}

fn no_programs() -> SiteError {
    SiteError::NotPossible("needs a program of the implementation: none can be run on this target".to_owned())
}
