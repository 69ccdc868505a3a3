//! What curl and bash themselves make of steps, compared with what this module says they do.
//!
//! They are skipped on a machine without them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use test_support::skip::{missing, say_skipped};

use crate::http::Request;
use crate::scenario::print;
use crate::scenario::print::shell::to_shell;
use crate::scenario::round_trip::template;

/// Steps that every curl sends alike.
const STEPS: [&str; 38] = [
    r#"curl "$URL""#,
    r#"curl "$URL/a?x=1#frag""#,
    r#"curl "$URL?x""#,
    r#"curl "$URL/p?""#,
    r#"curl "$URL" -XPOST"#,
    r#"curl -X patch $URL -d ''"#,
    r#"curl "$URL/a/../b/./c""#,
    r#"curl "$URL/../a//b/..""#,
    r#"curl "$URL/a/.../b/.?x/../y""#,
    r#"curl --path-as-is "$URL/a/../b/./""#,
    r#"curl --request-target '*' -X OPTIONS $URL/q"#,
    r#"curl "$URL" -d "email=bob@hbtn.io" -d "password=fake pwd""#,
    r#"curl $URL -d '' -d c"#,
    r#"curl $URL -d"a=$S" --data-raw "@x" --data-binary 'b  c' -d ''"#,
    r#"curl $URL --data-urlencode "a=b c~*é/&-._" --data-urlencode "=x y" --data-urlencode "just this""#,
    r#"curl $URL --data-urlencode a= -d z -XPUT"#,
    r#"curl -G "$URL/p?x=%C3#f" -d y=1 -d z"#,
    r#"curl -G "$URL/p?" --data-urlencode "y=a b""#,
    r#"curl -G $URL -d 'a=b#c'"#,
    r#"curl -G $URL/p -d ''"#,
    r#"curl -XPOST -G $URL/p -d a=b"#,
    r#"curl -I -G $URL -d a=b"#,
    r#"curl -sI $URL"#,
    r#"curl $URL -b a=b -b "c=d; e""#,
    r#"curl "$URL/" --cookie "_my_session_id_fake""#,
    r#"curl "$URL/" --cookie "_my_session_id=$S""#,
    r#"curl $URL -b a=b -H "Cookie: z=1""#,
    r#"curl $URL -u "bob:pw:x" -u "b:é""#,
    r#"curl $URL -u : -H "Authorization: Test""#,
    r#"curl $URL -u bob:pw -H "Authorization:""#,
    r#"curl $URL -H "Accept:" -H "User-Agent;" -H "X-A:b" -H "X-B:   c  " -H "X-E;" -H "X-F:" -H "X-G; a""#,
    r#"curl $URL -A me -H "x: ${S^^}""#,
    r#"curl $URL -A "" -H 'y: ${S}'"#,
    r#"curl $URL -A z -H "User-Agent: q""#,
    r#"curl $URL -d a=b -H "Content-Type: application/json" -H "X: y" -b c=d -u e:f -H "Host: h""#,
    r#"curl $URL -d a=b -H "content-type:""#,
    r#"curl $URL -F a=b -F 'c"d=e f' -H "X: y""#,
    r#"curl $URL -F a="$S" -H "Content-Type: multipart/form-data""#,
];

/// Steps that later versions of curl send in another spelling.
const STEPS_OF_7_88: [&str; 4] = [
    r#"curl "$URL/é?é""#,
    r#"curl -G $URL/p -d "q=r+%C3%A9" --data-urlencode a=é"#,
    r#"curl "$URL/a/%2e%2E/b""#,
    r#"curl "$URL/a\\b^|<>\"'""#,
];

const S: &str = "61997a1b-3f8a";

#[test]
fn what_is_resolved_is_what_curl_sends() {
    if is_skipped(&["bash", "curl"], "steps as curl sends them") {
        return;
    }
    let version = output("curl --version", "").expect("curl runs");
    let of_version: &[&str] = if version.contains("curl 7.88.") { &STEPS_OF_7_88 } else { &[] };
    for step in STEPS.iter().chain(of_version) {
        let read = crate::scenario::parse::tests::steps(&format!("$ curl $URL\n$ S=cookie\n$ {step}\n"));
        let action = &read.last().expect("there are three").action;
        let written = to_shell(action).expect("a request is a shell line");
        for line in [*step, &written] {
            let (address, sent) = send(line);
            let lookup = |name: &str| match name {
                "URL" => Some(format!("http://{address}")),
                "S" => Some(S.to_owned()),
                _ => None,
            };
            let request = action.request().expect("it is a request").resolve(&lookup).expect("all is set");
            assert_eq!(sent, message(&request, &address), "curl sent the first for {line}");
        }
    }
}

/// Tells whether one of the tools is missing, and says so.
fn is_skipped(tools: &[&str], what: &str) -> bool {
    let missing = tools.iter().find_map(|tool| missing(tool, tool));
    missing.inspect(|missing| say_skipped(what, missing)).is_some()
}

/// Runs a line in bash with `$URL` at a listener of its own; gives its address and what it was sent.
fn send(line: &str) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    let url = format!("http://{address}");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("curl connects");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("it is a duration");
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        while !is_whole(&bytes) {
            match stream.read(&mut chunk).expect("curl sends a whole request") {
                0 => break,
                length => bytes.extend(&chunk[..length]),
            }
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").expect("curl reads");
        String::from_utf8_lossy(&bytes).into_owned()
    });
    // Where curl sends nothing, this ends the listener all the same.
    if output(line, &url).is_none() {
        drop(std::net::TcpStream::connect(&address));
    }
    let sent = server.join().expect("the listener does not panic");
    (address.clone(), normal(&sent, &address))
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok());
    bytes.len() >= head.len() + 4 + length.unwrap_or(0)
}

/// Leaves out what a request does not say: a Host that is the address, the length, the boundary's letters.
fn normal(sent: &str, address: &str) -> String {
    let (head, body) = sent.split_once("\r\n\r\n").unwrap_or((sent, ""));
    let mut out = String::new();
    for line in head.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        match name {
            "Host" if value.trim() == address => {}
            "Content-Length" => {
                assert_eq!(value.trim(), body.len().to_string());
                out.push_str("(length)\n");
            }
            "User-Agent" if value.starts_with(" curl/") => out.push_str("User-Agent: curl\n"),
            _ if line.contains(" HTTP/1.1") => out.push_str(&format!("{line}\n")),
            _ => out.push_str(&format!("{name}: {}\n", value.trim())),
        }
    }
    let text = format!("{out}\n{body}");
    match text.split_once("boundary=") {
        Some((_, rest)) => text.replace(rest.lines().next().unwrap_or_default(), "(boundary)"),
        None => text,
    }
}

/// Writes a request as [`normal`] writes what curl sent.
fn message(request: &Request, address: &str) -> String {
    let path = request.url.strip_prefix(&format!("http://{address}")).expect("it is the listener's");
    let slash = if path.starts_with('/') { "" } else { "/" };
    let target = request.target.clone().unwrap_or(format!("{slash}{path}"));
    let mut head = format!("{} {target} HTTP/1.1", request.method);
    let mut length = request.body.as_ref().map(|body| format!("\r\nContent-Length: {}", body.len()));
    for (name, value) in &request.headers {
        // curl writes the length before its own type, and after every field of the step.
        if name == "Content-Type"
            && Some(value) == request.headers.last().map(|(_, value)| value)
            && !value.contains("json")
        {
            head.push_str(&length.take().unwrap_or_default());
        }
        head.push_str(&format!("\r\n{name}: {value}"));
    }
    head.push_str(&length.unwrap_or_default());
    let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
    normal(&format!("{head}\r\n\r\n{body}"), address)
}

/// Runs a line in bash, without this process's settings; `None` where it fails.
fn output(line: &str, url: &str) -> Option<String> {
    let output = Command::new("bash")
        .args(["--norc", "-c", line])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C.UTF-8")
        .envs([
            ("URL", url),
            ("S", S),
            ("USER", "u s\"e'r"),
            ("SESSION", "$(a-b)*"),
            ("BASIC", ""),
            ("A_1", "é:%-b"),
        ])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Said once, not for each case.
static WORDS_ARE_SKIPPED: LazyLock<bool> =
    LazyLock::new(|| is_skipped(&["bash"], "words as bash expands them"));

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_word_expands_as_in_bash(words in proptest::collection::vec(template(), 1..20)) {
        let printed: Vec<String> = words.iter().map(print::word).collect();
        if *WORDS_ARE_SKIPPED {
            return Ok(());
        }
        let bash = output(&format!("printf '%s\\0' {}", printed.join(" ")), "").expect("bash runs it");
        let lookup = |name: &str| match name {
            "USER" => Some("u s\"e'r".to_owned()),
            "SESSION" => Some("$(a-b)*".to_owned()),
            "BASIC" => Some(String::new()),
            _ => Some("é:%-b".to_owned()),
        };
        let ours: String = words.iter().map(|word| word.expand(&lookup).expect("all are set") + "\0").collect();
        prop_assert_eq!(ours, bash);
    }
}
