//! Strategies: how the states, operations and words of a property are drawn. What is drawn first is simplest.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest_state_machine::strategy::Sequential;

use super::credential::{Among, BasicWrong, Credential, Elsewhere, Spelling};
use super::property::Property;
use super::reference_state::{ReferenceState, first_users};
use super::spelling::{Change, DETOURS, ENDS};
use super::transition::{Capabilities, Content, Fields, Place, Transition, Who, Word};
use super::words;
use spec::catalogue::Mode;
use spec::scenario::{SessionDuration, Settings};

/// The longest sequence, in operations.
const LONGEST: usize = 16;

/// What `proptest-state-machine` draws sequences with.
pub type Sequences =
    Sequential<ReferenceState, Transition, BoxedStrategy<ReferenceState>, BoxedStrategy<Transition>>;

/// Draws sequences of a property in these modes; at least one.
pub fn sequences(property: Property, modes: &[Mode], capabilities: Capabilities) -> Sequences {
    let modes = modes.to_vec();
    Sequential::new(
        (1..=LONGEST).into(),
        move || {
            let states = (select(modes.clone()), settings(property, capabilities));
            states
                .prop_map(move |(mode, settings)| ReferenceState::new(property, mode, settings, capabilities))
                .boxed()
        },
        ReferenceState::can,
        transition,
        ReferenceState::after,
    )
}

fn settings(property: Property, capabilities: Capabilities) -> BoxedStrategy<Settings> {
    let documented = Settings::default();
    if !capabilities.restarts {
        return Just(documented).boxed();
    }
    let value = |text: &str| SessionDuration::Value(text.to_owned());
    let durations = if capabilities.clock {
        let odd = vec![SessionDuration::Unset, value("0"), value("-1"), value("abc"), value("")];
        prop_oneof![
            4 => Just(SessionDuration::OfMode),
            4 => select(vec![value("1"), value("2"), value("5"), value("3600")]),
            2 => select(odd),
        ]
        .boxed()
    } else {
        // What expires by itself in the middle of a sequence would tell of the machine's speed.
        Just(SessionDuration::Unset).boxed()
    };
    let of_time = matches!(property, Property::Expiry | Property::Users | Property::Walk);
    let zones = match of_time {
        true => prop::option::weighted(0.2, select(vec!["Asia/Tokyo", "America/Lima"])).boxed(),
        false => Just(None).boxed(),
    };
    let names = prop_oneof![5 => Just(Settings::SESSION_NAME), 1 => Just("sid")];
    (durations, zones, names)
        .prop_map(|(session_duration, zone, name)| Settings {
            session_name: name.to_owned(),
            session_duration,
            tz: zone.map(str::to_owned),
            ..Settings::default()
        })
        .boxed()
}

/// Draws what a sequence does next.
fn transition(state: &ReferenceState) -> BoxedStrategy<Transition> {
    let weights = state.property.weights();
    let mut kinds: Vec<(u32, BoxedStrategy<Transition>)> = Vec::new();
    let mut add = |weight: u32, strategy: BoxedStrategy<Transition>| {
        if weight > 0 {
            kinds.push((weight, strategy));
        }
    };
    let session_mode = state.mode.is_session();
    if session_mode {
        add(weights.login, login(state));
        add(weights.login_wrong, login_wrong(state));
        add(weights.logout, ask("DELETE", Place::Path(LOGOUT), able(state)));
    }
    // Where a session is about to end, this is the moment to look.
    add(if state.is_at_a_boundary() { 4 * weights.visit } else { weights.visit }, visit(state));
    add(weights.probe, probe(state));
    if state.mode != Mode::Off {
        add(weights.spelled, spelled(state));
    }
    add(weights.create, create(state));
    add(weights.create_wrong, create_wrong(state));
    if let Some(users) = changeable(state) {
        add(weights.update, update(state, users.clone()));
        add(weights.delete, (users, able(state)).prop_map(delete).boxed());
    }
    if state.capabilities.clock {
        let due = state.boundaries();
        if !due.is_empty() {
            add(weights.boundary, select(due).prop_map(Transition::Sleep).boxed());
        }
        add(weights.sleep, prop_oneof![1..100_u64, 1..1_000_000_u64].prop_map(Transition::Sleep).boxed());
    }
    if state.capabilities.restarts {
        add(weights.restart, select(vec![Transition::Restart, Transition::Kill]).boxed());
    }
    Union::new_weighted(kinds).boxed()
}

const LOGOUT: &str = "/api/v1/auth_session/logout";

/// The paths that only credentials open.
const PROTECTED: [&str; 4] = ["/api/v1/users/me", "/api/v1/users", "/api/v1/stats", LOGOUT];

/// Paths of every kind, known and unknown.
const PLACES: [&str; 14] = [
    LOGOUT,
    "/api/v1/auth_session/login",
    "/api/v1/users/me",
    "/api/v1/users",
    "/api/v1/stats",
    "/api/v1/status",
    "/api/v1/unauthorized",
    "/api/v1/forbidden",
    "/api/v1/users/5535d4d7-3d77-4d06-8281-495dc3acfe76",
    "/api/v1/nothing",
    "/api/v1/statusx",
    "/api/v1/users/me/x",
    "/api/v2/users",
    "/",
];

fn ask(method: &'static str, place: Place, with: BoxedStrategy<Credential>) -> BoxedStrategy<Transition> {
    (with, slash()).prop_map(move |(with, slash)| Transition::Ask { method, place, slash, with }).boxed()
}

fn delete((user, with): (usize, Credential)) -> Transition {
    Transition::Ask { method: "DELETE", place: Place::User(user), slash: false, with }
}

fn slash() -> BoxedStrategy<bool> {
    prop::bool::weighted(0.25).boxed()
}

fn user(state: &ReferenceState) -> BoxedStrategy<usize> {
    (0..state.accounts.users.len()).boxed()
}

/// Draws a user that may be changed: where each sequence has not users of its own, none of those that all begin with.
fn changeable(state: &ReferenceState) -> Option<BoxedStrategy<usize>> {
    let first = if state.capabilities.restarts { 0 } else { first_users().len() };
    (first < state.accounts.users.len()).then(|| (first..state.accounts.users.len()).boxed())
}

/// Draws credentials that let somebody in, where the mode has any and the sequence holds some.
fn able(state: &ReferenceState) -> BoxedStrategy<Credential> {
    match state.mode {
        Mode::Off | Mode::Auth => Just(Credential::None).boxed(),
        Mode::BasicAuth => user(state).prop_map(Credential::Basic).boxed(),
        _ if state.accounts.sessions.is_empty() => Just(Credential::None).boxed(),
        _ => {
            let session = 0..state.accounts.sessions.len();
            let among = select(vec![Among::First, Among::Last, Among::Tight, Among::AfterSimilar]);
            prop_oneof![
                9 => session.clone().prop_map(Credential::Session),
                1 => (session, among).prop_map(|(session, among)| Credential::Among(session, among)),
            ]
            .boxed()
        }
    }
}

/// Draws credentials that should let nobody in.
fn unable(state: &ReferenceState) -> BoxedStrategy<Credential> {
    let basic = prop_oneof![
        words::password().prop_map(BasicWrong::Password),
        select(vec!["x", " ", ":", "\n"]).prop_map(BasicWrong::Longer),
        words::email().prop_map(BasicWrong::Email),
        select(vec!["basic ", "Basic", "BASIC ", "Bearer ", "x Basic ", "", "Basic\t", "Basic  "])
            .prop_map(BasicWrong::Scheme),
        select(vec![BasicWrong::Plain, BasicWrong::NotUtf8, BasicWrong::NoColon]),
    ];
    let cookie = prop_oneof![
        Just("5535d4d7-3d77-4d06-8281-495dc3acfe76".to_owned()),
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}",
        "[a-zA-Z0-9._~%+/-]{1,20}",
    ];
    let authorization = prop_oneof![
        select(vec!["Basic", "Basic ", "Basic =", "Basic Og==", "Basic Zm9v", "Bearer x", "x", "Digest a=b"])
            .prop_map(str::to_owned),
        "Basic [A-Za-z0-9+/]{1,24}={0,2}",
    ];
    let basic_weight = if state.mode == Mode::BasicAuth { 8 } else { 1 };
    let mut kinds = vec![
        (3, Just(Credential::None).boxed()),
        (2, cookie.prop_map(Credential::Cookie).boxed()),
        (
            basic_weight,
            (user(state), basic).prop_map(|(user, wrong)| Credential::BasicWrong(user, wrong)).boxed(),
        ),
        (1, authorization.prop_map(Credential::Authorization).boxed()),
    ];
    if state.mode != Mode::BasicAuth {
        kinds.push((1, user(state).prop_map(Credential::Basic).boxed()));
    }
    if !state.accounts.sessions.is_empty() {
        let session = 0..state.accounts.sessions.len();
        let spelling = select(vec![
            Spelling::Upper,
            Spelling::Braces,
            Spelling::Urn,
            Spelling::Bare,
            Spelling::Cut,
            Spelling::Extended,
            Spelling::Percent,
        ]);
        let elsewhere = select(vec![
            Elsewhere::Query,
            Elsewhere::Authorization,
            Elsewhere::Field,
            Elsewhere::LongerCookie,
            Elsewhere::PrefixedCookie,
            Elsewhere::Body,
        ]);
        kinds.push((
            3,
            (session.clone(), spelling).prop_map(|(id, how)| Credential::Spelled(id, how)).boxed(),
        ));
        kinds
            .push((3, (session, elsewhere).prop_map(|(id, place)| Credential::Elsewhere(id, place)).boxed()));
    }
    Union::new_weighted(kinds).boxed()
}

fn any_credential(state: &ReferenceState) -> BoxedStrategy<Credential> {
    prop_oneof![2 => unable(state), 1 => able(state)].boxed()
}

/// A protected place, with what lets somebody in.
fn visit(state: &ReferenceState) -> BoxedStrategy<Transition> {
    let paths = select(PROTECTED[..3].to_vec()).prop_map(Place::Path);
    let place = prop_oneof![3 => paths, 1 => user(state).prop_map(Place::User)];
    (place, able(state), slash())
        .prop_map(|(place, with, slash)| Transition::Ask { method: "GET", place, slash, with })
        .boxed()
}

/// Any place, with anything.
fn probe(state: &ReferenceState) -> BoxedStrategy<Transition> {
    let paths = select(PLACES.to_vec()).prop_map(Place::Path);
    let place = prop_oneof![4 => paths, 1 => user(state).prop_map(Place::User)];
    // What changes something in a way that the documents do not speak of is left alone.
    let method = prop_oneof![8 => Just("GET"), 1 => Just("PATCH"), 1 => Just("HEAD")];
    let asked = (method, place, any_credential(state), slash())
        .prop_map(|(method, place, with, slash)| Transition::Ask { method, place, slash, with });
    if state.mode.is_session() {
        prop_oneof![6 => asked, 1 => ask("DELETE", Place::Path(LOGOUT), any_credential(state))].boxed()
    } else {
        asked.boxed()
    }
}

fn spelled(state: &ReferenceState) -> BoxedStrategy<Transition> {
    let change = prop_oneof![
        (0..6_usize).prop_map(Change::DoubleSlash),
        (0..6_usize).prop_map(Change::Dot),
        (0..6_usize, select(DETOURS.to_vec())).prop_map(|(place, through)| Change::Detour(place, through)),
        (0..20_usize).prop_map(Change::Percent),
        (0..20_usize).prop_map(Change::Case),
        select(ENDS.to_vec()).prop_map(Change::End),
    ];
    let place = select(PROTECTED[..3].to_vec()).prop_map(Place::Path);
    // Of a path that is changed in several places a server seldom makes anything at all.
    let changes = prop_oneof![
        3 => change.clone().prop_map(|change| vec![change]),
        1 => prop::collection::vec(change, 2..=3),
    ];
    (place, changes, unable(state))
        .prop_map(|(place, changes, with)| Transition::AskSpelled { place, changes, with })
        .boxed()
}

/// A login that is right, from a client that may carry something already.
fn login(state: &ReferenceState) -> BoxedStrategy<Transition> {
    let chosen = ("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}", any::<(bool, bool)>());
    let chosen = chosen.prop_map(
        |(id, (as_cookie, own))| {
            if as_cookie { Credential::Cookie(id) } else { Credential::Field(own, id) }
        },
    );
    let with = prop_oneof![4 => Just(Credential::None), 1 => any_credential(state), 1 => chosen];
    (user(state), slash(), with)
        .prop_map(|(user, slash, with)| Transition::Login {
            email: Some(Who::User(user)),
            password: Some(Word::Of(user)),
            content: Content::Form,
            slash,
            with,
        })
        .boxed()
}

fn login_wrong(state: &ReferenceState) -> BoxedStrategy<Transition> {
    let who = prop_oneof![
        3 => user(state).prop_map(|user| Some(Who::User(user))),
        1 => words::email().prop_map(|email| Some(Who::Other(email))),
        1 => select(vec![None, Some(Who::Other(String::new()))]),
    ];
    let word = prop_oneof![
        2 => user(state).prop_map(|user| Some(Word::Of(user))),
        2 => words::password().prop_map(|password| Some(Word::Other(password))),
        1 => select(vec![None, Some(Word::Other(String::new()))]),
    ];
    let content = prop_oneof![4 => Just(Content::Form), 1 => select(vec![Content::Json, Content::Query])];
    let raw = select(words::FORMS.to_vec()).prop_map(|form| Transition::RawLogin { form });
    let wrong = (who, word, content, slash()).prop_map(|(email, password, content, slash)| {
        Transition::Login { email, password, content, slash, with: Credential::None }
    });
    prop_oneof![5 => wrong, 1 => raw].boxed()
}

fn create(state: &ReferenceState) -> BoxedStrategy<Transition> {
    let names = (prop::option::of(words::name()), prop::option::of(words::name()));
    (words::email(), words::password(), names, any::<bool>(), able(state))
        .prop_map(|(email, password, (first_name, last_name), escaped, with)| Transition::Create {
            fields: Fields { email: Some(email), password: Some(password), first_name, last_name },
            escaped,
            with,
        })
        .boxed()
}

fn create_wrong(state: &ReferenceState) -> BoxedStrategy<Transition> {
    let user = match changeable(state) {
        Some(users) => prop::option::weighted(0.4, users).boxed(),
        None => Just(None).boxed(),
    };
    (user, words::body(), able(state))
        .prop_map(|(user, body, with)| Transition::Raw { user, body, with })
        .boxed()
}

fn update(state: &ReferenceState, users: BoxedStrategy<usize>) -> BoxedStrategy<Transition> {
    let fields = (
        prop::option::of(words::name()),
        prop::option::of(words::name()),
        prop::bool::weighted(0.2),
        words::email(),
    );
    (users, fields, any::<bool>(), able(state))
        .prop_map(|(user, (first_name, last_name, more, email), escaped, with)| Transition::Update {
            user,
            fields: Fields {
                email: more.then_some(email),
                password: more.then(|| "changed".to_owned()),
                first_name,
                last_name,
            },
            escaped,
            with,
        })
        .boxed()
}
