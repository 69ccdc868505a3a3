//! Faults of the gate that show in an unusual spelling of a path: the gate and the router read it differently.

use super::{BeforeRequest, Fault};

const SPELLING: &str = "security.gate-spelling";

/// Lets the request through the gate, and routes it by another path than the gate has seen.
fn route_as(ctx: &mut BeforeRequest<'_>, path: &str) {
    if path != ctx.parsed.path {
        ctx.bypass_gate();
        ctx.set_path(path);
    }
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("excluded-as-prefix", &[SPELLING], "opens what lies below an excluded path, dots and all")
        .before(|ctx| {
            let path = ctx.parsed.path.to_ascii_lowercase();
            if let Some(rest) = path.strip_prefix("/api/v1/status/")
                && rest.contains("..")
            {
                route_as(ctx, "/api/v1/users");
            }
        }),
    Fault::new("decodes-after-the-gate", &[SPELLING], "decodes a path after the gate has seen it").before(
        |ctx| {
            let decoded = ctx.parsed.path.replace("%75", "u").replace("%61", "a");
            route_as(ctx, &decoded);
        },
    ),
    Fault::new("slashes-after-the-gate", &[SPELLING], "merges slashes after the gate has seen them").before(
        |ctx| {
            let mut merged = ctx.parsed.path.clone();
            while merged.contains("//") {
                merged = merged.replace("//", "/");
            }
            route_as(ctx, &merged);
        },
    ),
    Fault::new("cuts-after-the-gate", &[SPELLING], "cuts a path at its semicolon after the gate has seen it")
        .before(|ctx| {
            let path = ctx.parsed.path.split(';').next().unwrap_or_default().to_owned();
            route_as(ctx, &path);
        }),
    Fault::new("case-after-the-gate", &[SPELLING], "ignores the letter case of a path behind the gate")
        .before(|ctx| {
            let path = ctx.parsed.path.to_ascii_lowercase();
            route_as(ctx, &path);
        }),
    Fault::new("star-after-the-gate", &[SPELLING], "opens a path that ends in a star").before(|ctx| {
        let path = ctx.parsed.path.trim_end_matches('*').to_owned();
        route_as(ctx, &path);
    }),
    Fault::new("absolute-form-open", &[SPELLING], "asks for no credentials where a request names its host")
        .before(|ctx| {
            let path =
                ctx.parsed.path.strip_prefix("http://").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
            if let Some(path) = path.map(str::to_owned) {
                route_as(ctx, &path);
            }
        }),
];
