//! Orphans: processes that left their group and wiped their environment, so that no mark finds them.
//!
//! On Linux a process can ask to become the parent of its descendants' orphans. What is left below it once
//! everything that it started has ended is one of these.

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

/// How often orphans are looked for: the children of a killed one become orphans themselves.
const ROUNDS: usize = 20;

/// Makes this process the parent of its descendants' orphans; elsewhere than on Linux it does nothing.
pub fn adopt() {
    #[cfg(target_os = "linux")]
    // A kernel that cannot do it leaves the groups and the marks.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Kills every child of this process. Nothing that is still wanted may run below it.
pub fn kill_all() {
    for _ in 0..ROUNDS {
        let children = children();
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill(child, Signal::SIGKILL);
            let _ = waitpid(child, None);
        }
    }
}

/// Lists the children of this process; the parent is the second field after the name.
fn children() -> Vec<Pid> {
    let parent = Pid::this().to_string();
    let is_child = |path: &std::path::Path| {
        let stat = std::fs::read_to_string(path.join("stat")).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        let id = path.file_name()?.to_str()?.parse().ok()?;
        (fields.split_whitespace().nth(1)? == parent).then(|| Pid::from_raw(id))
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| is_child(&entry.path())).collect()
}
