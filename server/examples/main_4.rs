//! The documents' main_4: see [`server::programs::main_4`].

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use server::programs::{MAIN_4_EMAIL, MAIN_4_PASSWORD, main_4};
use server::{App, Config, SystemClock, bind};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::from_lookup(|name| std::env::var(name).ok())?;
    let listener = bind(&config.host, config.port).await?;
    let app = Arc::new(App::open(&config, Path::new(""), Arc::new(SystemClock)).await?);
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    let out = &mut std::io::stdout();
    Ok(main_4(out, app, listener, MAIN_4_EMAIL, MAIN_4_PASSWORD, interrupted).await?)
}
