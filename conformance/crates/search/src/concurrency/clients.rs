//! The clients: they carry out a plan concurrently, and record a history.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use super::fixtures::Fixtures;
use super::history::{Call, History};
use super::operation::{Operation, OperationKind};
use super::plan::{Pace, Plan};
use super::session_ref::SessionRef;
use model::ParsedRequest;
use targets::client;

/// The knowledge that all clients of a trial share.
pub struct Clients<'a> {
    /// The users and the cookie in their requests.
    pub fixtures: &'a Fixtures,
    /// The values of the variables in their requests.
    pub values: BTreeMap<String, String>,
    /// The time to wait for each answer.
    pub timeout: Duration,
}

/// One client, with the sessions that it knows.
struct Client<'a> {
    number: usize,
    fixtures: &'a Fixtures,
    values: BTreeMap<String, String>,
    timeout: Duration,
    /// Whether a request got no answer. The client sends no more requests then.
    is_stuck: bool,
}

impl Clients<'_> {
    /// Carries out a plan concurrently, each client on its own connections. Returns the history.
    ///
    /// An operation is left out if its session does not exist.
    pub async fn run(&self, plan: &Plan) -> History {
        let history = Mutex::new(History::default());
        let mut clients = self.make(plan.clients());
        match plan.pace {
            Pace::Free => {
                let all = clients.iter_mut().map(|client| async {
                    for operation in plan.client_operations(client.number) {
                        client.send(operation, &history).await;
                    }
                });
                join_all(all).await;
            }
            Pace::Lockstep => {
                for row in &plan.rows {
                    let pairs = clients.iter_mut().zip(row);
                    let all = pairs.filter_map(|(client, one)| Some(client.send((*one)?, &history)));
                    join_all(all).await;
                }
            }
        }
        history.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out operations one after another. Each belongs to one of `count` clients, counted from 0.
    pub async fn run_sequentially(
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
            fixtures: self.fixtures,
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
        let request =
            self.fixtures.curl(self.number, operation).resolve(&|name: &str| values.get(name).cloned());
        let Some(request) = request.ok().filter(|_| !self.is_stuck) else { return };
        let index = locked(history).invoke(Call {
            client: self.number,
            operation,
            scenario_curl: Fixtures::documented().curl(self.number, operation),
            parsed: ParsedRequest::from(&request),
            request: request.clone(),
        });
        let reply = client::send(request, self.timeout).await.answer.map(Arc::new);
        locked(history).complete(index, reply.clone());
        let Ok(answer) = reply else {
            self.is_stuck = true;
            return;
        };
        let session = answer.cookie(&self.fixtures.cookie_name).filter(|_| answer.is_success());
        if let (OperationKind::Login, Some(id)) = (operation.kind(), session) {
            self.values.insert(SessionRef::Own.variable(self.number), id.to_owned());
        }
    }
}

fn locked(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}
