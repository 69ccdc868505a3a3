//! The keeper of trials: a stored user who can get in, and makes what each trial needs for itself.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cast::{Cast, SHARED, variable};
use super::plan::{Operation, Plan};
use super::specification::Specification;
use model::{Asked, Oracle, Rules, Second, User};
use spec::catalogue::Mode;
use spec::http::{Answer, Exchange};
use spec::results::Way;
use spec::scenario::MissingVariable;
use spec::scenario::curl::Curl;
use targets::instance::Stage;
use targets::seed;
use targets::{Launch, NewUser, SiteError};

/// Longer than any trial: sessions end by their age elsewhere.
const DURATION: &str = "3600";

/// A user who is stored on a stage, and how its instances run.
#[derive(Clone, Debug)]
pub struct Keeper {
    mode: Mode,
    launch: Launch,
    keeper: User,
}

/// Says why a plan could not be tried: nothing is known then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untried {
    /// There are no sessions in the mode.
    #[error("the mode {0} has no sessions")]
    NoSessions(Mode),
    /// The server does not run.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// No user could be stored.
    #[error("{0}")]
    NoUser(String),
    /// What the trial needs could not be made.
    #[error("{what}: {answered}")]
    Preparation {
        /// What was to be made.
        what: String,
        /// What the server answered to that.
        answered: String,
    },
}

/// What a trial begins with.
pub struct Beginning {
    /// The users and the cookie that its requests name.
    pub cast: Cast,
    /// The values of the variables in them.
    pub values: BTreeMap<String, String>,
    /// The model of the server at that moment.
    pub specification: Specification,
    /// The same, as it tells what is wrong with an answer.
    pub oracle: Oracle,
    /// The moment.
    pub now: Second,
}

impl Keeper {
    /// Takes a user who is stored already for the one that lets trials in, on instances in this mode.
    ///
    /// Sessions do not end by their age there within a trial, which takes a second at most unless answers fail to come.
    ///
    /// # Errors
    ///
    /// When the mode has no sessions.
    pub fn new(mode: Mode, user: &NewUser, id: &str) -> Result<Self, Untried> {
        if !mode.is_session() {
            return Err(Untried::NoSessions(mode));
        }
        let session_duration = mode.expires().then(|| DURATION.to_owned());
        let launch = Launch { session_duration, ..Launch::documented(mode) };
        let keeper = User {
            id: id.to_owned(),
            email: user.email.clone(),
            password: user.password.clone(),
            ..User::default()
        };
        Ok(Self { mode, launch, keeper })
    }

    /// Stores a user on a stage, in the first of the ways that works; its instances can be restarted.
    ///
    /// # Errors
    ///
    /// When the mode has no sessions, or no way works.
    pub async fn seed(stage: &mut Stage<'_>, mode: Mode, ways: &[Way]) -> Result<Self, Untried> {
        let keeper = NewUser { email: "keeper@hbtn.io".to_owned(), password: "kept pwd".to_owned() };
        let seeds = seed::seed(stage, mode.into(), std::slice::from_ref(&keeper), ways, None).await;
        Self::new(mode, &keeper, seeds.id(&keeper.email).map_err(Untried::NoUser)?)
    }

    /// Gives the mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Makes what a plan needs: two users, and the sessions that it begins with.
    ///
    /// # Errors
    ///
    /// When something of it cannot be made, or is made in another way than the model has it.
    pub(super) async fn begin(&self, stage: &mut Stage<'_>, plan: &Plan) -> Result<Beginning, Untried> {
        stage.ensure(&self.launch).await?;
        let cookie_name = stage.site().cookie_name(&self.launch.session_name);
        let rules = Rules::new(self.mode, &cookie_name, self.launch.session_duration.as_deref());
        let now = stage.site().clock().now().timestamp();
        let mut oracle = Oracle::new(rules.clone(), true);
        oracle.knows(&self.keeper);
        let values = [("URL".to_owned(), stage.site().base_url())].into();
        let specification = Specification::new(rules, now, self.keeper.clone());
        let cast = Cast::unique(&cookie_name);
        let mut beginning = Beginning { cast, values, specification, oracle, now };
        let keeper = NewUser { email: self.keeper.email.clone(), password: self.keeper.password.clone() };
        let login = beginning.cast.login(&keeper);
        beginning.keep_session(stage, login, SHARED.to_owned()).await?;
        for person in plan.people() {
            let store = beginning.cast.store(person);
            let (_, answer) = beginning.send(stage, &store).await?;
            let id = answer.json().and_then(|user| user["id"].as_str().map(str::to_owned));
            beginning.values.insert(person.variable().to_owned(), id.unwrap_or_default());
        }
        for (person, client, whose) in plan.sessions() {
            let login = beginning.cast.curl(client, Operation::Login(person));
            beginning.keep_session(stage, login, variable(client, whose)).await?;
        }
        Ok(beginning)
    }
}

impl Beginning {
    /// Logs in, and keeps the session's ID in a variable.
    async fn keep_session(
        &mut self,
        stage: &mut Stage<'_>,
        login: Curl,
        variable: String,
    ) -> Result<(), Untried> {
        let (exchange, answer) = self.send(stage, &login).await?;
        let id = answer.cookie(&self.cast.cookie_name).map(str::to_owned);
        let id = id.ok_or_else(|| unprepared(&exchange, "no session cookie"))?;
        self.values.insert(variable, id);
        Ok(())
    }

    /// Sends a request whose answer the model must admit.
    async fn send(&mut self, stage: &mut Stage<'_>, curl: &Curl) -> Result<(Exchange, Answer), Untried> {
        let request = curl.resolve(&|name: &str| self.values.get(name).cloned());
        let request = request.map_err(|MissingVariable { name }| Untried::Preparation {
            what: "a request".to_owned(),
            answered: format!("${name} has no value"),
        })?;
        let exchange = stage.send(request).await;
        self.oracle.judge(&exchange, self.now, self.now);
        let answer = match &exchange.answer {
            Ok(answer) => answer.clone(),
            Err(none) => return Err(unprepared(&exchange, &none.to_string())),
        };
        if answer.is_success() && self.specification.takes(&Asked::of(&exchange.request), &answer) {
            return Ok((exchange, answer));
        }
        Err(unprepared(&exchange, &answer.status.to_string()))
    }

    /// Gives clients that know the users and sessions.
    pub fn clients(&self, patience: Duration) -> super::clients::Clients<'_> {
        super::clients::Clients { cast: &self.cast, values: self.values.clone(), patience }
    }
}

fn unprepared(exchange: &Exchange, answered: &str) -> Untried {
    let path = Asked::of(&exchange.request).path;
    Untried::Preparation {
        what: format!("{} {path}", exchange.request.method),
        answered: answered.to_owned(),
    }
}
