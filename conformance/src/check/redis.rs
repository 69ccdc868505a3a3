//! A Redis server as the target: at an address, or one of the suite's own.

use crate::client;
use crate::exit::Failure;
use crate::redis::{Address, Connection, NoReply, Reply};
use crate::target::{RedisServer, RedisUrl, Target};

/// Tells whether somebody means a Redis server by a target, and not the API.
pub fn is_meant(target: &str) -> bool {
    target == RedisServer::PROGRAM || target.starts_with("redis:") || target.starts_with("rediss:")
}

/// Gives the Redis server that is meant.
///
/// # Errors
///
/// When there is none at the address, or none on this machine; the text says what to do.
pub async fn server(target: &str) -> Result<Box<dyn Target>, Failure> {
    if target == RedisServer::PROGRAM {
        return own().await;
    }
    let address = Address::parse(target).map_err(Failure::usage)?;
    reach(&address).await.map_err(Failure::not_checked)?;
    anstream::eprintln!(
        "conformance: what survives a restart is not checked: a Redis server at a URL cannot be restarted; \
         `conformance check {}` starts one of its own",
        RedisServer::PROGRAM
    );
    Ok(Box::new(RedisUrl::new(address)))
}

async fn own() -> Result<Box<dyn Target>, Failure> {
    let server = RedisServer::new(RedisServer::PROGRAM);
    if !server.is_installed().await {
        return Err(Failure::not_checked(format!(
            "the Redis part was not checked: {0} is not installed (Debian: apt-get install {0}); \
             one that runs elsewhere is checked as redis://HOST:PORT",
            RedisServer::PROGRAM
        )));
    }
    Ok(Box::new(server))
}

/// Sees to it that someone listens at the address, and does not ask for a password.
async fn reach(address: &Address) -> Result<(), String> {
    let unreached = |none: NoReply| {
        format!(
            "{address} cannot be reached: {none}; is a Redis server running there? `redis-server --port PORT`"
        )
    };
    let mut connection = Connection::open(address, client::PATIENCE).await.map_err(unreached)?;
    match connection.ask(&["SELECT", "0"]).await {
        Ok(Reply::Error(why)) if why.starts_with("NOAUTH") => {
            Err(format!("{address} asks for a password, and a server with one cannot be checked"))
        }
        // What else it answers, or that it does not, is for the scenarios to tell.
        _ => Ok(()),
    }
}
