//! Settings: `serve NAME=VALUE … -u NAME …` starts the server with others.

use super::steps::missing;
use super::words::Word;
use crate::scenario::action::{Serve, Setting};
use crate::scenario::diagnose::{Diagnostic, code, did_you_mean};

/// Reads the words after `serve`; `None` where one has an error. Errors go to `errors`.
pub(super) fn serve(step: &Word, rest: &[Word], errors: &mut Vec<Diagnostic>) -> Option<Serve> {
    const FORM: &str = "serve NAME=VALUE … -u NAME …";
    let before = errors.len();
    let mut serve = Serve::default();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if word.template.as_literal() == Some("-u") {
            match words.next() {
                Some(name) => match setting(name, name.template.as_literal().unwrap_or_default()) {
                    Ok(name) => serve.unset.push(name),
                    Err(diagnostic) => errors.push(diagnostic),
                },
                None => errors.push(Diagnostic::new(
                    code::ARGUMENT,
                    word.span.clone(),
                    "`-u` without the name of a setting",
                    format!("write {FORM}"),
                )),
            }
            continue;
        }
        let start = word.template.literal_start();
        let (name, assigned) = start.find('=').map_or((start, None), |at| (&start[..at], Some(at + 1)));
        match (setting(word, name), assigned) {
            (Err(diagnostic), _) => errors.push(diagnostic),
            (Ok(name), Some(at)) => serve.set.push((name, word.template.after(at))),
            (Ok(_), None) => {
                let message = format!("`{name}` without a value");
                let help = format!("write {name}=VALUE, or -u {name} to unset it");
                errors.push(Diagnostic::new(code::ARGUMENT, word.span.clone(), message, help));
            }
        }
    }
    if rest.is_empty() {
        errors.push(missing(step, "a setting", &format!("{FORM}; to keep the settings write restart")));
    }
    (errors.len() == before).then_some(serve)
}

fn setting(word: &Word, name: &str) -> Result<Setting, Diagnostic> {
    Setting::ALL.into_iter().find(|setting| setting.as_str() == name).ok_or_else(|| {
        let names = Setting::ALL.map(Setting::as_str);
        let help = did_you_mean(name, names, format!("the settings are {}", names.join(", ")));
        Diagnostic::new(code::ARGUMENT, word.span.clone(), format!("unknown setting `{name}`"), help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::action::Action;
    use crate::scenario::parse::tests::{errors, steps};

    fn one(block: &str) -> Action {
        let [step] = steps(block).try_into().expect("it is one step");
        step.action
    }

    #[test]
    fn settings_are_set_and_unset() {
        let expected = Serve {
            set: vec![(Setting::SessionName, "a b".into()), (Setting::TimeZone, "".into())],
            unset: vec![Setting::SessionDuration],
        };
        assert_eq!(one("$ serve SESSION_NAME=\"a b\" -u SESSION_DURATION TZ=\n"), Action::Serve(expected));
    }

    #[test]
    fn settings_are_known() {
        insta::assert_snapshot!(errors("$ serve SESSION_NAM=a\n$ serve TZ\n$ serve -u\n$ serve -u X\n$ serve"), @r"
        error[S008]: unknown setting `SESSION_NAM`
         --> x.md:5:9
          |
        5 | $ serve SESSION_NAM=a
          |         ^^^^^^^^^^^^^
          |
          = help: did you mean `SESSION_NAME`?

        error[S008]: `TZ` without a value
         --> x.md:6:9
          |
        6 | $ serve TZ
          |         ^^
          |
          = help: write TZ=VALUE, or -u TZ to unset it

        error[S008]: `-u` without the name of a setting
         --> x.md:7:9
          |
        7 | $ serve -u
          |         ^^
          |
          = help: write serve NAME=VALUE … -u NAME …

        error[S008]: unknown setting `X`
         --> x.md:8:12
          |
        8 | $ serve -u X
          |            ^
          |
          = help: the settings are SESSION_NAME, SESSION_DURATION, TZ

        error[S008]: `serve` without a setting
         --> x.md:9:3
          |
        9 | $ serve
          |   ^^^^^
          |
          = help: write serve NAME=VALUE … -u NAME …; to keep the settings write restart
        ");
    }
}
