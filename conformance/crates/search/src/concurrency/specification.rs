//! The specification: the model, in the form that the linearizability checker needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use stateright::semantics::SequentialSpec;

use super::history::Call;
use model::compare::{Aspect, Context, compare};
use model::render::render;
use model::{
    AllowedResponse, Asked, Body, Effect, Route, Rules, Second, State, Status, User, allowed_responses,
    apply, user_json,
};
use spec::catalogue::Mode;
use spec::http::Answer;

/// A server that answers one request after another, like the model.
///
/// It also allows the following effects of concurrent requests, which no document excludes:
///
/// - Another request may delete the session or the user of a request that has passed the gate. Any refusal is allowed
///   then.
/// - A request acts on users after it has passed the gate, so it may succeed although its session has ended since.
/// - An update, a login and `users/me` may show names of the user that a later request has set.
///
/// Only the status and the content of an answer count. The time stands still.
#[derive(Clone, Debug)]
pub struct Specification {
    rules: Rules,
    now: Second,
    /// The possible states; none after an answer that is not allowed.
    states: Vec<State>,
    /// The session IDs that logins have issued, including those of ended sessions.
    issued_ids: BTreeSet<String>,
}

impl Specification {
    /// Creates a server that stores `user`, and possibly other users that are not known.
    pub fn new(rules: Rules, now: Second, user: User) -> Self {
        let state = State { users: vec![user], ..State::default() };
        Self { rules, now, states: vec![state], issued_ids: BTreeSet::new() }
    }

    /// Returns whether an answer is allowed, and applies its effect.
    pub fn accepts(&mut self, asked: &Asked, answer: &Answer) -> bool {
        let cookie_name = &self.rules.session_name;
        let cookie = answer.cookie(cookie_name);
        let is_used = cookie.is_some_and(|id| self.issued_ids.contains(id));
        let mut next: Vec<State> = Vec::new();
        let mut made = None;
        for state in &self.states {
            for allowed in self.allowed_responses(state, asked) {
                let logs_in = matches!(allowed.effect, Effect::LogIn(_));
                if !self.matches(&with_shown_names(answer, &allowed), answer) || (logs_in && is_used) {
                    continue;
                }
                let mut state = state.clone();
                apply(&mut state, &allowed, answer, cookie_name, self.now);
                made = made.or(cookie.filter(|_| logs_in));
                if !next.contains(&state) {
                    next.push(state);
                }
            }
        }
        self.issued_ids.extend(made.map(str::to_owned));
        self.states = next;
        !self.states.is_empty()
    }

    /// Returns the responses that are allowed in a state to a request among concurrent ones.
    fn allowed_responses(&self, state: &State, asked: &Asked) -> Vec<AllowedResponse> {
        let mut all = allowed_responses(state, &self.rules, self.now, asked);
        for allowed in &mut all {
            if matches!(allowed.requirement, "session.unknown-id" | "session.user-deleted") {
                (allowed.status, allowed.body) = (Status::Refusal, Body::Any);
            }
        }
        let was_let_in = asked.cookies(&self.rules.session_name).any(|id| self.issued_ids.contains(id));
        if was_let_in && matches!(asked.route, Route::Users | Route::User(_)) {
            let open = Rules { mode: Mode::Off, ..self.rules.clone() };
            all.extend(allowed_responses(state, &open, self.now, asked));
        }
        all
    }

    /// Returns the answer that a server without concurrent requests gives instead; `None` if it gives none like it.
    pub fn as_sequential_answer(&self, asked: &Asked, answer: &Answer) -> Option<Answer> {
        let all = self.states.iter().flat_map(|state| allowed_responses(state, &self.rules, self.now, asked));
        let fits = |allowed: &AllowedResponse| self.matches(allowed, answer);
        let allowed = all.into_iter().find(|allowed| fits(&with_shown_names(answer, allowed)))?;
        match &allowed.body {
            Body::User(user) if !fits(&allowed) => {
                Some(Answer { body: user_json(user).to_string().into_bytes(), ..answer.clone() })
            }
            _ => Some(answer.clone()),
        }
    }

    /// Returns whether an answer has the status and the content of an allowed response.
    fn matches(&self, allowed: &AllowedResponse, answer: &Answer) -> bool {
        let context = Context {
            cookie_name: &self.rules.session_name,
            head: false,
            foreign_users: true,
            under_api: true,
            window: None,
        };
        compare(allowed, answer, context).iter().all(|one| one.aspect != Aspect::StatusOrBody)
    }

    /// Returns the id of the requirement that demands the documented response.
    pub fn documented_requirement(&self, asked: &Asked) -> Option<&'static str> {
        Some(allowed_responses(self.states.first()?, &self.rules, self.now, asked).first()?.requirement)
    }
}

/// Returns an allowed response with the names that an answer shows, if any names are allowed in it.
fn with_shown_names(answer: &Answer, allowed: &AllowedResponse) -> AllowedResponse {
    let counts = !matches!(allowed.effect, Effect::Rename(_) | Effect::LogIn(_))
        && allowed.requirement != "me.authenticated";
    let (Body::User(user), false) = (&allowed.body, counts) else { return allowed.clone() };
    let shown = answer.json().unwrap_or_default();
    let name = |key: &str| shown[key].as_str().map(str::to_owned);
    let user = User { first_name: name("first_name"), last_name: name("last_name"), ..user.clone() };
    AllowedResponse { body: Body::User(user), ..allowed.clone() }
}

impl SequentialSpec for Specification {
    type Op = Arc<Call>;
    type Ret = Arc<Answer>;

    /// Returns the answer of the model to a call without an answer.
    fn invoke(&mut self, call: &Arc<Call>) -> Arc<Answer> {
        let first =
            self.states.first().map(|state| allowed_responses(state, &self.rules, self.now, &call.asked));
        let allowed = first.expect("a state is left wherever the checker goes on").remove(0);
        let answer = render(&allowed, &self.rules.session_name, self.now);
        self.accepts(&call.asked, &answer);
        Arc::new(answer)
    }

    fn is_valid_step(&mut self, call: &Arc<Call>, answer: &Arc<Answer>) -> bool {
        self.accepts(&call.asked, answer)
    }
}
