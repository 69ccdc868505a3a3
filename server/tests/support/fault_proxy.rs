//! A proxy in front of a TCP server that can be redirected, delayed and cut.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// A proxy on the loopback address, which ends when it is dropped.
pub struct FaultProxy {
    pub address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

struct State {
    to: SocketAddr,
    // How many connections there were, by which each has a number.
    count: usize,
    // The bytes of connections with a lower number are held instead of forwarded.
    held_below: usize,
    // Whether what goes there is held, one reading of it for each of these.
    are_requests_held: bool,
    passes: usize,
    // How many readings were ever held.
    held: usize,
    // Whether it is over.
    is_gone: bool,
    // Both ends of every connection, to be cut.
    streams: Vec<TcpStream>,
}

impl FaultProxy {
    pub fn new(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = State {
            to,
            count: 0,
            held_below: 0,
            are_requests_held: false,
            passes: 0,
            held: 0,
            is_gone: false,
            streams: Vec::new(),
        };
        let state = Arc::new((Mutex::new(state), Condvar::new()));
        let shared = Arc::clone(&state);
        // It ends when the way is dropped, which connects once more; so do the threads of its connections.
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.0.lock().expect("no panic").is_gone {
                    return;
                }
                accept(&shared, stream.expect("a connection"));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Leads new connections there; the old ones stay as they are.
    pub fn lead(&self, to: SocketAddr) {
        self.change(|state| state.to = to);
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        self.change(|state| {
            for stream in state.streams.drain(..) {
                // It may have ended by itself.
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
    }

    /// Holds every byte from now on, of new connections too.
    pub fn hold(&self) {
        self.change(|state| state.held_below = usize::MAX);
    }

    /// Holds every byte of the connections that there are.
    pub fn hold_old(&self) {
        self.change(|state| state.held_below = state.count);
    }

    /// Holds what goes there from now on, but not what comes back.
    pub fn hold_requests(&self) {
        self.change(|state| state.are_requests_held = true);
    }

    /// Forwards one of the requests that are held, or the next.
    pub fn let_one_pass(&self) {
        self.change(|state| state.passes += 1);
    }

    /// How many readings were held until now.
    pub fn held(&self) -> usize {
        self.state.0.lock().expect("no panic").held
    }

    /// Forwards what was held, and what comes.
    pub fn release(&self) {
        self.change(|state| (state.held_below, state.are_requests_held) = (0, false));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.0.lock().expect("no panic"));
        self.state.1.notify_all();
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.change(|state| state.is_gone = true);
        self.release();
        self.cut();
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(shared: &Arc<(Mutex<State>, Condvar)>, near: TcpStream) {
    let mut state = shared.0.lock().expect("no panic");
    // Where nobody listens, the connection is closed as soon as it was made.
    let Ok(far) = TcpStream::connect(state.to) else { return };
    let number = state.count;
    state.count += 1;
    let copy = |stream: &TcpStream| stream.try_clone().expect("a descriptor");
    state.streams.extend([copy(&near), copy(&far)]);
    for (is_request, from, to) in [(true, copy(&near), copy(&far)), (false, far, near)] {
        let shared = Arc::clone(shared);
        thread::spawn(move || forward(&shared, number, is_request, from, to));
    }
}

fn forward(
    shared: &(Mutex<State>, Condvar),
    number: usize,
    is_request: bool,
    mut from: TcpStream,
    mut to: TcpStream,
) {
    let needs_pass = |state: &State| is_request && state.are_requests_held;
    let is_held = |state: &mut State| number < state.held_below || needs_pass(state) && state.passes == 0;
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        let mut state = shared.0.lock().expect("no panic");
        state.held += usize::from(is_held(&mut state));
        let mut state = shared.1.wait_while(state, is_held).expect("no panic");
        if needs_pass(&state) {
            state.passes -= 1;
        }
        drop(state);
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    // The other side may be gone already.
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
