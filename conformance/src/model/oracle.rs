//! The oracle: whether what a server answers is among the right answers, given all that it answered before.
//!
//! Where several answers are right, or a request may have been answered in either of two seconds, a server may be
//! in more than one state: the oracle keeps every one that its answers fit, and is surprised when none is left.

use super::blame::{self, Case};
use super::expected::{Choice, Effect};
use super::fits::{self, Aspect, Difference, Held};
use super::history::History;
use super::state::{Second, State, User};
use super::{Asked, Open, Rules, apply, choices};
use crate::exchange::{Answer, Exchange};

/// How many states are kept; more are only met where many answers are open.
const KEPT: usize = 32;

/// Judges the answers of one server, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Oracle {
    rules: Rules,
    /// The states that the server may be in; at least one.
    states: Vec<State>,
    history: History,
    foreign_users: bool,
    running: bool,
    /// An answer has shown that the server's state is not known any more.
    lost: bool,
    /// The freedoms that were made use of.
    used: Vec<Open>,
}

/// An answer that no correct server would give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The requirements that it may break, the likeliest first; at least one.
    pub requirements: Vec<&'static str>,
    /// What a correct server answers.
    pub expected: String,
    /// What was answered.
    pub actual: String,
}

impl Oracle {
    /// Begins with a server that stores nothing; with `foreign_users`, one that stores users that nobody told of.
    pub fn new(rules: Rules, foreign_users: bool) -> Self {
        Self {
            rules,
            states: vec![State::default()],
            history: History::default(),
            foreign_users,
            running: false,
            lost: false,
            used: Vec::new(),
        }
    }

    /// Notes a user that got in by another way than a request, unless the server's answers have told of it.
    pub fn knows(&mut self, user: &User) {
        for state in &mut self.states {
            if state.user(&user.id).is_none() {
                state.users.push(user.clone());
            }
        }
    }

    /// Gives an oracle that knows what is stored, and nothing of how that came about.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self { history: History::default(), running: false, lost: false, used: Vec::new(), ..self.clone() }
    }

    /// Notes that a server runs with these settings; one that ran before has ended.
    pub fn serve(&mut self, rules: Rules) {
        if self.running {
            self.history.restart(&self.rules);
        }
        self.running = true;
        for state in &mut self.states {
            state.restart(&self.rules);
        }
        self.rules = rules;
    }

    /// Notes that something else ran on the data: nothing is known of it any more.
    pub fn lose(&mut self) {
        self.lost = true;
    }

    /// Lists the freedoms that the server has made use of.
    pub fn freedoms(&self) -> &[Open] {
        &self.used
    }

    /// Judges an answer that came between two seconds, both included, and takes over what it changed.
    ///
    /// Once a status or a body was wrong the state of the server is not known, and nothing is judged any more.
    pub fn judge(&mut self, exchange: &Exchange, from: Second, to: Second) -> Vec<Deviation> {
        if self.lost {
            return Vec::new();
        }
        let asked = Asked::of(&exchange.request);
        let Ok(answer) = &exchange.answer else {
            self.lost = true;
            return vec![self.no_answer(&asked, exchange, to)];
        };
        let head = asked.method == "HEAD";
        let cookie_name = self.rules.session_name.clone();
        let window = (!self.foreign_users).then_some((from, to));
        let under_api = asked.path.starts_with("/api/v1/");
        let held =
            Held { cookie_name: &cookie_name, head, foreign_users: self.foreign_users, under_api, window };
        let mut next: Vec<State> = Vec::new();
        // The right answer that fits but for some aspects, or else the documents' own.
        let mut nearest: Option<(Choice, Vec<Difference>, Second)> = None;
        for state in &self.states {
            for now in from..=to {
                for choice in choices(state, &self.rules, now, &asked) {
                    let differences = fits::differences(&choice, answer, held);
                    let fits = differences.iter().all(|one| one.aspect != Aspect::Main);
                    if fits && next.len() < KEPT {
                        let mut state = state.clone();
                        apply(&mut state, &choice, answer, &cookie_name, now);
                        if !next.contains(&state) {
                            next.push(state);
                        }
                    }
                    let is_nearer = match &nearest {
                        None => true,
                        Some((_, best, _)) => {
                            let best_fits = best.iter().all(|one| one.aspect != Aspect::Main);
                            fits && (!best_fits || differences.len() < best.len())
                        }
                    };
                    if is_nearer {
                        nearest = Some((choice, differences, now));
                    }
                }
            }
        }
        let Some((choice, differences, now)) = nearest else { return Vec::new() };
        let mut found: Vec<Deviation> = differences
            .into_iter()
            .map(|difference| {
                let (rules, history) = (&self.rules, &self.history);
                let case = Case { rules, history, asked: &asked, choice: &choice, answer: Some(answer), now };
                Deviation {
                    requirements: blame::blame(case, &difference),
                    expected: difference.expected,
                    actual: difference.actual,
                }
            })
            .collect();
        if next.is_empty() {
            self.lost = true;
            return found;
        }
        if let Some(used) = self.used_id(&asked, &choice, answer) {
            found.insert(0, used);
        }
        found.extend(self.told_password(&asked, answer));
        self.used.extend(choice.open.filter(|open| !self.used.contains(open)));
        self.history.note(&asked, &choice, answer, &self.rules, now);
        self.states = next;
        found
    }

    /// Puts answers to requests that were sent at once into an order in which they are right, as far as there is one.
    pub fn in_an_order_that_fits<'e>(
        &self,
        exchanges: &'e [Exchange],
        from: Second,
        to: Second,
    ) -> Vec<&'e Exchange> {
        let mut left: Vec<&Exchange> = exchanges.iter().collect();
        let mut ordered = Vec::with_capacity(left.len());
        let mut tried = self.clone();
        while left.len() > 1 {
            let fits = |one: &&Exchange| {
                let mut next = tried.clone();
                next.judge(one, from, to);
                !next.lost
            };
            let Some(at) = left.iter().position(fits) else { break };
            let one = left.remove(at);
            tried.judge(one, from, to);
            ordered.push(one);
        }
        ordered.extend(left);
        ordered
    }

    fn no_answer(&self, asked: &Asked, exchange: &Exchange, now: Second) -> Deviation {
        let choice = choices(&self.states[0], &self.rules, now, asked).remove(0);
        let why = exchange.answer.as_ref().err().map_or_else(String::new, ToString::to_string);
        let difference = Difference { aspect: Aspect::Main, expected: fits::wanted(&choice), actual: why };
        let (rules, history) = (&self.rules, &self.history);
        let case = Case { rules, history, asked, choice: &choice, answer: None, now };
        Deviation {
            requirements: blame::blame(case, &difference),
            expected: difference.expected,
            actual: difference.actual,
        }
    }

    /// Finds a login that answers with an ID that was used before (security.unique-ids, security.no-adopted-id).
    fn used_id(&self, asked: &Asked, choice: &Choice, answer: &Answer) -> Option<Deviation> {
        let Effect::LogIn(_) = choice.effect else { return None };
        let id = answer.cookie(&self.rules.session_name)?;
        let line = |(_, value): &(String, String)| value.contains(id);
        let carried = asked.headers.iter().any(line) || String::from_utf8_lossy(&asked.body).contains(id);
        let requirements = if self.history.session(id).is_some() {
            vec!["security.unique-ids", "login.new-session", "login.cookie", "security.no-adopted-id"]
        } else if carried || self.history.was_chosen(id) {
            vec!["security.no-adopted-id"]
        } else {
            return None;
        };
        let (expected, actual) =
            ("a session ID that is new".to_owned(), format!("{id}, which was used before"));
        Some(Deviation { requirements, expected, actual })
    }

    /// Finds a password of a stored user in an answer to a request that does not carry it (users.hide-password).
    fn told_password(&self, asked: &Asked, answer: &Answer) -> Option<Deviation> {
        let body = String::from_utf8_lossy(&answer.body);
        let told = |user: &&User| {
            // A short one may stand there by chance, and so may one that is a name or an address too.
            let telling = user.password.len() >= 8 && !user.email.contains(&user.password);
            telling
                && body.contains(&user.password)
                && !String::from_utf8_lossy(&asked.body).contains(&user.password)
        };
        let named = |user: &&User| {
            let names = [&user.first_name, &user.last_name];
            !names.iter().any(|name| name.as_deref().is_some_and(|name| name.contains(&user.password)))
        };
        self.states[0].users.iter().filter(told).find(named)?;
        let requirements = vec!["users.hide-password"];
        Some(Deviation { requirements, expected: "no password".to_owned(), actual: fits::shown(answer) })
    }
}
