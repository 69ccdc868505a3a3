//! A scenario in one mode: with plain steps in the place of those that mean another thing in each mode.
//!
//! `authenticate` is the login of a session mode with the cookie that is kept of it; in other modes it asks for nothing.
//! A request with the header `$CREDENTIAL` is one with that cookie, with Basic credentials, or without any. So a login that
//! fails is blamed as one, and the line that repeats a request says what the mode takes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::catalogue::{Mode, Subject};
use crate::scenario::Curl;
use crate::scenario::print;
use crate::scenario::template::{Piece, Template};
use crate::scenario::{Action, Authenticate, Capture, CaptureSource, Parallel, Setting};
use crate::scenario::{Scenario, Show, Step};
use crate::transcript::{Block, Transcript};

/// A scenario with plain steps.
pub struct Plain<'a> {
    written: &'a Scenario,
    /// `None` where all steps are plain as they are written.
    lowered: Option<Lowered>,
}

struct Lowered {
    scenario: Scenario,
    /// The places of the plain steps of each written step.
    places: Vec<Range<usize>>,
}

impl<'a> Plain<'a> {
    /// Writes the scenario in plain steps, as the API in a mode takes them.
    pub fn of(written: &'a Scenario, subject: impl Into<Subject>) -> Self {
        let subject = subject.into();
        let is_plain = |step: &Step| !matches!(step.action, Action::Authenticate(_));
        let lowered = (!written.steps().all(is_plain)).then(|| Lowered::of(written, subject));
        Self { written, lowered }
    }

    /// Returns the scenario.
    pub fn scenario(&self) -> &Scenario {
        self.lowered.as_ref().map_or(self.written, |lowered| &lowered.scenario)
    }

    /// Returns the accepted transcript of the plain steps, given that of the written ones.
    pub fn accepted<'t>(&self, accepted: &'t Transcript) -> Cow<'t, Transcript> {
        let Some(lowered) = &self.lowered else { return Cow::Borrowed(accepted) };
        let steps: Vec<&Step> = lowered.scenario.steps().collect();
        let written = self.written.steps().zip(&lowered.places).zip(&accepted.blocks);
        let blocks = written.flat_map(|((step, places), block)| match &step.action {
            Action::Authenticate(_) if step.text == block.step => {
                let block = |(step, lines): (&&Step, &[&str])| Block {
                    step: step.text.clone(),
                    lines: lines.iter().map(|line| (*line).to_owned()).collect(),
                };
                let lines: [&[&str]; 2] = [&["2xx"], &[]];
                steps[places.clone()].iter().zip(lines).map(block).collect()
            }
            _ => vec![block.clone()],
        });
        Cow::Owned(Transcript { blocks: blocks.collect() })
    }

    /// Returns each written step with the places of its plain steps; `None` where all are plain as they are written.
    pub fn places(&self) -> Option<impl Iterator<Item = (&Step, &Range<usize>)>> {
        let lowered = self.lowered.as_ref()?;
        Some(self.written.steps().zip(&lowered.places))
    }
}

impl Lowered {
    fn of(written: &Scenario, subject: Subject) -> Self {
        let mut scenario = written.clone();
        let session_name = scenario.settings.session_name.clone();
        let mut credentials = Credentials { subject, session_name, made: HashMap::new() };
        let (mut places, mut next) = (Vec::new(), 0);
        for section in &mut scenario.sections {
            let plain = section.steps.iter().flat_map(|step| {
                let plain = credentials.step(step);
                places.push(next..next + plain.len());
                next += plain.len();
                plain
            });
            section.steps = plain.collect();
        }
        Self { scenario, places }
    }
}

/// The credentials that the steps so far have made.
struct Credentials {
    subject: Subject,
    session_name: String,
    /// By the name of the variable.
    made: HashMap<String, Made>,
}

/// Credentials: whose they are, and the name of the cookie that carries them in a session mode.
#[derive(Clone)]
struct Made {
    user: Authenticate,
    cookie: String,
}

impl Credentials {
    /// Writes a step in plain steps.
    fn step(&mut self, step: &Step) -> Vec<Step> {
        let action = match &step.action {
            Action::Authenticate(user) => {
                let made = Made { user: user.clone(), cookie: self.session_name.clone() };
                self.made.insert(Authenticate::VARIABLE.to_owned(), made);
                return if self.subject.is_session() { log_in(user, step) } else { Vec::new() };
            }
            Action::Curl(curl) => Action::Curl(self.request(curl)),
            Action::Parallel(Parallel { count, curl }) => {
                Action::Parallel(Parallel { count: *count, curl: self.request(curl) })
            }
            other => {
                self.follow(other);
                other.clone()
            }
        };
        vec![Step { action, ..step.clone() }]
    }

    /// Notes what a step makes of variables and of the cookie's name.
    fn follow(&mut self, action: &Action) {
        match action {
            Action::Capture(Capture { name, from }) => {
                let kept = match from {
                    CaptureSource::Variable(value) => self.made(value).cloned(),
                    CaptureSource::Cookie | CaptureSource::Json(_) => None,
                };
                match kept {
                    Some(made) => self.made.insert(name.clone(), made),
                    None => self.made.remove(name),
                };
            }
            Action::Serve(serve) => {
                let renamed = serve.set.iter().find(|(name, _)| *name == Setting::SessionName);
                if let Some(name) = renamed.and_then(|(_, value)| value.as_literal()) {
                    name.clone_into(&mut self.session_name);
                }
            }
            _ => {}
        }
    }

    /// Finds the credentials that a word is.
    fn made(&self, word: &Template) -> Option<&Made> {
        match word.pieces() {
            [Piece::Variable(variable)] => self.made.get(&variable.name),
            _ => None,
        }
    }

    /// Writes a request with the credentials in the form that the mode takes.
    fn request(&self, curl: &Curl) -> Curl {
        let mut plain = Curl { headers: Vec::new(), ..curl.clone() };
        for header in &curl.headers {
            match self.made(header) {
                None => plain.headers.push(header.clone()),
                Some(made) if self.subject == Mode::BasicAuth => plain.user = Some(made.user.user()),
                Some(made) if self.subject.is_session() => plain.cookies.push(cookie(&made.cookie, header)),
                Some(_) => {}
            }
        }
        plain
    }
}

fn cookie(name: &str, id: &Template) -> Template {
    let name = Piece::Literal(format!("{name}="));
    Template::new([name].into_iter().chain(id.pieces().iter().cloned()))
}

/// Writes the login and the capture of its cookie, both where `authenticate` stands.
fn log_in(user: &Authenticate, at: &Step) -> Vec<Step> {
    let name = Authenticate::VARIABLE.to_owned();
    let kept = Capture { name, from: CaptureSource::Cookie };
    let step =
        |action: Action| Step { line: at.line, text: print::step(&action), show: Show::Success, action };
    vec![step(Action::Curl(user.login())), step(Action::Capture(kept))]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "---\nmodes: [off, basic_auth, session_auth]\n---\n# A `users.list`\n```console\n\
        $ user b@c pw\n$ authenticate b@c \"a pw\"\n$ curl \"$URL/a\" -H \"A: b\" -H \"$CREDENTIAL\"\n\
        $ OLD=$CREDENTIAL\n$ serve SESSION_NAME=sid\n$ authenticate d@e pw\n$ parallel 2 curl \"$URL/b\" -H \"$OLD\"\n\
        $ curl \"$URL/c\" -H \"$CREDENTIAL\"\n```\n";

    fn scenario() -> Scenario {
        Scenario::parse("x", SOURCE).expect("it is well-formed")
    }

    fn plain_text(mode: Mode) -> String {
        let scenario = scenario();
        let plain = Plain::of(&scenario, mode);
        let steps =
            plain.scenario().steps().map(|step| format!("{}: {}", step.line, print::step(&step.action)));
        steps.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn credentials_are_what_the_mode_takes() {
        insta::assert_snapshot!(plain_text(Mode::Off), @r#"
        6: user b@c pw
        8: curl "$URL/a" -H "A: b"
        9: OLD=$CREDENTIAL
        10: serve SESSION_NAME=sid
        12: parallel 2 curl "$URL/b"
        13: curl "$URL/c"
        "#);
        insta::assert_snapshot!(plain_text(Mode::BasicAuth), @r#"
        6: user b@c pw
        8: curl "$URL/a" -H "A: b" -u "b@c:a pw"
        9: OLD=$CREDENTIAL
        10: serve SESSION_NAME=sid
        12: parallel 2 curl "$URL/b" -u "b@c:a pw"
        13: curl "$URL/c" -u "d@e:pw"
        "#);
        insta::assert_snapshot!(plain_text(Mode::SessionAuth), @r#"
        6: user b@c pw
        7: curl "$URL/api/v1/auth_session/login" -XPOST -d "email=b@c" -d "password=a pw"
        7: CREDENTIAL=cookie
        8: curl "$URL/a" -H "A: b" --cookie "_my_session_id=$CREDENTIAL"
        9: OLD=$CREDENTIAL
        10: serve SESSION_NAME=sid
        11: curl "$URL/api/v1/auth_session/login" -XPOST -d "email=d@e" -d "password=pw"
        11: CREDENTIAL=cookie
        12: parallel 2 curl "$URL/b" --cookie "_my_session_id=$OLD"
        13: curl "$URL/c" --cookie "sid=$CREDENTIAL"
        "#);
    }

    #[test]
    fn a_scenario_without_credentials_is_plain_as_it_is() {
        let source = "---\nmodes: [off]\n---\n```console\n$ curl \"$URL\" -H \"A: b\"\n```\n";
        let scenario = Scenario::parse("x", source).expect("it is well-formed");
        let plain = Plain::of(&scenario, Mode::Off);
        assert!(std::ptr::eq(plain.scenario(), &raw const scenario));
        let transcript = Transcript::default();
        assert!(matches!(plain.accepted(&transcript), Cow::Borrowed(_)));
        assert!(plain.places().is_none());
    }

    fn accepted() -> Transcript {
        let text: String = scenario().steps().map(|step| format!("$ {}\n", step.text)).collect();
        Transcript::parse(&text)
    }

    #[test]
    fn a_login_is_accepted_by_its_success() {
        let (scenario, accepted) = (scenario(), accepted());
        let blocks = |mode| -> Vec<Block> {
            let blocks = Plain::of(&scenario, mode).accepted(&accepted).blocks.clone();
            blocks
                .into_iter()
                .filter(|block| !block.step.contains("URL/") || block.step.contains("login"))
                .collect()
        };
        let shown = |mode| Transcript { blocks: blocks(mode) }.to_string();
        insta::assert_snapshot!(shown(Mode::SessionAuth), @r#"
        $ user b@c pw
        $ curl "$URL/api/v1/auth_session/login" -XPOST -d "email=b@c" -d "password=a pw"
        2xx
        $ CREDENTIAL=cookie
        $ OLD=$CREDENTIAL
        $ serve SESSION_NAME=sid
        $ curl "$URL/api/v1/auth_session/login" -XPOST -d "email=d@e" -d "password=pw"
        2xx
        $ CREDENTIAL=cookie
        "#);
        insta::assert_snapshot!(shown(Mode::Off), @"
        $ user b@c pw
        $ OLD=$CREDENTIAL
        $ serve SESSION_NAME=sid
        ");
    }

    #[test]
    fn a_transcript_of_other_credentials_is_out_of_date() {
        let scenario = scenario();
        let mut accepted = accepted();
        accepted.blocks[1].step = "authenticate z@z pw".to_owned();
        for mode in [Mode::Off, Mode::SessionAuth] {
            let plain = Plain::of(&scenario, mode);
            let texts = plain.scenario().steps().map(|step| step.text.as_str());
            let accepted = plain.accepted(&accepted);
            let same = texts.zip(&accepted.blocks).all(|(text, block)| text == block.step);
            assert!(!same, "{mode}");
        }
    }
}
