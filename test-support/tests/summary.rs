//! Prints which tests of this run were skipped, and how to run them. Cargo runs this binary last.

use std::process::ExitCode;

use test_support::skip::Run;

fn main() -> ExitCode {
    // Whoever lists tests has run none.
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    match Run::current().take_summary() {
        Ok(summary) => {
            print!("\n{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the list of skipped tests cannot be read: {error}");
            ExitCode::FAILURE
        }
    }
}
