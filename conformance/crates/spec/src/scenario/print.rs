//! Printing: the canonical text of words, steps and scenarios. What is printed reads back as it was.

pub mod redis_cli;
pub mod shell;

use super::action::{Action, Capture, CaptureSource};
use super::curl::{Curl, DataKind};
use super::redis::{Call, Redis};
use super::template::{Piece, Template, Transform, Variable};
use super::tree::{Scenario, SessionDuration, Settings, Show};
use crate::catalogue::Profile;

/// Prints a step as one line, without the `$ `.
///
/// Text in templates must not hold line breaks: a step has one line.
pub fn step(action: &Action) -> String {
    match action {
        Action::Curl(request) => curl(request),
        Action::Parallel(parallel) => format!("parallel {} {}", parallel.count, curl(&parallel.curl)),
        Action::Sleep(sleep) => format!("sleep {}", sleep.seconds),
        Action::Restart => "restart".to_owned(),
        Action::Kill => "kill".to_owned(),
        Action::Serve(serve) => {
            let set = serve.set.iter().map(|(name, value)| format!(" {}={}", name.as_str(), assigned(value)));
            let unset = serve.unset.iter().map(|name| format!(" -u {}", name.as_str()));
            format!("serve{}", set.chain(unset).collect::<String>())
        }
        Action::User(user) => format!("user {} {}", word(&user.email), word(&user.password)),
        Action::Authenticate(user) => {
            format!("authenticate {} {}", word(&user.email), word(&user.password))
        }
        Action::Capture(Capture { name, from }) => match from {
            CaptureSource::Cookie => format!("{name}=cookie"),
            CaptureSource::Json(path) => format!("{name}={path}"),
            CaptureSource::Variable(value) => format!("{name}={}", assigned(value)),
        },
        Action::Main(program) => program.as_str().to_owned(),
        Action::RequireAuth(ask) => {
            let paths: String = ask.paths.iter().map(|path| format!(" {}", word(path))).collect();
            format!("require_auth {}{paths}", word(&ask.excluded))
        }
        Action::Redis(ask) => redis(ask),
        Action::Wait => "wait".to_owned(),
    }
}

/// Prints a request, its options in the order of the documents' transcripts.
pub fn curl(curl: &Curl) -> String {
    curl_with(curl, quoted)
}

/// Prints a request whose arguments are put into quotes by `quote`.
pub(super) fn curl_with(curl: &Curl, quote: fn(&Template) -> String) -> String {
    let mut out = format!("curl {}", quote(&curl.url));
    match &curl.method {
        Some(method) if method.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            out.push_str(&format!(" -X{method}"));
        }
        Some(method) => out.push_str(&format!(" -X {}", quote(&Template::literal(method.as_str())))),
        None => {}
    }
    let mut option = |name: &str, value: &Template| out.push_str(&format!(" {name} {}", quote(value)));
    curl.headers.iter().for_each(|header| option("-H", header));
    for data in &curl.data {
        let name = match data.kind {
            DataKind::Plain => "-d",
            DataKind::Raw => "--data-raw",
            DataKind::Binary => "--data-binary",
            DataKind::UrlEncode => "--data-urlencode",
        };
        option(name, &data.value);
    }
    curl.form.iter().for_each(|field| option("-F", field));
    curl.cookies.iter().for_each(|cookie| option("--cookie", cookie));
    curl.user.iter().for_each(|user| option("-u", user));
    curl.user_agent.iter().for_each(|agent| option("-A", agent));
    curl.request_target.iter().for_each(|target| option("--request-target", target));
    let flags = [
        (curl.path_as_is, " --path-as-is"),
        (curl.get, " -G"),
        (curl.head, " -I"),
        (curl.include, " -i"),
        (curl.verbose, " -v"),
        (curl.silent, " -s"),
    ];
    out.extend(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag));
    out
}

/// Prints what a Redis server is asked.
fn redis(ask: &Redis) -> String {
    let server = ask.server.iter().map(|server| format!(" -u {}", quoted(server)));
    let call = match &ask.call {
        Call::Command(words) => words.iter().map(|one| format!(" {}", word(one))).collect(),
        Call::Program(program) => format!(" {}", program.as_str()),
    };
    format!("redis{}{call}", server.collect::<String>())
}

/// Prints a word: bare where a shell would leave it alone, in double quotes otherwise.
pub fn word(template: &Template) -> String {
    match template.as_literal() {
        Some(text) if !text.is_empty() && text.chars().all(is_bare) => text.to_owned(),
        _ => quoted(template),
    }
}

/// Prints a word in double quotes.
pub fn quoted(template: &Template) -> String {
    let mut out = String::from("\"");
    let mut pieces = template.pieces().iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Literal(text) => {
                for letter in text.chars() {
                    if ['"', '\\', '$', '`'].contains(&letter) {
                        out.push('\\');
                    }
                    out.push(letter);
                }
            }
            Piece::Variable(Variable { name, transform }) => match transform {
                Some(Transform::Upper) => out.push_str(&format!("${{{name}^^}}")),
                Some(Transform::CutLast) => out.push_str(&format!("${{{name}%?}}")),
                Some(Transform::Replace { from, to }) => out.push_str(&format!("${{{name}//{from}/{to}}}")),
                None if pieces.peek().is_some_and(|next| goes_on(next)) => {
                    out.push_str(&format!("${{{name}}}"));
                }
                None => out.push_str(&format!("${name}")),
            },
        }
    }
    out.push('"');
    out
}

/// Prints the value of an assignment.
fn assigned(value: &Template) -> String {
    match value.pieces() {
        [] => String::new(),
        [Piece::Variable(Variable { name, transform: None })] => format!("${name}"),
        _ => word(value),
    }
}

/// Tells whether the piece would be read as a part of the variable's name before it.
fn goes_on(piece: &Piece) -> bool {
    match piece {
        Piece::Literal(text) => {
            text.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_')
        }
        Piece::Variable(_) => false,
    }
}

fn is_bare(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "@%_+=:,./-".contains(letter)
}

/// Prints the Markdown of a scenario: front matter, headings and steps; prose and comments are not kept.
pub fn markdown(scenario: &Scenario) -> String {
    let modes: Vec<&str> = scenario.modes.iter().map(|mode| mode.as_str()).collect();
    let mut out = match scenario.is_of_redis() {
        true => "---\nserver: redis\n".to_owned(),
        false => format!("---\nmodes: [{}]\n", modes.join(", ")),
    };
    let settings = &scenario.settings;
    if settings.session_name != Settings::SESSION_NAME {
        out.push_str(&format!("session_name: {}\n", settings.session_name));
    }
    match &settings.session_duration {
        SessionDuration::OfMode => {}
        SessionDuration::Unset => out.push_str("session_duration: unset\n"),
        SessionDuration::Value(value) => {
            let is_plain = !value.is_empty() && value != "unset" && value.chars().all(is_bare);
            let value = if is_plain { value.clone() } else { format!("\"{value}\"") };
            out.push_str(&format!("session_duration: {value}\n"));
        }
    }
    if let Some(zone) = &settings.tz {
        out.push_str(&format!("tz: {zone}\n"));
    }
    if settings.profile == Profile::Hardened {
        out.push_str(&format!("profile: {}\n", settings.profile.as_str()));
    }
    out.push_str(if scenario.exact_clock { "clock: exact\n" } else { "" });
    out.push_str(if scenario.isolated { "isolated: true\n" } else { "" });
    out.push_str("---\n");
    for section in &scenario.sections {
        if section.level > 0 {
            let colon = if section.requirements.is_empty() || section.heading.is_empty() { "" } else { ":" };
            out.push_str(&format!("{} {}{colon}", "#".repeat(section.level), section.heading));
            out.extend(section.requirements.iter().map(|id| format!(" `{}`", id.value)));
            out.push('\n');
        }
        let mut open: Option<Show> = None;
        for step in &section.steps {
            if open != Some(step.show) {
                out.push_str(if open.is_some() { "```\n" } else { "" });
                let word = step.show.as_str();
                let space = if word.is_empty() { "" } else { " " };
                out.push_str(&format!("\n```console{space}{word}\n"));
                open = Some(step.show);
            }
            out.push_str(&format!("$ {}\n", self::step(&step.action)));
        }
        out.push_str(if open.is_some() { "```\n\n" } else { "\n" });
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::super::parse::tests::steps;
    use super::*;

    #[test]
    fn steps_have_one_canonical_form() {
        let source = r#"
$ user  'bob@hbtn.io' 'fake "pwd"'
$ authenticate  "bob@hbtn.io" 'fake "pwd"'
$ curl -si -XPUT $URL/x -d'a=$b' --data-raw "@\\" --header 'A: b' --cookie c=${USER}d -vv -u "a:b" -A ''
$ parallel 3 curl -G $URL --data-urlencode a --data-binary b --request-target '*' --path-as-is -X 'A-B'
$ curl --head $URL
$ S=cookie
$ A=.a[1]
$ B=$S
$ C="x${S%?}${S^^}${S//-/}$S"
$ serve SESSION_NAME="" TZ=$S -u SESSION_DURATION
$ require_auth "/a/*" /b '/c d'
$ main_3
$ sleep 007
"#;
        let printed: Vec<String> = steps(source).iter().map(|step| self::step(&step.action)).collect();
        insta::assert_snapshot!(printed.join("\n"), @r#"
        user bob@hbtn.io "fake \"pwd\""
        authenticate bob@hbtn.io "fake \"pwd\""
        curl "$URL/x" -XPUT -H "A: b" -d "a=\$b" --data-raw "@\\" --cookie "c=${USER}d" -u "a:b" -A "" -i -v -s
        parallel 3 curl "$URL" -X "A-B" --data-urlencode "a" --data-binary "b" --request-target "*" --path-as-is -G
        curl "$URL" -I
        S=cookie
        A=.a.[1]
        B=$S
        C="x${S%?}${S^^}${S//-/}$S"
        serve SESSION_NAME= TZ=$S -u SESSION_DURATION
        require_auth "/a/*" /b "/c d"
        main_3
        sleep 7
        "#);
    }

    #[test]
    fn a_scenario_prints_as_markdown() {
        let source = r#"---
modes: [session_db_auth, off]
session_duration: ""
session_name: sid
clock: exact
tz: UTC
isolated: true
---
Prose.
# Title

## One: `a.b` `c.d`

```console status
$ curl "$URL" # comment
```

```console
$ kill
```
"#;
        let scenario = Scenario::parse("x", source).expect("it is well-formed");
        insta::assert_snapshot!(scenario.to_string(), @r#"
        ---
        modes: [off, session_db_auth]
        session_name: sid
        session_duration: ""
        tz: UTC
        clock: exact
        isolated: true
        ---
        # Title

        ## One: `a.b` `c.d`

        ```console status
        $ curl "$URL"
        ```

        ```console
        $ kill
        ```
        "#);
    }
}
