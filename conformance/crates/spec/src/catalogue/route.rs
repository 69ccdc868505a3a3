//! The routes of the API: their paths, their methods, and the requirement that speaks of each.

/// What a path of the API names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/api/v1/status`
    Status,
    /// `/api/v1/stats`
    Stats,
    /// `/api/v1/unauthorized`
    Unauthorized,
    /// `/api/v1/forbidden`
    Forbidden,
    /// `/api/v1/users`
    Users,
    /// `/api/v1/users/me`
    Me,
    /// `/api/v1/users/<id>`
    User(String),
    /// `/api/v1/auth_session/login`
    Login,
    /// `/api/v1/auth_session/logout`
    Logout,
    /// Nothing that the documents name.
    Unknown,
}

impl Route {
    /// Reads a path without its query; one slash at the end does not count.
    pub fn from_path(path: &str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let Some(rest) = path.strip_prefix("/api/v1/") else { return Self::Unknown };
        match rest {
            "status" => Self::Status,
            "stats" => Self::Stats,
            "unauthorized" => Self::Unauthorized,
            "forbidden" => Self::Forbidden,
            "users" => Self::Users,
            "users/me" => Self::Me,
            "auth_session/login" => Self::Login,
            "auth_session/logout" => Self::Logout,
            _ => match rest.strip_prefix("users/") {
                Some(id) if !id.is_empty() && !id.contains('/') => Self::User(id.to_owned()),
                _ => Self::Unknown,
            },
        }
    }

    /// Returns the methods that the route knows.
    pub fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Status | Self::Stats | Self::Unauthorized | Self::Forbidden => &["GET"],
            Self::Users => &["GET", "POST"],
            Self::Me | Self::User(_) => &["GET", "PUT", "DELETE"],
            Self::Login => &["POST"],
            Self::Logout => &["DELETE"],
            Self::Unknown => &[],
        }
    }

    /// Returns the requirement that says what a method does on the route; `None` where the documents name none.
    pub fn requirement(&self, method: &str) -> Option<&'static str> {
        Some(match (method, self) {
            ("GET", Self::Status) => "status.ok",
            ("GET", Self::Stats) => "stats.count",
            ("GET", Self::Unauthorized) => "errors.unauthorized-route",
            ("GET", Self::Forbidden) => "errors.forbidden-route",
            ("GET", Self::Users) => "users.list",
            ("POST", Self::Users) => "users.create",
            ("GET", Self::Me) => "me.authenticated",
            ("GET", Self::User(_)) => "users.get",
            ("PUT", Self::Me | Self::User(_)) => "users.update",
            ("DELETE", Self::Me | Self::User(_)) => "users.delete",
            ("POST", Self::Login) => "login.ok",
            ("DELETE", Self::Logout) => "logout.ok",
            _ => return None,
        })
    }

    /// Returns whether it is reached without credentials (gate.excluded).
    pub fn is_excluded(&self) -> bool {
        matches!(self, Self::Status | Self::Unauthorized | Self::Forbidden | Self::Login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_at_the_end_does_not_count_and_a_second_does() {
        assert_eq!(Route::from_path("/api/v1/users/"), Route::Users);
        assert_eq!(Route::from_path("/api/v1/users//"), Route::Unknown);
        assert_eq!(Route::from_path("/api/v1/users/me/"), Route::Me);
        assert_eq!(Route::from_path("/api/v1/users/x"), Route::User("x".into()));
        assert_eq!(Route::from_path("/api/v1/users/x/y"), Route::Unknown);
        assert_eq!(Route::from_path("/api/v2/users"), Route::Unknown);
    }

    #[test]
    fn each_method_that_a_route_knows_has_a_requirement_and_no_other_method_has() {
        let paths = ["status", "stats", "unauthorized", "forbidden", "users", "users/me", "users/x"];
        for path in paths.into_iter().chain(["auth_session/login", "auth_session/logout", "nothing"]) {
            let route = Route::from_path(&format!("/api/v1/{path}"));
            for method in ["GET", "POST", "PUT", "DELETE", "HEAD"] {
                assert_eq!(
                    route.requirement(method).is_some(),
                    route.methods().contains(&method),
                    "{method} {path}"
                );
            }
        }
    }
}
