//! Detection: whether a server that the suite did not start answers, and in which mode it runs.

use http::Uri;
use http::uri::Authority;

use crate::error::UrlErrorKind;
use crate::instance::Instance;
use crate::seed;
use crate::{Error, NewUser};
use spec::catalogue::{Mode, UnknownMode};
use spec::http::Request;

/// Parses the URL of a running server: http, a host and a port. Returns it without a slash at its end.
///
/// # Errors
///
/// When it is anything else.
pub fn base_url(text: &str) -> Result<String, Error> {
    let wrong = |kind, write: &str| Error::Url { text: text.to_owned(), kind, write: write.to_owned() };
    let any = "http://HOST:PORT";
    let uri: Uri = text.parse().map_err(|_| wrong(UrlErrorKind::NoUrl, any))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => return Err(wrong(UrlErrorKind::Https, any)),
        _ => return Err(wrong(UrlErrorKind::NoUrl, any)),
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let base = format!("http://{host_and_port}");
    let alone = uri.path() == "/" && uri.query().is_none() && authority == host_and_port;
    if !alone || text.contains('#') {
        return Err(wrong(UrlErrorKind::MoreThanAServer, &base));
    }
    let port = host_and_port.rsplit(']').next().unwrap_or_default();
    if port.contains(':') && uri.port().is_none() {
        return Err(wrong(UrlErrorKind::NoPort, any));
    }
    Ok(base)
}

/// Returns the URL that is meant by a text without a scheme, such as `localhost` or `127.0.0.1:5000/`.
pub fn url_meant(text: &str) -> Option<String> {
    let authority: Authority = text.trim_end_matches('/').parse().ok()?;
    let host = authority.host();
    let is_host = host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok();
    match authority.port() {
        Some(port) => Some(format!("http://{host}:{port}")),
        None => is_host.then(|| format!("http://{host}:5000")),
    }
}

/// Verifies that a server answers at the instance's URL.
///
/// # Errors
///
/// When none answers.
pub async fn reach(instance: &mut Instance<'_>) -> Result<(), Error> {
    let base = instance.sandbox().base_url();
    let status = Request::get(format!("{base}/api/v1/status"));
    match instance.send(status).await.answer {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::Unreachable { base, source }),
    }
}

/// Verifies that a server which is said to run with AUTH_TYPE unset is open.
///
/// # Errors
///
/// When it is closed: no user could be stored there, and next to nothing could be checked.
pub async fn is_off(instance: &mut Instance<'_>) -> Result<(), Error> {
    let base = instance.sandbox().base_url();
    let users = instance.send(Request::get(format!("{base}/api/v1/users"))).await.answer;
    match users.map_or(0, |answer| answer.status) {
        status @ (401 | 403) => Err(Error::NotOff { base, status }),
        _ => Ok(()),
    }
}

/// Returns the mode of the instance's server, as its answers show it.
///
/// The session modes cannot be distinguished from outside; `session_auth` stands for all of them.
///
/// # Errors
///
/// When no server answers, or when the server is closed and `given` is no user whom it accepts.
pub async fn mode(instance: &mut Instance<'_>, given: Option<&NewUser>) -> Result<Mode, Error> {
    let base = instance.sandbox().base_url();
    let users = Request::get(format!("{base}/api/v1/users"));
    let open = instance.send(users.clone()).await.answer;
    if open.map_err(|source| Error::NoMode { base: base.clone(), source })?.is_success() {
        return Ok(Mode::Off);
    }
    let Some(user) = given else { return Err(Error::Closed { base }) };
    for mode in [Mode::BasicAuth, Mode::SessionAuth] {
        let Ok(header) = seed::credentials(instance, mode, user).await else { continue };
        let mut request = users.clone();
        request.headers.push(header);
        if instance.send(request).await.answer.is_ok_and(|answer| answer.is_success()) {
            return Ok(mode);
        }
    }
    Err(Error::NotLetIn { email: user.email.clone(), base })
}

/// Parses `EMAIL:PASSWORD`. The password may contain colons.
///
/// # Errors
///
/// When there is no colon, or nothing before or behind it.
pub fn user(text: &str) -> Result<NewUser, Error> {
    match text.split_once(':') {
        Some((email, password)) if !email.is_empty() && !password.is_empty() => {
            Ok(NewUser { email: email.to_owned(), password: password.to_owned() })
        }
        _ => Err(Error::User),
    }
}

/// Parses a mode for the command line.
///
/// # Errors
///
/// When there is no such mode.
pub fn mode_argument(text: &str) -> Result<Mode, UnknownMode> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::{base_url, url_meant};

    #[test]
    fn a_url_is_http_with_a_host_and_at_most_a_port() {
        for good in ["http://127.0.0.1:5000", "http://localhost", "http://[::1]:5000"] {
            assert_eq!(base_url(good).expect(good), good);
            assert_eq!(base_url(&format!("{good}/")).expect(good), good, "a slash at the end is let pass");
        }
        assert_eq!(base_url("HTTP://localhost:1").expect("it is one"), "http://localhost:1");
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
            let error = base_url(bad).expect_err(bad).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
