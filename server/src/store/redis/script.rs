//! The scripts that Redis runs for this server: each is one lookup or one change, and is never interrupted.
//!
//! A script that fails has changed nothing, as it reads every key whose type matters before its first change. Redis checks
//! the rest before it begins, as the first line of a script declares its needs (Redis 7). All are declared as writing,
//! even those that only read: so a replica, which may lag behind, refuses them. Those that add nothing may run when memory
//! is full.

use std::sync::LazyLock;

use redis::Script;

const KEYS: &str = include_str!("scripts/keys.lua");

/// All scripts.
pub struct Scripts {
    pub settings: Script,
    pub count_users: Script,
    pub list_users: Script,
    pub find_user: Script,
    pub find_user_by_email: Script,
    pub add_user: Script,
    pub change_user: Script,
    pub remove_user: Script,
    pub add_session: Script,
    pub find_session: Script,
    pub end_session: Script,
}

/// They are the same for every store.
pub static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| {
    let adds = |text: &str| Script::new(&format!("#!lua\n{KEYS}{text}"));
    let adds_nothing = |text: &str| Script::new(&format!("#!lua flags=allow-oom\n{KEYS}{text}"));
    Scripts {
        settings: adds_nothing(include_str!("scripts/settings.lua")),
        count_users: adds_nothing(include_str!("scripts/count_users.lua")),
        list_users: adds_nothing(include_str!("scripts/list_users.lua")),
        find_user: adds_nothing(include_str!("scripts/find_user.lua")),
        find_user_by_email: adds_nothing(include_str!("scripts/find_user_by_email.lua")),
        add_user: adds(include_str!("scripts/add_user.lua")),
        change_user: adds(include_str!("scripts/change_user.lua")),
        remove_user: adds_nothing(include_str!("scripts/remove_user.lua")),
        add_session: adds(include_str!("scripts/add_session.lua")),
        find_session: adds_nothing(include_str!("scripts/find_session.lua")),
        end_session: adds_nothing(include_str!("scripts/end_session.lua")),
    }
});
