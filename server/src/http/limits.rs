//! Every limit of the server, in one place.
//!
//! A request that exceeds a limit is refused with the status named beside it, before anything is stored.

use std::time::Duration;

/// Bytes of a request head: 431.
pub const HEAD_BYTES: usize = 64 * 1024;

/// Header fields of a request: 431. This is hyper's own limit; a test compares the two.
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

/// Time that a Redis has for each lookup and each change, connecting included: 503. A request makes at most four, apart
/// from the list of all users.
pub const STORE_TIME: Duration = Duration::from_secs(2);

/// Time that a Redis has for the list of all users, which takes a lookup for each 500: 503.
pub const STORE_LIST_TIME: Duration = Duration::from_secs(10);

/// Time without a request, or without progress of an answer: the connection is closed.
pub const IDLE_TIME: Duration = Duration::from_secs(60);

/// Time that requests in flight have to finish when the server is told to stop. Of the five seconds that the process has,
/// half a second is left for closing the store.
pub const DRAIN_TIME: Duration = Duration::from_millis(4500);

/// Pause after an accept that failed for lack of file descriptors or memory.
pub const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Connections that wait in the kernel to be accepted. A client beyond them would retry after a second.
pub const BACKLOG: u32 = 4096;

/// Connections open at once, if the system allows the process as many files: 503, and the connection is closed.
pub const CONNECTIONS: usize = 16 * 1024;

/// Open files that are not such connections: the store, the log, and connections that are being refused.
pub const OTHER_FILES: u64 = 64;

/// Connections that are being refused with an answer at once. Further ones are closed without an answer.
pub const REFUSALS: usize = 32;

/// Time that a client has to read its last answer, while what it still sends is discarded.
pub const LINGER_TIME: Duration = Duration::from_secs(1);

/// Bytes of a body that are discarded after the answer to its head: the connection is closed.
pub const LINGER_BYTES: usize = 1024 * 1024;
