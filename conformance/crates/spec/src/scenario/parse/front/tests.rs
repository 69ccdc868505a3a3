use super::*;

fn told(source: &str) -> String {
    let mut errors = Vec::new();
    read(source, &mut errors);
    crate::scenario::diagnose::render_all(&errors, "x.md", source, false)
}

#[test]
fn every_key_is_read() {
    let source = "---\r\nmodes: [session_db_auth, off] # both\nsession_name: \"sid\"\nsession_duration: 5\ntz: Asia/Tokyo\n\n# why\nclock: exact\nisolated: true\n---\nrest";
    let mut errors = Vec::new();
    let (front, at) = read(source, &mut errors);
    assert_eq!(errors, []);
    assert_eq!(front.modes, [Mode::Off, Mode::SessionDbAuth]);
    assert_eq!(front.settings.session_name, "sid");
    assert_eq!(front.settings.session_duration, SessionDuration::Value("5".into()));
    assert_eq!(front.settings.tz.as_deref(), Some("Asia/Tokyo"));
    assert!(front.exact_clock && front.isolated);
    assert_eq!(&source[at..], "rest");
}

#[test]
fn a_duration_can_be_unset_and_empty() {
    let duration = |text: &str| {
        let source = format!("---\nmodes: [off]\nsession_duration: {text}\n---\n");
        read(&source, &mut Vec::new()).0.settings.session_duration
    };
    assert_eq!(duration("unset"), SessionDuration::Unset);
    assert_eq!(duration("\"\""), SessionDuration::Value(String::new()));
    assert_eq!(duration("abc"), SessionDuration::Value("abc".into()));
}

#[test]
fn front_matter_must_be_there_and_be_closed() {
    insta::assert_snapshot!(told("# Title\n"), @r"
    error[S001]: the file does not start with front matter
     --> x.md:1:1
      |
    1 | # Title
      | ^^^^^^^
      |
      = help: start the file with three lines: ---, modes: [session_auth], ---
    ");
    insta::assert_snapshot!(told(""), @r"
    error[S001]: the file does not start with front matter
     --> x.md:1:1
      |
    1 |
      | ^
      |
      = help: start the file with three lines: ---, modes: [session_auth], ---
    ");
    insta::assert_snapshot!(told("---\nmodes: [off]\n# Title\n\ntext\n"), @r"
    error[S001]: the front matter is not closed
     --> x.md:1:1
      |
    1 | ---
      | ^^^ it opens here
      |
      = help: write --- on a line of its own after the last key
    ");
    insta::assert_snapshot!(told("---\nmodes [off]\nisolated: true\n---\n"), @r"
    error[S001]: this is no `key: value`
     --> x.md:2:1
      |
    2 | modes [off]
      | ^^^^^^^^^^^
      |
      = help: write key: value, and --- after the last one

    error[S002]: the front matter does not name the modes
     --> x.md:1:1
      |
    1 | ---
      | ^^^
      |
      = help: write a line such as modes: [session_auth, session_exp_auth]
    ");
}

#[test]
fn keys_are_known_and_stand_once() {
    insta::assert_snapshot!(told("---\nmodes: [off]\nsesion_name: a\nxyz: 1\nmodes: [auth]\n---\n"), @r"
    error[S002]: unknown key `sesion_name`
     --> x.md:3:1
      |
    3 | sesion_name: a
      | ^^^^^^^^^^^
      |
      = help: did you mean `session_name`?

    error[S002]: unknown key `xyz`
     --> x.md:4:1
      |
    4 | xyz: 1
      | ^^^
      |
      = help: the keys are server, modes, session_name, session_duration, tz, profile, clock, isolated

    error[S002]: the key `modes` stands twice
     --> x.md:5:1
      |
    5 | modes: [auth]
      | ^^^^^
      |
      = help: leave one of them out
    ");
}

#[test]
fn a_scenario_of_a_redis_server_has_no_modes_and_no_settings_of_the_api() {
    let (front, _) = read("---\nserver: redis\nisolated: true\n---\n", &mut Vec::new());
    assert_eq!((front.modes, front.isolated), (vec![Subject::Redis], true));
    insta::assert_snapshot!(told("---\nserver: redis\nmodes: [off]\n---\n"), @r"
    error[S002]: `server` and `modes` do not go together
     --> x.md:1:1
      |
    1 | ---
      | ^^^
      |
      = help: a scenario of a Redis server has no modes or settings of the API: leave one of them out
    ");
    insta::assert_snapshot!(told("---\nserver: http\ntz: UTC\n---\n"), @r"
    error[S003]: `http` is no value of `server`
     --> x.md:2:9
      |
    2 | server: http
      |         ^^^^
      |
      = help: write redis, or leave the line out

    error[S002]: `server` and `tz` do not go together
     --> x.md:1:1
      |
    1 | ---
      | ^^^
      |
      = help: a scenario of a Redis server has no modes or settings of the API: leave one of them out
    ");
}

#[test]
fn values_are_of_their_key() {
    insta::assert_snapshot!(told("---\nmodes: [of, auth,, auth]\nclock: wall\nisolated:\n---\n"), @r"
    error[S003]: unknown mode `of`
     --> x.md:2:9
      |
    2 | modes: [of, auth,, auth]
      |         ^^
      |
      = help: did you mean `off`?

    error[S003]: a mode is missing in the list
     --> x.md:2:8
      |
    2 | modes: [of, auth,, auth]
      |        ^^^^^^^^^^^^^^^^^
      |
      = help: write the modes between the brackets, with commas between them: [auth, basic_auth]

    error[S003]: the mode `auth` stands twice
     --> x.md:2:20
      |
    2 | modes: [of, auth,, auth]
      |                    ^^^^
      |
      = help: leave one of them out

    error[S003]: `wall` is no value of `clock`
     --> x.md:3:8
      |
    3 | clock: wall
      |        ^^^^
      |
      = help: write exact, or leave the line out

    error[S003]: `isolated` has no value
     --> x.md:4:10
      |
    4 | isolated:
      |          ^
      |
      = help: write true, or leave the line out
    ");
    insta::assert_snapshot!(told("---\nmodes: auth\n---\n"), @r"
    error[S003]: `auth` is no value of `modes`
     --> x.md:2:8
      |
    2 | modes: auth
      |        ^^^^
      |
      = help: write a list such as [session_auth, session_exp_auth]
    ");
    insta::assert_snapshot!(told("---\nmodes: []\n---\n"), @r"
    error[S003]: a mode is missing in the list
     --> x.md:2:8
      |
    2 | modes: []
      |        ^^
      |
      = help: write the modes between the brackets, with commas between them: [auth, basic_auth]
    ");
}
