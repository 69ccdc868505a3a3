//! The world of a walk: what it has done until now, as the model has it, and the steps that say so.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::op::Op;
use super::property::Property;
use model::{Asked, Body, Choice, Machine, Rules, Second, Status, User, choices};
use spec::catalogue::Mode;
use spec::http::Answer;
use spec::http::Request;
use spec::scenario;
use spec::scenario::curl::Curl;
use spec::scenario::{
    Action, Capture, CaptureSource, JsonPath, Scenario, Section, Settings, Show, Sleep, Step, Template,
};
use targets::NewUser;

/// What can be done with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// It can be stopped and started.
    pub restarts: bool,
    /// Its clock can be moved.
    pub clock: bool,
}

/// A walk until now.
#[derive(Clone, Debug)]
pub struct World {
    /// What it is to show.
    pub property: Property,
    /// The mode that it is in.
    pub mode: Mode,
    /// What can be done.
    pub abilities: Abilities,
    /// The users that were ever stored, the first ones before all.
    pub users: Vec<NewUser>,
    /// The sessions that logins have made, each with its ID on the model.
    pub sessions: Vec<String>,
    /// The moment, on a clock that starts anywhere.
    pub now: Second,
    /// How the server is set up.
    pub settings: Settings,
    machine: Machine,
    /// The values of the walk's variables on the model.
    variables: BTreeMap<String, String>,
    steps: Vec<Step>,
}

/// The users that every walk starts with; one password has what separates credentials and fields in it.
pub fn first_users() -> [NewUser; 2] {
    [("bob@hbtn.io", "H0lbertonSchool98!"), ("ann@hbtn.io", "a:b &c=d+%20é")]
        .map(|(email, password)| NewUser { email: email.to_owned(), password: password.to_owned() })
}

impl World {
    /// Begins a walk with the first users stored.
    pub fn new(property: Property, mode: Mode, settings: Settings, abilities: Abilities) -> Self {
        let duration = settings.session_duration.for_subject(mode.into());
        let rules = Rules::new(mode, &settings.session_name, duration.as_deref());
        let mut world = Self {
            property,
            mode,
            abilities,
            users: Vec::new(),
            sessions: Vec::new(),
            now: 0,
            settings,
            machine: Machine::new(rules),
            variables: BTreeMap::from([("URL".to_owned(), "http://model".to_owned())]),
            steps: Vec::new(),
        };
        for user in first_users() {
            let id = Uuid::new_v4().to_string();
            let (email, password) = (user.email.clone(), user.password.clone());
            let stored = User { id: id.clone(), email, password, ..User::default() };
            world.machine.state.users.push(stored);
            world.step(Action::User(scenario::User {
                email: Template::literal(user.email.clone()),
                password: Template::literal(user.password.clone()),
            }));
            let name = Self::user_variable(world.users.len());
            world.keep(&name, CaptureSource::Variable(Template::variable("USER")), id);
            world.users.push(user);
        }
        world
    }

    /// Names the variable that holds a user's id.
    pub fn user_variable(user: usize) -> String {
        format!("USER{}", user + 1)
    }

    /// Names the variable that holds a session's ID.
    pub fn session_variable(session: usize) -> String {
        format!("SESSION{}", session + 1)
    }

    /// Lists how long to wait until something is due: one second before a session's end, at it, and after it.
    pub fn boundaries(&self) -> Vec<u64> {
        let Some(duration) = self.machine.rules.duration else { return Vec::new() };
        let ends = self.machine.state.sessions.iter().map(|session| session.born + duration - self.now);
        let mut due: Vec<u64> = ends
            .flat_map(|left| [left - 1, left, left + 1])
            .filter_map(|wait| u64::try_from(wait).ok().filter(|wait| *wait > 0))
            .collect();
        due.sort_unstable();
        due.dedup();
        due
    }

    /// Tells whether a session has just ended, or ends in a second or at once.
    pub fn is_at_a_boundary(&self) -> bool {
        let Some(duration) = self.machine.rules.duration else { return false };
        self.machine.state.sessions.iter().any(|session| (session.born + duration - self.now).abs() <= 1)
    }

    /// Tells whether the walk can go on like this: all is there, and the model knows what is right.
    pub fn can(&self, op: &Op) -> bool {
        if !op.is_possible(self) {
            return false;
        }
        let Some(curl) = op.request(self) else { return true };
        self.judged(&curl).is_some()
    }

    /// Goes on.
    #[must_use]
    pub fn after(mut self, op: &Op) -> Self {
        match op {
            Op::Sleep(seconds) => {
                self.now += Second::try_from(*seconds).unwrap_or(Second::MAX / 4);
                self.step(Action::Sleep(Sleep { seconds: *seconds }));
            }
            Op::Restart | Op::Kill => {
                self.machine.restart(self.machine.rules.clone());
                self.step(if *op == Op::Kill { Action::Kill } else { Action::Restart });
            }
            _ => self.ask(op),
        }
        self
    }

    fn ask(&mut self, op: &Op) {
        let Some(curl) = op.request(self) else { return };
        let Some((show, request)) = self.judged(&curl) else { return };
        self.steps.push(Step::new(show, Action::Curl(curl)));
        let (rule, answer) = self.machine.answer(&request, self.now);
        match (op, rule) {
            (Op::Create { fields, .. }, "users.create") => self.stored(fields, &answer),
            (_, "login.ok") => {
                let name = Self::session_variable(self.sessions.len());
                let id = answer.cookie(&self.settings.session_name).unwrap_or_default().to_owned();
                self.keep(&name, CaptureSource::Cookie, id.clone());
                self.sessions.push(id);
            }
            _ => {}
        }
    }

    fn stored(&mut self, fields: &super::op::Fields, answer: &Answer) {
        let name = Self::user_variable(self.users.len());
        let id = answer.json().and_then(|user| user["id"].as_str().map(str::to_owned)).unwrap_or_default();
        self.keep(&name, CaptureSource::Json(JsonPath::parse(".id").expect("it is a path")), id);
        self.users.push(NewUser {
            email: fields.email.clone().unwrap_or_default(),
            password: fields.password.clone().unwrap_or_default(),
        });
    }

    fn keep(&mut self, name: &str, from: CaptureSource, value: String) {
        self.step(Action::Capture(Capture { name: name.to_owned(), from }));
        self.variables.insert(name.to_owned(), value);
    }

    fn step(&mut self, action: Action) {
        // A block goes on as it is: what sends nothing is shown in every way alike.
        let show = self.steps.last().map_or(Show::All, |step| step.show);
        self.steps.push(Step::new(show, action));
    }

    /// Gives the request, and how much of its answer is known; `None` where nothing is.
    fn judged(&self, curl: &Curl) -> Option<(Show, Request)> {
        let lookup = |name: &str| self.variables.get(name).cloned();
        let request = curl.resolve(&lookup).ok()?;
        let right = choices(&self.machine.state, &self.machine.rules, self.now, &Asked::of(&request));
        Some((show(&right)?, request))
    }

    /// Gives the steps until now.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Writes the whole walk as a scenario.
    pub fn scenario(&self) -> Scenario {
        self.written("walk", vec![self.section("A walk", 1, &[], self.steps.clone())])
    }

    /// Writes the whole walk as a scenario that shows every answer in full.
    pub fn scenario_in_full(&self) -> Scenario {
        let in_full = |step: &Step| Step { show: Show::All, ..step.clone() };
        self.written("walk", vec![self.section("A walk", 1, &[], self.steps.iter().map(in_full).collect())])
    }

    /// Writes the walk as a scenario that ends with the step at this place, which breaks the requirement; without
    /// what that does not need.
    pub fn ending_at(&self, at: usize, requirement: &str) -> Scenario {
        let title = format!("A counterexample to {}: {}", self.property, self.property.sentence());
        let name = format!("{}-{}", self.property, requirement.replace('.', "-"));
        self.cut(at, &name, &title, "What is answered wrongly", &[requirement])
    }

    /// Writes the walk as a scenario that ends with the step at this place, which stands under a heading of its own.
    pub fn cut(&self, at: usize, name: &str, title: &str, last_heading: &str, ids: &[&str]) -> Scenario {
        let mut steps: Vec<Step> = self.steps.iter().take(at + 1).cloned().collect();
        let last = steps.pop();
        leave_out_unused(&mut steps, last.as_ref());
        let sections = vec![
            self.section(title, 1, &[], steps),
            self.section(last_heading, 2, ids, last.into_iter().collect()),
        ];
        self.written(name, sections)
    }

    fn section(&self, heading: &str, level: usize, requirements: &[&str], steps: Vec<Step>) -> Section {
        let id = |id: &&str| scenario::Spanned { value: (*id).to_owned(), span: 0..0 };
        let requirements = requirements.iter().map(id).collect();
        Section { heading: heading.to_owned(), level, line: 0, requirements, steps }
    }

    fn written(&self, name: &str, sections: Vec<Section>) -> Scenario {
        let written = Scenario {
            name: name.to_owned(),
            title: sections[0].heading.clone(),
            modes: vec![self.mode.into()],
            settings: self.settings.clone(),
            exact_clock: false,
            isolated: true,
            sections,
            source: String::new(),
        };
        // As it will be read from its file: with lines and places. A test sees to it that it always can be.
        Scenario::parse(name, &written.to_string()).unwrap_or(written)
    }
}

/// Leaves out the values that are kept for nothing, and the stored users that nobody speaks of.
fn leave_out_unused(steps: &mut Vec<Step>, last: Option<&Step>) {
    for at in (0..steps.len()).rev() {
        let later = || steps[at + 1..].iter().chain(last);
        let is_needed = match &steps[at].action {
            Action::Capture(capture) => later().any(|step| step.action.uses().contains(&&*capture.name)),
            Action::User(user) => {
                let words = [user.email.as_literal(), user.password.as_literal()];
                later().any(|step| {
                    step.action.uses().contains(&"USER")
                        || words.iter().flatten().any(|word| {
                            let mut templates = step.action.templates().into_iter();
                            templates.any(|template| template.literals().any(|text| text.contains(word)))
                        })
                })
            }
            _ => true,
        };
        if !is_needed {
            steps.remove(at);
        }
    }
}

/// Says how much of an answer is known where these are right; `None` where nothing is.
fn show(right: &[Choice]) -> Option<Show> {
    let is_one = |choice: &Choice| matches!(choice.status, Status::Is(_));
    if let [only] = right
        && is_one(only)
        && only.body != Body::Any
    {
        return Some(Show::All);
    }
    let all = |admits: &dyn Fn(Status) -> bool| right.iter().all(|choice| admits(choice.status));
    if is_one(&right[0]) && all(&|status| status == right[0].status) {
        Some(Show::Status)
    } else if all(&|status| matches!(status, Status::Is(401 | 403))) {
        Some(Show::Refused)
    } else if all(&|status| matches!(status, Status::Refusal) || matches!(status, Status::Is(300..))) {
        Some(Show::NotSuccess)
    } else if all(&|status| !matches!(status, Status::Any)) {
        Some(Show::BelowServerError)
    } else {
        None
    }
}
