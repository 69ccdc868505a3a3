//! Who a connection is to the Redis that it leads to, so that a later one can put an end to it there.

use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError, RedisResult, cmd};

/// A connection as its Redis knows it. Another Redis may have given the same number to another, but hardly to one
/// from the same address and port.
pub struct Peer {
    id: String,
    address: String,
}

impl Peer {
    /// Asks who this connection is.
    pub async fn of(connection: &mut MultiplexedConnection) -> RedisResult<Self> {
        let info: String = cmd("CLIENT").arg("INFO").query_async(connection).await?;
        Self::read(&info).ok_or_else(|| {
            RedisError::from((ErrorKind::UnexpectedReturnType, "CLIENT INFO names no connection"))
        })
    }

    fn read(info: &str) -> Option<Self> {
        let field =
            |name| info.split_whitespace().find_map(|field| field.strip_prefix(name)).map(str::to_owned);
        Some(Self { id: field("id=")?, address: field("addr=")? })
    }

    /// Ends this connection over another: what it has sent, and Redis has not read, is never read. It does not end
    /// itself.
    pub async fn end(&self, over: &mut MultiplexedConnection) -> RedisResult<()> {
        let mut kill = cmd("CLIENT");
        kill.arg("KILL").arg("ID").arg(&self.id).arg("ADDR").arg(&self.address);
        kill.exec_async(over).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_named_by_its_number_and_its_own_address() {
        let info = "id=17 addr=[::1]:50186 laddr=[::1]:6379 fd=8 name= age=0 lib-ver=\n";
        let peer = Peer::read(info).expect("a connection");
        assert_eq!([peer.id, peer.address], ["17", "[::1]:50186"]);
        assert!(Peer::read("laddr=[::1]:6379 fd=8").is_none());
    }
}
