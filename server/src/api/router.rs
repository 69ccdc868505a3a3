//! The routes, and which of them a method and a canonical path select.

use http::Method;

use crate::http::path::CanonicalPath;
use crate::http::refusal::Refusal;

/// A route, with the ID in its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// GET /api/v1/status
    Status,
    /// GET /api/v1/stats
    Stats,
    /// GET /api/v1/unauthorized
    Unauthorized,
    /// GET /api/v1/forbidden
    Forbidden,
    /// GET /api/v1/users
    ListUsers,
    /// POST /api/v1/users
    CreateUser,
    /// GET /api/v1/users/me
    Me,
    /// GET /api/v1/users/ID
    ShowUser(&'a str),
    /// PUT /api/v1/users/ID
    UpdateUser(&'a str),
    /// DELETE /api/v1/users/ID
    DeleteUser(&'a str),
    /// POST /api/v1/auth_session/login
    Login,
    /// DELETE /api/v1/auth_session/logout
    Logout,
}

impl Route<'_> {
    /// Returns the path as in `openapi.yaml`.
    pub fn template(self) -> &'static str {
        match self {
            Self::Status => "/api/v1/status",
            Self::Stats => "/api/v1/stats",
            Self::Unauthorized => "/api/v1/unauthorized",
            Self::Forbidden => "/api/v1/forbidden",
            Self::ListUsers | Self::CreateUser => "/api/v1/users",
            Self::Me => "/api/v1/users/me",
            Self::ShowUser(_) | Self::UpdateUser(_) | Self::DeleteUser(_) => "/api/v1/users/{id}",
            Self::Login => "/api/v1/auth_session/login",
            Self::Logout => "/api/v1/auth_session/logout",
        }
    }
}

/// Finds the route. HEAD is routed as GET. Without `sessions`, login and logout do not exist.
///
/// # Errors
///
/// [`Refusal::NotFound`] if no route has the path, [`Refusal::MethodNotAllowed`] if none of those has the method.
pub fn route<'a>(method: &Method, path: &'a CanonicalPath<'_>, sessions: bool) -> Result<Route<'a>, Refusal> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let resource = path.as_str().strip_prefix("/api/v1/").ok_or(Refusal::NotFound)?;
    let get =
        |route| if method == Method::GET { Ok(route) } else { Err(Refusal::MethodNotAllowed("GET, HEAD")) };
    match resource {
        "status" => get(Route::Status),
        "stats" => get(Route::Stats),
        "unauthorized" => get(Route::Unauthorized),
        "forbidden" => get(Route::Forbidden),
        "users" => match *method {
            Method::GET => Ok(Route::ListUsers),
            Method::POST => Ok(Route::CreateUser),
            _ => Err(Refusal::MethodNotAllowed("GET, HEAD, POST")),
        },
        "auth_session/login" if sessions => match *method {
            Method::POST => Ok(Route::Login),
            _ => Err(Refusal::MethodNotAllowed("POST")),
        },
        "auth_session/logout" if sessions => match *method {
            Method::DELETE => Ok(Route::Logout),
            _ => Err(Refusal::MethodNotAllowed("DELETE")),
        },
        _ => {
            let id =
                resource.strip_prefix("users/").filter(|id| !id.contains('/')).ok_or(Refusal::NotFound)?;
            match *method {
                Method::GET if id == "me" => Ok(Route::Me),
                Method::GET => Ok(Route::ShowUser(id)),
                Method::PUT => Ok(Route::UpdateUser(id)),
                Method::DELETE => Ok(Route::DeleteUser(id)),
                _ => Err(Refusal::MethodNotAllowed("GET, HEAD, PUT, DELETE")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(method: &str, path: &str, sessions: bool) -> String {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let path = CanonicalPath::parse(path).expect("a canonical path");
        format!("{:?}", route(&method, &path, sessions))
    }

    #[test]
    fn routes_are_exact_and_methods_are_case_sensitive() {
        let table = [
            ("GET", "/api/v1/status/", "Ok(Status)"),
            ("HEAD", "/api/v1/status", "Ok(Status)"),
            ("GET", "/api/v1/users/me/", "Ok(Me)"),
            ("PUT", "/api/v1/users/me", r#"Ok(UpdateUser("me"))"#),
            ("GET", "/api/v1/users/abc", r#"Ok(ShowUser("abc"))"#),
            ("DELETE", "/api/v1/auth_session/logout/", "Ok(Logout)"),
            ("GET", "/api/v1/auth_session/login", r#"Err(MethodNotAllowed("POST"))"#),
            ("get", "/api/v1/status", r#"Err(MethodNotAllowed("GET, HEAD"))"#),
            ("TRACE", "/api/v1/users", r#"Err(MethodNotAllowed("GET, HEAD, POST"))"#),
            ("GET", "/", "Err(NotFound)"),
            ("GET", "/api/v1", "Err(NotFound)"),
            ("GET", "/api/v1/Status", "Err(NotFound)"),
            ("GET", "/api/v1/status/more", "Err(NotFound)"),
            ("GET", "/api/v1/users/a/b", "Err(NotFound)"),
        ];
        for (method, path, expected) in table {
            assert_eq!(outcome(method, path, true), expected, "{method} {path}");
        }
        assert_eq!(outcome("POST", "/api/v1/auth_session/login", false), "Err(NotFound)");
        assert_eq!(outcome("DELETE", "/api/v1/auth_session/logout", false), "Err(NotFound)");
    }
}
