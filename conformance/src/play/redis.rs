//! The steps of a Redis server: commands, the documents' client programs, and the one that runs beside them.

use tokio::net::TcpSocket;

use super::{Player, Printed, Stopped};
use crate::redis::{self, Address, Connection, Publisher, Subscriber};
use crate::run::Outcome;
use crate::scenario::Redis;
use crate::scenario::redis::{Call, Client, NOBODY};

impl Player<'_, '_> {
    pub(super) async fn redis(&mut self, index: usize, asked: &Redis) -> Result<Printed, Stopped> {
        self.serving().await?;
        let elsewhere = asked.server.is_some();
        let address = self.address(index, asked).await?;
        let lines = match &asked.call {
            Call::Command(words) => {
                let words: Vec<String> =
                    words.iter().map(|word| self.expand(word, index)).collect::<Result<_, _>>()?;
                match self.command(&address, &words).await {
                    Ok(reply) => reply.lines().map(str::to_owned).collect(),
                    Err(none) if elsewhere => vec![format!("no reply: {none}")],
                    Err(none) => return Err(Stopped::Failed(format!("no reply: {none}"))),
                }
            }
            Call::Program(program) => self.client(*program, &address).await,
        };
        Ok((lines, Some(true)))
    }

    /// Lets the program that runs beside the steps come to its end, and shows what it has printed since.
    pub(super) async fn wait(&mut self) -> Result<Printed, Stopped> {
        let Some(mut subscriber) = self.beside.take() else {
            return Ok((vec!["no program runs beside the steps".to_owned()], None));
        };
        subscriber.catch_up().await;
        let mut lines = subscriber.take_lines();
        if !subscriber.has_ended() {
            lines.push("it has not quit".to_owned());
        }
        Ok((lines, None))
    }

    /// Gives the address of the server that is asked.
    async fn address(&mut self, index: usize, asked: &Redis) -> Result<Address, Stopped> {
        let base = self.stage.site().base_url();
        let error = |why: String| Stopped::Step(Outcome::Error { why });
        let text = match &asked.server {
            None => base,
            Some(server) => {
                let nobody = self.nobody().map_err(|why| error(why.to_string()))?;
                self.variables.insert(NOBODY.to_owned(), nobody);
                self.variables.insert("URL".to_owned(), base);
                self.expand(server, index)?
            }
        };
        Address::parse(&text).map_err(error)
    }

    /// Gives the address of a port that nobody listens on, and that nobody else can take meanwhile.
    fn nobody(&mut self) -> std::io::Result<String> {
        let socket = match &self.nobody {
            Some(socket) => socket,
            None => {
                let socket = TcpSocket::new_v4()?;
                socket.bind(([127, 0, 0, 1], 0).into())?;
                self.nobody.insert(socket)
            }
        };
        Ok(Address::here(socket.local_addr()?.port()).to_string())
    }

    async fn command(&mut self, address: &Address, words: &[String]) -> Result<String, redis::NoReply> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut connection = Connection::open(address, self.stage.site().reply_patience()).await?;
        Ok(connection.ask(&words).await?.to_string())
    }

    async fn client(&mut self, program: Client, address: &Address) -> Vec<String> {
        let patience = self.stage.site().reply_patience();
        match program {
            Client::Connect => redis::connect(address, patience).await,
            Client::CallingBack => redis::set_get_calling_back(address, patience).await,
            Client::Awaiting => redis::set_get_awaiting(address, patience).await,
            Client::Hash => redis::hash(address, patience).await,
            Client::Publisher => match Publisher::connect(address, patience).await {
                Ok(publisher) => publisher.run(self.beside.as_mut()).await,
                Err(line) => vec![line],
            },
            Client::Subscriber => match Subscriber::start(address, patience).await {
                Ok(mut subscriber) => {
                    let lines = subscriber.take_lines();
                    self.beside = Some(subscriber);
                    lines
                }
                Err(lines) => lines,
            },
        }
    }
}
