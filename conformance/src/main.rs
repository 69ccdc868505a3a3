//! The program `conformance`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    conformance::cli::main().into()
}
