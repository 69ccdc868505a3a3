//! A server that gives the same canned answer to every request.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// Starts the server in a thread that ends with the test process, and returns its URL.
pub fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}
