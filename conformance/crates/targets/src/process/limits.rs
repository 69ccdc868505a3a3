//! Limits: the resources that a program under test may use.

use std::fmt::Write as _;

/// The limits of a program and of each that it starts; the kernel enforces them, process by process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The address space, in KiB.
    pub address_space_kib: Option<u64>,
    /// The size of a file, in KiB.
    pub file_kib: Option<u64>,
    /// The time of a core, in seconds.
    pub cpu_seconds: Option<u64>,
}

impl Limits {
    /// Writes the limits as shell commands; none of them leaves a core dump.
    pub fn as_shell(self) -> String {
        let mut shell = String::from("ulimit -c 0; ");
        // POSIX counts file sizes in blocks of 512 bytes.
        let limits =
            [('v', self.address_space_kib), ('f', self.file_kib.map(|kib| kib * 2)), ('t', self.cpu_seconds)];
        for (letter, limit) in limits {
            if let Some(limit) = limit {
                write!(shell, "ulimit -{letter} {limit}; ").expect("writing to a string cannot fail");
            }
        }
        shell
    }
}
