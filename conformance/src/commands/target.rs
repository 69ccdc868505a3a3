//! The options about a target that several subcommands have, and the kind of target that each of them goes with.

use clap::Args;

use crate::error::Error;
use crate::exit::Failure;
use spec::catalogue::Mode;
use spec::scenario::Settings;
use targets::detect;
use targets::instance::Instance;
use targets::url::Url;
use targets::{NewUser, Target as _};

/// The options that go with the URL of a running server.
#[derive(Debug, Args)]
pub struct UrlArguments {
    /// A user that the server at the URL has stored
    #[arg(long, value_name = "EMAIL:PASSWORD", value_parser = detect::user)]
    pub user: Option<NewUser>,
    /// The SESSION_NAME of the server at the URL
    #[arg(long, value_name = "N", default_value = Settings::SESSION_NAME)]
    pub session_name: String,
}

impl UrlArguments {
    /// Refuses these options for a target that is no URL.
    ///
    /// # Errors
    ///
    /// When one of them is given.
    pub fn refuse(&self) -> Result<(), Error> {
        refuse(self.user.is_some(), "--user", "a URL")?;
        refuse(self.session_name != Settings::SESSION_NAME, "--session-name", "a URL")
    }

    /// Returns the one mode that the command line names for a running server; `None` where it names none.
    ///
    /// # Errors
    ///
    /// When several modes are named.
    pub fn only_mode(modes: &[Mode]) -> Result<Option<Mode>, Error> {
        match modes {
            [] => Ok(None),
            [mode] => Ok(Some(*mode)),
            _ => Err(Error::ModesOfOneServer),
        }
    }

    /// Opens a running server, and checks that it answers.
    ///
    /// # Errors
    ///
    /// When nobody answers there.
    pub async fn reach(&self, url: &Url) -> Result<Instance<'static>, Failure> {
        let mut instance = Instance::new(url.open().await.map_err(Failure::not_checked)?);
        detect::reach(&mut instance).await.map_err(Failure::not_checked)?;
        Ok(instance)
    }

    /// Finds out in which mode a running server is, by its answers.
    ///
    /// # Errors
    ///
    /// When the answers fit no mode, or need a user that the server does not let in.
    pub async fn detect_mode(&self, instance: &mut Instance<'_>) -> Result<Mode, Failure> {
        detect::mode(instance, self.user.as_ref()).await.map_err(Failure::not_checked)
    }
}

/// Refuses an option that goes with another kind of target.
///
/// # Errors
///
/// When it is given.
pub fn refuse(given: bool, option: &'static str, kind: &'static str) -> Result<(), Error> {
    if given { Err(Error::OptionOfOtherTarget { option, kind }) } else { Ok(()) }
}
