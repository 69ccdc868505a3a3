//! Bare hyper that keeps a log: what durability itself costs.

use std::fs::OpenOptions;
use std::io::Write as _;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::bare::serve_with;
use crate::support::disk::LINE;

/// Lines that are written together at most: as many as our own writer takes.
const QUEUE: usize = 1024;

/// Appends a line per request to the file `log` and answers when it is on disk; those that wait share one
/// fdatasync.
pub async fn serve(listener: TcpListener) {
    let mut file = OpenOptions::new().create(true).append(true).open("log").expect("a file");
    let (queue, mut waiting) = mpsc::channel::<oneshot::Sender<()>>(QUEUE);
    std::thread::spawn(move || {
        let mut group = Vec::new();
        while waiting.blocking_recv_many(&mut group, QUEUE) > 0 {
            let lines = LINE.repeat(group.len());
            file.write_all(&lines).and_then(|()| file.sync_data()).expect("a disk");
            for answer in group.drain(..) {
                // Whoever asked may be gone.
                let _ = answer.send(());
            }
        }
    });
    serve_with(listener, move |_| {
        let queue = queue.clone();
        async move {
            let (answer, answered) = oneshot::channel();
            queue.send(answer).await.expect("a writer");
            answered.await.expect("a line on disk");
            Response::new(Full::new(Bytes::from_static(b"{}\n")))
        }
    })
    .await;
}
