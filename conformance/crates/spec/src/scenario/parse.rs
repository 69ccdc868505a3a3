//! The file as a whole: front matter, headings, prose and console blocks become a [`Scenario`].

mod arguments;
mod authenticate;
mod captures;
mod cursor;
mod expansion;
mod fences;
mod front;
mod headings;
pub(crate) mod options;
mod redis;
mod settings;
mod steps;
mod variables;
mod words;

use self::fences::{Fence, closes, fence};
use self::front::{Line, lines};
use self::variables::Known;
use super::diagnose::{Diagnostic, code};
use super::tree::{Scenario, Section, Show, Step};
use crate::catalogue::{Mode, Subject};

/// Reads a scenario; see [`Scenario::parse`].
pub(super) fn scenario(name: &str, source: &str) -> Result<Scenario, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let (front, start) = front::read(source, &mut errors);
    let of_redis = front.modes == [Subject::Redis];
    let known = if of_redis { Known::of_redis() } else { Known::of_the_api() };
    let shut = front.modes.contains(&Subject::Api(Mode::Auth));
    let mut parser = Parser { source, sections: Vec::new(), of_redis, shut, known, has_steps: false, errors };
    parser.body(start);
    let Parser { sections, mut errors, has_steps, .. } = parser;
    if !has_steps && errors.is_empty() {
        let help = "write steps such as $ curl \"$URL/api/v1/status\" between ```console and ```";
        errors.push(Diagnostic::new(code::LINE, start..start, "the scenario has no step", help));
    }
    // A file in error may have lost its steps to another error.
    if errors.is_empty() {
        errors.extend(sections.iter().filter(|section| section.steps.is_empty()).filter_map(unused));
    }
    if !errors.is_empty() {
        errors.sort_by_key(|diagnostic| diagnostic.span.start);
        return Err(errors);
    }
    let title = sections.iter().map(|section| section.heading.as_str()).find(|heading| !heading.is_empty());
    Ok(Scenario {
        name: name.to_owned(),
        title: title.unwrap_or(name).to_owned(),
        modes: front.modes,
        settings: front.settings,
        exact_clock: front.exact_clock,
        isolated: front.isolated,
        sections,
        source: source.to_owned(),
    })
}

/// Tells that a heading names a requirement for which no step counts.
fn unused(section: &Section) -> Option<Diagnostic> {
    let id = section.requirements.first()?;
    let message = format!("no step stands directly under the heading that names `{}`", id.value);
    let help = "write its steps before the next heading, or move the id to the heading of its steps";
    Some(Diagnostic::new(code::REQUIREMENT, id.span.clone(), message, help))
}

struct Parser<'a> {
    source: &'a str,
    sections: Vec<Section>,
    /// Whether a Redis server is asked, and not the API.
    of_redis: bool,
    /// Whether a mode lets nobody in.
    shut: bool,
    known: Known,
    has_steps: bool,
    errors: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn body(&mut self, start: usize) {
        let mut at = start;
        while let Some(line) = self.line(at) {
            at = line.next;
            let text = &self.source[line.span.clone()];
            if let Some(fence) = fence(text) {
                at = self.block(&fence, &line);
            } else if let Some(level) = headings::level(text) {
                let number = self.number(line.span.start);
                let section = headings::section(self.source, level, &line.span, number, &mut self.errors);
                self.sections.push(section);
            }
        }
    }

    /// Gives the line that starts at a byte; `None` at the end of the file.
    fn line(&self, at: usize) -> Option<Line> {
        let line = lines(&self.source[at..]).next()?;
        Some(Line { span: at + line.span.start..at + line.span.end, next: at + line.next })
    }

    fn number(&self, at: usize) -> usize {
        1 + self.source[..at].matches('\n').count()
    }

    /// Reads a fenced block, whose first line is given; gives the byte after it.
    fn block(&mut self, fence: &Fence<'_>, opening: &Line) -> usize {
        let mut at = opening.next;
        let end = loop {
            match self.line(at) {
                Some(line) if closes(&self.source[line.span.clone()], fence.mark) => {
                    break Some((at, line.next));
                }
                Some(line) => at = line.next,
                None => break None,
            }
        };
        let Some((end, next)) = end else {
            let help = format!("write {} on a line of its own after the block", fence.mark);
            let place = opening.span.clone();
            self.errors.push(
                Diagnostic::new(code::FENCE, place, "the fence is not closed", help).label("it opens here"),
            );
            return self.source.len();
        };
        let start = opening.span.end - fence.info.len();
        if let Some(show) = fences::show(fence.info, start, &mut self.errors) {
            self.console(show, opening.next, end);
        }
        next
    }

    /// Reads the lines of a console block from byte `at` to byte `end`.
    fn console(&mut self, show: Show, mut at: usize, end: usize) {
        while let Some(line) = self.line(at).filter(|_| at < end) {
            at = line.next;
            let text = &self.source[line.span.clone()];
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if let Some(rest) = text.strip_prefix('$').filter(|rest| rest.starts_with([' ', '\t'])) {
                let after = self.step(show, line.span.end - rest.len(), end);
                at = self.line(after).map_or(end, |rest| rest.next);
                continue;
            }
            self.has_steps = true;
            let (message, help) = if text == "$" {
                ("a step without a command", "write what the step does after `$ `, or leave the line out")
            } else if text.starts_with('$') {
                ("after the `$` of a step stands no space", "write `$ ` before the command")
            } else {
                (
                    "this line is neither a step nor a comment",
                    "write `$ ` before a step and `# ` before a comment; what a step prints is not in this file",
                )
            };
            self.errors.push(Diagnostic::new(code::LINE, line.span, message, help));
        }
    }

    /// Reads one step, whose text starts at byte `start`; gives the byte where it ends.
    fn step(&mut self, show: Show, start: usize, end: usize) -> usize {
        self.has_steps = true;
        let line = self.number(start);
        let scan = words::scan(self.source, start, end);
        match scan.words {
            Err(diagnostic) => self.errors.push(diagnostic),
            Ok(words) if words.is_empty() => {
                let help =
                    "write what the step does after `$ `, and a comment on a line of its own with `# `";
                self.errors.push(Diagnostic::new(
                    code::LINE,
                    start - 1..scan.end,
                    "a step without a command",
                    help,
                ));
            }
            Ok(words) => {
                let action = steps::action(&words, &mut self.errors);
                self.known.step(&words, action.as_ref(), &mut self.errors);
                if let Some(action) = action {
                    self.errors.extend(redis::foreign(&action, self.of_redis, &words[0]));
                    self.errors.extend(authenticate::in_vain(&action, self.shut, &words[0]));
                    self.section(line).steps.push(Step { line, text: scan.text, show, action });
                }
            }
        }
        scan.end
    }

    /// Gives the section that steps belong to, one without a heading where there is none yet.
    fn section(&mut self, line: usize) -> &mut Section {
        if self.sections.is_empty() {
            let requirements = Vec::new();
            self.sections.push(Section {
                heading: String::new(),
                level: 0,
                line,
                requirements,
                steps: Vec::new(),
            });
        }
        let last = self.sections.len() - 1;
        &mut self.sections[last]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::diagnose::render_all;
    use super::*;

    fn file(block: &str) -> String {
        format!("---\nmodes: [off]\n---\n```console\n{}\n```\n", block.trim_matches('\n'))
    }

    /// Reads the lines of a console block that has no error.
    pub(crate) fn steps(block: &str) -> Vec<Step> {
        let source = file(block);
        let read = |errors: Vec<Diagnostic>| panic!("{}", render_all(&errors, "x.md", &source, false));
        scenario("x", &source).unwrap_or_else(read).steps().cloned().collect()
    }

    /// Renders the errors of a console block's lines.
    pub(crate) fn errors(block: &str) -> String {
        told(&file(block))
    }

    pub(crate) fn told(source: &str) -> String {
        let errors = scenario("x", source).expect_err("it is malformed");
        render_all(&errors, "x.md", source, false)
    }

    pub(crate) fn body(text: &str) -> String {
        format!("---\nmodes: [off]\n---\n{text}")
    }

    #[test]
    fn sections_hold_the_steps_under_them() {
        let source = body(
            "```console\n$ kill\n```\n# 7. A view\n\nprose\n```text\n$ not a step\n```\n## Asked: `a.b` `c1.d-e`:\n~~~console 2xx\n\n# why\n  $ restart # how\n$ curl \\\n  $URL\n~~~\n",
        );
        let source = source.replace("  $ restart", "$ restart");
        let scenario = scenario("name", &source).expect("it is well-formed");
        assert_eq!((scenario.title.as_str(), scenario.sections.len()), ("7. A view", 3));
        let [bare, view, asked] = scenario.sections.as_slice() else { panic!("there are three") };
        assert_eq!((bare.heading.as_str(), bare.level, bare.line, bare.steps.len()), ("", 0, 5, 1));
        assert_eq!((view.level, view.line, view.steps.len()), (1, 7, 0));
        assert_eq!((asked.heading.as_str(), asked.level, asked.line), ("Asked", 2, 13));
        let ids: Vec<&str> = asked.requirements.iter().map(|id| &source[id.span.clone()]).collect();
        assert_eq!(ids, ["a.b", "c1.d-e"]);
        let steps: Vec<_> =
            asked.steps.iter().map(|step| (step.line, step.text.as_str(), step.show)).collect();
        assert_eq!(steps, [(17, "restart", Show::Success), (18, "curl $URL", Show::Success)]);
    }

    #[test]
    fn windows_line_ends_are_line_ends() {
        let source =
            body("# A `a.b`\n```console\n$ curl $URL \\\n -i # c\n$ kill\n```\n").replace('\n', "\r\n");
        let scenario = scenario("x", &source).expect("it is well-formed");
        let texts: Vec<&str> = scenario.steps().map(|step| step.text.as_str()).collect();
        assert_eq!(texts, ["curl $URL -i", "kill"]);
    }

    #[test]
    fn lines_of_a_block_are_steps_or_comments() {
        insta::assert_snapshot!(errors("$ kill\n200 OK\n$restart\n$\n$ # c"), @r"
        error[S005]: this line is neither a step nor a comment
         --> x.md:6:1
          |
        6 | 200 OK
          | ^^^^^^
          |
          = help: write `$ ` before a step and `# ` before a comment; what a step prints is not in this file

        error[S005]: after the `$` of a step stands no space
         --> x.md:7:1
          |
        7 | $restart
          | ^^^^^^^^
          |
          = help: write `$ ` before the command

        error[S005]: a step without a command
         --> x.md:8:1
          |
        8 | $
          | ^
          |
          = help: write what the step does after `$ `, or leave the line out

        error[S005]: a step without a command
         --> x.md:9:1
          |
        9 | $ # c
          | ^^^^^
          |
          = help: write what the step does after `$ `, and a comment on a line of its own with `# `
        ");
    }

    #[test]
    fn a_scenario_has_steps() {
        insta::assert_snapshot!(told(&body("# A\n")), @r#"
        error[S005]: the scenario has no step
         --> x.md:4:1
          |
        4 | # A
          | ^
          |
          = help: write steps such as $ curl "$URL/api/v1/status" between ```console and ```
        "#);
        insta::assert_snapshot!(told(&body("# A `a.b`\n## B\n```console\n$ kill\n```\n")), @r"
        error[S014]: no step stands directly under the heading that names `a.b`
         --> x.md:4:6
          |
        4 | # A `a.b`
          |      ^^^
          |
          = help: write its steps before the next heading, or move the id to the heading of its steps
        ");
    }

    #[test]
    fn all_errors_of_a_file_are_told() {
        let source =
            "---\nmodes: [of]\n---\n```console\n$ kil\n$ sleep x\n$ curl \"$URL/$X\n$ curl -y\n```\n";
        let codes: Vec<&str> =
            scenario("x", source).expect_err("it is malformed").iter().map(|d| d.code).collect();
        assert_eq!(codes, [code::VALUE, code::STEP, code::ARGUMENT, code::WORD, code::OPTION]);
    }
}
