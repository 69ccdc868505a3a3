//! The command line: its grammar, and the subcommand that each command runs.

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::commands::{check, compare, coverage, diff, doctor, explain, faults, fuzz, grade, show};
use crate::console::print;
use crate::exit::{Exit, Failure};
use spec::catalogue::Profile;
use spec::suite::Suite;

/// Checks an implementation of the session-authentication API, requirement by requirement.
#[derive(Debug, Parser)]
#[command(name = "conformance", version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
struct Cli {
    /// The requirements that apply, in `check`, `list`, `show`, `explain` and `coverage`
    #[arg(long, global = true, value_enum, default_value_t)]
    profile: ProfileArgument,
    #[command(subcommand)]
    command: Subcommands,
}

/// The values of `--profile`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ProfileArgument {
    /// The requirements of the documents
    #[default]
    Documented,
    /// The server is started with HARDENED=1, and must do what that changes instead of what the documents say
    Hardened,
}

impl From<ProfileArgument> for Profile {
    fn from(argument: ProfileArgument) -> Self {
        match argument {
            ProfileArgument::Documented => Self::Documented,
            ProfileArgument::Hardened => Self::Hardened,
        }
    }
}

const EXIT_CODES: &str = "\
Exit codes:
  0  every must that was checked is met, and at least one was checked
  1  some must is not met or blocked, or a known failure is met, or a comparison is worse
  2  wrong usage, or a scenario that cannot be read
  3  the target could not be started or reached, or nothing could be checked
  130, 143, 129  Ctrl-C, SIGTERM or the end of the terminal interrupted it; nothing that it started is left";

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Check an implementation: a folder, a URL, or the reference server
    #[command(after_help = check::HELP)]
    Check(Box<check::Arguments>),
    /// Check many implementations side by side
    #[command(after_help = grade::HELP)]
    Grade(grade::Arguments),
    /// List the scenarios
    List,
    /// Show a scenario's steps with their accepted answers
    Show {
        /// The scenario's name, as `list` gives it
        name: String,
        /// Print a bash script with real curl, to run against a server
        #[arg(long)]
        sh: bool,
    },
    /// Explain a requirement: what it demands, which steps check it, and which mistakes are common
    Explain {
        /// The requirement's id, as `coverage` gives it
        requirement: String,
    },
    /// Show which steps check each requirement, and what is missing
    Coverage(coverage::Arguments),
    /// Compare two JSON reports: what got better and what got worse; exit code 1 if anything got worse
    Compare(compare::Arguments),
    /// Run every scenario against the model with each known fault, and show which faults the suite finds
    #[command(after_help = faults::HELP)]
    Faults(faults::Arguments),
    /// Run random sequences of requests against an implementation; the model of the requirements judges the answers
    #[command(after_help = fuzz::HELP)]
    Fuzz(fuzz::Arguments),
    /// Run the same random sequences against two implementations, and show the first difference
    #[command(after_help = diff::HELP)]
    Diff(diff::Arguments),
    /// Show which checks this machine can run, and how to install the tools that are missing
    Doctor,
}

/// Returns the grammar of the command line, for tests that read command lines without running them.
pub fn grammar() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process, and returns how the program ends.
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap; a broken pipe while printing them is nobody's concern.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Met };
        }
    };
    let hardens = matches!(
        cli.command,
        Subcommands::Check(_)
            | Subcommands::List
            | Subcommands::Show { .. }
            | Subcommands::Explain { .. }
            | Subcommands::Coverage(_)
    );
    let profile = Profile::from(cli.profile);
    if profile == Profile::Hardened && !hardens {
        return fail(&Failure::usage("--profile hardened goes with check, list, show, explain and coverage"));
    }
    let suite = match Suite::built_in_for(profile) {
        Ok(suite) => suite,
        Err(error) => return fail(&Failure::usage(error)),
    };
    let ended = match cli.command {
        Subcommands::Check(arguments) => check::run(&suite, &arguments),
        Subcommands::Grade(arguments) => grade::run(&suite, &arguments),
        Subcommands::Faults(arguments) => faults::run(&suite, &arguments),
        Subcommands::Fuzz(arguments) => fuzz::run(&suite, &arguments),
        Subcommands::Diff(arguments) => diff::run(&suite, &arguments),
        Subcommands::List => Ok(show::list(&suite)),
        Subcommands::Show { name, sh } => show::show(&suite, &name, sh),
        Subcommands::Explain { requirement } => explain::run(&suite, &requirement),
        Subcommands::Doctor => {
            print(&doctor::this_machine());
            Ok(Exit::Met)
        }
        Subcommands::Coverage(arguments) => Ok(coverage::run(&suite, arguments)),
        Subcommands::Compare(arguments) => compare::run(&arguments),
    };
    ended.unwrap_or_else(|failure| fail(&failure))
}

fn fail(failure: &Failure) -> Exit {
    anstream::eprintln!("conformance: {}", failure.message);
    failure.exit
}
