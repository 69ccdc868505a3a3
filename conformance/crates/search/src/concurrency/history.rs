//! A history: the requests of several clients, and the order of their invocations and returns.

use std::sync::Arc;

use super::operation::Operation;
use model::ParsedRequest;
use spec::http::Request;
use spec::http::{Answer, Exchange, NoAnswer};
use spec::scenario::curl::Curl;

/// One request of a client.
#[derive(Clone, Debug)]
pub struct Call {
    /// The client that sent the request, counted from 0.
    pub client: usize,
    /// The operation of the plan.
    pub operation: Operation,
    /// The request in the form of a scenario.
    pub scenario_curl: Curl,
    /// The sent request.
    pub request: Request,
    /// The sent request, parsed.
    pub parsed: ParsedRequest,
}

/// The result of a call: an answer, or the reason why none came.
pub type Reply = Result<Arc<Answer>, NoAnswer>;

/// The start or the end of a call, by the index of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The request is about to be sent.
    Invoked(usize),
    /// The answer has come, or the wait for it has ended.
    Returned(usize),
}

/// The calls of several clients, in a partial order.
///
/// A call is recorded before it is sent and after its answer has come. Calls whose intervals do not overlap were
/// therefore sequential. Calls whose intervals overlap may have been sequential too.
#[derive(Clone, Debug, Default)]
pub struct History {
    calls: Vec<Arc<Call>>,
    replies: Vec<Option<Reply>>,
    events: Vec<Event>,
}

impl History {
    /// Records the start of a call. Returns its index.
    pub fn invoke(&mut self, call: Call) -> usize {
        let index = self.calls.len();
        self.calls.push(Arc::new(call));
        self.replies.push(None);
        self.events.push(Event::Invoked(index));
        index
    }

    /// Records the end of the call with this index.
    pub fn complete(&mut self, index: usize, reply: Reply) {
        self.replies[index] = Some(reply);
        self.events.push(Event::Returned(index));
    }

    /// Returns the calls, in the order in which they started.
    pub fn calls(&self) -> &[Arc<Call>] {
        &self.calls
    }

    /// Returns the events, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the answer to a call, if one came.
    pub fn answer(&self, index: usize) -> Option<&Arc<Answer>> {
        self.replies[index].as_ref()?.as_ref().ok()
    }

    /// Returns the reason why no answer to a call came, if none came.
    pub fn failure(&self, index: usize) -> Option<&NoAnswer> {
        self.replies[index].as_ref()?.as_ref().err()
    }

    /// Returns whether the answer to a call was a server error, or no answer came.
    pub fn has_failed(&self, index: usize) -> bool {
        self.answer(index).is_none_or(|answer| answer.status >= 500)
    }

    /// Returns the indices of the start and the end of a call among the events. A call without an end lasts until
    /// after the last event.
    pub fn interval(&self, index: usize) -> (usize, usize) {
        let place = |event| self.events.iter().position(|one| *one == event);
        let begin = place(Event::Invoked(index)).unwrap_or_default();
        (begin, place(Event::Returned(index)).unwrap_or(self.events.len()))
    }

    /// Returns a call with its result. A call without an end counts as a closed connection.
    pub fn exchange(&self, index: usize) -> Exchange {
        let answer = match &self.replies[index] {
            Some(Ok(answer)) => Ok(Answer::clone(answer)),
            Some(Err(none)) => Err(none.clone()),
            None => Err(NoAnswer::Closed),
        };
        Exchange { request: self.calls[index].request.clone(), answer }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Fixtures;
    use super::*;

    #[test]
    fn a_call_lasts_from_its_start_to_its_end_or_beyond_the_last_event() {
        let call = |client| {
            let request = Request::get("http://h/".to_owned());
            let parsed = ParsedRequest::from(&request);
            let scenario_curl = Fixtures::documented().curl(client, Operation::List);
            Call { client, operation: Operation::List, scenario_curl, request, parsed }
        };
        let answer = |status| Arc::new(Answer { status, headers: Vec::new(), body: Vec::new() });
        let mut history = History::default();
        let (first, second, third) =
            (history.invoke(call(0)), history.invoke(call(1)), history.invoke(call(2)));
        history.complete(second, Ok(answer(200)));
        history.complete(first, Err(NoAnswer::Closed));
        assert_eq!([first, second, third].map(|index| history.interval(index)), [(0, 4), (1, 3), (2, 5)]);
        assert_eq!([first, second, third].map(|index| history.has_failed(index)), [true, false, true]);
        assert_eq!(history.failure(first), Some(&NoAnswer::Closed));
        assert_eq!(history.exchange(second).answer.map(|answer| answer.status), Ok(200));
        assert_eq!(history.exchange(third).answer, Err(NoAnswer::Closed), "it has no end");
        history.complete(third, Ok(answer(503)));
        assert!(history.has_failed(third), "a server error");
    }
}
