//! Transitions: the steps of a sequence, and their requests.

use serde_json::{Map, Value};

use super::accounts::{Accounts, user_variable};
use super::credential::Credential;
use super::spelling::{self, Change};
use spec::json;
use spec::scenario::Template;
use spec::scenario::curl::{Curl, Data, DataKind};
use spec::scenario::template::{Piece, Variable};

/// What can be done with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// It can be stopped and started.
    pub restarts: bool,
    /// Its clock can be moved.
    pub clock: bool,
}

/// One step of a sequence. Users and sessions are given by their number in the sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Something is asked of a place.
    Ask {
        /// The method.
        method: &'static str,
        /// The place.
        place: Place,
        /// Whether a slash is put to its end.
        slash: bool,
        /// What the request carries.
        with: Credential,
    },
    /// A protected path is asked for, spelled otherwise.
    AskSpelled {
        /// The place.
        place: Place,
        /// How it is spelled.
        changes: Vec<Change>,
        /// What the request carries.
        with: Credential,
    },
    /// A user is created.
    Create {
        /// The fields.
        fields: Fields,
        /// Whether everything but ASCII is escaped.
        escaped: bool,
        /// What the request carries.
        with: Credential,
    },
    /// A user is created or changed with a body that is not right.
    Raw {
        /// Who is changed; `None` creates.
        user: Option<usize>,
        /// The body.
        body: String,
        /// What the request carries.
        with: Credential,
    },
    /// Somebody tries to log in with a form that is not right.
    RawLogin {
        /// The form.
        form: &'static str,
    },
    /// A user is changed.
    Update {
        /// Which.
        user: usize,
        /// The fields, also such as an update does not change.
        fields: Fields,
        /// Whether everything but ASCII is escaped.
        escaped: bool,
        /// What the request carries.
        with: Credential,
    },
    /// Somebody logs in, or tries.
    Login {
        /// The address.
        email: Option<Who>,
        /// The password.
        password: Option<Word>,
        /// Where the two stand.
        content: Content,
        /// Whether a slash is put to the end.
        slash: bool,
        /// What the request carries besides.
        with: Credential,
    },
    /// Time passes, in seconds.
    Sleep(u64),
    /// The server is stopped and started.
    Restart,
    /// The server is killed and started.
    Kill,
}

/// A path that the documents name, or one that they do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A path.
    Path(&'static str),
    /// A user of the sequence.
    User(usize),
}

/// Where a login's email and password stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// In a form, as the documents have it.
    Form,
    /// In JSON.
    Json,
    /// In the query.
    Query,
}

/// The address of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// That of a user of the sequence.
    User(usize),
    /// Another.
    Other(String),
}

/// The password of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// That of a user of the sequence.
    Of(usize),
    /// Another.
    Other(String),
}

/// Fields of a user; an absent one is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// The address.
    pub email: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
}

const USERS: &str = "/api/v1/users";
const LOGIN: &str = "/api/v1/auth_session/login";

impl Transition {
    /// Returns whether its users and sessions exist, and the target can do it.
    pub fn is_possible(&self, accounts: &Accounts, capabilities: Capabilities) -> bool {
        let is_user = |user: usize| user < accounts.users.len();
        let is_place = |place: &Place| !matches!(place, Place::User(user) if !is_user(*user));
        let (with, rest) = match self {
            Self::Ask { place, with, .. } | Self::AskSpelled { place, with, .. } => (with, is_place(place)),
            Self::Create { with, .. } => (with, true),
            Self::Raw { user, with, .. } => (with, user.is_none_or(is_user)),
            Self::RawLogin { .. } => return true,
            Self::Update { user, with, .. } => (with, is_user(*user)),
            Self::Login { email, password, with, .. } => {
                let right = !matches!(email, Some(Who::User(user)) if !is_user(*user));
                (with, right && !matches!(password, Some(Word::Of(user)) if !is_user(*user)))
            }
            Self::Sleep(_) => return capabilities.clock,
            Self::Restart | Self::Kill => return capabilities.restarts,
        };
        rest && with.is_possible(accounts)
    }

    /// Returns the request that this is; `None` where it is none.
    pub fn request(&self, accounts: &Accounts) -> Option<Curl> {
        Some(match self {
            Self::Ask { method, place, slash, with } => {
                let mut curl = at(*place, *slash);
                if *method == "HEAD" {
                    curl.head = true;
                } else if *method != "GET" {
                    curl.method = Some((*method).to_owned());
                }
                with.put(&mut curl, accounts);
                curl
            }
            Self::AskSpelled { place, changes, with } => {
                let mut curl = at(*place, false);
                let mut target = curl.url.literals().collect::<String>();
                target = spelling::spell(&target, changes);
                if let Place::User(user) = place {
                    // The id stands at the end, and what is put behind it behind it.
                    let at = target.find(USERS).map_or(target.len(), |at| at + USERS.len() + 1);
                    let (before, after) = target.split_at(at.min(target.len()));
                    let name = user_variable(*user);
                    curl.request_target = Some(Template::new([
                        Piece::Literal(before.to_owned()),
                        Piece::Variable(Variable { name, transform: None }),
                        Piece::Literal(after.to_owned()),
                    ]));
                } else {
                    curl.request_target = Some(Template::literal(target));
                }
                with.put(&mut curl, accounts);
                curl
            }
            Self::Create { fields, escaped, with } => {
                let mut curl = at(Place::Path(USERS), false);
                post_json(&mut curl, "POST", fields.json(*escaped));
                with.put(&mut curl, accounts);
                curl
            }
            Self::Raw { user, body, with } => {
                let mut curl = at(user.map_or(Place::Path(USERS), Place::User), false);
                post_json(&mut curl, if user.is_some() { "PUT" } else { "POST" }, body.clone());
                with.put(&mut curl, accounts);
                curl
            }
            Self::RawLogin { form } => {
                let mut curl = at(Place::Path(LOGIN), false);
                curl.method = Some("POST".to_owned());
                curl.data.push(Data { kind: DataKind::Plain, value: Template::literal(*form) });
                curl
            }
            Self::Update { user, fields, escaped, with } => {
                let mut curl = at(Place::User(*user), false);
                post_json(&mut curl, "PUT", fields.json(*escaped));
                with.put(&mut curl, accounts);
                curl
            }
            Self::Login { email, password, content, slash, with } => {
                let email = email.as_ref().map(|email| match email {
                    Who::User(user) => accounts.users[*user].email.clone(),
                    Who::Other(email) => email.clone(),
                });
                let password = password.as_ref().map(|password| match password {
                    Word::Of(user) => accounts.users[*user].password.clone(),
                    Word::Other(password) => password.clone(),
                });
                let mut curl = login(email, password, *content, *slash);
                with.put(&mut curl, accounts);
                curl
            }
            Self::Sleep(_) | Self::Restart | Self::Kill => return None,
        })
    }
}

fn login(email: Option<String>, password: Option<String>, content: Content, slash: bool) -> Curl {
    let mut curl = at(Place::Path(LOGIN), slash);
    let fields = [("email", email), ("password", password)];
    let given = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    match content {
        Content::Form => {
            curl.method = Some("POST".to_owned());
            for (name, value) in given {
                let value = Template::literal(format!("{name}={value}"));
                curl.data.push(Data { kind: DataKind::UrlEncode, value });
            }
        }
        Content::Query => {
            curl.method = Some("POST".to_owned());
            let mut query = form_urlencoded::Serializer::new(String::new());
            let query = query.extend_pairs(given).finish();
            curl.url.push(Piece::Literal(format!("?{query}")));
        }
        Content::Json => {
            let object: Map<String, Value> =
                given.map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
            post_json(&mut curl, "POST", json::ascii(&Value::Object(object)));
        }
    }
    curl
}

fn at(place: Place, slash: bool) -> Curl {
    let mut curl = Curl { url: Template::variable("URL"), ..Curl::default() };
    match place {
        Place::Path(path) => curl.url.push(Piece::Literal(path.to_owned())),
        Place::User(user) => {
            curl.url.push(Piece::Literal(format!("{USERS}/")));
            let name = user_variable(user);
            curl.url.push(Piece::Variable(Variable { name, transform: None }));
        }
    }
    if slash {
        curl.url.push(Piece::Literal("/".to_owned()));
    }
    curl
}

fn post_json(curl: &mut Curl, method: &str, body: String) {
    curl.method = Some(method.to_owned());
    curl.headers.push(Template::literal("Content-Type: application/json"));
    curl.data.push(Data { kind: DataKind::Raw, value: Template::literal(body) });
}

impl Fields {
    fn json(&self, escaped: bool) -> String {
        let fields = [
            ("email", &self.email),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("password", &self.password),
        ];
        let object: Map<String, Value> = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value.clone()?))))
            .collect();
        let object = Value::Object(object);
        let text = object.to_string();
        // A step is one line of visible letters.
        let is_visible = |letter: char| !letter.is_control() && !('\u{2028}'..='\u{2029}').contains(&letter);
        if escaped || !text.chars().all(is_visible) { json::ascii(&object) } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_escaped_only_where_it_must_be_or_shall_be() {
        let fields = |name: &str| Fields { first_name: Some(name.to_owned()), ..Fields::default() };
        assert_eq!(fields("é\"").json(false), r#"{"first_name":"é\""}"#);
        assert_eq!(fields("é").json(true), r#"{"first_name":"\u00e9"}"#);
        assert_eq!(fields("😀").json(true), r#"{"first_name":"\ud83d\ude00"}"#);
        assert_eq!(fields("é\u{2028}").json(false), r#"{"first_name":"\u00e9\u2028"}"#);
    }
}
