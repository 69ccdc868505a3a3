//! Property: what is printed reads back as it was, whatever the step tree holds.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::action::{
    Action, Authenticate, Capture, CaptureSource, Parallel, Program, RequireAuth, Serve, Setting, Sleep, User,
};
use super::curl::{Curl, Data, DataKind};
use super::diagnose::render_all;
use super::path::{JsonPath, PathStep};
use super::redis::{Call, Client, NOBODY, Redis};
use super::template::{Piece, Template, Transform, Variable};
use super::tree::{Scenario, Section, SessionDuration, Settings, Show, Spanned, Step};
use crate::catalogue::Profile;
use crate::catalogue::{Mode, Subject};

/// Any text that fits on a line, the characters that mean something to a shell often among it.
fn text() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![
            select(vec!['"', '\'', '\\', '$', '`', '#', ' ', '!', '{', '}', '&', '*', '~', '=']),
            "[ -~é\t]".prop_map(first)
        ],
        0..8,
    )
    .prop_map(String::from_iter)
}

fn first(text: String) -> char {
    text.chars().next().unwrap_or('x')
}

fn name() -> impl Strategy<Value = String> {
    select(vec!["USER", "SESSION", "BASIC", "A_1"]).prop_map(str::to_owned)
}

fn transform() -> impl Strategy<Value = Transform> {
    prop_oneof![
        Just(Transform::Upper),
        Just(Transform::CutLast),
        ("[a-z%#:. -]{1,3}", "[a-z/%:. -]{0,3}").prop_map(|(from, to)| Transform::Replace { from, to }),
    ]
}

fn variable() -> impl Strategy<Value = Piece> {
    (name(), option::of(transform()))
        .prop_map(|(name, transform)| Piece::Variable(Variable { name, transform }))
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    vec(prop_oneof![text().prop_map(Piece::Literal), variable()], 0..4)
}

/// Any word, of the variables that a scenario in these tests sets.
pub(crate) fn template() -> impl Strategy<Value = Template> {
    pieces().prop_map(Template::new)
}

/// A template that starts with plain text, for arguments that must not start otherwise.
fn after(start: &'static str) -> impl Strategy<Value = Template> {
    pieces().prop_map(move |rest| Template::new([Piece::Literal(start.to_owned())].into_iter().chain(rest)))
}

fn url() -> impl Strategy<Value = Template> {
    let path = vec(prop_oneof!["[!-Z^-z~é]{0,6}".prop_map(Piece::Literal), variable()], 0..3);
    let start =
        [Piece::Variable(Variable { name: "URL".into(), transform: None }), Piece::Literal("/".into())];
    path.prop_map(move |path| Template::new(start.clone().into_iter().chain(path)))
}

fn data() -> impl Strategy<Value = Data> {
    let kind = select(vec![DataKind::Plain, DataKind::Raw, DataKind::Binary, DataKind::UrlEncode]);
    (kind, after("n=")).prop_map(|(kind, value)| Data { kind, value })
}

fn curl() -> impl Strategy<Value = Curl> {
    let method = option::of("[A-Z]{1,5}|[a-z]{2}-[!|]");
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let texts = (vec(after("X-A:"), 0..3), vec(after("c="), 0..2), option::of(after("u:")));
    let more = (option::of(template()), option::of(template()), vec(data(), 0..3), any::<bool>());
    (url(), method, flags, texts, more).prop_map(|(url, method, flags, texts, more)| {
        let (get, include, verbose, silent, path_as_is) = flags;
        let (headers, cookies, user) = texts;
        let (user_agent, request_target, data, head) = more;
        let head = head && (get || data.is_empty());
        Curl {
            url,
            method,
            headers,
            data,
            get,
            cookies,
            user,
            head,
            include,
            verbose,
            silent,
            user_agent,
            form: Vec::new(),
            path_as_is,
            request_target,
        }
    })
}

fn form() -> impl Strategy<Value = Curl> {
    (url(), vec("[a-z]{1,3}=[a-z \"'$]{0,5}", 1..3)).prop_map(|(url, fields)| {
        let fits = |field: &String| !field.contains("=\"");
        let form = fields.into_iter().filter(fits).map(Template::literal).collect();
        Curl { url, form, ..Curl::default() }
    })
}

fn capture() -> impl Strategy<Value = Action> {
    let step = prop_oneof!["[a-z_]{1,3}".prop_map(PathStep::Key), (0_usize..30).prop_map(PathStep::Index)];
    let from = prop_oneof![
        Just(CaptureSource::Cookie),
        vec(step, 1..4).prop_map(|steps| CaptureSource::Json(JsonPath::new(steps).expect("all keys fit"))),
        (pieces(), variable(), pieces()).prop_map(|(left, variable, right)| {
            CaptureSource::Variable(Template::new(left.into_iter().chain([variable]).chain(right)))
        }),
    ];
    (name(), from).prop_map(|(name, from)| Action::Capture(Capture { name, from }))
}

fn action() -> impl Strategy<Value = Action> {
    let setting = || select(Setting::ALL.to_vec());
    prop_oneof![
        6 => curl().prop_map(Action::Curl),
        1 => form().prop_map(Action::Curl),
        1 => (1..=Parallel::MOST, curl()).prop_map(|(count, curl)| Action::Parallel(Parallel { count, curl })),
        1 => any::<u64>().prop_map(|seconds| Action::Sleep(Sleep { seconds })),
        1 => Just(Action::Restart),
        1 => Just(Action::Kill),
        2 => (vec((setting(), template()), 1..3), vec(setting(), 0..2))
            .prop_map(|(set, unset)| Action::Serve(Serve { set, unset })),
        2 => (template(), template()).prop_map(|(email, password)| Action::User(User { email, password })),
        1 => (template(), template())
            .prop_map(|(email, password)| Action::Authenticate(Authenticate { email, password })),
        3 => capture(),
        1 => select(Program::ALL.to_vec()).prop_map(Action::Main),
        1 => (template(), vec(template(), 1..3))
            .prop_map(|(excluded, paths)| Action::RequireAuth(RequireAuth { excluded, paths })),
    ]
}

fn section() -> impl Strategy<Value = Section> {
    let step = (select(Show::ALL.to_vec()), action()).prop_map(|(show, action)| Step::new(show, action));
    let ids = vec("[a-z][a-z0-9]{0,3}\\.[a-z]{1,3}(-[a-z0-9]{1,3})?", 0..3);
    (1_usize..4, "[A-Z][a-z]{0,5}( [a-z.,#]{1,3}[a-z])?", ids, vec(step, 1..6)).prop_map(
        |(level, heading, ids, steps)| Section {
            heading,
            level,
            line: 0,
            requirements: ids.into_iter().map(|value| Spanned { value, span: 0..0 }).collect(),
            steps,
        },
    )
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let duration = prop_oneof![
        Just(SessionDuration::OfMode),
        Just(SessionDuration::Unset),
        "[a-z0-9 -]{0,5}".prop_map(SessionDuration::Value),
    ];
    let profile = select(vec![Profile::Documented, Profile::Hardened]);
    let settings = ("[a-z_]{1,9}", duration, option::of("[A-Z][a-z/]{1,5}"), profile);
    let modes = proptest::sample::subsequence(Mode::ALL.to_vec(), 1..=6);
    (modes, settings, any::<bool>(), any::<bool>(), vec(section(), 0..4)).prop_map(
        |(modes, (session_name, session_duration, tz, profile), exact_clock, isolated, sections)| Scenario {
            name: "x".into(),
            title: String::new(),
            modes: Subject::of_api(&modes),
            settings: Settings { session_name, session_duration, tz, profile },
            exact_clock,
            isolated,
            sections: std::iter::once(prelude()).chain(sections).collect(),
            source: String::new(),
        },
    )
}

/// A scenario of a Redis server.
fn of_redis() -> impl Strategy<Value = Scenario> {
    let variable = select(vec!["URL", NOBODY]).prop_map(Template::variable);
    let word = || prop_oneof![text().prop_map(Template::literal), variable.clone()];
    let is_command = |words: &Vec<Template>| {
        words[0].as_literal().is_none_or(|name| !name.starts_with('-') && !name.ends_with(".js"))
    };
    let call = prop_oneof![
        3 => vec(word(), 1..4).prop_filter("a program or an option", is_command).prop_map(Call::Command),
        1 => select(Client::ALL.to_vec()).prop_map(Call::Program),
    ];
    let action = prop_oneof![
        6 => (option::of(word()), call).prop_map(|(server, call)| Action::Redis(Redis { server, call })),
        1 => select(vec![Action::Wait, Action::Restart, Action::Kill]),
    ];
    (vec(action, 1..6), any::<bool>()).prop_map(|(actions, isolated)| {
        let steps = actions.into_iter().map(|action| Step::new(Show::All, action)).collect();
        let section = Section { heading: String::new(), level: 0, line: 0, requirements: Vec::new(), steps };
        Scenario {
            name: "x".into(),
            title: String::new(),
            modes: vec![Subject::Redis],
            settings: Settings::default(),
            exact_clock: false,
            isolated,
            sections: vec![section],
            source: String::new(),
        }
    })
}

/// Sets every variable that [`name`] gives, before any heading.
fn prelude() -> Section {
    let captures = ["USER", "SESSION", "BASIC", "A_1"]
        .map(|name| Action::Capture(Capture { name: name.into(), from: CaptureSource::Cookie }));
    let steps = [Action::Curl(Curl::get("/"))].into_iter().chain(captures);
    Section {
        heading: String::new(),
        level: 0,
        line: 0,
        requirements: Vec::new(),
        steps: steps.map(|action| Step::new(Show::All, action)).collect(),
    }
}

/// What of a section does not depend on where it stands.
#[derive(Debug, PartialEq)]
struct Essence<'a> {
    level: usize,
    heading: &'a str,
    ids: Vec<&'a str>,
    steps: Vec<(Show, &'a Action, &'a str)>,
}

impl<'a> Essence<'a> {
    fn of(section: &'a Section) -> Self {
        Self {
            level: section.level,
            heading: &section.heading,
            ids: section.requirements.iter().map(|id| id.value.as_str()).collect(),
            steps: section.steps.iter().map(|step| (step.show, &step.action, step.text.as_str())).collect(),
        }
    }
}

/// Tells whether a capture has one answer to read from, and a mode somebody to let in, as a file must have it.
fn is_readable(scenario: &Scenario) -> bool {
    let mut has_one_answer = true;
    scenario.steps().all(|step| {
        match &step.action {
            Action::Curl(_) => has_one_answer = true,
            Action::Parallel(_) => has_one_answer = false,
            Action::Authenticate(_) => {
                has_one_answer = false;
                return !scenario.modes.contains(&Subject::Api(Mode::Auth));
            }
            Action::Capture(capture) => {
                return has_one_answer || matches!(capture.from, CaptureSource::Variable(_));
            }
            _ => {}
        }
        true
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_scenario_reads_back_what_it_printed(
        scenario in prop_oneof![3 => scenario().prop_filter("readable", is_readable), 1 => of_redis()]
    ) {
        let printed = scenario.to_string();
        let read = match Scenario::parse("x", &printed) {
            Ok(read) => read,
            Err(errors) => return Err(TestCaseError::fail(render_all(&errors, "x.md", &printed, false))),
        };
        prop_assert_eq!(read.to_string(), printed);
        prop_assert_eq!(&read.modes, &scenario.modes);
        prop_assert_eq!(&read.settings, &scenario.settings);
        prop_assert_eq!((read.exact_clock, read.isolated), (scenario.exact_clock, scenario.isolated));
        let read: Vec<_> = read.sections.iter().map(Essence::of).collect();
        let written: Vec<_> = scenario.sections.iter().map(Essence::of).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn any_text_is_read_or_told_without_a_panic(lines in vec(prop_oneof![
        "[ -~é\\\\]{0,20}",
        "\\$ (curl|serve|user|authenticate|parallel|A=|require_auth) [ -~é\t\r]{0,20}\\\\?",
        select(vec!["---", "modes: [off]", "```console", "```", "# A `a.b`", "$ curl \"$URL", "~~~console 2xx"]).prop_map(str::to_owned),
    ], 0..12)) {
        for source in [lines.join("\n"), format!("---\nmodes: [off]\n---\n```console\n{}\n```\n", lines.join("\n"))] {
            if let Err(errors) = Scenario::parse("x", &source) {
                prop_assert!(!errors.is_empty());
                render_all(&errors, "x.md", &source, false);
            }
        }
    }
}
