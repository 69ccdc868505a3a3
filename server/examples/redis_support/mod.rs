//! How the documents' Redis programs connect, and what they say of it.

use redis::Client;
use redis::aio::MultiplexedConnection;

/// Connects to the server at REDIS_URL (127.0.0.1:6379 where it is unset), and says whether that worked.
pub async fn connect() -> Option<(Client, MultiplexedConnection)> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let client = match Client::open(url.as_str()) {
        Ok(client) => client,
        // Not what was read: there may be a password in it.
        Err(error) => {
            println!("Redis client not connected to the server: Error: REDIS_URL is no address: {error}");
            return None;
        }
    };
    match client.get_multiplexed_async_connection().await {
        Ok(connection) => {
            println!("Redis client connected to the server");
            Some((client, connection))
        }
        Err(error) => {
            let address = client.get_connection_info().addr();
            let why = match error.is_connection_refusal() {
                true => format!("connect ECONNREFUSED {address}"),
                false => error.to_string(),
            };
            println!(
                "Redis client not connected to the server: Error: Redis connection to {address} failed - {why}"
            );
            None
        }
    }
}
