//! What runs at a URL that the caller did not start: whether it answers, and in which mode it is.

use std::str::FromStr as _;

use http::Uri;
use http::uri::Authority;

use crate::NewUser;
use crate::instance::Stage;
use crate::seed;
use spec::catalogue::Mode;
use spec::http::Request;

/// Reads the URL of a running server: http, a host and a port. Gives it without a slash at its end.
///
/// # Errors
///
/// When it is anything else; the text says what to write.
pub fn base_url(text: &str) -> Result<String, String> {
    let write = "write http://HOST:PORT";
    let uri: Uri = text.parse().map_err(|_| format!("{text:?} is no URL that can be checked: {write}"))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => {
            return Err(format!(
                "{text:?}: the suite speaks http alone; name the server behind the one that speaks https: {write}"
            ));
        }
        _ => return Err(format!("{text:?} is no URL that can be checked: {write}")),
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let base = format!("http://{host_and_port}");
    let alone = uri.path() == "/" && uri.query().is_none() && authority == host_and_port;
    if !alone || text.contains('#') {
        return Err(format!("{text:?} has more than a host and a port: write {base}"));
    }
    let port = host_and_port.rsplit(']').next().unwrap_or_default();
    if port.contains(':') && uri.port().is_none() {
        return Err(format!("{text:?} has no port from 1 to 65535: {write}"));
    }
    Ok(base)
}

/// Gives the URL that a text means though it is none: `localhost`, `127.0.0.1:5000/`.
pub fn url_meant(text: &str) -> Option<String> {
    let authority: Authority = text.trim_end_matches('/').parse().ok()?;
    let host = authority.host();
    let is_host = host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok();
    match authority.port() {
        Some(port) => Some(format!("http://{host}:{port}")),
        None => is_host.then(|| format!("http://{host}:5000")),
    }
}

/// Sees to it that something answers at the stage's URL.
///
/// # Errors
///
/// When nothing does; the text says why, and what to look at.
pub async fn reach(stage: &mut Stage<'_>) -> Result<(), String> {
    let base = stage.site().base_url();
    let status = Request::get(format!("{base}/api/v1/status"));
    match stage.send(status).await.answer {
        Ok(_) => Ok(()),
        Err(none) => Err(format!(
            "{base} cannot be reached: {none}. Is the server started there, and is this its port?"
        )),
    }
}

/// Sees to it that a server which is said to run with AUTH_TYPE unset is open.
///
/// # Errors
///
/// When it is closed: no user could be stored there, so that next to nothing would be checked.
pub async fn is_off(stage: &mut Stage<'_>) -> Result<(), String> {
    let base = stage.site().base_url();
    let users = stage.send(Request::get(format!("{base}/api/v1/users"))).await.answer;
    match users.map_or(0, |answer| answer.status) {
        status @ (401 | 403) => Err(format!(
            "--mode off: {base}/api/v1/users answers {status}, and with AUTH_TYPE unset every route is open \
             (gate.off); is it the right mode?"
        )),
        _ => Ok(()),
    }
}

/// Tells the mode of what runs at `base`, as far as its answers tell.
///
/// The session modes cannot be told apart from outside: they are taken for `session_auth`.
///
/// # Errors
///
/// When nothing answers, or when a gate is closed and no user is known to open it; the text says what to do.
pub async fn mode(stage: &mut Stage<'_>, given: Option<&NewUser>) -> Result<Mode, String> {
    let base = stage.site().base_url();
    let users = Request::get(format!("{base}/api/v1/users"));
    let open = stage.send(users.clone()).await.answer;
    if open.map_err(|none| format!("{base}/api/v1/users: {none}"))?.is_success() {
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

#[cfg(test)]
mod tests {
    use super::{base_url, url_meant};

    #[test]
    fn a_url_is_http_with_a_host_and_at_most_a_port() {
        for good in ["http://127.0.0.1:5000", "http://localhost", "http://[::1]:5000"] {
            assert_eq!(base_url(good).as_deref(), Ok(good));
            assert_eq!(base_url(&format!("{good}/")).as_deref(), Ok(good), "a slash at the end is let pass");
        }
        assert_eq!(base_url("HTTP://localhost:1").as_deref(), Ok("http://localhost:1"));
    }

    #[test]
    fn a_server_without_its_scheme_is_told_from_a_folder() {
        for (server, url) in [
            ("localhost", "http://localhost:5000"),
            ("127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("127.0.0.1", "http://127.0.0.1:5000"),
            ("example.org:80", "http://example.org:80"),
        ] {
            assert_eq!(url_meant(server).as_deref(), Some(url));
        }
        for folder in ["api", "../flask", "/home/bob", "a b", "v1.0", "x:y"] {
            assert_eq!(url_meant(folder), None);
        }
    }

    #[test]
    fn what_is_no_such_url_is_refused_with_what_to_write() {
        for (bad, why) in [
            ("http://127.0.0.1:5000/api/v1", "has more than a host and a port: write http://127.0.0.1:5000"),
            ("http://127.0.0.1:5000/?a=b", "write http://127.0.0.1:5000"),
            ("http://bob@127.0.0.1:5000", "write http://127.0.0.1:5000"),
            ("http://127.0.0.1:5000#top", "write http://127.0.0.1:5000"),
            ("http://127.0.0.1:99999", "has no port from 1 to 65535"),
            ("https://127.0.0.1:5000", "the suite speaks http alone"),
            ("ftp://127.0.0.1", "write http://HOST:PORT"),
            ("http://", "write http://HOST:PORT"),
            ("http:// x", "write http://HOST:PORT"),
        ] {
            let error = base_url(bad).expect_err(bad);
            assert!(error.contains(why), "{error}");
        }
    }
}
