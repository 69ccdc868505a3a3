//! The steps of a Redis server: commands, the documents' client programs, and the one that runs beside them.

use tokio::net::TcpSocket;

use super::{Printed, Replayer, Stopped};
use spec::results::run::Outcome;
use spec::scenario::Redis;
use spec::scenario::redis::{Call, Client, NOBODY};
use spec::transcript::Answer;
use targets::redis;
use targets::redis::{Address, Connection, NoReply, NotRun, Publisher, Reply, Subscriber};

impl Replayer<'_, '_> {
    pub(super) async fn redis(&mut self, index: usize, asked: &Redis) -> Result<Printed, Stopped> {
        self.serving().await?;
        let elsewhere = asked.server.is_some();
        let address = self.address(index, asked).await?;
        let lines = match &asked.call {
            Call::Command(words) => {
                let words: Vec<String> =
                    words.iter().map(|word| self.expand(word, index)).collect::<Result<_, _>>()?;
                match self.command(&address, &words).await {
                    Ok(reply) => reply.to_string().lines().map(str::to_owned).collect(),
                    Err(NoReply::NoConnection(why)) => return Err(hindered(&NotRun(why))),
                    Err(none) if elsewhere => vec![format!("no reply: {none}")],
                    Err(none) => return Err(Stopped::Failed(format!("no reply: {none}"))),
                }
            }
            Call::Program(program) => {
                if *program == Client::Subscriber {
                    self.alone_on_the_channel(&address).await?;
                }
                self.client(*program, &address).await.map_err(|not_run| hindered(&not_run))?
            }
        };
        Ok((Answer::text(lines), Some(true)))
    }

    /// Lets the program that runs beside the steps come to its end, and shows what it has printed since.
    pub(super) async fn wait(&mut self) -> Result<Printed, Stopped> {
        let Some(mut subscriber) = self.subscriber.take() else {
            let none = "no program runs beside the steps".to_owned();
            return Ok((Answer::text(vec![none]), None));
        };
        subscriber.catch_up(None).await;
        let mut lines = subscriber.take_lines();
        if !subscriber.has_ended() {
            lines.push("it has not quit".to_owned());
        }
        Ok((Answer::text(lines), None))
    }

    /// Returns the address of the server that is asked.
    async fn address(&mut self, index: usize, asked: &Redis) -> Result<Address, Stopped> {
        let base = self.instance.sandbox().base_url();
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
        Address::parse(&text).map_err(|wrong| error(wrong.to_string()))
    }

    /// Returns the address of a port that nobody listens on, and that nobody else can take meanwhile.
    fn nobody(&mut self) -> std::io::Result<String> {
        let socket = match &self.closed_port {
            Some(socket) => socket,
            None => {
                let socket = TcpSocket::new_v4()?;
                socket.bind(([127, 0, 0, 1], 0).into())?;
                self.closed_port.insert(socket)
            }
        };
        Ok(Address::here(socket.local_addr()?.port()).to_string())
    }

    /// Ensures that nobody else hears the channel, where the server tells: they would be counted with ours.
    async fn alone_on_the_channel(&mut self, address: &Address) -> Result<(), Stopped> {
        let asked = ["PUBSUB", "NUMSUB", redis::CHANNEL].map(str::to_owned);
        let Ok(Reply::List(items)) = self.command(address, &asked).await else { return Ok(()) };
        match items.as_slice() {
            [_, Reply::Integer(others)] if *others > 0 => Err(super::not_checked(format!(
                "needs the channel for itself: {others} others are subscribed to \"{}\"",
                redis::CHANNEL
            ))),
            _ => Ok(()),
        }
    }

    async fn command(&mut self, address: &Address, words: &[String]) -> Result<Reply, NoReply> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut connection = Connection::open(address, self.instance.sandbox().reply_timeout()).await?;
        connection.ask(&words).await
    }

    async fn client(&mut self, program: Client, address: &Address) -> Result<Vec<String>, NotRun> {
        let timeout = self.instance.sandbox().reply_timeout();
        match program {
            Client::Connect => redis::connect(address, timeout).await,
            Client::CallingBack => redis::set_get_calling_back(address, timeout).await,
            Client::Awaiting => redis::set_get_awaiting(address, timeout).await,
            Client::Hash => redis::hash(address, timeout).await,
            Client::Publisher => Ok(match Publisher::connect(address, timeout).await? {
                Ok(publisher) => publisher.run(self.subscriber.as_mut()).await,
                Err(line) => vec![line],
            }),
            Client::Subscriber => Ok(match Subscriber::start(address, timeout).await? {
                Ok(mut subscriber) => {
                    let lines = subscriber.take_lines();
                    self.subscriber = Some(subscriber);
                    lines
                }
                Err(lines) => lines,
            }),
        }
    }
}

/// What becomes of a scenario where the suite itself cannot go on.
fn hindered(not_run: &NotRun) -> Stopped {
    Stopped::Rest(Outcome::Error { why: not_run.to_string() })
}
