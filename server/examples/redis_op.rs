//! The documents' 1-redis_op.js: sets and gets the values of schools with callbacks.
//!
//! No command waits for the reply to the one before: each says what to do with its reply, and all are on their way at
//! once.

mod redis_support;

use std::process::ExitCode;

use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands as _, RedisResult};
use redis_support::connect;

async fn set_new_school(
    mut client: MultiplexedConnection,
    name: &str,
    value: &str,
    done: impl FnOnce(RedisResult<String>),
) {
    done(client.set(name, value).await);
}

async fn display_school_value(
    mut client: MultiplexedConnection,
    name: &str,
    done: impl FnOnce(RedisResult<Option<String>>),
) {
    done(client.get(name).await);
}

/// What `redis.print` writes.
fn print(reply: RedisResult<String>) {
    match reply {
        Ok(reply) => println!("Reply: {reply}"),
        Err(error) => println!("Error: {error}"),
    }
}

/// What `console.log` writes.
fn log(reply: RedisResult<Option<String>>) {
    match reply {
        Ok(value) => println!("{}", value.as_deref().unwrap_or("null")),
        Err(error) => println!("Error: {error}"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some((_, client)) = connect().await else { return ExitCode::FAILURE };
    // In order, and on one thread: the first to be on its way is the first to be answered.
    tokio::join!(
        biased;
        display_school_value(client.clone(), "Holberton", log),
        set_new_school(client.clone(), "HolbertonSanFrancisco", "100", print),
        display_school_value(client, "HolbertonSanFrancisco", log),
    );
    ExitCode::SUCCESS
}
