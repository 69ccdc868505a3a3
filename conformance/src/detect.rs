//! Finds out in which mode something runs that the caller did not start.

use std::str::FromStr as _;

use crate::client;
use crate::exchange::NoAnswer;
use crate::mode::Mode;
use crate::seed;
use crate::stage::Stage;
use crate::target::NewUser;

/// Tells the mode of what runs at `base`, as far as its answers tell.
///
/// The session modes cannot be told apart from outside: they are taken for `session_auth`.
///
/// # Errors
///
/// When nothing answers, or when a gate is closed and no user is known to open it; the text says what to do.
pub async fn mode(stage: &mut Stage, given: Option<&NewUser>) -> Result<Mode, String> {
    let base = stage.site().base_url();
    let users = client::get(format!("{base}/api/v1/users"));
    let open = stage.send(users.clone()).await.answer.map_err(|none| unreachable_at(&base, &none))?;
    if open.is_success() {
        return Ok(Mode::Off);
    }
    let advice = "say which mode it runs in: --mode session_auth (or another)";
    let Some(user) = given else {
        return Err(format!(
            "{base} is closed, and without a user its mode cannot be told; {advice}, and --user EMAIL:PASSWORD"
        ));
    };
    for mode in [Mode::BasicAuth, Mode::SessionAuth] {
        let Ok(header) = seed::credentials(stage, mode, user).await else { continue };
        let mut request = users.clone();
        request.headers.push(header);
        if stage.send(request).await.answer.is_ok_and(|answer| answer.is_success()) {
            return Ok(mode);
        }
    }
    Err(format!("neither Basic credentials nor a login of {} open {base}; {advice}", user.email))
}

fn unreachable_at(base: &str, none: &NoAnswer) -> String {
    format!("{base} cannot be reached: {none}")
}

/// Reads `EMAIL:PASSWORD`; the password may hold colons.
///
/// # Errors
///
/// When there is no colon, or nothing before or behind it.
pub fn user(text: &str) -> Result<NewUser, String> {
    match text.split_once(':') {
        Some((email, password)) if !email.is_empty() && !password.is_empty() => {
            Ok(NewUser { email: email.to_owned(), password: password.to_owned() })
        }
        _ => Err("write EMAIL:PASSWORD, as in bob@hbtn.io:secret".to_owned()),
    }
}

/// Reads a mode for the command line.
///
/// # Errors
///
/// When there is no such mode; the nearest is suggested.
pub fn mode_argument(text: &str) -> Result<Mode, String> {
    Mode::from_str(text).map_err(|error| error.to_string())
}
