//! The setup of trials: a stored user, with whose session the users and sessions of each trial are created.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fixtures::Fixtures;
use super::operation::Operation;
use super::plan::Plan;
use super::session_ref::SHARED_SESSION;
use super::specification::Specification;
use model::{Oracle, ParsedRequest, Rules, Second, User};
use spec::catalogue::Mode;
use spec::http::{Answer, Exchange};
use spec::results::SeedMethod;
use spec::scenario::MissingVariable;
use spec::scenario::curl::Curl;
use targets::instance::Instance;
use targets::seed;
use targets::{NewUser, SandboxError, ServerSettings};

/// The lifetime of sessions in seconds: longer than any trial, because expiry is tested elsewhere.
const DURATION: &str = "3600";

/// A user who is stored on a server, and the settings with which the server runs.
#[derive(Clone, Debug)]
pub struct Setup {
    mode: Mode,
    settings: ServerSettings,
    user: User,
}

/// The reason why the setup of a plan failed. The plan has no result then.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SetupError {
    /// The mode has no sessions.
    #[error("the mode {0} has no sessions")]
    NoSessions(Mode),
    /// The server could not be started.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The user of the setup could not be stored.
    #[error(transparent)]
    NoUser(targets::Error),
    /// A user or a session of the plan could not be created.
    #[error("{request}: {answer}")]
    Preparation {
        /// The method and path of the request.
        request: String,
        /// The answer, or the reason why it is wrong.
        answer: String,
    },
}

/// The start of a trial, after its setup.
pub struct PreparedTrial {
    /// The users and the cookie in the requests of the trial.
    pub fixtures: Fixtures,
    /// The values of the variables in the requests.
    pub values: BTreeMap<String, String>,
    /// The specification that the answers are checked against.
    pub specification: Specification,
    /// The oracle that attributes a wrong answer to requirements.
    pub oracle: Oracle,
    /// The time of the trial on the server's clock.
    pub now: Second,
}

impl Setup {
    /// Creates a setup with a user who is already stored, for a server in this mode.
    ///
    /// The lifetime of sessions is an hour, so that none expires during a trial.
    ///
    /// # Errors
    ///
    /// Fails if the mode has no sessions.
    pub fn new(mode: Mode, user: &NewUser, id: &str) -> Result<Self, SetupError> {
        if !mode.is_session() {
            return Err(SetupError::NoSessions(mode));
        }
        let session_duration = mode.expires().then(|| DURATION.to_owned());
        let settings = ServerSettings { session_duration, ..ServerSettings::documented(mode) };
        let user = User {
            id: id.to_owned(),
            email: user.email.clone(),
            password: user.password.clone(),
            ..User::default()
        };
        Ok(Self { mode, settings, user })
    }

    /// Stores a user in the first of the `seed_methods` that works, and creates a setup with that user.
    ///
    /// # Errors
    ///
    /// Fails if the mode has no sessions, or if no way works.
    pub async fn seed(
        instance: &mut Instance<'_>,
        mode: Mode,
        seed_methods: &[SeedMethod],
    ) -> Result<Self, SetupError> {
        let user = NewUser { email: "keeper@hbtn.io".to_owned(), password: "kept pwd".to_owned() };
        let seeds = seed::seed(instance, mode.into(), std::slice::from_ref(&user), seed_methods, None).await;
        Self::new(mode, &user, seeds.id(&user.email).map_err(SetupError::NoUser)?)
    }

    /// Returns the mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Starts the server if necessary, and creates the users and sessions that a plan starts with.
    ///
    /// # Errors
    ///
    /// Fails if the server does not start, or if it gives an answer that the model does not allow.
    pub(super) async fn prepare(
        &self,
        instance: &mut Instance<'_>,
        plan: &Plan,
    ) -> Result<PreparedTrial, SetupError> {
        instance.ensure(&self.settings).await?;
        let cookie_name = instance.sandbox().cookie_name(&self.settings.session_name);
        let rules = Rules::new(self.mode, &cookie_name, self.settings.session_duration.as_deref());
        let now = instance.sandbox().clock().now().timestamp();
        let mut oracle = Oracle::new(rules.clone(), true);
        oracle.add_user(&self.user);
        let values = [("URL".to_owned(), instance.sandbox().base_url())].into();
        let specification = Specification::new(rules, now, self.user.clone());
        let fixtures = Fixtures::unique(&cookie_name);
        let mut prepared = PreparedTrial { fixtures, values, specification, oracle, now };
        let user = NewUser { email: self.user.email.clone(), password: self.user.password.clone() };
        let login = prepared.fixtures.login(&user);
        prepared.log_in(instance, login, SHARED_SESSION.to_owned()).await?;
        for actor in plan.actors() {
            let store = prepared.fixtures.store(actor);
            let (_, answer) = prepared.send(instance, &store).await?;
            let id = answer.json().and_then(|user| user["id"].as_str().map(str::to_owned));
            prepared.values.insert(actor.variable().to_owned(), id.unwrap_or_default());
        }
        for (actor, client, session) in plan.sessions() {
            let login = prepared.fixtures.curl(client, Operation::Login(actor));
            prepared.log_in(instance, login, session.variable(client)).await?;
        }
        Ok(prepared)
    }
}

impl PreparedTrial {
    /// Sends the request of a login, and stores the session's ID in a variable.
    async fn log_in(
        &mut self,
        instance: &mut Instance<'_>,
        request: Curl,
        variable: String,
    ) -> Result<(), SetupError> {
        let (exchange, answer) = self.send(instance, &request).await?;
        let id = answer.cookie(&self.fixtures.cookie_name).map(str::to_owned);
        let id = id.ok_or_else(|| preparation_error(&exchange, "no session cookie"))?;
        self.values.insert(variable, id);
        Ok(())
    }

    /// Sends a request. Fails unless the answer is a success that the model allows.
    async fn send(
        &mut self,
        instance: &mut Instance<'_>,
        curl: &Curl,
    ) -> Result<(Exchange, Answer), SetupError> {
        let request = curl.resolve(&|name: &str| self.values.get(name).cloned());
        let request = request.map_err(|MissingVariable { name }| SetupError::Preparation {
            request: "a request".to_owned(),
            answer: format!("${name} has no value"),
        })?;
        let exchange = instance.send(request).await;
        self.oracle.judge(&exchange, self.now, self.now);
        let answer = match &exchange.answer {
            Ok(answer) => answer.clone(),
            Err(none) => return Err(preparation_error(&exchange, &none.to_string())),
        };
        if answer.is_success() && self.specification.accepts(&ParsedRequest::from(&exchange.request), &answer)
        {
            return Ok((exchange, answer));
        }
        Err(preparation_error(&exchange, &answer.status.to_string()))
    }

    /// Returns clients that know the users and sessions, and wait for each answer until the timeout.
    pub fn clients(&self, timeout: Duration) -> super::clients::Clients<'_> {
        super::clients::Clients { fixtures: &self.fixtures, values: self.values.clone(), timeout }
    }
}

fn preparation_error(exchange: &Exchange, answer: &str) -> SetupError {
    let path = ParsedRequest::from(&exchange.request).path;
    SetupError::Preparation {
        request: format!("{} {path}", exchange.request.method),
        answer: answer.to_owned(),
    }
}
