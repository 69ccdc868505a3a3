//! Aliases for the email addresses of a scenario: unique to a run where the target keeps its data, and restored in answers.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::http::Request;

/// Every address of the documents and scenarios is at this domain.
const DOMAIN: &str = "hbtn.io";

/// The users of the documents' programs main_0 and main_4, whom a scenario need not spell out.
pub const PROGRAM_USERS: [&str; 2] = ["bob@hbtn.io", "bobsession@hbtn.io"];

/// Maps the addresses written in a scenario to the ones sent in this run, and back.
///
/// A stand-in has the length of the original, so that Content-Length stays what the transcript shows.
#[derive(Clone, Debug, Default)]
pub struct EmailAliases {
    sent: BTreeMap<String, String>,
    written: BTreeMap<String, String>,
}

impl EmailAliases {
    /// Keeps every address as it is written: for targets that start empty.
    pub fn as_written() -> Self {
        Self::default()
    }

    /// Makes every address in `text` unique to `nonce`.
    ///
    /// The same text and nonce always give the same addresses.
    pub fn unique(text: &str, nonce: &str) -> Self {
        let mut emails = Self::default();
        for original in addresses(text).into_iter().chain(PROGRAM_USERS) {
            let stand_in = stand_in(original, nonce);
            emails.written.insert(stand_in.clone(), original.to_owned());
            emails.sent.insert(original.to_owned(), stand_in);
        }
        emails
    }

    /// Returns the address that this run sends for the one `written` in the scenario.
    pub fn alias<'a>(&'a self, written: &'a str) -> &'a str {
        self.sent.get(written).map_or(written, String::as_str)
    }

    /// Returns whether the address is an alias of this run; with [`EmailAliases::as_written`] every one counts.
    pub fn owns(&self, address: &str) -> bool {
        self.written.is_empty() || self.written.contains_key(address)
    }

    /// Rewrites a request: in the URL, in every header (Basic credentials included), and in the body.
    pub fn personalise(&self, mut request: Request) -> Request {
        if self.sent.is_empty() {
            return request;
        }
        request.url = replace(&request.url, &self.sent);
        for (_, value) in &mut request.headers {
            *value = self.in_basic(value).unwrap_or_else(|| replace(value, &self.sent));
        }
        request.body = request.body.map(|body| match String::from_utf8(body) {
            Ok(text) => replace(&text, &self.sent).into_bytes(),
            Err(bytes) => bytes.into_bytes(),
        });
        request
    }

    /// Restores the written address of every alias in what a target said, inside Base64 words too.
    pub fn restore(&self, text: &str) -> String {
        if self.written.is_empty() {
            return text.to_owned();
        }
        let named = named_back(text, &self.written);
        named
            .split_inclusive(char::is_whitespace)
            .map(|word| {
                let bare = word.trim_end();
                match recode(bare, |text| named_back(text, &self.written)) {
                    Some(renamed) => format!("{renamed}{}", &word[bare.len()..]),
                    None => word.to_owned(),
                }
            })
            .collect()
    }

    fn in_basic(&self, value: &str) -> Option<String> {
        let (scheme, credentials) = value.split_once(' ')?;
        let renamed = recode(credentials, |text| replace(text, &self.sent))?;
        Some(format!("{scheme} {renamed}"))
    }
}

/// Rewrites the addresses inside a Base64 word, padded or not; `None` where there is none inside.
///
/// What is around an address need not be text: scenarios send bytes that are not.
fn recode(word: &str, rename: impl Fn(&str) -> String) -> Option<String> {
    let engine = if word.len().is_multiple_of(4) { &BASE64_STANDARD } else { &BASE64_STANDARD_NO_PAD };
    let letters: String = engine.decode(word).ok()?.into_iter().map(char::from).collect();
    let renamed = rename(&letters);
    let bytes: Option<Vec<u8>> = renamed.chars().map(|letter| u8::try_from(letter).ok()).collect();
    (renamed != letters).then(|| engine.encode(bytes.unwrap_or_default()))
}

/// Replaces whole addresses at our domain, plain or percent-encoded.
fn replace(text: &str, map: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end, at)) = next_address(rest) {
        let address = &rest[start..end];
        let plain = address.replace(at, "@");
        out.push_str(&rest[..start]);
        match map.get(&plain) {
            Some(other) => out.push_str(&other.replace('@', at)),
            None => out.push_str(address),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Replaces made-up addresses, which stand at other domains, wherever they occur.
fn named_back(text: &str, map: &BTreeMap<String, String>) -> String {
    let mut out = text.to_owned();
    for (from, to) in map {
        if out.contains(from.as_str()) {
            out = out.replace(from.as_str(), to);
        }
    }
    out
}

fn addresses(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((start, end, at)) = next_address(rest) {
        if at == "@" {
            found.push(&rest[start..end]);
        }
        rest = &rest[end..];
    }
    found
}

/// Finds the next address at our domain: where it starts, where it ends, and how its `@` is spelled.
fn next_address(text: &str) -> Option<(usize, usize, &'static str)> {
    ["@", "%40"]
        .into_iter()
        .filter_map(|at| {
            let sign = text.find(&format!("{at}{DOMAIN}"))?;
            let start = text[..sign]
                .char_indices()
                .rfind(|(_, letter)| !(letter.is_ascii_alphanumeric() || "._+-".contains(*letter)))
                .map_or(0, |(before, letter)| before + letter.len_utf8());
            Some((start, sign + at.len() + DOMAIN.len(), at))
        })
        .min_by_key(|(_, end, _)| *end)
}

/// Makes up an address of the same length, `<letters>@x.io`, from the original and the nonce.
///
/// Its first letter is the original's, so that Base64 of it begins as the scenario's author saw it begin: there
/// are implementations that read one letter otherwise than another.
fn stand_in(original: &str, nonce: &str) -> String {
    const TAIL: &str = "@x.io";
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let digest = Sha256::digest(format!("{nonce} {original}"));
    let local = original.len().saturating_sub(TAIL.len()).max(6);
    let first = original.chars().take(1);
    let letters: String = first
        .chain(digest.iter().cycle().map(|byte| char::from(DIGITS[usize::from(*byte) % DIGITS.len()])))
        .take(local)
        .collect();
    format!("{letters}{TAIL}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "curl -d email=bob@hbtn.io and bobsession@hbtn.io";

    fn request(header: &str, body: &str) -> Request {
        Request {
            method: "POST".into(),
            url: "http://127.0.0.1:1/".into(),
            target: None,
            path_as_is: false,
            headers: vec![("Authorization".into(), header.into())],
            body: Some(body.as_bytes().to_vec()),
        }
    }

    #[test]
    fn a_stand_in_has_the_length_of_the_original_and_is_named_back() {
        let emails = EmailAliases::unique(TEXT, "run 1");
        let sent = emails.alias("bob@hbtn.io");
        assert_eq!(sent.len(), "bob@hbtn.io".len());
        assert_ne!(sent, "bob@hbtn.io");
        assert_eq!(emails.restore(&format!("\"{sent}\"")), "\"bob@hbtn.io\"");
        assert_ne!(sent, EmailAliases::unique(TEXT, "run 2").alias("bob@hbtn.io"));
    }

    #[test]
    fn a_stand_in_begins_as_the_original_does() {
        for run in ["1", "2", "3", "4"] {
            let emails = EmailAliases::unique(TEXT, run);
            let basic = BASE64_STANDARD.encode(emails.alias("bob@hbtn.io"));
            assert_eq!(basic.chars().next(), BASE64_STANDARD.encode("bob@hbtn.io").chars().next());
        }
    }

    #[test]
    fn an_address_that_ends_like_another_is_another() {
        let emails = EmailAliases::unique("bob@hbtn.io notbob@hbtn.io", "n");
        assert_ne!(emails.alias("notbob@hbtn.io"), format!("not{}", emails.alias("bob@hbtn.io")));
    }

    #[test]
    fn bodies_percent_encoding_and_basic_credentials_are_rewritten() {
        let emails = EmailAliases::unique(TEXT, "n");
        let sent = emails.alias("bob@hbtn.io").to_owned();
        let basic = format!("Basic {}", BASE64_STANDARD.encode("bob@hbtn.io:pw"));
        let rewritten = emails.personalise(request(&basic, "email=bob%40hbtn.io"));
        assert_eq!(rewritten.headers[0].1, format!("Basic {}", BASE64_STANDARD.encode(format!("{sent}:pw"))));
        assert_eq!(rewritten.body, Some(format!("email={}", sent.replace('@', "%40")).into_bytes()));
    }

    #[test]
    fn credentials_that_are_no_text_or_not_padded_are_rewritten_too() {
        let emails = EmailAliases::unique(TEXT, "n");
        let sent = emails.alias("bob@hbtn.io").to_owned();
        for rest in [b":\xe9\xff".as_slice(), b":pwpw"] {
            let bytes = [b"bob@hbtn.io", rest].concat();
            let rewritten = [sent.as_bytes(), rest].concat();
            let basic = format!("Basic {}", BASE64_STANDARD_NO_PAD.encode(bytes));
            let request = emails.personalise(request(&basic, ""));
            assert_eq!(request.headers[0].1, format!("Basic {}", BASE64_STANDARD_NO_PAD.encode(rewritten)));
        }
    }

    #[test]
    fn base64_that_a_program_prints_is_named_back() {
        let emails = EmailAliases::unique(TEXT, "n");
        let printed = BASE64_STANDARD.encode(format!("{}:pw", emails.alias("bob@hbtn.io")));
        assert_eq!(
            emails.restore(&format!("Basic Base64: {printed}\n")),
            format!("Basic Base64: {}\n", BASE64_STANDARD.encode("bob@hbtn.io:pw"))
        );
    }
}
