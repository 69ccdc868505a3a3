//! The documents' 5-subscriber.js: shows the messages of a channel until KILL_SERVER.

mod redis_support;

use std::error::Error;
use std::process::ExitCode;

use futures_util::StreamExt as _;
use redis_support::connect;

const CHANNEL: &str = "holberton school channel";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some((client, _)) = connect().await else { return Ok(ExitCode::FAILURE) };
    let (mut subscription, mut messages) = client.get_async_pubsub().await?.split();
    subscription.subscribe(CHANNEL).await?;
    while let Some(message) = messages.next().await {
        let message: String = message.get_payload()?;
        println!("{message}");
        if message == "KILL_SERVER" {
            subscription.unsubscribe(CHANNEL).await?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    Err("the server closed the connection".into())
}
