//! One implementation: judged within its bounds, from its folder to its verdicts.

use std::future::Future;

use super::{Bound, Bounds, Class, Entry, Graded, Workdir, resource_monitor};
use runner::check::{Check, Plan};
use runner::prepare::ClockUnproved;
use spec::catalogue::{Mode, Subject};
use spec::results::ClockKind;
use spec::results::Report;
use spec::results::SeedMethod;
use spec::suite::Suite;
use targets::StartClass;
use targets::clock;
use targets::command::Command;
use targets::progress::event::NoListener;
use targets::{Isolation, SandboxError, ServerSettings, Target};

/// The number of modes of one implementation that run in parallel; the implementations themselves do so too.
const MODES_AT_ONCE: usize = 3;

/// The modes in the order in which a server is tried: one that knows any of them can be judged.
const TRIED: [Mode; 6] =
    [Mode::SessionAuth, Mode::BasicAuth, Mode::Auth, Mode::Off, Mode::SessionExpAuth, Mode::SessionDbAuth];

/// Why an implementation cannot be judged.
struct Unjudged {
    class: Class,
    why: String,
    /// The last output of its program, with the mode that it was started in.
    output: Option<(Mode, String)>,
}

impl Unjudged {
    fn new(class: Class, why: impl Into<String>) -> Self {
        Self { class, why: why.into(), output: None }
    }
}

/// Judges one implementation; gives nothing where `stopped` resolves before.
///
/// Nothing of it is left behind in either case: no process, no folder.
pub async fn judge(
    suite: &Suite,
    entry: &Entry,
    bounds: &Bounds,
    stopped: impl Future<Output = ()>,
) -> Option<Graded> {
    let clock = if clock::library().is_some() { ClockKind::Faketime } else { ClockKind::Wall };
    let found = Command::new(&entry.given, None, clock);
    let (command, workdir) = match (found, Workdir::new()) {
        (Ok(command), Ok(workdir)) => (command, workdir),
        (Err(error), _) => {
            let why = Unjudged::new(Class::NoProgram, error.in_report());
            return Some(unjudged(suite, entry, None, why));
        }
        (_, Err(error)) => return Some(failed(suite, entry, &error.to_string())),
    };
    let command = command.confined(workdir.path(), bounds.file_kib, bounds.cpu_seconds);
    let judged = tokio::select! {
        judged = tokio::time::timeout(bounds.time, started_and_checked(suite, &command)) => {
            judged.unwrap_or_else(|_| Err(beyond(Bound::Time, bounds)))
        }
        bound = resource_monitor::exceeded_bound(command.process_tag(), &workdir, bounds) => Err(beyond(bound, bounds)),
        () = stopped => {
            command.process_tag().kill_all();
            return None;
        }
    };
    command.process_tag().kill_all();
    Some(match judged {
        Ok(mut report) => {
            report.target.name.clone_from(&entry.name);
            Graded { class: Class::Judged, report }
        }
        Err(why) => unjudged(suite, entry, Some(&command), why),
    })
}

/// Reports that the suite itself failed at an implementation.
pub fn failed(suite: &Suite, entry: &Entry, why: &str) -> Graded {
    unjudged(suite, entry, None, Unjudged::new(Class::SuiteFailed, why))
}

fn beyond(bound: Bound, bounds: &Bounds) -> Unjudged {
    Unjudged::new(Class::Exceeded(bound), bound.sentence(bounds))
}

fn unjudged(suite: &Suite, entry: &Entry, command: Option<&Command>, why: Unjudged) -> Graded {
    let Unjudged { class, why, output } = why;
    let reason = format!("{class}: {why}");
    let plan = plan();
    let mut report = match command {
        Some(command) => Check::new(suite, command, &plan, &NoListener).unjudged(&reason),
        None => Check::new(suite, &NoTarget, &plan, &NoListener).unjudged(&reason),
    };
    report.target.name.clone_from(&entry.name);
    report.outputs.extend(output.map(|(mode, text)| (mode.into(), text)));
    Graded { class, report }
}

fn plan() -> Plan {
    Plan {
        modes: Subject::of_api(&Mode::ALL),
        scenarios: Vec::new(),
        requirements: Vec::new(),
        seed_methods: SeedMethod::UNAIDED.to_vec(),
        given: None,
        jobs: MODES_AT_ONCE,
    }
}

async fn started_and_checked(suite: &Suite, command: &Command) -> Result<Report, Unjudged> {
    start(command).await?;
    let plan = plan();
    match Check::new(suite, command, &plan, &NoListener).run().await {
        Ok(checked) => Ok(checked.report),
        Err(ClockUnproved) => {
            let command = command.with_clock(ClockKind::Wall);
            let checked = Check::new(suite, &command, &plan, &NoListener).run().await;
            let report = checked.map(|checked| checked.report);
            report.map_err(|ClockUnproved| Unjudged::new(Class::SuiteFailed, "no clock moves its time"))
        }
    }
}

/// Finds out whether the program serves at all: in one mode at least.
async fn start(command: &Command) -> Result<(), Unjudged> {
    let sort = |error: SandboxError| match error {
        SandboxError::NoStart(failure) => Unjudged::new(Class::Start(failure.class()), failure.to_string()),
        other => Unjudged::new(Class::Start(StartClass::DoesNotStart), other.to_string()),
    };
    let mut sandbox = command.open().await.map_err(sort)?;
    let mut first = None;
    for mode in TRIED {
        let error = match sandbox.start(&ServerSettings::documented(mode)).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let quick = matches!(&error, SandboxError::NoStart(failure) if failure.is_quick());
        first = first.or_else(|| Some(Unjudged { output: said(mode, sandbox.output()), ..sort(error) }));
        if !quick {
            break;
        }
    }
    first.map_or(Ok(()), Err)
}

fn said(mode: Mode, output: String) -> Option<(Mode, String)> {
    (!output.trim().is_empty()).then_some((mode, output))
}

/// The target in the report of a folder with nothing to start.
struct NoTarget;

#[async_trait::async_trait]
impl Target for NoTarget {
    fn kind(&self) -> spec::results::TargetKind {
        spec::results::TargetKind::Command
    }

    fn name(&self) -> String {
        String::new()
    }

    fn command(&self) -> Option<String> {
        None
    }

    fn public_url(&self) -> String {
        String::new()
    }

    fn isolation(&self) -> Isolation {
        Isolation::ForkPerBatch
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &[]
    }

    async fn open(&self) -> Result<Box<dyn targets::Sandbox>, SandboxError> {
        Err(SandboxError::NotPossible("there is nothing to start".to_owned()))
    }
}
