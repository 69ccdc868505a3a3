//! The documents' 5-publisher.js: sends four messages to a channel, each after its time.
//!
//! `redis_publisher [MILLISECONDS]`: the time from one message to the next; the documents' 100 where nothing is said.

mod redis_support;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use redis_support::connect;

const CHANNEL: &str = "holberton school channel";

async fn publish_message(
    mut client: MultiplexedConnection,
    message: &str,
    time: Duration,
) -> Result<(), Box<dyn Error>> {
    tokio::time::sleep(time).await;
    println!("About to send {message}");
    let _: usize = client.publish(CHANNEL, message).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let step = std::env::args().nth(1).map_or(Ok(100), |text| text.parse());
    let Ok(step) = step.map(Duration::from_millis) else {
        eprintln!("usage: redis_publisher [MILLISECONDS]");
        return Ok(ExitCode::from(2));
    };
    let Some((_, client)) = connect().await else { return Ok(ExitCode::FAILURE) };
    // In order where they are due at once.
    tokio::try_join!(
        biased;
        publish_message(client.clone(), "Holberton Student #1 starts course", step),
        publish_message(client.clone(), "Holberton Student #2 starts course", step * 2),
        publish_message(client.clone(), "KILL_SERVER", step * 3),
        publish_message(client, "Holberton Student #3 starts course", step * 4),
    )?;
    Ok(ExitCode::SUCCESS)
}
