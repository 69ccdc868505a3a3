//! The credentials of a user, in the form that the mode takes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Printed, Replayer, Stopped};
use spec::catalogue::{Mode, Subject};
use spec::scenario::{Action, Authenticate, Capture, CaptureSource, Show, Step};
use spec::transcript::Answer;

impl Replayer<'_, '_> {
    /// Sets `$CREDENTIAL`; it prints nothing but a login that failed, or what an answer to it must not say.
    pub(super) async fn authenticate(
        &mut self,
        index: usize,
        step: &Step,
        user: &Authenticate,
    ) -> Result<Printed, Stopped> {
        match self.settings.mode {
            Subject::Redis | Subject::Api(Mode::Off | Mode::Auth) => self.credential(String::new()),
            Subject::Api(Mode::BasicAuth) => {
                let credentials = BASE64_STANDARD.encode(self.expand(&user.user(), index)?);
                self.credential(format!("Authorization: Basic {credentials}"));
            }
            Subject::Api(Mode::SessionAuth | Mode::SessionExpAuth | Mode::SessionDbAuth) => {
                return self.log_in(index, step, user).await;
            }
        }
        Ok((Answer::default(), None))
    }

    async fn log_in(&mut self, index: usize, step: &Step, user: &Authenticate) -> Result<Printed, Stopped> {
        let name = Authenticate::VARIABLE.to_owned();
        self.variables.remove(&name);
        self.missing.insert(name.clone(), index);
        let curl = user.login();
        let step = Step { show: Show::Success, action: Action::Curl(curl.clone()), ..step.clone() };
        let (mut printed, success) = self.curl(index, &step, &curl).await?;
        if success == Some(true) {
            printed.status = None;
            let cookie = Capture { name: name.clone(), from: CaptureSource::Cookie };
            printed.body.extend(self.capture(index, &cookie)?.0.lines());
            if let Some(id) = self.variables.get(&name) {
                self.credential(format!("Cookie: {}={id}", self.settings.session_name));
            }
        }
        Ok((printed, success))
    }

    fn credential(&mut self, header: String) {
        self.missing.remove(Authenticate::VARIABLE);
        self.variables.insert(Authenticate::VARIABLE.to_owned(), header);
    }
}
