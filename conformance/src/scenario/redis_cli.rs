//! Commands of a Redis server as redis-cli runs them, for a person to paste.

use super::action::Action;
use super::print;
use super::redis::{Call, Redis};
use super::shell::{pause, word};
use super::template::Template;
use super::tree::Step;

/// Writes the command of the last step as redis-cli runs it, after the commands before it; `None` of a program.
pub fn line(steps: &[&Step], base_url: &str) -> Option<String> {
    let written = |action: &Action| match action {
        Action::Redis(Redis { server: None, call: Call::Command(words) }) => {
            let words: String = words.iter().map(|one| format!(" {}", bare_or_quoted(one))).collect();
            Some(format!("redis-cli -u {base_url}{words}"))
        }
        Action::Restart => Some(pause("stop the server and start it again")),
        Action::Kill => Some(pause("kill the server and start it again")),
        _ => None,
    };
    written(&steps.last()?.action)?;
    Some(steps.iter().filter_map(|step| written(&step.action)).collect::<Vec<_>>().join("; "))
}

/// Writes a word as a person would: bare where a shell leaves it alone.
fn bare_or_quoted(template: &Template) -> String {
    let bare = print::word(template);
    if bare.starts_with('"') { word(template) } else { bare }
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::*;

    #[test]
    fn a_command_of_redis_comes_after_those_before_it() {
        let source = "---\nserver: redis\n---\n```console\n$ redis set a \"b c\"\n$ restart\n$ redis get a\n$ redis 1-redis_op.js\n```\n";
        let scenario = Scenario::parse("x", source).expect("it is well-formed");
        let steps: Vec<&Step> = scenario.steps().collect();
        let line = |steps: &[&Step]| line(steps, "redis://127.0.0.1:6379");
        insta::assert_snapshot!(line(&steps[..3]).unwrap_or_default(), @r#"redis-cli -u redis://127.0.0.1:6379 set a "b c"; read -rp 'stop the server and start it again, then press Enter '; redis-cli -u redis://127.0.0.1:6379 get a"#);
        assert_eq!(line(&steps), None, "no shell runs the documents' programs");
    }
}
