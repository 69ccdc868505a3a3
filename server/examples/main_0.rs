//! The documents' main_0: see [`server::programs::main_0`].

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use server::programs::{MAIN_0_EMAIL, MAIN_0_PASSWORD, main_0};
use server::{App, Config, SystemClock};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::from_lookup(|name| std::env::var(name).ok())?;
    let app = App::open(&config, Path::new(""), Arc::new(SystemClock)).await?;
    Ok(main_0(&mut std::io::stdout(), &app, MAIN_0_EMAIL, MAIN_0_PASSWORD).await?)
}
