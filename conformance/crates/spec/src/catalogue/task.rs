//! The documents' tasks: their order and their titles.

use crate::catalogue::Catalogue;

/// The titles of the Basic authentication project's tasks, by number.
const BASIC: [&str; 14] = [
    "Simple basic API",
    "Error handler: Unauthorized",
    "Error handler: Forbidden",
    "Auth class",
    "Define which routes don't need authentication",
    "Request validation!",
    "Basic auth",
    "Basic - Base64 part",
    "Basic - Base64 decode",
    "Basic - User credentials",
    "Basic - User object",
    "Basic - Overload current_user - and BOOM!",
    "Basic - Allow password with \":\"",
    "Require auth with stars",
];

/// The titles of the Session authentication project's tasks, by number.
const SESSION: [&str; 12] = [
    "Et moi et moi et moi!",
    "Empty session",
    "Create a session",
    "User ID from Session ID",
    "Session cookie",
    "Before request",
    "Use Session ID for identifying a User",
    "New view for Session Authentication",
    "Logout",
    "Expiration?",
    "Sessions in database",
    "Basic - Overload current_user - and BOOM!",
];

/// The titles of the Redis part's tasks, by number.
const REDIS: [&str; 6] = [
    "Install a redis instance",
    "Node Redis Client",
    "Node Redis client and basic operations",
    "Node Redis client and async operations",
    "Node Redis client and advanced operations",
    "Node Redis client publisher and subscriber",
];

/// Gives the title of a task as the documents have it, by its name in the catalogue (`session/7`).
pub fn title(task: &str) -> String {
    let (project, number) = split(task);
    let (name, titles): (&str, &[&str]) = match project {
        "api" => return "The simple API that both projects start from".to_owned(),
        "hardened" => return "What HARDENED=1 changes".to_owned(),
        "security" => return "What an authentication server must never do".to_owned(),
        "basic" => ("Basic authentication", &BASIC),
        "session" => ("Session authentication", &SESSION),
        "redis" => ("Redis", &REDIS),
        other => return other.to_owned(),
    };
    match titles.get(number) {
        Some(title) => format!("{name}, {number}. {title}"),
        None => format!("{name}, {number}."),
    }
}

/// Gives the name of the project that a task belongs to.
pub fn project(task: &str) -> &str {
    match split(task).0 {
        "api" => "API",
        "hardened" => "Hardened",
        "security" => "Security",
        "basic" => "Basic authentication",
        "session" => "Session authentication",
        "redis" => "Redis",
        other => other,
    }
}

/// Gives the number of a task in its project; none where the project has no tasks.
pub fn number(task: &str) -> Option<usize> {
    task.split_once('/')?.1.parse().ok()
}

/// Gives the place of a task in the documents, to sort by.
pub fn order(task: &str) -> (usize, usize) {
    let (project, number) = split(task);
    let place =
        ["api", "basic", "session", "redis", "security", "hardened"].iter().position(|name| *name == project);
    (place.unwrap_or(usize::MAX), number)
}

/// Tells whether a scenario is one of the task's own, by their names: `session-07-login` is of `session/7`.
pub fn owns(task: &str, scenario: &str) -> bool {
    let prefix = match split(task) {
        ("security", _) => "beyond-".to_owned(),
        ("hardened", _) => "hardened-".to_owned(),
        ("api", _) => "api-".to_owned(),
        (project, number) => format!("{project}-{number:02}-"),
    };
    scenario.starts_with(&prefix)
}

/// Lists the tasks that requirements of the catalogue belong to, in the documents' order.
pub fn all(catalogue: &Catalogue) -> Vec<&str> {
    let mut tasks: Vec<&str> = catalogue.rows().iter().map(|row| row.task.as_str()).collect();
    tasks.sort_by_key(|task| order(task));
    tasks.dedup();
    tasks
}

fn split(task: &str) -> (&str, usize) {
    match task.split_once('/') {
        Some((project, number)) => (project, number.parse().unwrap_or(usize::MAX)),
        None => (task, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_stand_in_the_order_of_the_documents() {
        let mut tasks = ["security", "session/10", "basic/2", "session/9", "api"];
        tasks.sort_by_key(|task| order(task));
        assert_eq!(tasks, ["api", "basic/2", "session/9", "session/10", "security"]);
    }

    #[test]
    fn a_scenario_is_of_the_task_that_its_name_says() {
        assert!(owns("session/7", "session-07-login"));
        assert!(!owns("session/7", "api-users-create"));
        assert!(owns("security", "beyond-opaque-id"));
    }

    #[test]
    fn a_task_has_its_documented_title() {
        assert_eq!(title("session/8"), "Session authentication, 8. Logout");
    }
}
