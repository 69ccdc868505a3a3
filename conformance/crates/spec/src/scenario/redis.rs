//! The `redis` step: a command as redis-cli has it, or one of the documents' client programs.

use super::template::Template;

/// The variable that holds the address of a port where nobody listens.
pub const NOBODY: &str = "NOBODY";

/// A Redis server is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    /// `-u`: the address of the server, where it is not the one under test.
    pub server: Option<Template>,
    /// What it is asked.
    pub call: Call,
}

/// What a Redis server is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// One command, on a connection of its own; at least one word.
    Command(Vec<Template>),
    /// Whatever a program of the documents asks.
    Program(Client),
}

/// One of the documents' client programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// Connects.
    Connect,
    /// Sets and gets a value with callbacks.
    CallingBack,
    /// Sets and gets a value, awaiting each reply.
    Awaiting,
    /// Sets the fields of a hash and gets it.
    Hash,
    /// Hears messages, beside the steps that follow.
    Subscriber,
    /// Sends messages.
    Publisher,
}

impl Client {
    /// Every program.
    pub const ALL: [Self; 6] =
        [Self::Connect, Self::CallingBack, Self::Awaiting, Self::Hash, Self::Subscriber, Self::Publisher];

    /// Names the program as the documents do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "0-redis_client.js",
            Self::CallingBack => "1-redis_op.js",
            Self::Awaiting => "2-redis_op_async.js",
            Self::Hash => "4-redis_advanced_op.js",
            Self::Subscriber => "5-subscriber.js",
            Self::Publisher => "5-publisher.js",
        }
    }
}

impl Redis {
    /// Lists the templates in it.
    pub fn templates(&self) -> Vec<&Template> {
        let words = match &self.call {
            Call::Command(words) => words.as_slice(),
            Call::Program(_) => &[],
        };
        self.server.iter().chain(words).collect()
    }
}
