//! The state of a sequence: what it has done until now, as the model has it, and the steps that say so.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::accounts::{Accounts, session_variable, user_variable};
use super::property::Property;
use super::transition::{Capabilities, Transition};
use model::{AllowedResponse, Body, Machine, ParsedRequest, Rules, Second, Status, User, allowed_responses};
use spec::catalogue::Mode;
use spec::http::Answer;
use spec::http::Request;
use spec::scenario;
use spec::scenario::curl::Curl;
use spec::scenario::{
    Action, Capture, CaptureSource, JsonPath, Scenario, Section, Settings, Show, Sleep, Step, Template,
};
use targets::NewUser;

/// A sequence until now.
#[derive(Clone, Debug)]
pub struct ReferenceState {
    /// What it is to show.
    pub property: Property,
    /// The mode that it is in.
    pub mode: Mode,
    /// What can be done.
    pub capabilities: Capabilities,
    /// The users and sessions that were ever stored.
    pub accounts: Accounts,
    /// The moment, on a clock that starts anywhere.
    pub now: Second,
    /// How the server is set up.
    pub settings: Settings,
    machine: Machine,
    /// The values of the sequence's variables on the model.
    variables: BTreeMap<String, String>,
    steps: Vec<Step>,
}

/// The users that every sequence starts with; one password has what separates credentials and fields in it.
pub fn first_users() -> [NewUser; 2] {
    [("bob@hbtn.io", "H0lbertonSchool98!"), ("ann@hbtn.io", "a:b &c=d+%20é")]
        .map(|(email, password)| NewUser { email: email.to_owned(), password: password.to_owned() })
}

impl ReferenceState {
    /// Begins a sequence with the first users stored.
    pub fn new(property: Property, mode: Mode, settings: Settings, capabilities: Capabilities) -> Self {
        let duration = settings.session_duration.for_subject(mode.into());
        let rules = Rules::new(mode, &settings.session_name, duration.as_deref());
        let mut state = Self {
            property,
            mode,
            capabilities,
            accounts: Accounts {
                users: Vec::new(),
                sessions: Vec::new(),
                cookie_name: settings.session_name.clone(),
            },
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
            state.machine.state.users.push(stored);
            state.step(Action::User(scenario::User {
                email: Template::literal(user.email.clone()),
                password: Template::literal(user.password.clone()),
            }));
            let name = user_variable(state.accounts.users.len());
            state.keep(&name, CaptureSource::Variable(Template::variable("USER")), id);
            state.accounts.users.push(user);
        }
        state
    }

    /// Returns how long to wait until something is due: one second before a session's end, at it, and after it.
    pub fn boundaries(&self) -> Vec<u64> {
        let Some(duration) = self.machine.rules.duration else { return Vec::new() };
        let ends = self.machine.state.sessions.iter().map(|session| session.created_at + duration - self.now);
        let mut due: Vec<u64> = ends
            .flat_map(|left| [left - 1, left, left + 1])
            .filter_map(|wait| u64::try_from(wait).ok().filter(|wait| *wait > 0))
            .collect();
        due.sort_unstable();
        due.dedup();
        due
    }

    /// Returns whether a session has just ended, or ends in a second or at once.
    pub fn is_at_a_boundary(&self) -> bool {
        let Some(duration) = self.machine.rules.duration else { return false };
        self.machine
            .state
            .sessions
            .iter()
            .any(|session| (session.created_at + duration - self.now).abs() <= 1)
    }

    /// Returns whether the sequence can go on like this: all is there, and the model knows what is right.
    pub fn can(&self, transition: &Transition) -> bool {
        if !transition.is_possible(&self.accounts, self.capabilities) {
            return false;
        }
        let Some(curl) = transition.request(&self.accounts) else { return true };
        self.judged(&curl).is_some()
    }

    /// Goes on.
    #[must_use]
    pub fn after(mut self, transition: &Transition) -> Self {
        match transition {
            Transition::Sleep(seconds) => {
                self.now += Second::try_from(*seconds).unwrap_or(Second::MAX / 4);
                self.step(Action::Sleep(Sleep { seconds: *seconds }));
            }
            Transition::Restart | Transition::Kill => {
                self.machine.restart(self.machine.rules.clone());
                self.step(if *transition == Transition::Kill { Action::Kill } else { Action::Restart });
            }
            _ => self.ask(transition),
        }
        self
    }

    fn ask(&mut self, transition: &Transition) {
        let Some(curl) = transition.request(&self.accounts) else { return };
        let Some((show, request)) = self.judged(&curl) else { return };
        self.steps.push(Step::new(show, Action::Curl(curl)));
        let (rule, answer) = self.machine.answer(&request, self.now);
        match (transition, rule) {
            (Transition::Create { fields, .. }, "users.create") => self.stored(fields, &answer),
            (_, "login.ok") => {
                let name = session_variable(self.accounts.sessions.len());
                let id = answer.cookie(&self.settings.session_name).unwrap_or_default().to_owned();
                self.keep(&name, CaptureSource::Cookie, id.clone());
                self.accounts.sessions.push(id);
            }
            _ => {}
        }
    }

    fn stored(&mut self, fields: &super::transition::Fields, answer: &Answer) {
        let name = user_variable(self.accounts.users.len());
        let id = answer.json().and_then(|user| user["id"].as_str().map(str::to_owned)).unwrap_or_default();
        self.keep(&name, CaptureSource::Json(JsonPath::parse(".id").expect("it is a path")), id);
        self.accounts.users.push(NewUser {
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

    /// Returns the request, and how much of its answer is known; `None` where nothing is.
    fn judged(&self, curl: &Curl) -> Option<(Show, Request)> {
        let lookup = |name: &str| self.variables.get(name).cloned();
        let request = curl.resolve(&lookup).ok()?;
        let right = allowed_responses(
            &self.machine.state,
            &self.machine.rules,
            self.now,
            &ParsedRequest::from(&request),
        );
        Some((show(&right)?, request))
    }

    /// Returns the steps until now.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Writes the whole sequence as a scenario.
    pub fn scenario(&self) -> Scenario {
        self.written("walk", vec![self.section("A walk", 1, &[], self.steps.clone())])
    }

    /// Writes the whole sequence as a scenario that shows every answer in full.
    pub fn scenario_in_full(&self) -> Scenario {
        let in_full = |step: &Step| Step { show: Show::All, ..step.clone() };
        self.written("walk", vec![self.section("A walk", 1, &[], self.steps.iter().map(in_full).collect())])
    }

    /// Writes the sequence as a scenario that ends with the step at this place, which breaks the requirement; without
    /// what that does not need.
    pub fn ending_at(&self, at: usize, requirement: &str) -> Scenario {
        let title = format!("A counterexample to {}: {}", self.property, self.property.sentence());
        let name = format!("{}-{}", self.property, requirement.replace('.', "-"));
        self.cut(at, &name, &title, "What is answered wrongly", &[requirement])
    }

    /// Writes the sequence as a scenario that ends with the step at this place, which stands under a heading of its
    /// own.
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
fn show(right: &[AllowedResponse]) -> Option<Show> {
    let is_one = |choice: &AllowedResponse| matches!(choice.status, Status::Is(_));
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
