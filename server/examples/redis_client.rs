//! The documents' 0-redis_client.js: says whether it is connected to a Redis server.
//!
//! `redis_client [MILLISECONDS]`: where there is none it tries three times, so far apart; 200 where nothing is said.

mod redis_support;

use std::process::ExitCode;
use std::time::Duration;

use redis_support::connect;

/// As many times as the documents' transcript shows.
const TRIES: usize = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let apart = std::env::args().nth(1).map_or(Ok(200), |text| text.parse());
    let Ok(apart) = apart.map(Duration::from_millis) else {
        eprintln!("usage: redis_client [MILLISECONDS]");
        return ExitCode::from(2);
    };
    for number in 1..=TRIES {
        if connect().await.is_some() {
            return ExitCode::SUCCESS;
        }
        if number < TRIES {
            tokio::time::sleep(apart).await;
        }
    }
    ExitCode::FAILURE
}
