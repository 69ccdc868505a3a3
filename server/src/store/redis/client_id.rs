//! The identity of a connection at its Redis, by which a later connection can end it there.

use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError, RedisResult, cmd};

/// The number and the address of a connection. Another Redis may use the same number, but hardly for a connection from the
/// same address and port.
pub struct ClientId {
    id: String,
    address: String,
}

impl ClientId {
    /// Asks Redis for the identity of a connection.
    pub async fn ask(connection: &mut MultiplexedConnection) -> RedisResult<Self> {
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

    /// Ends this connection over another: commands that Redis has not read yet are never read. A connection does not end
    /// itself.
    pub async fn kill(&self, over: &mut MultiplexedConnection) -> RedisResult<()> {
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
        let id = ClientId::read(info).expect("a connection");
        assert_eq!([id.id, id.address], ["17", "[::1]:50186"]);
        assert!(ClientId::read("laddr=[::1]:6379 fd=8").is_none());
    }
}
