//! The subcommand `coverage`: which steps check each requirement.

use clap::Args;
use report::coverage::{html, markdown, table};
use spec::coverage::Coverage;
use spec::suite::Suite;

use crate::console::print;
use crate::exit::Exit;

/// The form in which the coverage is shown.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Arguments {
    /// Print a Markdown table
    #[arg(long, conflicts_with = "html")]
    markdown: bool,
    /// Print an HTML page that loads nothing
    #[arg(long)]
    html: bool,
}

/// Prints the coverage in the form that is asked for.
pub fn run(suite: &Suite, arguments: Arguments) -> Exit {
    let coverage = Coverage::of(suite);
    let page = match (arguments.markdown, arguments.html) {
        (true, _) => markdown(&coverage, suite),
        (_, true) => html(&coverage, suite),
        _ => table(&coverage, suite),
    };
    print(&page);
    if coverage.is_whole() { Exit::Met } else { Exit::NotMet }
}
