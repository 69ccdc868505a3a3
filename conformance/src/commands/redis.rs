//! A Redis server as the target: one that runs at an address, or one that the suite starts.

use std::path::Path;

use crate::error::Error;
use crate::exit::Failure;
use spec::scenario::{Action, Scenario, Step};
use targets::Target;
use targets::client;
use targets::redis::kept::Kept;
use targets::redis::{Address, Connection, NoReply, Reply};
use targets::redis::{RedisServer, RedisUrl};

/// Tells whether a target on the command line names a Redis server rather than an implementation of the API.
pub fn is_meant(target: &str) -> bool {
    target == RedisServer::PROGRAM || target.starts_with("redis:") || target.starts_with("rediss:")
}

/// The Redis server to check, with the data to restore afterwards.
pub struct Meant {
    /// The server.
    pub target: Box<dyn Target>,
    /// The old values of the documents' keys, if the suite did not start the server.
    pub kept: Option<Kept>,
}

/// Prepares the Redis server that a target names.
///
/// # Errors
///
/// When no server at the address can be checked, or this machine has none; the text says what to do.
pub async fn server(target: &str) -> Result<Meant, Failure> {
    if target == RedisServer::PROGRAM {
        return own().await;
    }
    let address = Address::parse(target).map_err(Failure::usage)?;
    reach(&address, &["SELECT", "0"]).await?;
    let kept = Kept::aside(&address).await.map_err(Failure::not_checked)?;
    // A write, which changes nothing but in a hash that is kept aside.
    reach(&address, &["HDEL", "HolbertonSchools", ""]).await?;
    Ok(Meant { target: Box::new(RedisUrl::new(address)), kept: Some(kept) })
}

/// Prints a remark if some of the scenarios need a restart, which a server at an address cannot have.
pub fn warn_of_restarts(scenarios: &[&Scenario]) {
    let restarts = |step: &Step| matches!(step.action, Action::Restart | Action::Kill);
    if scenarios.iter().any(|scenario| scenario.steps().any(restarts)) {
        anstream::eprintln!(
            "conformance: what survives a restart is not checked: a Redis server at a URL cannot be restarted; \
             `conformance check {}` starts one of its own",
            RedisServer::PROGRAM
        );
    }
}

async fn own() -> Result<Meant, Failure> {
    let server = RedisServer::new(RedisServer::PROGRAM);
    if Path::new(RedisServer::PROGRAM).is_dir() {
        anstream::eprintln!(
            "conformance: this starts the program {0}; `conformance check ./{0}` checks the folder of that name",
            RedisServer::PROGRAM
        );
    }
    if !server.is_installed().await {
        return Err(Failure::not_checked(format!(
            "the Redis part was not checked: {0} is not installed (Debian: apt-get install {0}); \
             one that runs elsewhere is checked as redis://HOST:PORT",
            RedisServer::PROGRAM
        )));
    }
    Ok(Meant { target: Box::new(server), kept: None })
}

/// The first words of replies with which a server refuses a check, each with advice for the user.
const REFUSALS: [(&str, &str); 4] = [
    ("NOAUTH", "it asks for a password: check one without, such as `redis-server --port 7000` starts"),
    ("DENIED", "it is in protected mode: run the check on its own machine, at redis://127.0.0.1:PORT"),
    ("LOADING", "it is still reading its data: check it when it has done so"),
    ("READONLY", "it is a replica that nobody writes to: check the server that it copies"),
];

/// Checks that a Redis server listens at the address, and lets the suite ask this question.
async fn reach(address: &Address, question: &[&str]) -> Result<(), Error> {
    let unreached = |source: NoReply| Error::RedisUnreachable { address: address.clone(), source };
    let mut connection = Connection::open(address, client::TIMEOUT).await.map_err(unreached)?;
    match connection.ask(question).await {
        Ok(Reply::Error(reply)) => match REFUSALS.iter().find(|(word, _)| reply.starts_with(word)) {
            Some((_, advice)) => Err(Error::RedisRefuses { address: address.clone(), advice, reply }),
            None => Ok(()),
        },
        // Any other reply, or none, is for the scenarios to judge.
        _ => Ok(()),
    }
}
