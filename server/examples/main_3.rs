//! The documents' main_3: see [`server::programs::main_3`].

use std::error::Error;

use server::programs::main_3;
use server::{Config, bind};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::from_lookup(|name| std::env::var(name).ok())?;
    let listener = bind(&config.host, config.port).await?;
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    Ok(main_3(&mut std::io::stdout(), listener, &config.session_name, interrupted).await?)
}
