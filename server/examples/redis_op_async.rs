//! The documents' 2-redis_op_async.js: sets and gets the values of schools, awaiting each reply.

mod redis_support;

use std::error::Error;
use std::process::ExitCode;

use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use redis_support::connect;

async fn set_new_school(
    client: &mut MultiplexedConnection,
    name: &str,
    value: &str,
) -> Result<(), Box<dyn Error>> {
    let reply: String = client.set(name, value).await?;
    println!("Reply: {reply}");
    Ok(())
}

async fn display_school_value(client: &mut MultiplexedConnection, name: &str) -> Result<(), Box<dyn Error>> {
    let value: Option<String> = client.get(name).await?;
    println!("{}", value.as_deref().unwrap_or("null"));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some((_, mut client)) = connect().await else { return Ok(ExitCode::FAILURE) };
    display_school_value(&mut client, "Holberton").await?;
    set_new_school(&mut client, "HolbertonSanFrancisco", "100").await?;
    display_school_value(&mut client, "HolbertonSanFrancisco").await?;
    Ok(ExitCode::SUCCESS)
}
