//! Shell lines: steps as real bash and curl run them, for a person to paste.

use std::collections::BTreeSet;

use crate::scenario::action::{Action, Capture, CaptureSource, Program, Serve, Setting};
use crate::scenario::curl::Curl;
use crate::scenario::path::{JsonPath, PathStep};
use crate::scenario::print;
use crate::scenario::template::Template;
use crate::scenario::tree::Step;

/// The password and address of the user that main_0 stores.
const MAIN_0: &str = "bob@hbtn.io:H0lbertonSchool98!";

/// Writes one step as a shell line that uses `$URL` and the variables as they are.
///
/// `None` where it takes more than the step: a capture needs the answer before it (see [`filter`]), and a
/// restart or a program needs the target.
pub fn to_shell(action: &Action) -> Option<String> {
    match action {
        Action::Curl(curl) => Some(line(curl)),
        Action::Parallel(parallel) => Some(repeat(parallel.count, &parallel.curl)),
        Action::Sleep(sleep) => Some(format!("sleep {}", sleep.seconds)),
        Action::Capture(Capture { name, from: CaptureSource::Variable(value) }) => {
            Some(format!("{name}={}", word(value)))
        }
        _ => None,
    }
}

/// Writes the command that reads an answer of `curl -si` and prints the value to keep; `None` for a variable.
pub fn filter(from: &CaptureSource, session_name: &str) -> Option<String> {
    match from {
        CaptureSource::Cookie => Some(cookie_filter(session_name)),
        CaptureSource::Json(path) => Some(json_filter(path)),
        CaptureSource::Variable(_) => None,
    }
}

/// One line that repeats a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reproduction {
    /// The line.
    pub line: String,
    /// The place of the first step that it repeats: the server is to run as it did there.
    pub first: usize,
}

/// Writes one line that repeats the last of `steps`, given all steps of the scenario up to it.
///
/// Before the request stand only the assignments of the variables that it uses, and what happened to these
/// values since: sleeps, restarts (for which the line waits), and requests that changed something with them.
/// What no shell can know, as the id of a stored user, is a placeholder in `<…>`. For a failed capture it is the
/// request whose answer had nothing to keep. `None` where the last step sends nothing.
pub fn reproduce(steps: &[&Step], base_url: &str, session_name: &str) -> Option<Reproduction> {
    let at = match &steps.last()?.action {
        Action::Curl(_) | Action::Parallel(_) => steps.len() - 1,
        Action::Capture(Capture { from: CaptureSource::Cookie | CaptureSource::Json(_), .. }) => {
            request_before(steps, steps.len() - 1)?
        }
        _ => return None,
    };
    let mut history = History {
        steps,
        base_url,
        session_name,
        needed: BTreeSet::new(),
        parts: Vec::new(),
        slept: false,
        first: at,
    };
    history.parts.push(match &steps[at].action {
        Action::Parallel(parallel) => repeat(parallel.count, &history.placed(&parallel.curl)),
        action => {
            let curl = history.placed(action.request()?);
            line(&Curl { include: curl.include || !(curl.head || curl.verbose), ..curl })
        }
    });
    history.need(&steps[at].action);
    history.before(at);
    history.parts.reverse();
    let text = history.parts.join("; ");
    // A transformed `$URL` is left to the shell.
    let uses_url = text.contains("$URL") || text.contains("${URL");
    let line = if uses_url { format!("URL={base_url}; {text}") } else { text };
    Some(Reproduction { line, first: history.first })
}

/// Walks back from the failed request and collects what it builds on, last thing first.
struct History<'a> {
    steps: &'a [&'a Step],
    base_url: &'a str,
    session_name: &'a str,
    /// The variables whose values are still to be explained.
    needed: BTreeSet<String>,
    parts: Vec<String>,
    /// Time passed before the failed request: then what was asked meanwhile may matter.
    slept: bool,
    /// The first step that is repeated.
    first: usize,
}

impl History<'_> {
    /// Puts the target's place into a request.
    fn placed(&self, curl: &Curl) -> Curl {
        curl.map(|template| template.with("URL", self.base_url))
    }

    fn need(&mut self, action: &Action) {
        self.needed.extend(action.uses().into_iter().filter(|name| *name != "URL").map(str::to_owned));
    }

    fn before(&mut self, at: usize) {
        let mut taken: BTreeSet<usize> = BTreeSet::new();
        for index in (0..at).rev() {
            if self.needed.is_empty() {
                return;
            }
            if taken.contains(&index) {
                continue;
            }
            let action = &self.steps[index].action;
            match action {
                Action::Capture(capture) if self.needed.contains(&capture.name) => {
                    self.capture(index, capture, &mut taken);
                }
                Action::User(_) | Action::Main(_) => self.seeded(action),
                Action::Sleep(sleep) => {
                    self.slept = true;
                    self.parts.push(format!("sleep {}", sleep.seconds));
                }
                Action::Restart => self.parts.push(pause("stop the server and start it again")),
                Action::Kill => self.parts.push(pause("kill the server and start it again")),
                Action::Serve(serve) => self.parts.push(pause(&settings(serve))),
                Action::Curl(curl) if self.matters(action, curl) => {
                    self.first = index;
                    self.need(action);
                    self.parts.push(format!("{} -so /dev/null", line(&self.placed(curl))));
                }
                Action::Parallel(parallel) if self.matters(action, &parallel.curl) => {
                    self.first = index;
                    self.need(action);
                    self.parts.push(repeat(parallel.count, &self.placed(&parallel.curl)));
                }
                _ => {}
            }
        }
    }

    /// Tells whether a request since then may have changed what a needed value stands for.
    ///
    /// One that changes something with another kept value may have changed more than it should.
    fn matters(&self, action: &Action, curl: &Curl) -> bool {
        let changes = !matches!(curl.effective_method(), "GET" | "HEAD" | "OPTIONS");
        let uses = action.uses();
        let kept = uses.iter().any(|name| *name != "URL");
        (changes && kept) || (self.slept && uses.iter().any(|name| self.needed.contains(*name)))
    }

    /// Writes the assignment of a kept value, and of every other one kept from the same answer.
    fn capture(&mut self, index: usize, capture: &Capture, taken: &mut BTreeSet<usize>) {
        self.needed.remove(&capture.name);
        let session_name = self.session_name(index);
        let Some(command) = filter(&capture.from, &session_name) else {
            self.need(&self.steps[index].action);
            self.parts.extend(to_shell(&self.steps[index].action));
            return;
        };
        let Some(source) = request_before(self.steps, index) else { return };
        let Action::Curl(curl) = &self.steps[source].action else { return };
        taken.insert(source);
        self.first = source;
        let silent = Curl { silent: false, include: false, verbose: false, ..self.placed(curl) };
        let request = format!("{} -si", line(&silent));
        let mut assignments = vec![(capture.name.as_str(), command)];
        for other in (source + 1..index).rev() {
            if let Action::Capture(capture) = &self.steps[other].action
                && let Some(command) = filter(&capture.from, &session_name)
                && self.needed.remove(&capture.name)
            {
                assignments.push((&capture.name, command));
            }
        }
        if let [(name, command)] = assignments.as_slice() {
            self.parts.push(format!("{name}=$({request} | {command})"));
        } else {
            let each = assignments
                .into_iter()
                .map(|(name, command)| format!("{name}=$(echo \"$ANSWER\" | {command})"));
            self.parts.extend(each);
            self.parts.push(format!("ANSWER=$({request})"));
        }
        self.need(&self.steps[source].action);
    }

    /// Gives the session cookie's name at a step: that of the last `serve` that sets it.
    fn session_name(&self, at: usize) -> String {
        let settings = self.steps[..at].iter().rev().filter_map(|step| match &step.action {
            Action::Serve(serve) => serve.set.iter().find(|(name, _)| *name == Setting::SessionName),
            _ => None,
        });
        settings.filter_map(|(_, value)| value.as_literal()).next().unwrap_or(self.session_name).to_owned()
    }

    /// Writes what a stored user or a program sets.
    fn seeded(&mut self, action: &Action) {
        for name in action.sets() {
            if !self.needed.remove(name) {
                continue;
            }
            let value = match (action, name) {
                (Action::User(user), _) => {
                    let email = print::quoted(&user.email);
                    format!("\"<id of {}>\"", email.trim_matches('"'))
                }
                (Action::Main(Program::Main0), "BASIC") => format!("$(printf %s '{MAIN_0}' | base64)"),
                (Action::Main(program), "SESSION") => {
                    format!("\"<Session ID that {} prints>\"", program.as_str())
                }
                (Action::Main(program), _) => {
                    format!("\"<id of the user that {} stores>\"", program.as_str())
                }
                _ => continue,
            };
            self.parts.push(format!("{name}={value}"));
        }
    }
}

/// Finds the request whose answer is the last one before a step.
fn request_before(steps: &[&Step], at: usize) -> Option<usize> {
    (0..at).rev().find(|index| matches!(steps[*index].action, Action::Curl(_)))
}

fn line(curl: &Curl) -> String {
    print::curl_with(curl, word)
}

/// Writes requests that run at once and the count of each status.
fn repeat(count: usize, curl: &Curl) -> String {
    let request = line(&Curl { include: false, silent: false, verbose: false, ..curl.clone() });
    format!(
        "(for _ in $(seq {count}); do {request} -so /dev/null -w '%{{http_code}}\\n' & done; wait) | sort | uniq -c"
    )
}

/// Writes a word for a shell in which a person types, where a bare `!` calls up an earlier line.
pub(crate) fn word(template: &Template) -> String {
    match template.as_literal() {
        Some(text) if text.contains('!') && !text.contains('\'') => format!("'{text}'"),
        _ => {
            let text = print::quoted(template).replace('!', "\"'!'\"");
            text.strip_suffix("'\"\"").map_or(text.clone(), |text| format!("{text}'"))
        }
    }
}

pub(super) fn pause(what: &str) -> String {
    format!("read -rp '{what}, then press Enter '")
}

fn settings(serve: &Serve) -> String {
    let set = serve.set.iter().map(|(name, value)| format!("{}={}", name.as_str(), print::word(value)));
    let unset = serve.unset.iter().map(|name| format!("{} unset", name.as_str()));
    let all: Vec<String> = set.chain(unset).collect();
    format!("start the server again with {}", all.join(", ")).replace('\'', "")
}

fn cookie_filter(session_name: &str) -> String {
    let mut name = String::new();
    for letter in session_name.chars() {
        if ".[]*^$\\/".contains(letter) {
            name.push('\\');
        }
        name.push(letter);
    }
    format!("sed -n 's/^[Ss]et-[Cc]ookie: {name}=\\([^;[:cntrl:]]*\\).*/\\1/p'")
}

fn json_filter(path: &JsonPath) -> String {
    let steps: String = path
        .steps()
        .iter()
        .map(|step| match step {
            PathStep::Key(key) => format!("[\"{key}\"]"),
            PathStep::Index(index) => format!("[{index}]"),
        })
        .collect();
    format!(
        "python3 -c 'import json,sys; print(json.loads(sys.stdin.read().split(\"\\r\\n\\r\\n\", 1)[-1]){steps})'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse::tests::steps;

    fn line_of(source: &str) -> String {
        let steps = steps(source);
        let steps: Vec<&Step> = steps.iter().collect();
        reproduce(&steps, "http://127.0.0.1:5000", "_my_session_id")
            .map(|repeated| repeated.line)
            .unwrap_or_default()
    }

    #[test]
    fn a_request_without_variables_stands_alone() {
        insta::assert_snapshot!(line_of("$ user a b\n$ curl \"$URL\"\n$ curl \"$URL/api?x=1\" -u 'b:pw!' -H 'a: \"b\"'\n"), @r#"curl "http://127.0.0.1:5000/api?x=1" -H "a: \"b\"" -u 'b:pw!' -i"#);
        insta::assert_snapshot!(line_of("$ curl -I $URL/é\n"), @r#"curl "http://127.0.0.1:5000/é" -I"#);
    }

    #[test]
    fn a_variable_brings_its_assignment() {
        let login = "$ curl \"$URL/login\" -XPOST -d \"email=b@hbtn.io\" -d \"password=fake pwd\"\n$ SESSION=cookie\n";
        insta::assert_snapshot!(line_of(&format!("{login}$ restart\n$ curl \"$URL/x\" -H \"Cookie: a.b=$SESSION\"\n")), @r#"SESSION=$(curl "http://127.0.0.1:5000/login" -XPOST -d "email=b@hbtn.io" -d "password=fake pwd" -si | sed -n 's/^[Ss]et-[Cc]ookie: _my_session_id=\([^;[:cntrl:]]*\).*/\1/p'); read -rp 'stop the server and start it again, then press Enter '; curl "http://127.0.0.1:5000/x" -H "Cookie: a.b=$SESSION" -i"#);
        insta::assert_snapshot!(line_of(&format!("{login}$ ID=.[0].id\n$ curl \"$URL/$ID\" -b \"c=$SESSION\"\n")), @r#"ANSWER=$(curl "http://127.0.0.1:5000/login" -XPOST -d "email=b@hbtn.io" -d "password=fake pwd" -si); SESSION=$(echo "$ANSWER" | sed -n 's/^[Ss]et-[Cc]ookie: _my_session_id=\([^;[:cntrl:]]*\).*/\1/p'); ID=$(echo "$ANSWER" | python3 -c 'import json,sys; print(json.loads(sys.stdin.read().split("\r\n\r\n", 1)[-1])[0]["id"])'); curl "http://127.0.0.1:5000/$ID" --cookie "c=$SESSION" -i"#);
        insta::assert_snapshot!(line_of(&format!("{login}$ curl \"$URL/other\"\n$ CUT=${{SESSION%?}}\n$ curl \"$URL\" -b \"c=${{CUT^^}}!\"\n")), @r#"SESSION=$(curl "http://127.0.0.1:5000/login" -XPOST -d "email=b@hbtn.io" -d "password=fake pwd" -si | sed -n 's/^[Ss]et-[Cc]ookie: _my_session_id=\([^;[:cntrl:]]*\).*/\1/p'); CUT="${SESSION%?}"; curl "http://127.0.0.1:5000" --cookie "c=${CUT^^}"'!' -i"#);
    }

    #[test]
    fn what_happened_to_a_value_is_repeated() {
        let login = "$ curl \"$URL/login\" -d a\n$ S=cookie\n";
        insta::assert_snapshot!(line_of(&format!("{login}$ curl \"$URL/me\" -b a=$S\n$ curl -XDELETE \"$URL/logout\" -b a=$S\n$ curl \"$URL/me\" -b a=$S\n")), @r#"S=$(curl "http://127.0.0.1:5000/login" -d "a" -si | sed -n 's/^[Ss]et-[Cc]ookie: _my_session_id=\([^;[:cntrl:]]*\).*/\1/p'); curl "http://127.0.0.1:5000/logout" -XDELETE --cookie "a=$S" -so /dev/null; curl "http://127.0.0.1:5000/me" --cookie "a=$S" -i"#);
        insta::assert_snapshot!(line_of(&format!("{login}$ sleep 40\n$ curl \"$URL/me\" -b a=$S\n$ sleep 40\n$ curl \"$URL/me\" -b a=$S\n")), @r#"S=$(curl "http://127.0.0.1:5000/login" -d "a" -si | sed -n 's/^[Ss]et-[Cc]ookie: _my_session_id=\([^;[:cntrl:]]*\).*/\1/p'); sleep 40; curl "http://127.0.0.1:5000/me" --cookie "a=$S" -so /dev/null; sleep 40; curl "http://127.0.0.1:5000/me" --cookie "a=$S" -i"#);
        insta::assert_snapshot!(line_of(&format!("{login}$ kill\n$ serve TZ=Asia/Tokyo -u SESSION_DURATION\n$ curl \"$URL/me\" -b a=$S\n")), @r#"S=$(curl "http://127.0.0.1:5000/login" -d "a" -si | sed -n 's/^[Ss]et-[Cc]ookie: _my_session_id=\([^;[:cntrl:]]*\).*/\1/p'); read -rp 'kill the server and start it again, then press Enter '; read -rp 'start the server again with TZ=Asia/Tokyo, SESSION_DURATION unset, then press Enter '; curl "http://127.0.0.1:5000/me" --cookie "a=$S" -i"#);
    }

    #[test]
    fn what_no_shell_can_know_is_a_placeholder() {
        insta::assert_snapshot!(line_of("$ user bob@hbtn.io pw\n$ curl \"$URL/users/$USER\"\n"), @r#"USER="<id of bob@hbtn.io>"; curl "http://127.0.0.1:5000/users/$USER" -i"#);
        insta::assert_snapshot!(line_of("$ main_0\n$ curl \"$URL/users/$USER\" -H \"Authorization: Basic $BASIC\"\n"), @r#"BASIC=$(printf %s 'bob@hbtn.io:H0lbertonSchool98!' | base64); USER="<id of the user that main_0 stores>"; curl "http://127.0.0.1:5000/users/$USER" -H "Authorization: Basic $BASIC" -i"#);
        insta::assert_snapshot!(line_of("$ main_4\n$ curl \"$URL\" -b \"_my_session_id=$SESSION\"\n"), @r#"SESSION="<Session ID that main_4 prints>"; curl "http://127.0.0.1:5000" --cookie "_my_session_id=$SESSION" -i"#);
    }

    #[test]
    fn a_failed_capture_repeats_its_request() {
        insta::assert_snapshot!(line_of("$ curl \"$URL/login\" -d a\n$ S=cookie\n"), @r#"curl "http://127.0.0.1:5000/login" -d "a" -i"#);
    }

    #[test]
    fn parallel_requests_are_a_loop() {
        insta::assert_snapshot!(line_of("$ parallel 8 curl -i \"$URL/users\" -d a=b\n"), @r#"(for _ in $(seq 8); do curl "http://127.0.0.1:5000/users" -d "a=b" -so /dev/null -w '%{http_code}\n' & done; wait) | sort | uniq -c"#);
    }

    #[test]
    fn a_url_that_is_changed_is_assigned() {
        insta::assert_snapshot!(line_of("$ curl \"$URL\" -H \"Origin: ${URL//http:/https:}\"\n"), @r#"URL=http://127.0.0.1:5000; curl "http://127.0.0.1:5000" -H "Origin: ${URL//http:/https:}" -i"#);
    }

    #[test]
    fn a_step_that_sends_nothing_has_no_line() {
        assert_eq!(line_of("$ restart\n"), "");
        assert_eq!(line_of("$ A=$URL\n"), "");
    }

    #[test]
    fn single_steps_are_shell_lines() {
        let shell = |source: &str| to_shell(&steps(source).last().expect("there is a step").action);
        assert_eq!(shell("$ sleep 3\n").as_deref(), Some("sleep 3"));
        assert_eq!(shell("$ A=$URL\n").as_deref(), Some("A=\"$URL\""));
        assert_eq!(shell("$ curl $URL -d 'a$'\n").as_deref(), Some("curl \"$URL\" -d \"a\\$\""));
        assert_eq!(shell("$ restart\n"), None);
        assert_eq!(shell("$ user a b\n"), None);
    }
}
