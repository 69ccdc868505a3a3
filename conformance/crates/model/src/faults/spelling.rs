//! Faults of the gate that show in a path spelled otherwise: it sees one path, and the router another.

use super::{Before, Fault};

const SPELLING: &str = "security.gate-spelling";

/// Routes the request by another path than the gate has seen, which it has let through.
fn slip_through(turn: &mut Before<'_>, path: &str) {
    if path != turn.asked.path {
        turn.open_the_gate();
        turn.set_path(path);
    }
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("excluded-as-prefix", &[SPELLING], "opens what lies below an excluded path, dots and all")
        .before(|turn| {
            let path = turn.asked.path.to_ascii_lowercase();
            if let Some(rest) = path.strip_prefix("/api/v1/status/")
                && rest.contains("..")
            {
                slip_through(turn, "/api/v1/users");
            }
        }),
    Fault::new("decodes-after-the-gate", &[SPELLING], "decodes a path after the gate has seen it").before(
        |turn| {
            let decoded = turn.asked.path.replace("%75", "u").replace("%61", "a");
            slip_through(turn, &decoded);
        },
    ),
    Fault::new("slashes-after-the-gate", &[SPELLING], "merges slashes after the gate has seen them").before(
        |turn| {
            let mut merged = turn.asked.path.clone();
            while merged.contains("//") {
                merged = merged.replace("//", "/");
            }
            slip_through(turn, &merged);
        },
    ),
    Fault::new("cuts-after-the-gate", &[SPELLING], "cuts a path at its semicolon after the gate has seen it")
        .before(|turn| {
            let path = turn.asked.path.split(';').next().unwrap_or_default().to_owned();
            slip_through(turn, &path);
        }),
    Fault::new("case-after-the-gate", &[SPELLING], "ignores the letter case of a path behind the gate")
        .before(|turn| {
            let path = turn.asked.path.to_ascii_lowercase();
            slip_through(turn, &path);
        }),
    Fault::new("star-after-the-gate", &[SPELLING], "opens a path that ends in a star").before(|turn| {
        let path = turn.asked.path.trim_end_matches('*').to_owned();
        slip_through(turn, &path);
    }),
    Fault::new("absolute-form-open", &[SPELLING], "asks for no credentials where a request names its host")
        .before(|turn| {
            let path =
                turn.asked.path.strip_prefix("http://").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
            if let Some(path) = path.map(str::to_owned) {
                slip_through(turn, &path);
            }
        }),
];
