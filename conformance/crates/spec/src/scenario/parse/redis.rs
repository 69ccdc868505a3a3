//! What stands after `redis` in a step.

use super::steps::{missing, nothing_after};
use super::words::Word;
use crate::scenario::action::Action;
use crate::scenario::diagnose::{Diagnostic, code, did_you_mean};
use crate::scenario::redis::{Call, Client, Redis};

/// Reads what stands after `redis`.
pub(super) fn redis(step: &Word, rest: &[Word]) -> Result<Redis, Diagnostic> {
    const FORM: &str = "redis COMMAND ARGUMENT …, or redis PROGRAM.js";
    let (server, rest) = match rest {
        [option, rest @ ..] if option.template.as_literal() == Some("-u") => match rest {
            [server, rest @ ..] => (Some(server.template.clone()), rest),
            [] => return Err(missing(step, "an address after -u", "redis -u \"$NOBODY\" COMMAND")),
        },
        rest => (None, rest),
    };
    let Some(first) = rest.first() else { return Err(missing(step, "a command", FORM)) };
    let name = first.template.as_literal().unwrap_or_default();
    if name.starts_with('-') {
        let message = format!("unknown option of redis `{name}`");
        return Err(Diagnostic::new(code::OPTION, first.span.clone(), message, "the option is -u"));
    }
    if !name.ends_with(".js") {
        return Ok(Redis {
            server,
            call: Call::Command(rest.iter().map(|word| word.template.clone()).collect()),
        });
    }
    let Some(program) = Client::ALL.into_iter().find(|program| program.as_str() == name) else {
        let names = Client::ALL.map(Client::as_str);
        let help = did_you_mean(name, names, format!("the programs are {}", names.join(", ")));
        let message = format!("unknown program `{name}`");
        return Err(Diagnostic::new(code::ARGUMENT, first.span.clone(), message, help));
    };
    nothing_after(name, &rest[1..])?;
    Ok(Redis { server, call: Call::Program(program) })
}

/// Complains of a step that the server of the scenario does not have.
pub(super) fn foreign(action: &Action, of_redis: bool, word: &Word) -> Option<Diagnostic> {
    let (here, help) = match action {
        Action::Restart | Action::Kill => return None,
        Action::Redis(_) | Action::Wait => {
            (of_redis, "write server: redis in the place of the modes, or ask the API with curl")
        }
        _ => (!of_redis, "the steps of a Redis server are redis, wait, restart and kill"),
    };
    let name = word.template.as_literal().unwrap_or("NAME=…");
    let whose = if of_redis { "of a Redis server" } else { "of the API" };
    let message = format!("`{name}` is no step of a scenario {whose}");
    (!here).then(|| Diagnostic::new(code::STEP, word.span.clone(), message, help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use crate::scenario::diagnose::render_all;
    use crate::scenario::redis::NOBODY;
    use crate::scenario::template::Template;

    fn read(steps: &str) -> Result<Vec<Redis>, String> {
        let source = format!("---\nserver: redis\n---\n```console\n{steps}```\n");
        let scenario =
            Scenario::parse("x", &source).map_err(|wrong| render_all(&wrong, "x.md", &source, false))?;
        assert!(scenario.is_of_redis());
        let redis = |action: &Action| match action {
            Action::Redis(redis) => redis.clone(),
            other => panic!("{other:?}"),
        };
        Ok(scenario.steps().map(|step| redis(&step.action)).collect())
    }

    fn errors(steps: &str) -> String {
        read(steps).expect_err("it is malformed")
    }

    #[test]
    fn a_step_is_a_command_or_a_program_perhaps_of_another_server() {
        let read = read("$ redis get \"a b\"\n$ redis -u \"$NOBODY\" 0-redis_client.js\n");
        let nobody = Template::variable(NOBODY);
        assert_eq!(
            read.expect("it is well-formed"),
            [
                Redis { server: None, call: Call::Command(vec!["get".into(), "a b".into()]) },
                Redis { server: Some(nobody), call: Call::Program(Client::Connect) },
            ]
        );
    }

    #[test]
    fn what_is_missing_or_unknown_is_told_with_what_to_write() {
        insta::assert_snapshot!(errors("$ redis\n$ redis -u\n$ redis -p 1 ping\n$ redis 5-subscribe.js\n$ redis 5-publisher.js 1\n"), @r#"
        error[S008]: `redis` without a command
         --> x.md:5:3
          |
        5 | $ redis
          |   ^^^^^
          |
          = help: write redis COMMAND ARGUMENT …, or redis PROGRAM.js

        error[S008]: `redis` without an address after -u
         --> x.md:6:3
          |
        6 | $ redis -u
          |   ^^^^^
          |
          = help: write redis -u "$NOBODY" COMMAND

        error[S009]: unknown option of redis `-p`
         --> x.md:7:9
          |
        7 | $ redis -p 1 ping
          |         ^^
          |
          = help: the option is -u

        error[S008]: unknown program `5-subscribe.js`
         --> x.md:8:9
          |
        8 | $ redis 5-subscribe.js
          |         ^^^^^^^^^^^^^^
          |
          = help: did you mean `5-subscriber.js`?

        error[S008]: `5-publisher.js` has one argument too many
         --> x.md:9:24
          |
        9 | $ redis 5-publisher.js 1
          |                        ^
          |
          = help: leave it out; put an argument with white space in quotes
        "#);
    }

    #[test]
    fn steps_are_those_of_the_server_of_the_scenario() {
        insta::assert_snapshot!(errors("$ curl \"$URL\"\n$ A=$URL\n$ wait\n"), @r#"
        error[S007]: `curl` is no step of a scenario of a Redis server
         --> x.md:5:3
          |
        5 | $ curl "$URL"
          |   ^^^^
          |
          = help: the steps of a Redis server are redis, wait, restart and kill

        error[S007]: `NAME=…` is no step of a scenario of a Redis server
         --> x.md:6:3
          |
        6 | $ A=$URL
          |   ^^^^^^
          |
          = help: the steps of a Redis server are redis, wait, restart and kill
        "#);
        let source = "---\nmodes: [off]\n---\n```console\n$ redis ping\n```\n";
        let wrong = Scenario::parse("x", source).expect_err("it is of the API");
        insta::assert_snapshot!(render_all(&wrong, "x.md", source, false), @r"
        error[S007]: `redis` is no step of a scenario of the API
         --> x.md:5:3
          |
        5 | $ redis ping
          |   ^^^^^
          |
          = help: write server: redis in the place of the modes, or ask the API with curl
        ");
    }
}
