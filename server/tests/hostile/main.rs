//! Hostile input, over raw sockets: each request of the corpus (`*.txt` beside this file, form in `corpus`),
//! in each mode that it is for, with the answer that is right, and what holds for every answer.

mod answer;
mod conversation;
mod corpus;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use answer::Answer;
use conversation::Conversation;
use corpus::{Case, Values};
use libtest_mimic::{Arguments, Failed, Trial};
use support::{BOB, BOB_BASIC, Site, bob, connect};
use tokio::runtime::Runtime;

const FILES: [&str; 6] = [
    include_str!("framing.txt"),
    include_str!("targets.txt"),
    include_str!("methods.txt"),
    include_str!("headers.txt"),
    include_str!("bodies.txt"),
    include_str!("connections.txt"),
];

/// Panics anywhere in this process; the checks themselves return errors.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn main() {
    let arguments = Arguments::from_args();
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        report(panic);
    }));
    let totals = Arc::new(Mutex::new(BTreeMap::<&str, [usize; 2]>::new()));
    let cases: Vec<Case> = FILES.into_iter().flat_map(corpus::read).collect();
    let mut trials = Vec::new();
    for mode in ["session_auth", "basic_auth"] {
        // Cases of one mode are played one after another: what they leave behind is counted.
        let bench = Arc::new(Mutex::new(Bench::new(mode)));
        for case in cases.iter().filter(|case| case.modes.contains(&mode)).cloned() {
            let (bench, totals) = (Arc::clone(&bench), Arc::clone(&totals));
            trials.push(Trial::test(format!("{mode}: {}: {}", case.heading, case.name), move || {
                let played = bench.lock().unwrap_or_else(PoisonError::into_inner).play(&case);
                let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
                let [passed, tried] = totals.entry(case.heading).or_default();
                *passed += usize::from(played.is_ok());
                *tried += 1;
                played.map_err(Failed::from)
            }));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for (heading, [passed, tried]) in totals.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("{heading}: {passed}/{tried} requests passed");
    }
    conclusion.exit();
}

/// A server, and what it takes to play cases on it.
struct Bench {
    runtime: Runtime,
    site: Site,
    is_basic: bool,
    played: usize,
}

impl Bench {
    fn new(mode: &str) -> Self {
        let runtime = Runtime::new().expect("threads");
        let site = runtime.block_on(Site::start(mode));
        Self { runtime, site, is_basic: mode == "basic_auth", played: 0 }
    }

    fn play(&mut self, case: &Case) -> Result<(), String> {
        let conversation = self.converse(case)?;
        let mut again =
            |case: &Case| self.converse(case).map_err(|error| format!("at the second time {error}"));
        if case.is_open() && !conversation.is_like(&again(case)?) {
            return Err(format!("not stable: {conversation}"));
        }
        let Some(rest) = case.text.strip_prefix("HEAD ") else {
            return Ok(());
        };
        let of_get = again(&Case { text: format!("GET {rest}"), ..case.clone() })?;
        if conversation.is_like(&of_get) {
            Ok(())
        } else {
            Err(format!("GET is answered otherwise: {of_get}"))
        }
    }

    fn converse(&mut self, case: &Case) -> Result<Conversation, String> {
        let values = self.values()?;
        let (users, panics) = (self.users()?, PANICS.load(Ordering::Relaxed));
        let conversation = Conversation::hold(&mut connect(self.site.address), case, &values)?;
        let show = || conversation.to_string();
        if !case.expected.iter().any(|outcome| conversation.is(outcome)) {
            return Err(format!("not what is right: {}", show()));
        }
        conversation.answers.iter().try_for_each(|answer| holds_for_all(answer, case, &values))?;
        let created = conversation.answers.iter().filter(|answer| answer.status == 201).count();
        if self.users()? != users + created as u64 {
            return Err(format!("users came or went unsaid: {}", show()));
        }
        if PANICS.load(Ordering::Relaxed) != panics {
            return Err(format!("a panic: {}", show()));
        }
        let last =
            conversation.answers.last().filter(|_| conversation.closed && !case.text.contains("‹end›"));
        if last.is_some_and(|last| !last.is_http_10 && last.field("connection") != Some("close")) {
            return Err(format!("it closes unsaid: {}", show()));
        }
        match self.runtime.block_on(self.site.me(&format!("{}\r\n", values.credentials))) {
            200 => Ok(conversation),
            status => Err(format!("then the honest are answered {status}: {}", show())),
        }
    }

    fn values(&mut self) -> Result<Values, String> {
        self.played += 1;
        let session = self.runtime.block_on(self.site.app.service().create_session(&BOB.into()));
        let session = session.ok().flatten().ok_or("no session")?.as_str().to_owned();
        let credentials = if self.is_basic {
            BOB_BASIC.trim_end().to_owned()
        } else {
            format!("Cookie: _my_session_id={session}")
        };
        Ok(Values { credentials, session, new: format!("n{:07}@h", self.played) })
    }

    fn users(&self) -> Result<u64, String> {
        self.runtime.block_on(self.site.app.store().user_count()).map_err(|error| error.to_string())
    }
}

/// What no answer may lack or tell.
fn holds_for_all(answer: &Answer, case: &Case, values: &Values) -> Result<(), String> {
    let Answer { status, fields, body, .. } = answer;
    let lacks = |name: &str| answer.field(name).is_none();
    if *status >= 200 && lacks("date") {
        return Err(format!("{status} without Date"));
    }
    let belongs = match status {
        204 => {
            ["access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers"]
                .as_slice()
        }
        401 => &["www-authenticate"],
        405 => &["allow"],
        _ => &[],
    };
    if belongs.iter().any(|name| lacks(name)) {
        return Err(format!("{status} without what belongs to it: {fields:?}"));
    }
    if let Some(cookie) = answer.field("set-cookie") {
        let id = cookie.strip_prefix("_my_session_id=").and_then(|rest| rest.strip_suffix("; Path=/"));
        let is_new = id.is_some_and(|id| id != values.session && !case.text.contains(id));
        if !is_new || *status != 200 || !case.text.contains("/login") {
            return Err(format!("{status} sets {cookie}"));
        }
    }
    let others = fields.iter().filter(|(name, _)| name != "set-cookie").map(|(_, value)| value.as_str());
    let told: Vec<&str> = others.chain([body.as_str()]).collect();
    let tells = |secret: &str| told.iter().any(|told| told.contains(secret));
    let hash: String = bob().password.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let injected = format!("{fields:?}{body}").to_ascii_lowercase().contains("injected");
    if tells(&hash) || tells(&values.session) || injected {
        return Err(format!("it tells what it must not: {fields:?} {body:?}"));
    }
    let has_credentials = ["‹credentials›", "‹session›", "fake"].iter().any(|one| case.text.contains(one));
    if !(has_credentials && (200..300).contains(status)) && (tells(BOB) || tells("bobsession@hbtn.io")) {
        return Err(format!("Bob's data, for nobody: {status} {body:?}"));
    }
    Ok(())
}
