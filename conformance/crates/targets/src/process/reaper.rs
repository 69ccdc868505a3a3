//! The reaper: ends orphans, processes that left their group and cleared their environment, so that no tag finds them.
//!
//! On Linux a process can become the parent of its descendants' orphans. A child that is left once every program has
//! ended is one of these.

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

/// The number of rounds in which orphans are looked for. The children of a killed one become orphans themselves.
const ROUNDS: usize = 20;

/// Makes this process the parent of its descendants' orphans. Elsewhere than on Linux it does nothing.
pub fn adopt() {
    #[cfg(target_os = "linux")]
    // Without this the process groups and the tags still find most.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Kills every child of this process, also such as are still wanted.
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

/// Returns the children of this process; the parent is the second field after the name.
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
