//! A plan: the operations of several concurrent clients.

use std::collections::BTreeSet;
use std::fmt;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy};
use proptest::strategy::Union;

use super::actor::Actor;
use super::operation::{Operation, OperationKind};
use super::session_ref::SessionRef;

/// The operations of several concurrent clients. Each client sends one request after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Rows with one column per client. `None` is a pause. [`plans`] draws two to four clients and at most eight
    /// operations.
    pub rows: Vec<Vec<Option<Operation>>>,
    /// The moment at which a client starts its next operation.
    pub pace: Pace,
}

/// The moment at which a client starts its next operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// A client waits until every client has its answer, so that the operations of a row overlap.
    Lockstep,
    /// A client waits for its own answer only.
    Free,
}

/// Returns a strategy for plans without the kinds of operations in `left_out`; `None` if no kind is left.
pub fn plans(left_out: &BTreeSet<OperationKind>) -> Option<impl Strategy<Value = Plan> + use<>> {
    let kinds = OperationKind::WEIGHTS.iter().filter(|(kind, _)| !left_out.contains(kind));
    let kinds: Vec<_> = kinds.map(|(kind, weight)| (*weight, kind.operations())).collect();
    if kinds.is_empty() {
        return None;
    }
    let operation = Union::new_weighted(kinds);
    // The search for an order takes time that grows with the number of orders, so the operations are few.
    let shapes = [(2, 4), (3, 2), (4, 2)].map(|(clients, most)| {
        let mixed = vec(option::weighted(0.8, operation.clone()), clients);
        let same = (operation.clone(), 2..=clients).prop_map(move |(operation, count)| {
            (0..clients).map(|client| (client < count).then_some(operation)).collect()
        });
        let row = Union::new_weighted(vec![(1, mixed.boxed()), (1, same.boxed())]);
        vec(row, 1..=most)
    });
    let pace = Union::new_weighted(vec![(2, Just(Pace::Lockstep)), (1, Just(Pace::Free))]);
    Some((Union::new(shapes), pace).prop_map(|(rows, pace)| Plan { rows, pace }))
}

impl Plan {
    /// Returns the number of clients, including those that only pause.
    pub fn clients(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or_default()
    }

    /// Iterates over the operations of a client, counted from 0.
    pub fn client_operations(&self, client: usize) -> impl Iterator<Item = Operation> {
        self.rows.iter().filter_map(move |row| *row.get(client)?)
    }

    /// Iterates over all operations.
    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        self.rows.iter().flatten().filter_map(|one| *one)
    }

    /// Returns the sessions that the plan starts with: the user of each, the client that knows it, counted from 0,
    /// and the name by which the plan refers to it.
    pub fn sessions(&self) -> Vec<(Actor, usize, SessionRef)> {
        let is_shared = self.operations().any(|one| one.session() == Some(SessionRef::Shared));
        let begins_with_one = |client: &usize| {
            let mut before =
                self.client_operations(*client).take_while(|one| one.kind() != OperationKind::Login);
            before.any(|one| one.session() == Some(SessionRef::Own))
        };
        let own = (0..self.clients()).filter(begins_with_one);
        let shared = is_shared.then_some((Actor::Bob, 0, SessionRef::Shared));
        shared
            .into_iter()
            .chain(own.map(|client| (Actor::of_client(client), client, SessionRef::Own)))
            .collect()
    }

    /// Returns the users that the plan starts with.
    pub fn actors(&self) -> BTreeSet<Actor> {
        let named = self.operations().filter_map(Operation::actor);
        named.chain(self.sessions().into_iter().map(|(actor, ..)| actor)).collect()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let row = row.iter().map(|one| one.map_or("-".to_owned(), |one| format!("{one:?}")));
            writeln!(f, "{}", row.collect::<Vec<_>>().join(" | "))?;
        }
        write!(f, "{:?}", self.pace)
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    use super::*;

    fn drawn(left_out: &BTreeSet<OperationKind>, count: usize) -> Vec<Plan> {
        let mut runner = TestRunner::deterministic();
        let plans = plans(left_out).expect("some kind is left");
        (0..count).map(|_| plans.new_tree(&mut runner).expect("nothing is rejected").current()).collect()
    }

    #[test]
    fn plans_have_two_to_four_clients_at_most_eight_operations_and_every_kind() {
        let plans = drawn(&BTreeSet::new(), 200);
        let kinds: BTreeSet<OperationKind> =
            plans.iter().flat_map(Plan::operations).map(Operation::kind).collect();
        assert_eq!(kinds.len(), OperationKind::WEIGHTS.len());
        for plan in &plans {
            assert!((2..=4).contains(&plan.clients()), "{plan}");
            assert!(plan.operations().count() <= 8, "{plan}");
        }
        assert!(plans.iter().any(|plan| plan.clients() == 4));
    }

    #[test]
    fn kinds_that_are_left_out_are_not_drawn() {
        let left_out: BTreeSet<OperationKind> = [OperationKind::Logout, OperationKind::List].into();
        let plans = drawn(&left_out, 50);
        assert!(plans.iter().flat_map(Plan::operations).all(|one| !left_out.contains(&one.kind())));
        assert!(super::plans(&OperationKind::WEIGHTS.map(|(kind, _)| kind).into()).is_none());
    }

    #[test]
    fn a_plan_shrinks_by_operations_and_by_rows() {
        let mut runner = TestRunner::deterministic();
        let plans = plans(&BTreeSet::new()).expect("some kind is left");
        let tree = || plans.new_tree(&mut runner).expect("nothing is rejected");
        // Two logouts of one session in one row, whatever else there is.
        let is_wanted = |plan: &Plan| {
            let logout = Some(Operation::Logout(SessionRef::Shared));
            plan.rows.iter().any(|row| row.iter().filter(|one| **one == logout).count() > 1)
        };
        let mut found = std::iter::repeat_with(tree).filter(|tree| is_wanted(&tree.current()));
        let mut tree = found.next().expect("it is drawn at some time");
        while tree.simplify() {
            while !is_wanted(&tree.current()) && tree.complicate() {}
        }
        assert_eq!(tree.current().operations().count(), 2, "{}", tree.current());
        assert_eq!(tree.current().rows.len(), 1);
    }

    #[test]
    fn a_plan_starts_with_the_users_and_sessions_that_it_uses() {
        let rows = vec![
            vec![Some(Operation::Login(Actor::Bob)), Some(Operation::List)],
            vec![Some(Operation::Visit(SessionRef::Own)), None],
        ];
        let mut plan = Plan { rows, pace: Pace::Free };
        assert_eq!(plan.sessions(), [(Actor::Bob, 1, SessionRef::Own)]);
        assert_eq!(plan.actors(), [Actor::Bob].into());
        plan.rows[1][1] = Some(Operation::Logout(SessionRef::Shared));
        assert_eq!(plan.sessions().len(), 2);
    }
}
