//! The command line of the binary: arguments and environment in, exit code out.

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "programs")]
pub mod programs;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tracing::warn;

use crate::app::{App, OpenError};
use crate::clock::SystemClock;
use crate::config::{Config, ConfigError};
use crate::http::serve::{bind, serve};
use crate::ops::log;

/// Exit code: the database or the system failed.
pub const FAILURE: u8 = 1;

/// Exit code: an argument, a variable, or the address to listen on cannot be used.
pub const USAGE: u8 = 2;

/// Pairs of files that the runtime opens, and one more for the listener.
const RUNTIME_PAIRS: usize = 4;

const HELP: &str = "\
The reference server of the session-authentication API.

Usage: server [--help | --version]

It is configured by environment variables:
  API_HOST          address or name to listen on (0.0.0.0)
  API_PORT          port to listen on; 0 lets the system choose (5000)
  AUTH_TYPE         auth, basic_auth, session_auth, session_exp_auth or session_db_auth;
                    unset: every route is open
  SESSION_NAME      name of the session cookie (_my_session_id)
  SESSION_DURATION  seconds that a session lives in session_exp_auth and session_db_auth;
                    unset, not an integer, or not positive: they do not expire
  HARDENED          1: stronger than the documents require: Argon2id, a limit of guesses,
                    one message for a wrong email or password, a cookie for HTTPS only
  COOKIE_SECURE     0: the cookie of a hardened server works over plain HTTP, too (1)
  LOG_LEVEL         off, error, warn, info (a line per request) or debug, on standard error (warn)
  LOG_FORMAT        text or json (text)
  METRICS_ADDR      loopback address and port that serves /metrics to Prometheus (unset: none)
  DATABASE_URL      sqlite:PATH (sqlite:server.db, in the working directory), or
                    redis://[:PASSWORD@]HOST:PORT[/DB], which several servers may share

Exit codes: 0 stopped by SIGTERM or Ctrl-C, 1 the database or the system failed, 2 wrong usage or settings.
";

/// Returns the line that a server prints when it listens, as Flask does.
pub fn running_on(address: SocketAddr) -> String {
    format!(" * Running on http://{address}/ (Press CTRL+C to quit)\n")
}

/// The reason why the server does not run.
#[derive(Debug, Error)]
enum Stop {
    #[error("unknown argument {0:?}; see server --help")]
    Argument(OsString),
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Database(#[from] OpenError),
    #[error(
        "cannot listen on API_HOST={host:?} API_PORT={port}: {error}; \
         write an address of this machine and a free port"
    )]
    Listen { host: String, port: u16, error: io::Error },
    #[cfg(feature = "metrics")]
    #[error("cannot listen on METRICS_ADDR={address}: {error}; write a loopback address and a free port")]
    ListenForMetrics { address: SocketAddr, error: io::Error },
    #[error("cannot open the files that it needs: {0}; let it open more (ulimit -n)")]
    Files(io::Error),
    #[error("{0}")]
    System(#[from] io::Error),
}

/// Runs the server with these arguments, in the environment that `lookup` reads, in the working directory.
pub fn run(arguments: &[OsString], lookup: impl Fn(&str) -> Option<String>) -> ExitCode {
    let text = |text: &str| print(text).map_err(Stop::from);
    let ended = match arguments {
        [] => start(lookup),
        [help] if help == "--help" => text(&help_text()),
        [version] if version == "--version" => text(concat!("server ", env!("CARGO_PKG_VERSION"), "\n")),
        [other, ..] => Err(Stop::Argument(other.clone())),
    };
    let Err(stop) = ended else {
        return ExitCode::SUCCESS;
    };
    eprintln!("server: {stop}");
    match stop {
        Stop::Argument(_) | Stop::Config(_) | Stop::Listen { .. } => USAGE.into(),
        #[cfg(feature = "metrics")]
        Stop::ListenForMetrics { .. } => USAGE.into(),
        Stop::Database(_) | Stop::Files(_) | Stop::System(_) => FAILURE.into(),
    }
}

/// Returns the help text, which names what this build lacks.
fn help_text() -> String {
    let features = [
        ("hardened", cfg!(feature = "hardened")),
        ("metrics", cfg!(feature = "metrics")),
        ("redis", cfg!(feature = "redis")),
    ];
    let missing: Vec<_> =
        features.iter().filter(|(_, is_built_in)| !is_built_in).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return HELP.to_owned();
    }
    format!("{HELP}\nThis server was built without the features {}.\n", missing.join(", "))
}

fn start(lookup: impl Fn(&str) -> Option<String>) -> Result<(), Stop> {
    let config = Config::from_lookup(lookup)?;
    log::start(&config);
    open_as_many_files_as_allowed();
    // Tokio panics if it cannot open its own.
    drop(
        (0..RUNTIME_PAIRS)
            .map(|_| UnixStream::pair())
            .collect::<io::Result<Vec<_>>>()
            .map_err(Stop::Files)?,
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve_until_stopped(&config))
}

async fn serve_until_stopped(config: &Config) -> Result<(), Stop> {
    let shutdown = shutdown()?;
    let (host, port) = (config.host.clone(), config.port);
    // Before the database is opened, as a server that cannot listen does not need it.
    let listener = bind(&host, port).await.map_err(|error| Stop::Listen { host, port, error })?;
    #[cfg(feature = "metrics")]
    let metrics_listener = metrics::bind(config).await?;
    let app = Arc::new(App::open(config, Path::new(""), Arc::new(SystemClock)).await?);
    #[cfg(feature = "metrics")]
    metrics::serve_page(metrics_listener, &app)?;
    print(&running_on(listener.local_addr()?))?;
    Ok(serve(listener, app, shutdown).await?)
}

/// Raises the limit of open files, by default too low for a server, as far as the system allows. It bounds the number of
/// connections.
fn open_as_many_files_as_allowed() {
    if let Ok((_, allowed)) = getrlimit(Resource::RLIMIT_NOFILE)
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, allowed, allowed)
    {
        warn!("failed to raise the limit of open files to {allowed}: {error}");
    }
}

/// Returns a future that is ready at the first SIGTERM or Ctrl-C.
fn shutdown() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A write beyond the size limit of a file must fail, not end the process.
    let _file_size_limit = signal(SignalKind::from_raw(Signal::SIGXFSZ as i32))?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Prints to standard output. It is no error if nobody reads it any more.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
