//! Seeding: the methods to store the first users, tried in order until one works.
//!
//! A method works when a server in the mode of the check knows the users afterwards. A success that the method itself
//! reports does not count: real projects accept a user over the API and forget it, or read no file.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use crate::error::SeedFailures;
use crate::instance::Instance;
use crate::{Error, NewUser, Program, ServerSettings, Stop};
use spec::catalogue::{Mode, Subject};
use spec::http::Answer;
use spec::http::Request;
use spec::results::SeedMethod;

/// The file in which Flask projects keep their users.
const STORE: &str = ".db_User.json";

/// The users that are stored, and the method that stored them.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    /// The method that worked; `None` where none did, or none was needed.
    pub method: Option<SeedMethod>,
    /// The users' ids by email.
    ids: HashMap<String, String>,
    /// Why no method worked.
    failures: SeedFailures,
}

impl Seeds {
    fn keep(&mut self, method: SeedMethod, users: &[NewUser], ids: Vec<String>) {
        self.method = Some(method);
        self.ids = users.iter().map(|user| user.email.clone()).zip(ids).collect();
    }

    /// Returns the id of a seeded user.
    ///
    /// # Errors
    ///
    /// When no method to store users worked, or none was asked for.
    pub fn id(&self, email: &str) -> Result<&str, Error> {
        let id = self.ids.get(email).map(String::as_str);
        id.ok_or_else(|| Error::NotStored { failures: self.failures.clone() })
    }
}

/// Stores `users` on the instance, and verifies that a server in the mode of `subject` knows them.
///
/// Where this can be verified of no method, the first that reported success counts: the answers to the scenarios then
/// say more than an error of the suite would.
pub async fn seed(
    instance: &mut Instance<'_>,
    subject: Subject,
    users: &[NewUser],
    seed_methods: &[SeedMethod],
    given: Option<&NewUser>,
) -> Seeds {
    let mut seeds = Seeds::default();
    // A Redis server has no users.
    let (Some(first), Some(mode)) = (users.first(), subject.api_mode()) else { return seeds };
    let mut seeming = None;
    for method in seed_methods {
        let failure = match store(instance, mode, users, *method, given).await {
            Ok(ids) => match known(instance, mode, first, &ids[0]).await {
                Ok(()) => {
                    seeds.keep(*method, users, ids);
                    return seeds;
                }
                Err(why) => {
                    seeming = seeming.or(Some(*method));
                    why
                }
            },
            Err(why) => why,
        };
        seeds.failures.0.push((*method, failure));
    }
    if let Some(method) = seeming {
        // The methods tried since may have replaced what this one had stored.
        if let Ok(ids) = store(instance, mode, users, method, given).await {
            seeds.keep(method, users, ids);
        }
    }
    seeds
}

async fn store(
    instance: &mut Instance<'_>,
    mode: Mode,
    users: &[NewUser],
    method: SeedMethod,
    given: Option<&NewUser>,
) -> Result<Vec<String>, Error> {
    if let Some(file) = instance.sandbox().data_folder().map(|folder| folder.join(STORE)) {
        // What another method has stored would stand beside the same users, under other ids.
        instance.end(Stop::Kill).await?;
        let _ = std::fs::remove_file(file);
    }
    match method {
        SeedMethod::Api => by_api(instance, mode, users).await,
        SeedMethod::File => by_file(instance, users).await,
        SeedMethod::Program => by_program(instance, users).await,
        SeedMethod::Given => by_given(instance, mode, users, given).await,
    }
}

/// Stores users over the open API.
async fn by_api(instance: &mut Instance<'_>, mode: Mode, users: &[NewUser]) -> Result<Vec<String>, Error> {
    instance.ensure(&ServerSettings::documented(Mode::Off)).await?;
    let mut ids = Vec::with_capacity(users.len());
    for user in users {
        ids.push(create(instance, user, None).await?);
    }
    if mode != Mode::Off {
        instance.end(Stop::Polite).await?;
    }
    Ok(ids)
}

/// Stores users over the API with the credentials of a user that is stored already.
async fn by_given(
    instance: &mut Instance<'_>,
    mode: Mode,
    users: &[NewUser],
    given: Option<&NewUser>,
) -> Result<Vec<String>, Error> {
    instance.ensure(&ServerSettings::documented(mode)).await?;
    let credentials = match given {
        Some(user) => Some(credentials(instance, mode, user).await?),
        None if mode == Mode::Off => None,
        None => return Err(Error::NoGivenUser),
    };
    let mut ids = Vec::with_capacity(users.len());
    for user in users {
        ids.push(create(instance, user, credentials.clone()).await?);
    }
    Ok(ids)
}

/// Returns the header that authenticates a stored user: Basic credentials, or the cookie of a new session.
pub async fn credentials(
    instance: &mut Instance<'_>,
    mode: Mode,
    user: &NewUser,
) -> Result<(String, String), Error> {
    use base64::Engine as _;
    if !mode.is_session() {
        let pair = format!("{}:{}", user.email, user.password);
        let encoded = base64::prelude::BASE64_STANDARD.encode(pair);
        return Ok(("Authorization".to_owned(), format!("Basic {encoded}")));
    }
    let answer = login(instance, user).await?;
    let line = answer
        .header("set-cookie")
        .next()
        .ok_or_else(|| Error::NoCookie { email: user.email.clone(), status: answer.status })?;
    Ok(("Cookie".to_owned(), line.split(';').next().unwrap_or_default().to_owned()))
}

/// Verifies that the server accepts the credentials of a user whom the caller named.
///
/// # Errors
///
/// When it refuses them, or does not answer.
pub async fn lets_in(instance: &mut Instance<'_>, mode: Mode, user: &NewUser) -> Result<(), Error> {
    let header = credentials(instance, mode, user).await?;
    if matches!(mode, Mode::Off | Mode::Auth) {
        return Ok(());
    }
    let mut request = Request::get(format!("{}/api/v1/users", instance.sandbox().base_url()));
    request.headers.push(header);
    let answer = instance.send(request).await.answer?;
    match answer.status {
        // Only a refusal says that it is the wrong user; all else is for the scenarios.
        status @ (401 | 403) => Err(Error::Refused(status)),
        _ => Ok(()),
    }
}

/// Deletes users by their ids, with the credentials of a stored user; returns the number of those that remain.
pub async fn forget(
    instance: &mut Instance<'_>,
    mode: Mode,
    given: Option<&NewUser>,
    created: Vec<String>,
) -> usize {
    let header = match given {
        Some(user) => credentials(instance, mode, user).await.ok(),
        None => None,
    };
    let base = instance.sandbox().base_url();
    let mut left = 0;
    for id in created {
        let mut delete = Request::get(format!("{base}/api/v1/users/{id}"));
        "DELETE".clone_into(&mut delete.method);
        delete.headers.extend(header.clone());
        let answer = instance.send(delete).await.answer;
        let gone = answer.is_ok_and(|answer| answer.is_success() || answer.status == 404);
        left += usize::from(!gone);
    }
    left
}

async fn login(instance: &mut Instance<'_>, user: &NewUser) -> Result<Answer, Error> {
    let url = format!("{}/api/v1/auth_session/login", instance.sandbox().base_url());
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("email", &user.email)
        .append_pair("password", &user.password)
        .finish();
    let request = Request::post(url, "application/x-www-form-urlencoded", body);
    Ok(instance.send(request).await.answer?)
}

async fn create(
    instance: &mut Instance<'_>,
    user: &NewUser,
    credentials: Option<(String, String)>,
) -> Result<String, Error> {
    let url = format!("{}/api/v1/users", instance.sandbox().base_url());
    let body = json!({"email": user.email, "password": user.password}).to_string();
    let mut request = Request::post(url, "application/json", body);
    request.headers.extend(credentials);
    let answer = instance.send(request).await.answer?;
    let id = answer.json().and_then(|user| user["id"].as_str().map(str::to_owned));
    match id {
        Some(id) if answer.is_success() => Ok(id),
        _ => Err(Error::NotCreated(answer.status)),
    }
}

/// Writes the users into a Flask project's own file.
async fn by_file(instance: &mut Instance<'_>, users: &[NewUser]) -> Result<Vec<String>, Error> {
    instance.end(Stop::Kill).await?;
    let now = instance.sandbox().clock().now().format("%Y-%m-%dT%H:%M:%S").to_string();
    let file = instance.sandbox().data_folder().ok_or(Error::NoUserFile)?.join(STORE);
    let mut ids = Vec::with_capacity(users.len());
    let mut rows = serde_json::Map::new();
    for user in users {
        let id = uuid::Uuid::new_v4().to_string();
        let hash = spec::digest::sha256_hex(&user.password);
        rows.insert(
            id.clone(),
            json!({
                "id": id, "created_at": now, "updated_at": now, "email": user.email,
                "_password": hash, "first_name": null, "last_name": null,
            }),
        );
        ids.push(id);
    }
    std::fs::write(file, serde_json::Value::Object(rows).to_string())
        .map_err(|error| Error::UserFile(Arc::new(error)))?;
    Ok(ids)
}

/// Stores users by a program of the implementation.
async fn by_program(instance: &mut Instance<'_>, users: &[NewUser]) -> Result<Vec<String>, Error> {
    instance.end(Stop::Kill).await?;
    let printed = instance.program(&Program::Main0(users.to_vec())).await?;
    let ids: Vec<String> =
        printed.lines().filter_map(|line| line.strip_prefix("New user: ")).map(str::to_owned).collect();
    if ids.len() == users.len() { Ok(ids) } else { Err(Error::NoIds) }
}

/// Verifies that a server in `mode` knows the user, as far as that mode shows it.
///
/// Only an answer that denies the user is an error: a login that crashes is for the scenarios to report.
async fn known(instance: &mut Instance<'_>, mode: Mode, user: &NewUser, id: &str) -> Result<(), Error> {
    instance.ensure(&ServerSettings::documented(mode)).await?;
    let (asked, answer) = match mode {
        // Nobody is identified here, so nothing tells.
        Mode::Auth => return Ok(()),
        Mode::Off | Mode::BasicAuth => {
            let mut request = Request::get(format!("{}/api/v1/users/{id}", instance.sandbox().base_url()));
            if mode == Mode::BasicAuth {
                request.headers.push(credentials(instance, mode, user).await?);
            }
            ("GET /api/v1/users/<id>", instance.send(request).await.answer?)
        }
        Mode::SessionAuth | Mode::SessionExpAuth | Mode::SessionDbAuth => {
            ("the login", login(instance, user).await?)
        }
    };
    if matches!(answer.status, 400 | 401 | 403 | 404) {
        return Err(Error::Unknown { asked, status: answer.status, mode });
    }
    Ok(())
}
