//! The specification: the model, as the checker of histories asks it.

use std::collections::BTreeSet;
use std::sync::Arc;

use stateright::semantics::SequentialSpec;

use super::history::Call;
use model::fits::{Aspect, Held, differences};
use model::serve::serve;
use model::{
    Asked, Body, Choice, Effect, Route, Rules, Second, State, Status, User, apply, choices, user_json,
};
use spec::catalogue::Mode;
use spec::http::Answer;

/// A server that answers one request after another, as the model has it, but for what requests at once may do to each
/// other in a correct server, of which no document speaks:
///
/// - A request that was let in may find its session, or its user, gone by another's request: any refusal will do.
/// - What it does to users, it does after it was let in: it may do so although its session has ended in between.
/// - What an update, a login or users/me shows of a user's names may be of a moment after the request's own.
///
/// Only statuses and contents count: the form of an answer is not a matter of concurrency. The time stands still.
#[derive(Clone, Debug)]
pub struct Specification {
    rules: Rules,
    now: Second,
    /// The states that it may be in; none after an answer that fits nowhere.
    states: Vec<State>,
    /// The session IDs that logins have made, also those of sessions that are over.
    made: BTreeSet<String>,
}

impl Specification {
    /// Begins with one user stored, and others that nobody told of.
    pub fn new(rules: Rules, now: Second, user: User) -> Self {
        let state = State { users: vec![user], ..State::default() };
        Self { rules, now, states: vec![state], made: BTreeSet::new() }
    }

    /// Tells whether an answer is right now, and takes over what it has changed.
    pub fn takes(&mut self, asked: &Asked, answer: &Answer) -> bool {
        let cookie_name = &self.rules.session_name;
        let cookie = answer.cookie(cookie_name);
        let is_used = cookie.is_some_and(|id| self.made.contains(id));
        let mut next: Vec<State> = Vec::new();
        let mut made = None;
        for state in &self.states {
            for choice in self.choices(state, asked) {
                let logs_in = matches!(choice.effect, Effect::LogIn(_));
                if !self.fits(&with_names_of(answer, &choice), answer) || (logs_in && is_used) {
                    continue;
                }
                let mut state = state.clone();
                apply(&mut state, &choice, answer, cookie_name, self.now);
                made = made.or(cookie.filter(|_| logs_in));
                if !next.contains(&state) {
                    next.push(state);
                }
            }
        }
        self.made.extend(made.map(str::to_owned));
        self.states = next;
        !self.states.is_empty()
    }

    /// Lists the right answers in a state, to a request among others.
    fn choices(&self, state: &State, asked: &Asked) -> Vec<Choice> {
        let mut all = choices(state, &self.rules, self.now, asked);
        for choice in &mut all {
            if matches!(choice.rule, "session.unknown-id" | "session.user-deleted") {
                (choice.status, choice.body) = (Status::Refusal, Body::Any);
            }
        }
        let was_let_in = asked.cookies(&self.rules.session_name).any(|id| self.made.contains(id));
        if was_let_in && matches!(asked.route, Route::Users | Route::User(_)) {
            let open = Rules { mode: Mode::Off, ..self.rules.clone() };
            all.extend(choices(state, &open, self.now, asked));
        }
        all
    }

    /// Gives an answer as a server that has no requests at once would have given it; `None` where none would.
    pub fn alone(&self, asked: &Asked, answer: &Answer) -> Option<Answer> {
        let all = self.states.iter().flat_map(|state| choices(state, &self.rules, self.now, asked));
        let fits = |choice: &Choice| self.fits(choice, answer);
        let choice = all.into_iter().find(|choice| fits(&with_names_of(answer, choice)))?;
        match &choice.body {
            Body::User(user) if !fits(&choice) => {
                Some(Answer { body: user_json(user).to_string().into_bytes(), ..answer.clone() })
            }
            _ => Some(answer.clone()),
        }
    }

    /// Tells whether an answer has the status and the content of a choice.
    fn fits(&self, choice: &Choice, answer: &Answer) -> bool {
        let held = Held {
            cookie_name: &self.rules.session_name,
            head: false,
            foreign_users: true,
            under_api: true,
            window: None,
        };
        differences(choice, answer, held).iter().all(|one| one.aspect != Aspect::Main)
    }

    /// Gives the requirement that the documents' own answer is for.
    pub fn rule(&self, asked: &Asked) -> Option<&'static str> {
        Some(choices(self.states.first()?, &self.rules, self.now, asked).first()?.rule)
    }
}

/// Puts the names that an answer shows into a choice in which they do not count.
fn with_names_of(answer: &Answer, choice: &Choice) -> Choice {
    let counts =
        !matches!(choice.effect, Effect::Rename(_) | Effect::LogIn(_)) && choice.rule != "me.authenticated";
    let (Body::User(user), false) = (&choice.body, counts) else { return choice.clone() };
    let shown = answer.json().unwrap_or_default();
    let name = |key: &str| shown[key].as_str().map(str::to_owned);
    let user = User { first_name: name("first_name"), last_name: name("last_name"), ..user.clone() };
    Choice { body: Body::User(user), ..choice.clone() }
}

impl SequentialSpec for Specification {
    type Op = Arc<Call>;
    type Ret = Arc<Answer>;

    /// Answers a call that was not answered, as the model does.
    fn invoke(&mut self, call: &Arc<Call>) -> Arc<Answer> {
        let first = self.states.first().map(|state| choices(state, &self.rules, self.now, &call.asked));
        let choice = first.expect("a state is left wherever the checker goes on").remove(0);
        let answer = serve(&choice, &self.rules.session_name, self.now);
        self.takes(&call.asked, &answer);
        Arc::new(answer)
    }

    fn is_valid_step(&mut self, call: &Arc<Call>, answer: &Arc<Answer>) -> bool {
        self.takes(&call.asked, answer)
    }
}
