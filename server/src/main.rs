//! The binary `server`: everything it does is in [`server::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    server::cli::run(&arguments, |name| {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    })
}
