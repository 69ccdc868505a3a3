//! Words: the addresses, passwords, names and bodies of a sequence. What is drawn first is simplest.

use proptest::prelude::*;
use proptest::sample::select;

/// Forms of a login that are not right, in one way or another.
pub const FORMS: [&str; 10] = [
    "email=%zz&password=%",
    "email=a%00b&password=x",
    "email&password",
    "=&=",
    "&&&",
    "email[]=a&password[]=b",
    "email=a&email=b&password=c",
    "email=%ff&password=%fe",
    "EMAIL=bob@hbtn.io&PASSWORD=x",
    "email=+&password=+",
];

/// Draws a body that is no user, or hardly one.
pub fn body() -> BoxedStrategy<String> {
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "\"x\"",
        "email=a",
        "{\"email\": \"kim@hbtn.io\"}",
        "{\"password\": \"x\"}",
        "{\"email\": \"\", \"password\": \"\"}",
        "{\"email\": null}",
        "{\"email\": \"kim@hbtn.io\", \"password\": \"\"}",
    ];
    // One letter too few or too many makes it no JSON, or JSON of something else.
    let whole = "{\"email\": \"kim@hbtn.io\", \"password\": \"x\"}";
    let mutilated = (0..whole.len(), prop::option::of("[{}\\[\\]\",:a0]")).prop_map(move |(at, more)| {
        let rest = if more.is_some() { &whole[at..] } else { &whole[at + 1..] };
        format!("{}{}{rest}", &whole[..at], more.unwrap_or_default())
    });
    let body = prop_oneof![select(bodies.to_vec()).prop_map(str::to_owned), mutilated];
    body.boxed()
}

/// Draws an address.
pub fn email() -> BoxedStrategy<String> {
    prop_oneof![
        3 => "[a-z]{1,6}@hbtn\\.io",
        1 => select(vec!["Bob@hbtn.io", "bob+tag@hbtn.io", "b:b@hbtn.io", "bob@HBTN.io", "o'neil@hbtn.io", "bob hbtn.io"])
            .prop_map(str::to_owned),
        1 => "\\PC{1,8}",
    ]
    .boxed()
}

/// Draws a password.
pub fn password() -> BoxedStrategy<String> {
    prop_oneof![
        2 => "[a-zA-Z0-9]{1,10}",
        1 => select(vec![":", "a:b", " a ", "a&b=c", "100%", "a+b", "%20", "pässwörd", "💥", "\"'`$"])
            .prop_map(str::to_owned),
        1 => "\\PC{1,10}",
    ]
    .boxed()
}

/// Draws a name.
pub fn name() -> BoxedStrategy<String> {
    prop_oneof![
        2 => "[A-Z][a-z]{0,8}",
        1 => select(vec!["", " ", "O'Brien", "\"", "\\", "null", "名前", "😀", "e\u{301}", "a\nb", "\u{0}", "%00", "{{1}}", "<b>"])
            .prop_map(str::to_owned),
        1 => "\\PC{0,16}",
    ]
    .boxed()
}
