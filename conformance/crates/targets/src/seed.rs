//! Seeding: the ways to get first users in, tried in order until one works.
//!
//! A way has worked when the users are known to a server in the mode that counts, not when it said so:
//! real projects accept a user over the API and forget it, or read no file.

use std::collections::HashMap;

use serde_json::json;

use crate::instance::Stage;
use crate::{Launch, NewUser, Program, Stop};
use spec::catalogue::{Mode, Subject};
use spec::http::Answer;
use spec::http::Request;
use spec::results::Way;

/// Where Flask projects keep their users.
const STORE: &str = ".db_User.json";

/// The users that are stored, and how they got there.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    /// The way that worked; `None` where none did, or none was needed.
    pub way: Option<Way>,
    /// The users' ids by email.
    ids: HashMap<String, String>,
    /// Why no way worked.
    failures: Vec<String>,
}

impl Seeds {
    fn keep(&mut self, way: Way, users: &[NewUser], ids: Vec<String>) {
        self.way = Some(way);
        self.ids = users.iter().map(|user| user.email.clone()).zip(ids).collect();
    }

    /// Gives the id of a seeded user, or why there is none.
    pub fn id(&self, email: &str) -> Result<&str, String> {
        self.ids.get(email).map(String::as_str).ok_or_else(|| {
            let tried = if self.failures.is_empty() {
                "no way was tried".to_owned()
            } else {
                self.failures.join("; ")
            };
            format!("needs a stored user, and none could be stored: {tried}")
        })
    }
}

/// Stores `users` on the stage, and proves it by a server in `mode`.
///
/// Where no way can be proved, the first that seemed to work counts: the implementation's answers to the
/// scenarios then tell more than ours would.
pub async fn seed(
    stage: &mut Stage<'_>,
    subject: Subject,
    users: &[NewUser],
    ways: &[Way],
    given: Option<&NewUser>,
) -> Seeds {
    let mut seeds = Seeds::default();
    // A Redis server has no users.
    let (Some(first), Some(mode)) = (users.first(), subject.api_mode()) else { return seeds };
    let mut seeming = None;
    for way in ways {
        let failure = match store(stage, mode, users, *way, given).await {
            Ok(ids) => match known(stage, mode, first, &ids[0]).await {
                Ok(()) => {
                    seeds.keep(*way, users, ids);
                    return seeds;
                }
                Err(why) => {
                    seeming = seeming.or(Some(*way));
                    why
                }
            },
            Err(why) => why,
        };
        seeds.failures.push(format!("{}: {failure}", way.as_str()));
    }
    if let Some(way) = seeming {
        // The ways tried since may have replaced what this one had stored.
        if let Ok(ids) = store(stage, mode, users, way, given).await {
            seeds.keep(way, users, ids);
        }
    }
    seeds
}

async fn store(
    stage: &mut Stage<'_>,
    mode: Mode,
    users: &[NewUser],
    way: Way,
    given: Option<&NewUser>,
) -> Result<Vec<String>, String> {
    if let Some(file) = stage.site().data_folder().map(|folder| folder.join(STORE)) {
        // What another way has stored would stand beside the same users, under other ids.
        stage.end(Stop::Kill).await.map_err(|error| error.to_string())?;
        let _ = std::fs::remove_file(file);
    }
    match way {
        Way::Api => by_api(stage, mode, users).await,
        Way::File => by_file(stage, users).await,
        Way::Program => by_program(stage, users).await,
        Way::Given => by_given(stage, mode, users, given).await,
    }
}

/// Stores users over the open API.
async fn by_api(stage: &mut Stage<'_>, mode: Mode, users: &[NewUser]) -> Result<Vec<String>, String> {
    stage.ensure(&Launch::documented(Mode::Off)).await.map_err(|error| error.to_string())?;
    let mut ids = Vec::with_capacity(users.len());
    for user in users {
        ids.push(create(stage, user, None).await?);
    }
    if mode != Mode::Off {
        stage.end(Stop::Polite).await.map_err(|error| error.to_string())?;
    }
    Ok(ids)
}

/// Stores users over the API with the credentials of a user that is stored already.
async fn by_given(
    stage: &mut Stage<'_>,
    mode: Mode,
    users: &[NewUser],
    given: Option<&NewUser>,
) -> Result<Vec<String>, String> {
    stage.ensure(&Launch::documented(mode)).await.map_err(|error| error.to_string())?;
    let credentials = match given {
        Some(user) => Some(credentials(stage, mode, user).await?),
        None if mode == Mode::Off => None,
        None => return Err("no user is known; name one that is stored: --user EMAIL:PASSWORD".to_owned()),
    };
    let mut ids = Vec::with_capacity(users.len());
    for user in users {
        ids.push(create(stage, user, credentials.clone()).await?);
    }
    Ok(ids)
}

/// Gives the header that lets a stored user in: Basic credentials, or the cookie of a new session.
pub async fn credentials(
    stage: &mut Stage<'_>,
    mode: Mode,
    user: &NewUser,
) -> Result<(String, String), String> {
    use base64::Engine as _;
    if !mode.is_session() {
        let pair = format!("{}:{}", user.email, user.password);
        let encoded = base64::prelude::BASE64_STANDARD.encode(pair);
        return Ok(("Authorization".to_owned(), format!("Basic {encoded}")));
    }
    let answer = login(stage, user).await?;
    let line = answer
        .header("set-cookie")
        .next()
        .ok_or_else(|| format!("the login of {} answered {} without a cookie", user.email, answer.status))?;
    Ok(("Cookie".to_owned(), line.split(';').next().unwrap_or_default().to_owned()))
}

/// Sees to it that a user whom the caller named can get in.
///
/// # Errors
///
/// When the user cannot; the text says what was answered.
pub async fn lets_in(stage: &mut Stage<'_>, mode: Mode, user: &NewUser) -> Result<(), String> {
    let header = credentials(stage, mode, user).await?;
    if matches!(mode, Mode::Off | Mode::Auth) {
        return Ok(());
    }
    let mut request = Request::get(format!("{}/api/v1/users", stage.site().base_url()));
    request.headers.push(header);
    let answer = stage.send(request).await.answer.map_err(|none| none.to_string())?;
    match answer.status {
        // Only a refusal says that it is the wrong user; all else is for the scenarios.
        status @ (401 | 403) => Err(format!("GET /api/v1/users with its credentials answered {status}")),
        _ => Ok(()),
    }
}

/// Deletes users by their ids, with the credentials of a stored user; gives the number of those that remain.
pub async fn forget(
    stage: &mut Stage<'_>,
    mode: Mode,
    given: Option<&NewUser>,
    created: Vec<String>,
) -> usize {
    let header = match given {
        Some(user) => credentials(stage, mode, user).await.ok(),
        None => None,
    };
    let base = stage.site().base_url();
    let mut left = 0;
    for id in created {
        let mut delete = Request::get(format!("{base}/api/v1/users/{id}"));
        "DELETE".clone_into(&mut delete.method);
        delete.headers.extend(header.clone());
        let answer = stage.send(delete).await.answer;
        let gone = answer.is_ok_and(|answer| answer.is_success() || answer.status == 404);
        left += usize::from(!gone);
    }
    left
}

async fn login(stage: &mut Stage<'_>, user: &NewUser) -> Result<Answer, String> {
    let url = format!("{}/api/v1/auth_session/login", stage.site().base_url());
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("email", &user.email)
        .append_pair("password", &user.password)
        .finish();
    let request = Request::post(url, "application/x-www-form-urlencoded", body);
    stage.send(request).await.answer.map_err(|none| none.to_string())
}

async fn create(
    stage: &mut Stage<'_>,
    user: &NewUser,
    credentials: Option<(String, String)>,
) -> Result<String, String> {
    let url = format!("{}/api/v1/users", stage.site().base_url());
    let body = json!({"email": user.email, "password": user.password}).to_string();
    let mut request = Request::post(url, "application/json", body);
    request.headers.extend(credentials);
    let answer = stage.send(request).await.answer.map_err(|none| none.to_string())?;
    let id = answer.json().and_then(|user| user["id"].as_str().map(str::to_owned));
    match id {
        Some(id) if answer.is_success() => Ok(id),
        _ => Err(format!("POST /api/v1/users answered {}", answer.status)),
    }
}

/// Writes the Flask projects' own store.
async fn by_file(stage: &mut Stage<'_>, users: &[NewUser]) -> Result<Vec<String>, String> {
    stage.end(Stop::Kill).await.map_err(|error| error.to_string())?;
    let now = stage.site().clock().now().format("%Y-%m-%dT%H:%M:%S").to_string();
    let file = stage
        .site()
        .data_folder()
        .ok_or("only Flask projects with api/v1/app.py keep their users in .db_User.json")?
        .join(STORE);
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
    std::fs::write(file, serde_json::Value::Object(rows).to_string()).map_err(|error| error.to_string())?;
    Ok(ids)
}

/// Lets the implementation's own code store the users.
async fn by_program(stage: &mut Stage<'_>, users: &[NewUser]) -> Result<Vec<String>, String> {
    stage.end(Stop::Kill).await.map_err(|error| error.to_string())?;
    let printed = stage.program(&Program::Main0(users.to_vec())).await.map_err(|error| error.to_string())?;
    let ids: Vec<String> =
        printed.lines().filter_map(|line| line.strip_prefix("New user: ")).map(str::to_owned).collect();
    if ids.len() == users.len() { Ok(ids) } else { Err("main_0 did not print the users' ids".to_owned()) }
}

/// Asks a server in `mode` whether it knows the user, as far as that mode can tell.
///
/// Only an answer that denies the user counts against the way: a login that crashes is for the scenarios.
async fn known(stage: &mut Stage<'_>, mode: Mode, user: &NewUser, id: &str) -> Result<(), String> {
    stage.ensure(&Launch::documented(mode)).await.map_err(|error| error.to_string())?;
    let (asked, answer) = match mode {
        // Nobody is identified here, so nothing tells.
        Mode::Auth => return Ok(()),
        Mode::Off | Mode::BasicAuth => {
            let mut request = Request::get(format!("{}/api/v1/users/{id}", stage.site().base_url()));
            if mode == Mode::BasicAuth {
                request.headers.push(credentials(stage, mode, user).await?);
            }
            ("GET /api/v1/users/<id>", stage.send(request).await.answer.map_err(|none| none.to_string())?)
        }
        Mode::SessionAuth | Mode::SessionExpAuth | Mode::SessionDbAuth => {
            ("the login", login(stage, user).await?)
        }
    };
    if matches!(answer.status, 400 | 401 | 403 | 404) {
        return Err(format!("{asked} of the stored user answered {} in mode {mode}", answer.status));
    }
    Ok(())
}
