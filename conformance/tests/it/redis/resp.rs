//! A small Redis server of the tests' own, right or with one mistake, and the target that starts it.

mod fault;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use spec::results::{SeedMethod, TargetKind};
use targets::clock::{ClockDriver, NoClock};
use targets::{Isolation, Sandbox, SandboxError, ServerSettings, Stop, Target};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

pub use fault::Fault;

/// The server with a mistake, as a target that can be restarted.
#[derive(Clone, Copy, Debug)]
pub struct Resp(pub Fault);

impl Resp {
    /// Starts it for as long as this process lives, and gives its address.
    pub async fn serve(self) -> String {
        self.serve_seen().await.0
    }

    /// The same, with what it has and has been asked.
    pub async fn serve_seen(self) -> (String, Arc<Mutex<Data>>) {
        let data = Arc::default();
        let (port, _) = serve(self.0, Arc::clone(&data)).await;
        (format!("redis://127.0.0.1:{port}"), data)
    }
}

#[async_trait]
impl Target for Resp {
    fn kind(&self) -> TargetKind {
        TargetKind::Command
    }

    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn command(&self) -> Option<String> {
        None
    }

    fn public_url(&self) -> String {
        "redis://127.0.0.1:6379".to_owned()
    }

    fn isolation(&self) -> Isolation {
        Isolation::ForkPerBatch
    }

    fn seed_methods(&self) -> &'static [SeedMethod] {
        &[]
    }

    async fn open(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let mut data = Data::default();
        if self.0 == Fault::KeepsWhatItHas {
            let there = [("Holberton", "School"), ("HolbertonSanFrancisco", "100")];
            data.values.extend(there.map(|(key, value)| (key.to_owned(), value.to_owned())));
        }
        let data = Arc::new(Mutex::new(data));
        Ok(Box::new(RespSandbox { fault: self.0, data, running: None, port: 0, clock: NoClock }))
    }
}

struct RespSandbox {
    fault: Fault,
    data: Arc<Mutex<Data>>,
    running: Option<JoinHandle<()>>,
    port: u16,
    clock: NoClock,
}

#[async_trait]
impl Sandbox for RespSandbox {
    async fn start(&mut self, _launch: &ServerSettings) -> Result<(), SandboxError> {
        let (port, running) = serve(self.fault, Arc::clone(&self.data)).await;
        (self.port, self.running) = (port, Some(running));
        Ok(())
    }

    async fn stop(&mut self, _how: Stop) -> Result<(), SandboxError> {
        if let Some(running) = self.running.take() {
            running.abort();
        }
        if self.fault == Fault::ForgetsAtRestart {
            self.data = Arc::default();
        }
        Ok(())
    }

    fn reply_timeout(&self) -> Duration {
        // Some mistakes are a silence; whatever else there is to hear comes, however busy the machine is.
        let is_silent = matches!(
            self.fault,
            Fault::AnswersTheFirst
                | Fault::NeverHangsUp
                | Fault::LosesAMessage
                | Fault::SwapsMessages
                | Fault::LosesTheKill
        );
        Duration::from_secs(if is_silent { 5 } else { 60 })
    }

    fn base_url(&self) -> String {
        if self.fault == Fault::HasNoName {
            // No name has a part so long: nobody is asked for it.
            return format!("redis://{}:{}", "a".repeat(64), self.port);
        }
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn clock(&mut self) -> &mut dyn ClockDriver {
        &mut self.clock
    }

    fn opened_at(&self) -> DateTime<Utc> {
        Utc::now()
    }

    async fn fork(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Resp(self.fault).open().await
    }
}

impl Drop for RespSandbox {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
        }
    }
}

/// The data of the server.
#[derive(Default)]
pub struct Data {
    /// The texts by key.
    pub values: BTreeMap<String, String>,
    /// The hashes by key, each in the order of its fields.
    pub hashes: BTreeMap<String, Vec<(String, String)>>,
    /// The commands that have come, each with the key or channel that it names.
    pub asked: BTreeSet<(String, String)>,
    subscribers: Vec<Subscribed>,
    /// A message that waits for the next one.
    held: Option<Vec<u8>>,
}

struct Subscribed {
    connection: u64,
    channel: String,
    push: UnboundedSender<Vec<u8>>,
}

async fn serve(fault: Fault, data: Arc<Mutex<Data>>) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let running = tokio::spawn(async move {
        let mut connection = 0;
        while let Ok((stream, _)) = listener.accept().await {
            connection += 1;
            let server = Server { fault, data: Arc::clone(&data), connection };
            tokio::spawn(server.converse(stream));
        }
    });
    (port, running)
}

/// One connection's view of the server.
struct Server {
    fault: Fault,
    data: Arc<Mutex<Data>>,
    connection: u64,
}

impl Server {
    async fn converse(self, stream: TcpStream) {
        if self.fault == Fault::HangsUp {
            return;
        }
        let (read, mut write) = stream.into_split();
        if self.fault == Fault::TooManyClients {
            let _ = write.write_all(b"-ERR max number of clients reached\r\n").await;
            return;
        }
        if self.fault == Fault::LetsNobodyIn {
            let _ = write.write_all(b"-DENIED Redis is running in protected mode\r\n").await;
            return;
        }
        let mut commands = BufReader::new(read);
        let (push, mut pushed) = unbounded_channel::<Vec<u8>>();
        loop {
            let command = tokio::select! {
                message = pushed.recv(), if self.fault != Fault::DeliversLater => {
                    let _ = write.write_all(&message.unwrap_or_default()).await;
                    continue;
                }
                command = peeked(&mut commands) => if command { read_command(&mut commands).await } else { None },
            };
            let Some(command) = command else { break };
            if self.fault == Fault::AnswersTheFirst {
                commands.consume(commands.buffer().len());
            }
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            if self.fault == Fault::HangsUpAtDel && words[0].eq_ignore_ascii_case("DEL") {
                break;
            }
            let answer = self.answer(&words, &push);
            // What was published before this command stands before its reply.
            let before = drained(&mut pushed);
            let both = if self.fault == Fault::DeliversLater { [answer, before] } else { [before, answer] };
            let _ = write.write_all(&both.concat()).await;
            if self.fault == Fault::NeverStopsPushing && words[0] == "SUBSCRIBE" {
                let message = list(&["message", words[1], "and on"]);
                // Until nobody is there to hear it.
                while write.write_all(message.as_bytes()).await.is_ok() {}
                break;
            }
            if words[0] == "QUIT" && self.fault != Fault::NeverHangsUp {
                break;
            }
        }
        if self.fault != Fault::KeepsSubscribers {
            self.data().subscribers.retain(|one| one.connection != self.connection);
        }
    }

    fn data(&self) -> std::sync::MutexGuard<'_, Data> {
        self.data.lock().expect("no connection panics")
    }

    fn answer(&self, words: &[&str], push: &UnboundedSender<Vec<u8>>) -> Vec<u8> {
        let mut data = self.data();
        let fault = self.fault;
        if fault == Fault::SpeaksHttp {
            return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec();
        }
        let subscribed = data.subscribers.iter().any(|one| one.connection == self.connection);
        let name = words[0].to_ascii_uppercase();
        // PUBSUB has a word before the channel that it names.
        let named = words.get(if name == "PUBSUB" { 2 } else { 1 }).copied().unwrap_or_default();
        data.asked.insert((name.clone(), named.to_owned()));
        let refusal = match fault {
            Fault::AsksForAPassword => Some("-NOAUTH Authentication required.\r\n"),
            Fault::IsLoading => Some("-LOADING Redis is loading the dataset in memory\r\n"),
            Fault::IsAReplica if matches!(name.as_str(), "SET" | "DEL" | "HSET" | "HDEL") => {
                Some("-READONLY You can't write against a read only replica.\r\n")
            }
            _ => None,
        };
        if let Some(refusal) = refusal {
            return refusal.as_bytes().to_vec();
        }
        let text = match (name.as_str(), &words[1..]) {
            ("PING", []) if fault == Fault::RefusesPing => "-ERR unknown command 'PING'\r\n".to_owned(),
            ("PING", []) if subscribed => list(&["pong", ""]),
            ("PING", []) if fault == Fault::WrongPong => "+PANG\r\n".to_owned(),
            ("PING", []) => "+PONG\r\n".to_owned(),
            ("QUIT", []) if fault == Fault::SilentQuit => String::new(),
            ("SELECT", [_]) | ("QUIT", []) => "+OK\r\n".to_owned(),
            ("SET", [key, value]) => {
                if !matches!(fault, Fault::KeepsNothing | Fault::KeepsWhatItHas) {
                    data.values.insert((*key).to_owned(), (*value).to_owned());
                }
                let is_number = value.parse::<u64>().is_ok();
                if fault == Fault::ConfirmsWithANumber && is_number { ":1\r\n" } else { "+OK\r\n" }.to_owned()
            }
            ("GET", [key]) => match data.values.get(*key) {
                Some(value) if fault == Fault::WrongValue && value.parse::<u64>().is_ok() => bulk("0"),
                Some(value) => bulk(value),
                None => "$-1\r\n".to_owned(),
            },
            ("DEL", [key]) => {
                let gone = data.values.remove(*key).is_some() || data.hashes.remove(*key).is_some();
                format!(":{}\r\n", usize::from(gone))
            }
            ("HSET", [key, field, value]) => {
                let hash = data.hashes.entry((*key).to_owned()).or_default();
                let known = hash.iter_mut().find(|(name, _)| name == field);
                let is_new = known.is_none();
                match known {
                    Some((_, old)) => (*value).clone_into(old),
                    None => hash.push(((*field).to_owned(), (*value).to_owned())),
                }
                let counts = match fault {
                    Fault::CountsNoField => false,
                    Fault::CountsEveryField => true,
                    _ => is_new,
                };
                format!(":{}\r\n", usize::from(counts))
            }
            ("HGET", [key, field]) => {
                let hash = data.hashes.get(*key).map(Vec::as_slice).unwrap_or_default();
                let found = hash.iter().find(|(name, _)| name == field);
                found.map_or_else(|| "$-1\r\n".to_owned(), |(_, value)| bulk(value))
            }
            ("HLEN", [key]) => format!(":{}\r\n", data.hashes.get(*key).map_or(0, Vec::len)),
            ("HGETALL", [key]) => hash(data.hashes.get(*key).cloned().unwrap_or_default(), fault),
            ("SUBSCRIBE", [_]) if fault == Fault::RefusesSubscribers => "-ERR no channels\r\n".to_owned(),
            ("SUBSCRIBE", [channel]) => {
                let (connection, push) = (self.connection, push.clone());
                data.subscribers.push(Subscribed { connection, channel: (*channel).to_owned(), push });
                confirmed("subscribe", channel, 1)
            }
            ("UNSUBSCRIBE", [channel]) => {
                if fault != Fault::KeepsSubscribers {
                    data.subscribers.retain(|one| one.connection != self.connection);
                }
                let confirmed = confirmed("unsubscribe", channel, 0);
                match fault {
                    Fault::SilentUnsubscribe => String::new(),
                    Fault::SendsOneMore => confirmed + &list(&["message", channel, "one more"]),
                    _ => confirmed,
                }
            }
            ("PUBSUB", ["NUMSUB", channel]) => {
                let count = data.subscribers.iter().filter(|one| one.channel == *channel).count();
                format!("*2\r\n{}:{count}\r\n", bulk(channel))
            }
            ("PUBLISH", [channel, message]) => match publish(&mut data, fault, channel, message) {
                _ if fault == Fault::ConfirmsWithAWord => "+OK\r\n".to_owned(),
                count => format!(":{count}\r\n"),
            },
            _ => format!("-ERR unknown command '{name}'\r\n"),
        };
        text.into_bytes()
    }
}

/// Sends a message to the subscribers of a channel and counts them.
fn publish(data: &mut Data, fault: Fault, channel: &str, message: &str) -> usize {
    let pushed = list(&["message", channel, message]).into_bytes();
    let sent = match fault {
        Fault::LosesAMessage if message.contains("#2") => Vec::new(),
        Fault::LosesTheKill if message == "KILL_SERVER" => Vec::new(),
        Fault::SwapsMessages if message.contains("#1") => {
            data.held = Some(pushed);
            Vec::new()
        }
        Fault::SwapsMessages => [pushed, data.held.take().unwrap_or_default()].concat(),
        Fault::RepeatsMessages => pushed.repeat(2),
        _ => pushed,
    };
    let listening = data.subscribers.iter().filter(|one| one.channel == channel);
    // Whoever has gone without a word is counted and hears nothing.
    let pushes = listening.map(|one| drop(one.push.send(sent.clone())));
    pushes.fold(0, |count, ()| count + 1)
}

fn hash(mut pairs: Vec<(String, String)>, fault: Fault) -> String {
    match fault {
        Fault::OtherOrder => pairs.reverse(),
        Fault::LosesAField => drop(pairs.pop()),
        Fault::WrongPairs => {
            let values: Vec<String> = pairs.iter().rev().map(|(_, value)| value.clone()).collect();
            pairs.iter_mut().zip(values).for_each(|((_, value), other)| *value = other);
        }
        _ => {}
    }
    let items: Vec<&str> = pairs.iter().flat_map(|(field, value)| [field.as_str(), value.as_str()]).collect();
    list(&items)
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn list(items: &[&str]) -> String {
    format!("*{}\r\n{}", items.len(), items.iter().map(|item| bulk(item)).collect::<String>())
}

fn confirmed(what: &str, channel: &str, left: usize) -> String {
    format!("*3\r\n{}{}:{left}\r\n", bulk(what), bulk(channel))
}

fn drained(pushed: &mut UnboundedReceiver<Vec<u8>>) -> Vec<u8> {
    let mut all = Vec::new();
    while let Ok(message) = pushed.try_recv() {
        all.extend(message);
    }
    all
}

/// Tells whether anything comes; nothing is lost if the caller stops waiting.
async fn peeked(commands: &mut BufReader<OwnedReadHalf>) -> bool {
    commands.fill_buf().await.is_ok_and(|bytes| !bytes.is_empty())
}

async fn read_command(commands: &mut BufReader<OwnedReadHalf>) -> Option<Vec<String>> {
    let count = number(commands, '*').await?;
    let mut words = Vec::new();
    for _ in 0..count {
        let mut word = vec![0; number(commands, '$').await? + 2];
        commands.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8_lossy(&word[..word.len() - 2]).into_owned());
    }
    Some(words)
}

async fn number(commands: &mut BufReader<OwnedReadHalf>, mark: char) -> Option<usize> {
    let mut line = String::new();
    commands.read_line(&mut line).await.ok()?;
    line.trim_end().strip_prefix(mark)?.parse().ok()
}
