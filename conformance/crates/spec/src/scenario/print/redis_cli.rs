//! Commands of a Redis server as redis-cli runs them, for a person to paste.

use super::shell::{pause, word};
use crate::scenario::action::Action;
use crate::scenario::print;
use crate::scenario::redis::{Call, Client, Redis};
use crate::scenario::template::Template;
use crate::scenario::tree::Step;

/// Where a person will find nobody: a port below those that are given out.
pub(crate) const NOWHERE: &str = "redis://127.0.0.1:1";

/// Writes the last step as redis-cli runs it, after the steps before it; `None` where it asks nothing.
pub fn line(steps: &[&Step], base_url: &str) -> Option<String> {
    let written = |action: &Action| match action {
        Action::Redis(Redis { server, call }) => {
            let server = if server.is_some() { NOWHERE } else { base_url };
            Some(match call {
                Call::Command(words) => {
                    let words: String = words.iter().map(|one| format!(" {}", bare_or_quoted(one))).collect();
                    format!("redis-cli -u {server}{words}")
                }
                Call::Program(program) => alike(*program, server),
            })
        }
        Action::Restart => Some(pause("stop the server and start it again")),
        Action::Kill => Some(pause("kill the server and start it again")),
        // The subscriber that was started last; one that has quit is not there to be ended.
        Action::Wait => Some("kill $!".to_owned()),
        _ => None,
    };
    written(&steps.last()?.action)?;
    Some(steps.iter().filter_map(|step| written(&step.action)).collect::<Vec<_>>().join("; "))
}

/// Writes what redis-cli asks in the place of a program of the documents.
pub fn alike(program: Client, server: &str) -> String {
    let asked = |words: &str| format!("redis-cli -u {server} {words}");
    let all = |commands: &[&str]| commands.iter().map(|words| asked(words)).collect::<Vec<_>>().join("; ");
    match program {
        Client::Connect => asked("ping"),
        Client::CallingBack | Client::Awaiting => {
            all(&["get Holberton", "set HolbertonSanFrancisco 100", "get HolbertonSanFrancisco"])
        }
        Client::Hash => all(&[
            "hset HolbertonSchools Portland 50",
            "hset HolbertonSchools Seattle 80",
            "hset HolbertonSchools \"New York\" 20",
            "hset HolbertonSchools Bogota 20",
            "hset HolbertonSchools Cali 40",
            "hset HolbertonSchools Paris 2",
            "hgetall HolbertonSchools",
        ]),
        Client::Subscriber => {
            format!("{{ {} & }}; sleep 1", asked("subscribe \"holberton school channel\""))
        }
        Client::Publisher => all(&[
            "publish \"holberton school channel\" \"Holberton Student #1 starts course\"",
            "publish \"holberton school channel\" \"Holberton Student #2 starts course\"",
            "publish \"holberton school channel\" KILL_SERVER",
            "publish \"holberton school channel\" \"Holberton Student #3 starts course\"",
        ]),
    }
}

/// Writes a word as a person would: bare where a shell leaves it alone.
fn bare_or_quoted(template: &Template) -> String {
    let bare = print::word(template);
    if bare.starts_with('"') { word(template) } else { bare }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn a_command_of_redis_comes_after_those_before_it() {
        let source = "---\nserver: redis\n---\n```console\n$ redis set a \"b c\"\n$ restart\n$ redis get a\n$ redis 1-redis_op.js\n```\n";
        let scenario = Scenario::parse("x", source).expect("it is well-formed");
        let steps: Vec<&Step> = scenario.steps().collect();
        let line = |steps: &[&Step]| line(steps, "redis://127.0.0.1:6379");
        insta::assert_snapshot!(line(&steps[..3]).unwrap_or_default(), @r#"redis-cli -u redis://127.0.0.1:6379 set a "b c"; read -rp 'stop the server and start it again, then press Enter '; redis-cli -u redis://127.0.0.1:6379 get a"#);
        insta::assert_snapshot!(line(&steps[3..]).unwrap_or_default(), @"redis-cli -u redis://127.0.0.1:6379 get Holberton; redis-cli -u redis://127.0.0.1:6379 set HolbertonSanFrancisco 100; redis-cli -u redis://127.0.0.1:6379 get HolbertonSanFrancisco");
    }
}
