//! The clients: they do what a plan says, at once, and note what they do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use super::cast::{Cast, variable};
use super::history::{Call, History};
use super::plan::{Kind, Operation, Pace, Plan, Whose};
use model::Asked;
use targets::client;

/// What the clients of a trial know together.
pub struct Clients<'a> {
    /// The users and the cookie that they name.
    pub cast: &'a Cast,
    /// The values of the variables in their requests.
    pub values: BTreeMap<String, String>,
    /// How long each waits for an answer.
    pub timeout: Duration,
}

/// One of them, with the sessions that it knows.
struct Client<'a> {
    number: usize,
    cast: &'a Cast,
    values: BTreeMap<String, String>,
    timeout: Duration,
    /// It got no answer, and does nothing more.
    is_stuck: bool,
}

impl Clients<'_> {
    /// Carries out a plan, each client on connections of its own.
    ///
    /// An operation with a session that was not made is left out.
    pub async fn follow(&self, plan: &Plan) -> History {
        let history = Mutex::new(History::default());
        let mut clients = self.make(plan.clients());
        match plan.pace {
            Pace::Free => {
                let all = clients.iter_mut().map(|client| async {
                    for operation in plan.of_client(client.number) {
                        client.send(operation, &history).await;
                    }
                });
                join_all(all).await;
            }
            Pace::Abreast => {
                for row in &plan.rows {
                    let pairs = clients.iter_mut().zip(row);
                    let all = pairs.filter_map(|(client, one)| Some(client.send((*one)?, &history)));
                    join_all(all).await;
                }
            }
        }
        history.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out the operations of `count` clients, counted from 0, one after the other.
    pub async fn one_by_one(
        &self,
        operations: impl IntoIterator<Item = (usize, Operation)>,
        count: usize,
    ) -> History {
        let history = Mutex::new(History::default());
        let mut clients = self.make(count);
        for (client, operation) in operations {
            clients[client].send(operation, &history).await;
        }
        history.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, count: usize) -> Vec<Client<'_>> {
        let one = |number| Client {
            number,
            cast: self.cast,
            values: self.values.clone(),
            timeout: self.timeout,
            is_stuck: false,
        };
        (0..count).map(one).collect()
    }
}

impl Client<'_> {
    async fn send(&mut self, operation: Operation, history: &Mutex<History>) {
        let values = &self.values;
        let request = self.cast.curl(self.number, operation).resolve(&|name: &str| values.get(name).cloned());
        let Some(request) = request.ok().filter(|_| !self.is_stuck) else { return };
        let index = locked(history).begins(Call {
            client: self.number,
            operation,
            written: Cast::written().curl(self.number, operation),
            asked: Asked::of(&request),
            request: request.clone(),
        });
        let reply = client::send(request, self.timeout).await.answer.map(Arc::new);
        locked(history).ends(index, reply.clone());
        let Ok(answer) = reply else {
            self.is_stuck = true;
            return;
        };
        let session = answer.cookie(&self.cast.cookie_name).filter(|_| answer.is_success());
        if let (Kind::Login, Some(id)) = (operation.kind(), session) {
            self.values.insert(variable(self.number, Whose::Own), id.to_owned());
        }
    }
}

fn locked(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}
