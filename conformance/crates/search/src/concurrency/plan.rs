//! Plans: what clients do at once, as it is drawn, shrunk and shown.

use std::collections::BTreeSet;
use std::fmt;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::strategy::Union;

/// What each of several clients does, one request after the other, while the others do theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Rows of operations, one for each client, who may also pause; two to four clients, eight operations at most.
    pub rows: Vec<Vec<Option<Operation>>>,
    /// When the next operation of a client begins.
    pub pace: Pace,
}

/// When the next operation of a client begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// When every client has the answer to its last one: the operations of a row meet.
    Abreast,
    /// As soon as the client has the answer to its own last one.
    Free,
}

/// One request of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// GET users/me with a session.
    Visit(Whose),
    /// A logout of a session.
    Logout(Whose),
    /// A right login; its session is the client's own from then on.
    Login(Person),
    /// A login with a wrong password.
    WrongLogin(Person),
    /// GET of a user.
    Read(Person),
    /// PUT of one name of a user: of the first name by every other client, of the last name by the others.
    Rename(Person),
    /// POST of a new user, of one of two addresses.
    Create(usize),
    /// DELETE of a user.
    Delete(Person),
    /// GET of all users.
    List,
}

/// A session, by who holds its ID. What is done to users is done with the client's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The one that every client knows, which is Bob's.
    Shared,
    /// The one of the client's last login, or else one that was made for it alone.
    Own,
}

/// A user who is there from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    /// The one whose session is shared.
    Bob,
    /// Another.
    Ann,
}

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// GET users/me.
    Visit,
    /// A logout.
    Logout,
    /// A right login.
    Login,
    /// A wrong login.
    WrongLogin,
    /// GET of a user.
    Read,
    /// PUT of a user.
    Rename,
    /// POST of a user.
    Create,
    /// DELETE of a user.
    Delete,
    /// GET of all users.
    List,
}

impl Kind {
    /// Every kind, with how often it is drawn.
    const WEIGHTS: [(Self, u32); 9] = [
        (Self::Visit, 6),
        (Self::Logout, 8),
        (Self::Login, 6),
        (Self::WrongLogin, 1),
        (Self::Read, 2),
        (Self::Rename, 3),
        (Self::Create, 2),
        (Self::Delete, 2),
        (Self::List, 1),
    ];

    /// Draws operations of this kind.
    fn operations(self) -> impl Strategy<Value = Operation> + Clone {
        let facts = (any::<bool>(), any::<bool>());
        facts.prop_map(move |(one, two)| {
            let whose = if one { Whose::Own } else { Whose::Shared };
            let person = if one { Person::Ann } else { Person::Bob };
            match self {
                Self::Visit => Operation::Visit(whose),
                Self::Logout => Operation::Logout(whose),
                Self::Login => Operation::Login(person),
                Self::WrongLogin => Operation::WrongLogin(person),
                Self::Read => Operation::Read(person),
                Self::Rename => Operation::Rename(person),
                Self::Create => Operation::Create(usize::from(two)),
                Self::Delete => Operation::Delete(person),
                Self::List => Operation::List,
            }
        })
    }
}

/// Draws plans without the kinds of operations in `left_out`; `None` where these are all.
pub fn plans(left_out: &BTreeSet<Kind>) -> Option<impl Strategy<Value = Plan> + use<>> {
    let kinds = Kind::WEIGHTS.iter().filter(|(kind, _)| !left_out.contains(kind));
    let kinds: Vec<_> = kinds.map(|(kind, weight)| (*weight, kind.operations())).collect();
    if kinds.is_empty() {
        return None;
    }
    let operation = Union::new_weighted(kinds);
    // To look for an order takes time that grows with the number of orders there are: eight operations are enough.
    let shapes = [(2, 4), (3, 2), (4, 2)].map(|(clients, most)| {
        let mixed = vec(option::weighted(0.8, operation.clone()), clients);
        let same = (operation.clone(), 2..=clients).prop_map(move |(operation, count)| {
            (0..clients).map(|client| (client < count).then_some(operation)).collect()
        });
        let row = Union::new_weighted(vec![(1, mixed.boxed()), (1, same.boxed())]);
        vec(row, 1..=most)
    });
    let pace = Union::new_weighted(vec![(2, Just(Pace::Abreast)), (1, Just(Pace::Free))]);
    Some((Union::new(shapes), pace).prop_map(|(rows, pace)| Plan { rows, pace }))
}

impl Operation {
    /// Gives its kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::Visit(_) => Kind::Visit,
            Self::Logout(_) => Kind::Logout,
            Self::Login(_) => Kind::Login,
            Self::WrongLogin(_) => Kind::WrongLogin,
            Self::Read(_) => Kind::Read,
            Self::Rename(_) => Kind::Rename,
            Self::Create(_) => Kind::Create,
            Self::Delete(_) => Kind::Delete,
            Self::List => Kind::List,
        }
    }

    /// Gives the user whom it names.
    pub fn person(self) -> Option<Person> {
        match self {
            Self::Login(person)
            | Self::WrongLogin(person)
            | Self::Read(person)
            | Self::Rename(person)
            | Self::Delete(person) => Some(person),
            Self::Visit(_) | Self::Logout(_) | Self::Create(_) | Self::List => None,
        }
    }

    /// Tells whose session it is sent with; a login with none.
    pub fn session(self) -> Option<Whose> {
        match self {
            Self::Visit(whose) | Self::Logout(whose) => Some(whose),
            Self::Login(_) | Self::WrongLogin(_) => None,
            _ => Some(Whose::Own),
        }
    }
}

impl Plan {
    /// Tells how many clients there are, pausing ones included.
    pub fn clients(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or_default()
    }

    /// Iterates over the operations of a client, counted from 0.
    pub fn of_client(&self, client: usize) -> impl Iterator<Item = Operation> {
        self.rows.iter().filter_map(move |row| *row.get(client)?)
    }

    /// Iterates over all operations.
    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        self.rows.iter().flatten().filter_map(|one| *one)
    }

    /// Lists the sessions that are there from the beginning: whose they are, who holds their IDs, and whether they
    /// are shared; the client counted from 0.
    pub fn sessions(&self) -> Vec<(Person, usize, Whose)> {
        let is_shared = self.operations().any(|one| one.session() == Some(Whose::Shared));
        let begins_with_one = |client: &usize| {
            let mut before = self.of_client(*client).take_while(|one| one.kind() != Kind::Login);
            before.any(|one| one.session() == Some(Whose::Own))
        };
        let own = (0..self.clients()).filter(begins_with_one);
        let shared = is_shared.then_some((Person::Bob, 0, Whose::Shared));
        shared.into_iter().chain(own.map(|client| (Person::of_client(client), client, Whose::Own))).collect()
    }

    /// Lists the users that are there from the beginning.
    pub fn people(&self) -> BTreeSet<Person> {
        let named = self.operations().filter_map(Operation::person);
        named.chain(self.sessions().into_iter().map(|(person, ..)| person)).collect()
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

    fn drawn(left_out: &BTreeSet<Kind>, count: usize) -> Vec<Plan> {
        let mut runner = TestRunner::deterministic();
        let plans = plans(left_out).expect("some kind is left");
        (0..count).map(|_| plans.new_tree(&mut runner).expect("nothing is rejected").current()).collect()
    }

    #[test]
    fn every_kind_is_drawn_for_two_to_four_clients_of_eight_operations_at_most() {
        let plans = drawn(&BTreeSet::new(), 200);
        let kinds: BTreeSet<Kind> = plans.iter().flat_map(Plan::operations).map(Operation::kind).collect();
        assert_eq!(kinds.len(), Kind::WEIGHTS.len());
        for plan in &plans {
            assert!((2..=4).contains(&plan.clients()), "{plan}");
            assert!(plan.operations().count() <= 8, "{plan}");
        }
        assert!(plans.iter().any(|plan| plan.clients() == 4));
    }

    #[test]
    fn what_is_left_out_is_not_drawn_and_leaving_out_all_leaves_nothing() {
        let left_out: BTreeSet<Kind> = [Kind::Logout, Kind::List].into();
        let plans = drawn(&left_out, 50);
        assert!(plans.iter().flat_map(Plan::operations).all(|one| !left_out.contains(&one.kind())));
        assert!(super::plans(&Kind::WEIGHTS.map(|(kind, _)| kind).into()).is_none());
    }

    #[test]
    fn a_plan_shrinks_by_operations_and_by_rows() {
        let mut runner = TestRunner::deterministic();
        let plans = plans(&BTreeSet::new()).expect("some kind is left");
        let tree = || plans.new_tree(&mut runner).expect("nothing is rejected");
        // Two logouts of one session in one row, whatever else there is.
        let is_wanted = |plan: &Plan| {
            let logout = Some(Operation::Logout(Whose::Shared));
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
    fn what_a_plan_begins_with_is_what_it_uses() {
        let rows = vec![
            vec![Some(Operation::Login(Person::Bob)), Some(Operation::List)],
            vec![Some(Operation::Visit(Whose::Own)), None],
        ];
        let mut plan = Plan { rows, pace: Pace::Free };
        assert_eq!(plan.sessions(), [(Person::Bob, 1, Whose::Own)]);
        assert_eq!(plan.people(), [Person::Bob].into());
        plan.rows[1][1] = Some(Operation::Logout(Whose::Shared));
        assert_eq!(plan.sessions().len(), 2);
    }
}
