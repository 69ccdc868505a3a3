//! The documents' programs in a scenario, in the place of the server or beside it.

use super::{Printed, Replayer, Stopped, not_checked};
use spec::scenario;
use spec::scenario::RequireAuth;
use spec::transcript::Answer;
use targets::{NewUser, Program, ProgramServer, SandboxError};

/// The passwords of the documents' programs main_0 and main_4, by user.
const MAIN_0: (&str, &str) = ("bob@hbtn.io", "H0lbertonSchool98!");
const MAIN_4: (&str, &str) = ("bobsession@hbtn.io", "fake pwd");

impl Replayer<'_, '_> {
    pub(super) async fn program(&mut self, program: scenario::Program) -> Result<Printed, Stopped> {
        let user = |(email, password): (&str, &str)| NewUser {
            email: self.canon.emails.alias(email).to_owned(),
            password: password.to_owned(),
        };
        let (bob, bobsession) = (user(MAIN_0), user(MAIN_4));
        let printed = match program {
            scenario::Program::Main0 => self.run_program(&Program::Main0(vec![bob])).await?,
            scenario::Program::Main1 => self.run_program(&Program::Main1).await?,
            scenario::Program::Main2 => self.run_program(&Program::Main2).await?,
            scenario::Program::Main3 => self.serve_program(&ProgramServer::Main3).await?,
            scenario::Program::Main4 => self.serve_program(&ProgramServer::Main4(bobsession)).await?,
        };
        for line in printed.lines() {
            if let Some(id) = line.strip_prefix("New user: ") {
                self.canon.names.user(id);
                self.variables.insert("USER".to_owned(), id.to_owned());
            } else if let Some(credentials) = line.strip_prefix("Basic Base64: ") {
                self.variables.insert("BASIC".to_owned(), credentials.to_owned());
            } else if let Some((id, session)) =
                line.strip_prefix("User with ID: ").and_then(|rest| rest.split_once(" has a Session ID: "))
            {
                self.canon.names.user(id);
                self.variables.insert("USER".to_owned(), id.to_owned());
                self.variables.insert("SESSION".to_owned(), session.to_owned());
            }
        }
        // Flask's own banner varies with its version; the documents' is one line of it.
        let shown: Vec<&str> = printed.lines().filter(|line| !line.starts_with(" * ")).collect();
        Ok((self.shown(&shown), None))
    }

    pub(super) async fn require_auth(
        &mut self,
        asked: &RequireAuth,
        index: usize,
    ) -> Result<Printed, Stopped> {
        let excluded = self.expand(&asked.excluded, index)?;
        let paths = asked.paths.iter().map(|path| self.expand(path, index)).collect::<Result<Vec<_>, _>>()?;
        let printed = self.run_program(&Program::RequireAuth { excluded, paths }).await?;
        // Projects print what they like besides.
        let shown: Vec<&str> = printed.lines().filter(|line| line.contains(" => ")).collect();
        Ok((self.shown(&shown), None))
    }

    fn shown(&mut self, printed: &[&str]) -> Answer {
        self.canon.places = self.instance.sandbox().places();
        self.canon.program(&printed.join("\n"))
    }

    async fn run_program(&mut self, program: &Program) -> Result<String, Stopped> {
        self.started = true;
        self.instance.program(program).await.map_err(program_failed)
    }

    async fn serve_program(&mut self, program: &ProgramServer) -> Result<String, Stopped> {
        self.started = true;
        let printed = self.instance.serve_program(&self.settings, program).await.map_err(program_failed)?;
        self.replaced = true;
        Ok(printed)
    }
}

fn program_failed(error: SandboxError) -> Stopped {
    match error {
        SandboxError::NotPossible(why) => not_checked(why),
        error => Stopped::Failed(format!("the program failed: {error}")),
    }
}
