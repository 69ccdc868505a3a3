//! Steps `authenticate`, replayed on the model in every mode.

use super::Model;
use runner::replay::replay;
use spec::catalogue::Mode;
use spec::results::SeedMethod;
use spec::scenario::Scenario;
use spec::transcript::aliases::EmailAliases;
use targets::instance::Instance;
use targets::seed;
use targets::{NewUser, Target as _};

/// The transcript of a scenario on the model, where bob@hbtn.io is stored.
fn played(mode: Mode, steps: &str) -> String {
    let text = format!("---\nmodes: [{mode}]\n---\n```console status\n{steps}```\n");
    let scenario = Scenario::parse("x", &text).expect("it is well-formed");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let mut instance = Instance::new(Model::default().open().await.expect("the model opens"));
        let bob = NewUser { email: "bob@hbtn.io".to_owned(), password: "fake pwd".to_owned() };
        let seeds = seed::seed(&mut instance, mode.into(), &[bob], &[SeedMethod::Api], None).await;
        replay(&mut instance, &scenario, mode, &seeds, EmailAliases::as_written())
            .await
            .run
            .transcript(&scenario)
            .to_string()
    })
}

const STEPS: &str = "$ authenticate bob@hbtn.io \"fake pwd\"\n$ OLD=$CREDENTIAL\n$ curl \"$URL/api/v1/users\" -H \"$OLD\"\n\
    $ serve SESSION_NAME=sid\n$ authenticate bob@hbtn.io \"fake pwd\"\n$ curl \"$URL/api/v1/users\" -H \"$CREDENTIAL\"\n";

#[test]
fn credentials_let_their_user_in_and_print_nothing() {
    let lines = STEPS.lines().map(|line| match line.contains("curl") {
        true => format!("{line}\n200 OK\n"),
        false => format!("{line}\n"),
    });
    let wanted: String = lines.collect();
    for mode in [Mode::Off, Mode::BasicAuth, Mode::SessionAuth, Mode::SessionExpAuth, Mode::SessionDbAuth] {
        assert_eq!(played(mode, STEPS), wanted, "{mode}");
    }
}

#[test]
fn a_login_that_fails_says_so_and_leaves_no_credentials() {
    let wrong = "$ authenticate bob@hbtn.io \"fake pwd\"\n$ authenticate bob@hbtn.io wrong\n$ curl \"$URL/api/v1/users\" -H \"$CREDENTIAL\"\n";
    insta::assert_snapshot!(played(Mode::SessionAuth, wrong), @r#"
    $ authenticate bob@hbtn.io "fake pwd"
    $ authenticate bob@hbtn.io wrong
    401 Unauthorized
    {"error": "wrong password"}
    $ curl "$URL/api/v1/users" -H "$CREDENTIAL"
    (blocked by an earlier step)
    "#);
    insta::assert_snapshot!(played(Mode::BasicAuth, wrong), @r#"
    $ authenticate bob@hbtn.io "fake pwd"
    $ authenticate bob@hbtn.io wrong
    $ curl "$URL/api/v1/users" -H "$CREDENTIAL"
    403 Forbidden
    "#);
    insta::assert_snapshot!(played(Mode::Off, wrong), @r#"
    $ authenticate bob@hbtn.io "fake pwd"
    $ authenticate bob@hbtn.io wrong
    $ curl "$URL/api/v1/users" -H "$CREDENTIAL"
    200 OK
    "#);
}
