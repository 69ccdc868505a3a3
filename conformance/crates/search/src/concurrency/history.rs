//! A history: the requests of several clients, with the order in which they began and were answered.

use std::sync::Arc;

use super::plan::Operation;
use model::Asked;
use spec::http::Request;
use spec::http::{Answer, Exchange, NoAnswer};
use spec::scenario::curl::Curl;

/// A request of a client.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which client sent it, counted from 0.
    pub client: usize,
    /// What it is for.
    pub operation: Operation,
    /// The request as a scenario writes it.
    pub written: Curl,
    /// The request as it was sent.
    pub request: Request,
    /// The same, read.
    pub asked: Asked,
}

/// What came back.
pub type Reply = Result<Arc<Answer>, NoAnswer>;

/// The beginning or the end of a call, by its place among the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is about to be sent.
    Begins(usize),
    /// Its answer is there, or none will come.
    Ends(usize),
}

/// What clients did, and in which order.
///
/// A call is noted before it is sent and after its answer has come: what is noted as one after the other was so,
/// and what is noted as at once may have been one after the other.
#[derive(Clone, Debug, Default)]
pub struct History {
    calls: Vec<Arc<Call>>,
    replies: Vec<Option<Reply>>,
    events: Vec<Event>,
}

impl History {
    /// Notes that a call begins, and gives its place.
    pub fn begins(&mut self, call: Call) -> usize {
        let index = self.calls.len();
        self.calls.push(Arc::new(call));
        self.replies.push(None);
        self.events.push(Event::Begins(index));
        index
    }

    /// Notes what came back for the call at a place.
    pub fn ends(&mut self, index: usize, reply: Reply) {
        self.replies[index] = Some(reply);
        self.events.push(Event::Ends(index));
    }

    /// Gives the calls, in the order in which they began.
    pub fn calls(&self) -> &[Arc<Call>] {
        &self.calls
    }

    /// Gives the events, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Gives the answer to a call, if one came.
    pub fn answer(&self, index: usize) -> Option<&Arc<Answer>> {
        self.replies[index].as_ref()?.as_ref().ok()
    }

    /// Says why no answer to a call came, if none did.
    pub fn no_answer(&self, index: usize) -> Option<&NoAnswer> {
        self.replies[index].as_ref()?.as_ref().err()
    }

    /// Tells whether a call was answered by a failure of the server, or not at all.
    pub fn has_failed(&self, index: usize) -> bool {
        self.answer(index).is_none_or(|answer| answer.status >= 500)
    }

    /// Gives the places of a call's beginning and end among the events.
    pub fn interval(&self, index: usize) -> (usize, usize) {
        let place = |event| self.events.iter().position(|one| *one == event);
        let begin = place(Event::Begins(index)).unwrap_or_default();
        (begin, place(Event::Ends(index)).unwrap_or(self.events.len()))
    }

    /// Gives a call with what came back.
    pub fn exchange(&self, index: usize) -> Exchange {
        let answer = match &self.replies[index] {
            Some(Ok(answer)) => Ok(Answer::clone(answer)),
            Some(Err(none)) => Err(none.clone()),
            None => Err(NoAnswer::Closed),
        };
        Exchange { request: self.calls[index].request.clone(), answer }
    }
}
