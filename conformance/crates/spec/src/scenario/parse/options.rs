//! The options of curl: the words of a `curl` step become its [`Curl`].

use super::arguments::{check_url, refuse, together};
use super::words::Word;
use crate::scenario::curl::{Curl, Data, DataKind};
use crate::scenario::diagnose::{Diagnostic, code, did_you_mean};
use crate::scenario::template::Template;

/// An option that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opt {
    Request,
    Header,
    Data(DataKind),
    Get,
    Cookie,
    User,
    Head,
    Include,
    Verbose,
    Silent,
    Agent,
    Form,
    PathAsIs,
    Target,
}

/// The options that are understood: short name, long name, meaning, what the argument is.
const OPTIONS: [(Option<char>, &str, Opt, Option<&str>); 17] = [
    (Some('X'), "--request", Opt::Request, Some("a method")),
    (Some('H'), "--header", Opt::Header, Some("a header field")),
    (Some('d'), "--data", Opt::Data(DataKind::Plain), Some("data")),
    (None, "--data-raw", Opt::Data(DataKind::Raw), Some("data")),
    (None, "--data-binary", Opt::Data(DataKind::Binary), Some("data")),
    (None, "--data-urlencode", Opt::Data(DataKind::UrlEncode), Some("data")),
    (Some('G'), "--get", Opt::Get, None),
    (Some('b'), "--cookie", Opt::Cookie, Some("a cookie")),
    (Some('u'), "--user", Opt::User, Some("a user and password")),
    (Some('I'), "--head", Opt::Head, None),
    (Some('i'), "--include", Opt::Include, None),
    (Some('v'), "--verbose", Opt::Verbose, None),
    (Some('s'), "--silent", Opt::Silent, None),
    (Some('A'), "--user-agent", Opt::Agent, Some("a User-Agent")),
    (Some('F'), "--form", Opt::Form, Some("a form field")),
    (None, "--path-as-is", Opt::PathAsIs, None),
    (None, "--request-target", Opt::Target, Some("a request target")),
];

/// Options of curl that a step cannot have, and what to do instead.
const REFUSED: [(&str, &str, &str); 21] = [
    (
        "-L",
        "--location",
        "a redirect would hide the answer that is judged; ask for the second URL in a step of its own",
    ),
    ("-o", "--output", "what the answer is, is what is judged; leave it out"),
    ("-O", "--remote-name", "what the answer is, is what is judged; leave it out"),
    ("-w", "--write-out", "the transcript shows the status; write ```console status to show nothing else"),
    ("-D", "--dump-header", "write -i to show the header"),
    ("-c", "--cookie-jar", "write NAME=cookie as the next step and use -b \"_my_session_id=$NAME\" later"),
    ("-k", "--insecure", "there is no TLS; leave it out"),
    ("-f", "--fail", "an answer of any status is judged; leave it out"),
    ("-S", "--show-error", "an error is always shown; leave it out"),
    ("-g", "--globoff", "brackets in a URL are refused; write them as %5B, %5D, %7B, %7D"),
    ("-T", "--upload-file", "steps read no files; write -XPUT and --data-binary \"…\""),
    ("-e", "--referer", "write -H \"Referer: …\""),
    ("-x", "--proxy", "requests go straight to the target; leave it out"),
    ("-m", "--max-time", "every request has a time limit of its own; leave it out"),
    ("-K", "--config", "steps read no files; write the options themselves"),
    ("-n", "--netrc", "steps read no files; write -u \"user:password\""),
    ("-0", "--http1.0", "requests are HTTP/1.1; leave it out"),
    ("-Z", "--parallel", "write the step as parallel N curl …"),
    ("-:", "--next", "write a step of its own"),
    ("--url", "--url", "write the URL by itself"),
    ("--json", "--json", "write -H \"Content-Type: application/json\" -d '…'"),
];

/// Reads the words after `curl`; `None` where the options cannot be understood. Errors go to `errors`.
pub(super) fn curl(words: &[Word], step: &Word, errors: &mut Vec<Diagnostic>) -> Option<Curl> {
    let before = errors.len();
    let mut parser = Parser { words: words.iter(), curl: Curl::default(), url: None, before, errors };
    while let Some(word) = parser.words.next() {
        let start = word.template.literal_start();
        if start.starts_with("--") {
            parser.long(word);
        } else if start.starts_with('-') && (start.len() > 1 || word.template.pieces().len() > 1) {
            parser.short(word);
        } else {
            parser.url(word);
        }
    }
    let (curl, url) = (parser.curl, parser.url);
    if url.is_none() && errors.len() == before {
        let help = "write \"$URL/path\" after the options";
        errors.push(Diagnostic::new(code::REQUEST, step.span.clone(), "`curl` without a URL", help));
    }
    together(&curl, step, errors);
    (errors.len() == before).then_some(curl)
}

struct Parser<'a, 'e> {
    words: std::slice::Iter<'a, Word>,
    curl: Curl,
    url: Option<&'a Word>,
    /// How many errors there were before this step's.
    before: usize,
    errors: &'e mut Vec<Diagnostic>,
}

impl<'a> Parser<'a, '_> {
    fn long(&mut self, word: &'a Word) {
        let name = word.template.literal_start();
        let found =
            OPTIONS.iter().find(|(_, long, ..)| *long == name && word.template.as_literal().is_some());
        match found {
            Some(&(_, _, option, None)) => self.flag(option),
            Some(&(_, _, option, Some(what))) => self.argument(option, name, what, word),
            None => self.unknown(name, word),
        }
    }

    /// Reads a word of short options: flags, and at the end perhaps one with its argument glued to it.
    fn short(&mut self, word: &'a Word) {
        let start = word.template.literal_start();
        for (at, letter) in start.char_indices().skip(1) {
            let name = format!("-{letter}");
            match OPTIONS.iter().find(|(short, ..)| *short == Some(letter)) {
                Some(&(_, _, option, None)) => self.flag(option),
                Some(&(_, _, option, Some(what))) => {
                    let glued = word.template.after(at + letter.len_utf8());
                    if glued.pieces().is_empty() {
                        self.argument(option, &name, what, word);
                    } else {
                        self.value(option, glued, word);
                    }
                    return;
                }
                None => return self.unknown(&name, word),
            }
        }
        if word.template.as_literal().is_none() {
            let help = "put a space between them";
            let message = format!("`{start}` takes no argument, but one is glued to it");
            self.errors.push(Diagnostic::new(code::OPTION, word.span.clone(), message, help));
        }
    }

    fn argument(&mut self, option: Opt, name: &str, what: &str, word: &Word) {
        match self.words.next() {
            Some(next) => self.value(option, next.template.clone(), next),
            None => {
                let help = format!("write {what} after it: {name} \"…\"");
                let message = format!("`{name}` without its argument");
                self.errors.push(Diagnostic::new(code::ARGUMENT, word.span.clone(), message, help));
            }
        }
    }

    fn unknown(&mut self, name: &str, word: &Word) {
        let refused = REFUSED.iter().find(|(short, long, _)| [*short, *long].contains(&name));
        let (message, help) = match (refused, name.split_once('=')) {
            (Some((_, _, why)), _) => {
                (format!("curl's option `{name}` is not supported in a step"), (*why).to_owned())
            }
            (None, Some((option, _))) if OPTIONS.iter().any(|(_, long, ..)| *long == option) => (
                format!("unknown option of curl `{name}`"),
                format!("write a space in the place of the `=`: {option} \"…\""),
            ),
            (None, _) if name.starts_with("--") => {
                let names = OPTIONS.iter().map(|(_, long, ..)| *long);
                (format!("unknown option of curl `{name}`"), did_you_mean(name, names, known()))
            }
            (None, _) => {
                let letter = name[1..].chars().next().unwrap_or('-');
                let other = OPTIONS
                    .iter()
                    .filter_map(|(short, long, ..)| Some((format!("-{}", (*short)?), *long)))
                    .find(|(short, _)| short[1..].chars().eq(swap_case(letter)));
                let help =
                    other.map_or_else(known, |(short, long)| format!("did you mean `{short}` ({long})?"));
                (format!("unknown option of curl `{name}`"), help)
            }
        };
        self.errors.push(Diagnostic::new(code::OPTION, word.span.clone(), message, help));
    }

    fn url(&mut self, word: &'a Word) {
        if self.errors.iter().skip(self.before).any(|error| error.code == code::OPTION) {
            // It may be the argument of the option that is not understood.
            self.url.get_or_insert(word);
            return;
        }
        if let Some(first) = self.url {
            let help = "write a step for each; put an argument with white space in quotes";
            let message = "a second URL in one step";
            let label = format!("the first is {}", crate::scenario::print::word(&first.template));
            self.errors.push(Diagnostic::new(code::REQUEST, word.span.clone(), message, help).label(label));
            return;
        }
        self.url = Some(word);
        if let Err(diagnostic) = check_url(word) {
            self.errors.push(diagnostic);
        }
        self.curl.url = word.template.clone();
    }

    fn flag(&mut self, option: Opt) {
        match option {
            Opt::Get => self.curl.get = true,
            Opt::Head => self.curl.head = true,
            Opt::Include => self.curl.include = true,
            Opt::Verbose => self.curl.verbose = true,
            Opt::Silent => self.curl.silent = true,
            Opt::PathAsIs => self.curl.path_as_is = true,
            // These take an argument.
            Opt::Request
            | Opt::Header
            | Opt::Data(_)
            | Opt::Cookie
            | Opt::User
            | Opt::Agent
            | Opt::Form
            | Opt::Target => {}
        }
    }

    fn value(&mut self, option: Opt, value: Template, word: &Word) {
        if let Some((message, help)) = refuse(option, &value) {
            self.errors.push(Diagnostic::new(code::ARGUMENT, word.span.clone(), message, help));
        }
        match option {
            Opt::Request => self.curl.method = Some(value.as_literal().unwrap_or_default().to_owned()),
            Opt::Header => self.curl.headers.push(value),
            Opt::Data(kind) => self.curl.data.push(Data { kind, value }),
            Opt::Cookie => self.curl.cookies.push(value),
            Opt::User => self.curl.user = Some(value),
            Opt::Agent => self.curl.user_agent = Some(value),
            Opt::Form => self.curl.form.push(value),
            Opt::Target => self.curl.request_target = Some(value),
            // These take none.
            Opt::Get | Opt::Head | Opt::Include | Opt::Verbose | Opt::Silent | Opt::PathAsIs => {}
        }
    }
}

fn known() -> String {
    let names: Vec<String> = OPTIONS
        .iter()
        .map(|(short, long, ..)| short.map_or_else(|| (*long).to_owned(), |letter| format!("-{letter}")))
        .collect();
    format!("the options are {}", names.join(", "))
}

fn swap_case(letter: char) -> Vec<char> {
    if letter.is_lowercase() { letter.to_uppercase().collect() } else { letter.to_lowercase().collect() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::words::tests::words;
    use super::*;
    use crate::scenario::parse::tests::errors;

    /// Reads a step that has no error.
    pub(crate) fn curl_step(step: &str) -> Curl {
        curl(&words(step)[1..])
    }

    /// Reads options that have no error.
    fn curl(options: &[Word]) -> Curl {
        let mut errors = Vec::new();
        let step = &words("curl")[0];
        super::curl(options, step, &mut errors).unwrap_or_else(|| panic!("{errors:?}"))
    }

    #[test]
    fn short_long_glued_and_combined_options_are_the_same() {
        let long = curl(&words(r#"--request POST --data a=b --cookie c=d --include --silent "$URL""#));
        assert_eq!(curl(&words(r#"-XPOST -da=b -bc=d -is $URL"#)), long);
        assert_eq!(curl(&words(r#"-siX POST "-da=b" "$URL" -b 'c=d'"#)), long);
        let glued = curl(&words(r#"$URL -d"$URL""#));
        assert_eq!(glued.data[0].value, Template::variable("URL"));
    }

    #[test]
    fn every_option_is_read() {
        let all = curl(&words(
            "-X A -H B:c -d d --data-raw e --data-binary f --data-urlencode g -G -b h -u i:j -i -vvv -s -A k --path-as-is --request-target l $URL",
        ));
        let kinds = [DataKind::Plain, DataKind::Raw, DataKind::Binary, DataKind::UrlEncode];
        assert!(all.data.iter().map(|data| data.kind).eq(kinds));
        assert!(all.get && all.include && all.verbose && all.silent && all.path_as_is);
        assert_eq!((all.effective_method(), all.headers.len(), all.cookies.len()), ("A", 1, 1));
        assert_eq!(curl(&words("-I $URL")).effective_method(), "HEAD");
        assert_eq!(curl(&words("-F a=b $URL")).effective_method(), "POST");
    }

    #[test]
    fn unknown_options_are_named() {
        insta::assert_snapshot!(errors("$ curl $URL --hedaer a:b\n$ curl $URL -D x\n$ curl $URL -h\n$ curl $URL -y"), @r"
        error[S009]: unknown option of curl `--hedaer`
         --> x.md:5:13
          |
        5 | $ curl $URL --hedaer a:b
          |             ^^^^^^^^
          |
          = help: did you mean `--header`?

        error[S009]: curl's option `-D` is not supported in a step
         --> x.md:6:13
          |
        6 | $ curl $URL -D x
          |             ^^
          |
          = help: write -i to show the header

        error[S009]: unknown option of curl `-h`
         --> x.md:7:13
          |
        7 | $ curl $URL -h
          |             ^^
          |
          = help: did you mean `-H` (--header)?

        error[S009]: unknown option of curl `-y`
         --> x.md:8:13
          |
        8 | $ curl $URL -y
          |             ^^
          |
          = help: the options are -X, -H, -d, --data-raw, --data-binary, --data-urlencode, -G, -b, -u, -I, -i, -v, -s, -A, -F, --path-as-is, --request-target
        ");
        insta::assert_snapshot!(errors("$ curl $URL --data=x"), @r#"
        error[S009]: unknown option of curl `--data=x`
         --> x.md:5:13
          |
        5 | $ curl $URL --data=x
          |             ^^^^^^^^
          |
          = help: write a space in the place of the `=`: --data "…"
        "#);
    }

    #[test]
    fn refused_options_say_why() {
        insta::assert_snapshot!(errors("$ curl -L $URL\n$ curl $URL -sSk\n$ curl $URL --cookie-jar x"), @r#"
        error[S009]: curl's option `-L` is not supported in a step
         --> x.md:5:8
          |
        5 | $ curl -L $URL
          |        ^^
          |
          = help: a redirect would hide the answer that is judged; ask for the second URL in a step of its own

        error[S009]: curl's option `-S` is not supported in a step
         --> x.md:6:13
          |
        6 | $ curl $URL -sSk
          |             ^^^^
          |
          = help: an error is always shown; leave it out

        error[S009]: curl's option `--cookie-jar` is not supported in a step
         --> x.md:7:13
          |
        7 | $ curl $URL --cookie-jar x
          |             ^^^^^^^^^^^^
          |
          = help: write NAME=cookie as the next step and use -b "_my_session_id=$NAME" later
        "#);
    }

    #[test]
    fn arguments_are_there() {
        insta::assert_snapshot!(errors("$ curl $URL -d\n$ curl\n$ curl $URL -i$URL"), @r#"
        error[S008]: `-d` without its argument
         --> x.md:5:13
          |
        5 | $ curl $URL -d
          |             ^^
          |
          = help: write data after it: -d "…"

        error[S010]: `curl` without a URL
         --> x.md:6:3
          |
        6 | $ curl
          |   ^^^^
          |
          = help: write "$URL/path" after the options

        error[S009]: `-i` takes no argument, but one is glued to it
         --> x.md:7:13
          |
        7 | $ curl $URL -i$URL
          |             ^^^^^^
          |
          = help: put a space between them
        "#);
    }
}
