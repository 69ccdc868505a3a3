//! Cross-origin requests (Fetch, CORS protocol): scripts of any origin may use the API.

use http::Method;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::request::Parts;

/// Returns whether scripts of any origin may read the answer: under `/api/v1/`, as the transcripts show it.
pub fn any_origin(path: &str) -> bool {
    path.starts_with("/api/v1/")
}

/// Returns whether a request is the question of a browser before a request with credentials, which it sends without
/// them.
pub fn is_preflight(head: &Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(ORIGIN)
        && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_any_origin_may_read_what_is_below_the_api() {
        assert!(any_origin("/api/v1/users") && any_origin("/api/v1/"));
        for path in ["/", "", "/api/v1", "/api/v2/users", "/x/api/v1/users"] {
            assert!(!any_origin(path), "{path}");
        }
    }
}
