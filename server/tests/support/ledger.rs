//! What one client sent and what it was told; from that, what may be found after a crash.
//!
//! A client changes its own users and sessions only, one at a time. So of each there is one state that must be
//! found; or two, where a change was sent and not acknowledged, or was refused as the disk failed.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};

use crate::support::http::{Answer, ask};

/// The memory of one client.
#[derive(Clone)]
pub struct Ledger {
    name: String,
    accounts: Vec<Account>,
    logins: Vec<Login>,
    /// Logins that were not acknowledged: nobody knows their sessions, but they may be in the file.
    pub unheard: usize,
    /// Of these, the ones since the last comparison.
    doubtful: usize,
}

/// A user that was created, perhaps.
#[derive(Clone)]
struct Account {
    email: String,
    /// Each is the JSON that may be found, as far as it is known; or nobody.
    may_be: Vec<Option<Map<String, Value>>>,
}

/// A session that was acknowledged.
#[derive(Clone)]
struct Login {
    cookie: String,
    account: usize,
    /// Whether it may be live, if its user is there.
    may_be: Vec<bool>,
}

/// A change that a client can ask for; the numbers are those of its users and sessions.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Create,
    Rename(usize),
    Remove(usize),
    LogIn(usize),
    LogOut(usize),
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Acknowledged,
    /// 503: the change was not made, says the server.
    Refused,
    Nothing,
}

impl Ledger {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), accounts: Vec::new(), logins: Vec::new(), unheard: 0, doubtful: 0 }
    }

    /// A change to something that is in no doubt.
    pub fn choose(&self, random: &mut fastrand::Rng) -> Act {
        let is_present = |&n: &usize| matches!(*self.accounts[n].may_be, [Some(_)]);
        let present: Vec<_> = (0..self.accounts.len()).filter(is_present).collect();
        let live: Vec<_> = self.live_sessions().collect();
        let (user, session) = (random.choice(present), random.choice(live));
        match (random.u8(..10), user, session) {
            (0..2, Some(user), _) => Act::Rename(user),
            (2..3, Some(user), _) => Act::Remove(user),
            (3..6, Some(user), _) => Act::LogIn(user),
            (6..8, _, Some(session)) => Act::LogOut(session),
            _ => Act::Create,
        }
    }

    /// Asks for a change at `address`, with the headers `gate` where the gate wants a session.
    ///
    /// # Errors
    ///
    /// An answer that is neither an acknowledgement nor a refusal, or acknowledges something else.
    pub fn perform(&mut self, act: Act, address: SocketAddr, gate: &str) -> Result<Heard, String> {
        let answer = match act {
            Act::Create => {
                let (email, password) = (self.email(self.accounts.len()), self.password());
                let user = json!({"email": email, "password": password, "first_name": "A", "last_name": "A"});
                self.accounts.push(Account { email, may_be: vec![None] });
                ask(address, "POST", "/api/v1/users", gate, &user.to_string())
            }
            Act::Rename(user) => {
                let name = self.next_name(user);
                let names = json!({"first_name": name, "last_name": name});
                ask(address, "PUT", &self.path(user), gate, &names.to_string())
            }
            Act::Remove(user) => ask(address, "DELETE", &self.path(user), gate, ""),
            Act::LogIn(user) => {
                let form = format!("email={}&password={}", self.accounts[user].email, self.password());
                ask(address, "POST", "/api/v1/auth_session/login", "", &form)
            }
            Act::LogOut(session) => {
                ask(address, "DELETE", "/api/v1/auth_session/logout", &self.logins[session].cookie, "")
            }
        };
        let Some(answer) = answer else {
            self.doubt(act);
            return Ok(Heard::Nothing);
        };
        let expected = if matches!(act, Act::Create) { 201 } else { 200 };
        if answer.status == expected {
            self.note(act, &answer).map(|()| Heard::Acknowledged)
        } else if answer.status == 503 && answer.body == "{\n  \"error\": \"Service unavailable\"\n}\n" {
            self.doubt(act);
            Ok(Heard::Refused)
        } else {
            Err(format!("{}: {act:?} was answered {} {:?}", self.name, answer.status, answer.body))
        }
    }

    /// Takes a change for made.
    fn note(&mut self, act: Act, answer: &Answer) -> Result<(), String> {
        match act {
            Act::Create | Act::Rename(_) => {
                let user = if let Act::Rename(user) = act { user } else { self.accounts.len() - 1 };
                let Ok(Value::Object(found)) = serde_json::from_str(&answer.body) else {
                    return Err(format!("{}: {act:?} was answered {:?}", self.name, answer.body));
                };
                let changed = self.changed(act);
                if !agrees(&changed, &found) {
                    return Err(format!("{}: {act:?} should give {changed:?}, not {found:?}", self.name));
                }
                self.accounts[user].may_be = vec![Some(found)];
            }
            Act::Remove(user) => self.accounts[user].may_be = vec![None],
            Act::LogIn(account) => {
                let cookie = answer.cookie.clone().ok_or("a login without a cookie")?;
                if self.logins.iter().any(|login| login.cookie == cookie) {
                    return Err(format!("{}: the same session twice", self.name));
                }
                self.logins.push(Login { cookie, account, may_be: vec![true] });
            }
            Act::LogOut(session) => self.logins[session].may_be = vec![false],
        }
        Ok(())
    }

    /// Takes a change for made or not made.
    fn doubt(&mut self, act: Act) {
        match act {
            Act::Create | Act::Rename(_) => {
                let user = if let Act::Rename(user) = act { user } else { self.accounts.len() - 1 };
                let changed = self.changed(act);
                self.accounts[user].may_be.push(Some(changed));
            }
            Act::Remove(user) => self.accounts[user].may_be.push(None),
            Act::LogIn(_) => self.doubtful += 1,
            Act::LogOut(session) => self.logins[session].may_be.push(false),
        }
    }

    /// Takes every change that is in doubt for not made.
    pub fn without_doubts(mut self) -> Self {
        self.accounts.iter_mut().for_each(|account| account.may_be.truncate(1));
        self.logins.iter_mut().for_each(|login| login.may_be.truncate(1));
        self.doubtful = 0;
        self
    }

    /// Compares with the users that were found, and with what each session leads to; says what is wrong. What
    /// was found is in no doubt any more.
    pub fn compare(&mut self, found: &[Map<String, Value>], address: SocketAddr, wrong: &mut Vec<String>) {
        for account in &mut self.accounts {
            let user = found.iter().find(|user| user["email"] == account.email.as_str());
            let fits = |state: &Option<Map<_, _>>| match (state, user) {
                (Some(state), Some(user)) => agrees(state, user),
                (state, user) => state.is_none() && user.is_none(),
            };
            if !account.may_be.iter().any(fits) {
                wrong.push(format!("{}: {user:?} is none of {:?}", account.email, account.may_be));
            }
            account.may_be = vec![user.cloned()];
        }
        for n in 0..self.logins.len() {
            let login = &self.logins[n];
            let owner = self.accounts[login.account].may_be[0].as_ref();
            let expected = owner.map_or(&[false] as &[bool], |_| &login.may_be);
            let is_live = match ask(address, "GET", "/api/v1/users/me", &login.cookie, "") {
                Some(Answer { status: 200, body, .. }) => {
                    let user: Option<Map<String, Value>> = serde_json::from_str(&body).ok();
                    if owner.is_some() && user.as_ref() != owner {
                        wrong.push(format!("{} session {n} leads to {user:?}, not {owner:?}", self.name));
                    }
                    true
                }
                Some(Answer { status: 403, .. }) => false,
                other => {
                    wrong.push(format!("{} session {n}: {other:?}", self.name));
                    continue;
                }
            };
            if !expected.contains(&is_live) {
                let state = if is_live { "live" } else { "ended" };
                wrong.push(format!("{} session {n} is {state}", self.name));
            }
            self.logins[n].may_be = vec![is_live];
        }
        self.unheard += self.doubtful;
        self.doubtful = 0;
    }

    /// The emails that were ever sent, in the order of their creation.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().map(|account| account.email.as_str())
    }

    /// The headers of each session and the user it leads to, where nothing is in doubt.
    pub fn owners(&self) -> impl Iterator<Item = (&str, Option<&Map<String, Value>>)> {
        (0..self.logins.len()).map(|n| {
            let login = &self.logins[n];
            let user = self.accounts[login.account].may_be[0].as_ref();
            (login.cookie.as_str(), user.filter(|_| self.is_live(n) == Some(true)))
        })
    }

    /// The numbers of the user and the session that will be made next.
    pub fn next(&self) -> (usize, usize) {
        (self.accounts.len(), self.logins.len())
    }

    /// How many sessions are live; known for certain only after a comparison.
    pub fn live(&self) -> usize {
        self.live_sessions().count()
    }

    /// The headers of a session that is live.
    pub fn live_cookie(&self) -> &str {
        &self.logins[self.live_sessions().next().expect("a live session")].cookie
    }

    fn live_sessions(&self) -> impl Iterator<Item = usize> {
        (0..self.logins.len()).filter(|&session| self.is_live(session) == Some(true))
    }

    fn is_live(&self, session: usize) -> Option<bool> {
        let login = &self.logins[session];
        match (&*login.may_be, &*self.accounts[login.account].may_be) {
            ([false], _) | (_, [None]) => Some(false),
            ([true], [Some(_)]) => Some(true),
            _ => None,
        }
    }

    /// What is known of the user that `act` would make.
    fn changed(&self, act: Act) -> Map<String, Value> {
        let (mut user, name) = match act {
            Act::Rename(user) => {
                let mut known = self.accounts[user].may_be[0].clone().expect("a user");
                known.remove("updated_at");
                (known, self.next_name(user))
            }
            _ => {
                let email = self.accounts.last().expect("a user").email.clone();
                (Map::from_iter([("email".to_owned(), email.into())]), "A".to_owned())
            }
        };
        user.insert("first_name".to_owned(), name.clone().into());
        user.insert("last_name".to_owned(), name.into());
        user
    }

    /// Another name than now: first and last name change together or not at all.
    fn next_name(&self, user: usize) -> String {
        let now = self.accounts[user].may_be[0].as_ref().and_then(|user| user["first_name"].as_str());
        format!("{}A", now.expect("a name"))
    }

    fn path(&self, user: usize) -> String {
        let known = self.accounts[user].may_be[0].as_ref();
        format!("/api/v1/users/{}", known.and_then(|user| user["id"].as_str()).expect("an ID"))
    }

    fn email(&self, user: usize) -> String {
        format!("{}-{user}@hbtn.io", self.name)
    }

    fn password(&self) -> String {
        format!("password-of-{}", self.name)
    }
}

/// Whether all that is known of a user is found.
fn agrees(known: &Map<String, Value>, found: &Map<String, Value>) -> bool {
    known.iter().all(|(field, value)| found.get(field) == Some(value))
}
