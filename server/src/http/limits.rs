//! Every limit of the server, in one place.
//!
//! What exceeds a limit is refused with the status named beside it, before anything is stored.

use std::time::Duration;

/// Bytes of a request head: 431.
pub const HEAD_BYTES: usize = 64 * 1024;

/// Header fields of a request: 431. It is hyper's own limit, which a test holds it to.
pub const HEADER_FIELDS: usize = 100;

/// Bytes of a request target: 414.
pub const TARGET_BYTES: usize = 8 * 1024;

/// Bytes of a request body, announced or sent: 413.
pub const BODY_BYTES: usize = 64 * 1024;

/// Bytes of a Host field: 255 of a name (RFC 1035), a colon and a port; 400.
pub const HOST_BYTES: usize = 255 + 6;

/// Passwords that wait for HARDENED=1 to hash them, 20 ms each on half of the processors: 503.
pub const PASSWORDS_WAITING: usize = 256;

/// Bytes of an email address (RFC 5321, 4.5.3.1.3); 400.
pub const EMAIL_BYTES: usize = 256;

/// Time from the first byte of a head to its last: the connection is closed.
pub const HEAD_TIME: Duration = Duration::from_secs(10);

/// Time from the end of a head to the last byte of its body: 408.
pub const BODY_TIME: Duration = Duration::from_secs(10);

/// Time that a Redis has for each look and each change, connecting included: 503. A request asks for
/// at most four, but for the list of all users.
pub const STORE_TIME: Duration = Duration::from_secs(2);

/// Time that a Redis has for the list of all users, of which each 500 are a look: 503.
pub const STORE_LIST_TIME: Duration = Duration::from_secs(10);

/// Time without a request, or without progress of an answer: the connection is closed.
pub const IDLE_TIME: Duration = Duration::from_secs(60);

/// Time that requests in flight have to finish once the server is told to stop. Half a second is left of the
/// five that the process has, for closing the store.
pub const DRAIN_TIME: Duration = Duration::from_millis(4500);

/// Pause after an accept that failed for want of file descriptors or memory.
pub const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Connections that wait in the kernel to be accepted: a burst of clients must not be told to retry in 1 s.
pub const BACKLOG: u32 = 4096;

/// Connections open at once, where the system lets the process have as many files: 503, and the connection is closed.
pub const CONNECTIONS: usize = 16 * 1024;

/// Files that are no connections: the store's, the log's, and connections that are being refused.
pub const OTHER_FILES: u64 = 64;

/// Connections that are being told so at once; beyond that they are closed without a word.
pub const REFUSALS: usize = 32;

/// Time that a client has to read its last answer, while what it still sends is discarded.
pub const LINGER_TIME: Duration = Duration::from_secs(1);

/// Bytes of a body that are discarded after the answer to its head: the connection is closed.
pub const LINGER_BYTES: usize = 1024 * 1024;
