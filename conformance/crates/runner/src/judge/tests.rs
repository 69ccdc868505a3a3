//! Which requirement a difference belongs to: each beside a run that differs in one thing.

use super::*;
use spec::catalogue::Mode;
use spec::transcript::Block;

const IDS: [&str; 14] = [
    "api.one",
    "me.authenticated",
    "login.ok",
    "login.cookie",
    "logout.ok",
    "expiry.never",
    "users.create",
    "users.shape",
    "users.timestamps",
    "users.hide-password",
    "cors.any-origin",
    "json.transcript-bytes",
    "errors.method-not-allowed",
    "errors.method-not-allowed-page",
];

fn catalogue() -> Catalogue {
    let row = |id: &str| {
        format!(
            "[[requirement]]\nid = \"{id}\"\ntask = \"api\"\nmodes = [\"session_auth\"]\nweight = \"must\"\ntext = \"about {id}\"\n"
        )
    };
    let off = "[[requirement]]\nid = \"off.only\"\ntask = \"api\"\nmodes = [\"off\"]\nweight = \"must\"\ntext = \"t\"\n";
    Catalogue::parse(&(IDS.map(row).concat() + off)).expect("well-formed")
}

/// A scenario with its steps under headings of these ids; a line is `# ids` or a step.
fn scenario(front: &str, lines: &[&str]) -> Scenario {
    let mut text = format!("---\nmodes: [session_auth]\n{front}---\n\n# A scenario\n");
    for line in lines {
        match line.strip_prefix("# ") {
            Some(ids) => {
                let ids: Vec<String> = ids.split(' ').map(|id| format!("`{id}`")).collect();
                text.push_str(&format!("\n## A heading: {}\n", ids.join(" ")));
            }
            None => text.push_str(&format!("\n```console\n$ {line}\n```\n")),
        }
    }
    Scenario::parse("api-x", &text).unwrap_or_else(|wrong| panic!("{wrong:?} {text}"))
}

/// A request that was carried out, with what it printed.
fn done(lines: &str) -> StepRun {
    let printed: Answer = lines.parse().expect("every text is an answer");
    let success = match &printed.status {
        Some(Shown::Status(code)) => Some((200..300).contains(code)),
        Some(Shown::Tally(tally)) => Some(tally.successes > 0),
        _ => None,
    };
    StepRun { outcome: Outcome::Done, printed, success }
}

fn judged(scenario: &Scenario, accepted: &[&str], run: Vec<StepRun>) -> Result<Vec<Finding>, OutOfDate> {
    let blocks = scenario.steps().zip(accepted).map(|(step, lines)| Block {
        step: step.text.clone(),
        lines: lines.lines().map(str::to_owned).collect(),
    });
    let accepted = Transcript { blocks: blocks.collect() };
    let catalogue = catalogue();
    let reproduce = |index: usize| Some((format!("curl {index}"), "AUTH_TYPE=session_auth".to_owned()));
    let judge =
        Judge { catalogue: &catalogue, scenario, mode: Mode::SessionAuth.into(), reproduce: &reproduce };
    judge.judge(&accepted, &Run { steps: run, output: String::new() })
}

/// Each finding as `id: met`, `id: blocked by X`, `id: not met: expected / actual`.
fn told(findings: Vec<Finding>) -> Vec<String> {
    let tell = |finding: Finding| {
        let id = &finding.requirement;
        match (finding.kind, finding.evidence) {
            (Kind::Met, None) => format!("{id}: met"),
            (Kind::Blocked, None) => format!("{id}: blocked by {}", finding.reason.unwrap_or_default()),
            (Kind::NotMet, Some(evidence)) => {
                format!("{id}: not met: {} / {}", evidence.expected, evidence.actual)
            }
            (kind, _) => format!("{id}: {}: {}", kind.as_str(), finding.reason.unwrap_or_default()),
        }
    };
    findings.into_iter().map(tell).collect()
}

fn verdicts(lines: &[&str], accepted: &[&str], run: &[&str]) -> Vec<String> {
    let scenario = scenario("", lines);
    told(
        judged(&scenario, accepted, run.iter().map(|lines| done(lines)).collect())
            .expect("a transcript of it"),
    )
}

#[test]
fn a_step_that_answers_as_accepted_meets_what_its_heading_names_in_this_mode() {
    let lines = ["# api.one off.only users.shape", "curl \"$URL/a\""];
    assert_eq!(verdicts(&lines, &["200 OK\n{}"], &["200 OK\n{}"]), ["api.one: met", "users.shape: met"]);
}

#[test]
fn a_difference_is_of_the_heading_and_its_aspects_are_blocked() {
    let lines = ["# users.shape api.one", "curl \"$URL/a\""];
    assert_eq!(
        verdicts(&lines, &["200 OK\n{}"], &["404 Not Found\n{}"]),
        ["api.one: not met: 200 OK\n{} / 404 Not Found\n{}", "users.shape: blocked by api.one",]
    );
    assert_eq!(verdicts(&lines, &["200 OK"], &[""])[0], "api.one: not met: 200 OK / (nothing)");
    let scenario = scenario("", &lines);
    let findings = judged(&scenario, &["200 OK"], vec![done("404 Not Found")]).expect("a transcript of it");
    let evidence = findings[0].evidence.as_ref().expect("evidence");
    assert_eq!((evidence.step.as_str(), evidence.curl.as_deref()), ("curl \"$URL/a\"", Some("curl 0")));
    assert_eq!(evidence.settings.as_deref(), Some("AUTH_TYPE=session_auth"));
    assert_eq!(findings[0].place, Some(("api-x".to_owned(), 10)));
    assert!(findings[0].at_home);
}

#[test]
fn a_transcript_of_another_text_is_told() {
    let scenario = scenario("", &["# api.one", "curl \"$URL/a\"", "curl \"$URL/b\""]);
    for (accepted, run) in [(vec!["200 OK"], 2), (vec!["200 OK", "200 OK"], 1), (vec![], 2)] {
        let run = (0..run).map(|_| done("200 OK")).collect();
        let error = judged(&scenario, &accepted, run).expect_err("one is missing");
        assert_eq!(error.scenario, "api-x");
    }
    let catalogue = catalogue();
    let judge = Judge {
        catalogue: &catalogue,
        scenario: &scenario,
        mode: Mode::SessionAuth.into(),
        reproduce: &|_| None,
    };
    let other = Block { step: "curl \"$URL/c\"".to_owned(), lines: vec!["200 OK".to_owned()] };
    let run = Run { steps: vec![done("200 OK")], output: String::new() };
    assert!(judge.judge(&Transcript { blocks: vec![other] }, &run).is_err());
    let nothing = told(judge.nothing(Kind::Error, "why"));
    assert_eq!(nothing, ["api.one: error: why", "api.one: error: why"]);
}

#[test]
fn a_cookie_is_the_logins_where_one_is_asked_for() {
    let cookie = "200 OK\nset-cookie: a=1\n{}";
    let without = "200 OK\n{}";
    let login = ["# login.ok", "curl \"$URL/a\""];
    assert_eq!(
        verdicts(&login, &[cookie], &[without]),
        ["login.cookie: not met: set-cookie: a=1 / (nothing)", "login.ok: met"]
    );
    let cookie_alone = ["# login.cookie", "curl \"$URL/a\""];
    assert_eq!(
        verdicts(&cookie_alone, &[cookie], &[without]),
        ["login.cookie: not met: set-cookie: a=1 / (nothing)"]
    );
    // Where none is asked for, it is the answer that is wrong.
    assert_eq!(verdicts(&login, &[without], &[cookie]), ["login.ok: not met: (nothing) / set-cookie: a=1"]);
    let other = ["# api.one", "curl \"$URL/a\""];
    assert_eq!(verdicts(&other, &[cookie], &[without]), ["api.one: not met: set-cookie: a=1 / (nothing)"]);
}

#[test]
fn a_capture_that_finds_no_cookie_is_the_logins() {
    let lines = ["# login.ok", "curl \"$URL/a\"", "SESSION=cookie"];
    let scenario = scenario("", &lines);
    let none = Answer::text(vec!["(no cookie)".to_owned()]);
    let run = vec![done("200 OK"), StepRun { outcome: Outcome::Done, printed: none, success: None }];
    let findings = judged(&scenario, &["200 OK", ""], run).expect("a transcript of it");
    let last = findings.last().expect("findings");
    let first_of_step = findings.iter().find(|one| one.kind == Kind::NotMet).expect("a difference");
    assert_eq!(
        (first_of_step.requirement.as_str(), &first_of_step.causes[..]),
        ("login.cookie", &["login.cookie".to_owned()][..])
    );
    assert_eq!(last.requirement, "login.ok");
}

#[test]
fn what_is_said_of_an_aspect_is_of_that_aspect_alone() {
    let lines = ["# api.one users.shape", "curl \"$URL/a\""];
    assert_eq!(
        verdicts(&lines, &["200 OK"], &["200 OK\n! users.shape: no key\n! off.only: not in this mode"]),
        ["users.shape: not met: about users.shape / no key", "api.one: met",]
    );
}

#[test]
fn the_exact_form_has_owners_by_line() {
    let lines = ["# api.one", "curl \"$URL/a\" -i"];
    let exact = "200 OK\ncontent-type: application/json\naccess-control-allow-origin: *\n{}";
    let with = |from: &str, to: &str| verdicts(&lines, &[exact], &[&exact.replace(from, to)]);
    assert_eq!(
        with("*", "none"),
        [
            "cors.any-origin: not met: access-control-allow-origin: * / access-control-allow-origin: none",
            "api.one: met",
        ]
    );
    assert_eq!(with("{}", "{ }")[0][..33], "json.transcript-bytes: not met: c"[..33]);
    assert_eq!(with("application/json", "text/html")[0][..16], "api.one: not met"[..]);
    assert_eq!(with("application/json", "application/jsonp")[0][..21], "json.transcript-bytes"[..]);
    assert_eq!(
        with("200 OK", "201 Created"),
        ["api.one: not met: 200 OK / 201 Created"],
        "the rest says no more"
    );
    let both = exact.replace("200 OK", "201 Created").replace('*', "none");
    assert_eq!(verdicts(&lines, &[exact], &[&both]), ["api.one: not met: 200 OK / 201 Created"]);
    let lines = ["# errors.method-not-allowed", "curl \"$URL/a\" -i"];
    let page = "405 Method Not Allowed\nallow: GET";
    assert_eq!(
        verdicts(&lines, &[page], &["405 Method Not Allowed\nallow: PUT"]),
        [
            "errors.method-not-allowed-page: not met: allow: GET / allow: PUT",
            "errors.method-not-allowed: met",
        ]
    );
    // Without -i every line is the answer itself.
    let lines = ["# api.one", "curl \"$URL/a\""];
    assert_eq!(
        verdicts(&lines, &["200 OK\n{}"], &["200 OK\n{ }"]),
        ["api.one: not met: 200 OK\n{} / 200 OK\n{ }"]
    );
}

#[test]
fn what_should_have_changed_something_and_did_not_blocks_the_rest() {
    let lines = ["# users.create", "curl \"$URL/a\" -XPOST", "# api.one", "curl \"$URL/b\""];
    let ok = "200 OK";
    assert_eq!(
        verdicts(&lines, &[ok, ok], &["404 Not Found", ok])[1..],
        ["api.one: blocked by users.create"]
    );
    assert_eq!(verdicts(&lines, &["400 Bad Request", ok], &["404 Not Found", ok])[1..], ["api.one: met"]);
    assert_eq!(verdicts(&lines, &[ok, ok], &["201 Created", ok])[1..], ["api.one: met"]);
    let reads = ["# users.create", "curl \"$URL/a\"", "# api.one", "curl \"$URL/b\""];
    assert_eq!(verdicts(&reads, &[ok, ok], &["404 Not Found", ok])[1..], ["api.one: met"]);
}

#[test]
fn a_step_that_was_not_carried_out_says_why() {
    let scenario =
        scenario("", &["# api.one users.shape", "curl \"$URL/a\"", "# login.ok", "curl \"$URL/b\""]);
    let after = |outcome: Outcome| {
        let run = vec![done("200 OK"), StepRun { outcome, printed: Answer::default(), success: None }];
        told(judged(&scenario, &["200 OK", "200 OK"], run).expect("a transcript of it"))[2..].to_vec()
    };
    assert_eq!(after(Outcome::Blocked { by: 0 }), ["login.ok: blocked by api.one"]);
    assert_eq!(after(Outcome::Blocked { by: 9 }), ["login.ok: blocked by "]);
    assert_eq!(after(Outcome::NotChecked { why: "no clock".into() }), ["login.ok: not-checked: no clock"]);
    assert_eq!(after(Outcome::Error { why: "it died".into() }), ["login.ok: error: it died"]);
}

#[test]
fn a_step_stands_for_one_requirement_of_its_heading() {
    let blame = |lines: &[&str]| {
        let scenario = scenario("", lines);
        let catalogue = catalogue();
        let judge = Judge {
            catalogue: &catalogue,
            scenario: &scenario,
            mode: Mode::SessionAuth.into(),
            reproduce: &|_| None,
        };
        let (section, step) = judge.place(scenario.steps().count() - 1).expect("a step");
        judge.blame(section, step)
    };
    let login = "curl \"$URL/api/v1/auth_session/login\" -XPOST";
    assert_eq!(blame(&["# users.shape me.authenticated", "curl \"$URL/a\""]), "me.authenticated");
    assert_eq!(blame(&["# users.shape users.timestamps", "curl \"$URL/a\""]), "users.shape");
    assert_eq!(blame(&["curl \"$URL/a\""]), "line 8 of api-x");
    for ids in ["# login.ok", "# login.cookie", "# users.shape login.ok"] {
        assert_eq!(blame(&[ids, login, "SESSION=cookie"]), "login.cookie", "{ids}");
    }
    assert_eq!(blame(&["# users.create", login, "SESSION=cookie"]), "users.create");
    assert_eq!(blame(&["# login.ok", login, "ID=.id"]), "login.ok");
    assert_eq!(blame(&["# api.one", &format!("parallel 3 {login}")]), "login.ok");
    assert_eq!(blame(&["# api.one", "parallel 3 curl \"$URL/a\""]), "api.one");
}

#[test]
fn what_happened_to_a_session_counts_from_when_it_was_kept() {
    let before = |front: &str, lines: &[&str]| {
        let scenario = scenario(front, lines);
        let catalogue = catalogue();
        let judge = Judge {
            catalogue: &catalogue,
            scenario: &scenario,
            mode: Mode::SessionAuth.into(),
            reproduce: &|_| None,
        };
        judge.before(scenario.steps().count() - 1)
    };
    let login = "curl \"$URL/api/v1/auth_session/login\" -XPOST";
    let logout = "curl \"$URL/api/v1/auth_session/logout\" -XDELETE --cookie \"a=$SESSION\"";
    let me = "curl \"$URL/api/v1/users/me\" --cookie \"a=$SESSION\"";
    let plain = Before::default();
    let restarted = Before { restarted: true, ..plain };
    let logged_out = Before { logged_out: true, ..plain };
    assert_eq!(before("", &[login, "SESSION=cookie", me]), plain);
    for stop in ["restart", "kill", "serve SESSION_DURATION=5"] {
        assert_eq!(before("", &[login, "SESSION=cookie", stop, me]), restarted, "{stop}");
        assert_eq!(before("", &[login, stop, "SESSION=cookie", me]), plain, "before it was kept: {stop}");
        assert_eq!(
            before("", &[login, "SESSION=cookie", stop, "curl \"$URL/a\""]),
            plain,
            "it uses none: {stop}"
        );
        assert_eq!(
            before("", &[stop, "curl \"$URL/a\" --cookie \"a=made-up\""]),
            restarted,
            "never kept: {stop}"
        );
    }
    assert_eq!(before("", &[login, "SESSION=cookie", logout, me]), logged_out);
    assert_eq!(before("", &[login, "SESSION=cookie", me, me]), plain);
    let twice = [login, "SESSION=cookie", logout, login, "SESSION=cookie", me];
    assert_eq!(before("", &twice), plain, "another session by the same name");
    let made_up = "curl \"$URL/api/v1/auth_session/logout\" -XDELETE --cookie \"a=made-up\"";
    assert_eq!(before("", &[made_up, "curl \"$URL/a\" --cookie \"a=made-up\""]), plain);
    let zone = Before { zone: true, ..plain };
    assert_eq!(before("tz: Asia/Tokyo\n", &[me.replace("$SESSION", "x").as_str()]), zone);
    assert_eq!(before("", &["serve TZ=Asia/Tokyo", "curl \"$URL/a\""]), zone);
    assert_eq!(before("", &["serve TZ=Asia/Tokyo", "restart"]), plain, "no request");
}
