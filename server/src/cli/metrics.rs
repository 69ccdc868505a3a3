//! The second listener, where Prometheus finds the counts.

use std::future::pending;
use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tracing::info;

use super::Stop;
use crate::app::App;
use crate::config::Config;
use crate::http::serve::{self, serve};
use crate::ops::metrics_page::MetricsPage;

/// Listens on METRICS_ADDR, if that is set.
pub async fn bind(config: &Config) -> Result<Option<TcpListener>, Stop> {
    let Some(address) = config.metrics else { return Ok(None) };
    let listener = serve::bind(&address.ip().to_string(), address.port()).await;
    listener.map(Some).map_err(|error| Stop::ListenForMetrics { address, error })
}

/// Serves the counts of `app`, if it keeps them, until the process ends.
pub fn serve_page(listener: Option<TcpListener>, app: &App) -> io::Result<()> {
    if let (Some(listener), Some(metrics)) = (listener, app.metrics()) {
        info!("counts are at http://{}/metrics", listener.local_addr()?);
        // A page that is being read when the process ends is of no further use.
        tokio::spawn(serve(listener, Arc::new(MetricsPage(Arc::clone(metrics))), pending()));
    }
    Ok(())
}
