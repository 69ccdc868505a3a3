//! The credentials of a user, in the form that the mode takes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Player, Printed, Stopped};
use crate::mode::Mode;
use crate::scenario::{Action, Authenticate, Capture, CaptureSource, Show, Step};

impl Player<'_, '_> {
    /// Sets `$CREDENTIAL`; it prints nothing but a login that failed, or what an answer to it must not say.
    pub(super) async fn authenticate(
        &mut self,
        index: usize,
        step: &Step,
        user: &Authenticate,
    ) -> Result<Printed, Stopped> {
        match self.launch.mode {
            Mode::Off | Mode::Auth | Mode::Redis => self.credential(String::new()),
            Mode::BasicAuth => {
                let credentials = BASE64_STANDARD.encode(self.expand(&user.user(), index)?);
                self.credential(format!("Authorization: Basic {credentials}"));
            }
            Mode::SessionAuth | Mode::SessionExpAuth | Mode::SessionDbAuth => {
                return self.log_in(index, step, user).await;
            }
        }
        Ok((Vec::new(), None))
    }

    async fn log_in(&mut self, index: usize, step: &Step, user: &Authenticate) -> Result<Printed, Stopped> {
        let name = Authenticate::VARIABLE.to_owned();
        self.variables.remove(&name);
        self.missing.insert(name.clone(), index);
        let curl = user.login();
        let step = Step { show: Show::Success, action: Action::Curl(curl.clone()), ..step.clone() };
        let (mut lines, success) = self.curl(index, &step, &curl).await?;
        if success == Some(true) {
            lines.remove(0);
            let cookie = Capture { name: name.clone(), from: CaptureSource::Cookie };
            lines.extend(self.capture(index, &cookie)?.0);
            if let Some(id) = self.variables.get(&name) {
                self.credential(format!("Cookie: {}={id}", self.launch.session_name));
            }
        }
        Ok((lines, success))
    }

    fn credential(&mut self, header: String) {
        self.missing.remove(Authenticate::VARIABLE);
        self.variables.insert(Authenticate::VARIABLE.to_owned(), header);
    }
}

#[cfg(test)]
mod tests {
    use crate::emails::Emails;
    use crate::mode::Mode;
    use crate::play::play;
    use crate::scenario::Scenario;
    use crate::seed::{self, Way};
    use crate::stage::Stage;
    use crate::target::{Model, NewUser, Target as _};

    /// The transcript of a scenario on the model, where bob@hbtn.io is stored.
    fn played(mode: Mode, steps: &str) -> String {
        let text = format!("---\nmodes: [{mode}]\n---\n```console status\n{steps}```\n");
        let scenario = Scenario::parse("x", &text).expect("it is well-formed");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
        runtime.block_on(async {
            let mut stage = Stage::new(Model::default().open().await.expect("the model opens"));
            let bob = NewUser { email: "bob@hbtn.io".to_owned(), password: "fake pwd".to_owned() };
            let seeds = seed::seed(&mut stage, mode, &[bob], &[Way::Api], None).await;
            play(&mut stage, &scenario, mode, &seeds, Emails::as_written())
                .await
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
        for mode in [Mode::Off, Mode::BasicAuth, Mode::SessionAuth, Mode::SessionExpAuth, Mode::SessionDbAuth]
        {
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
}
