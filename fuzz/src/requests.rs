//! Fuzz targets for the parsers of the server.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue};
use http::uri::Authority;
use http::{Method, Request, StatusCode, Uri};
use serde_json::Value;
use server::accounts::Names;
use server::api::input::{JsonBody, form_fields};
use server::auth::{cookie, credentials};
use server::http::framing::{RequestBody, is_host};
use server::http::json;
use server::http::path::CanonicalPath;
use server::http::refusal::Refusal;
use server::{App, Config, Respond as _, SystemClock, requires_auth};
use tokio::runtime::Builder;

#[test]
fn a_cookie_found_is_a_part_of_its_header() {
    bolero::check!().for_each(|lines: &[u8]| {
        let values = lines.split(|&byte| byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok());
        let headers: HeaderMap = values.map(|value| (COOKIE, value)).collect();
        let Some(value) = cookie(&headers, "s") else { return };
        assert!(!value.contains(&b';') && value == value.trim_ascii());
        let before = |line: &[u8]| {
            let ends = (0..=line.len())
                .filter(|&at| line[at..].starts_with(value))
                .map(|at| line[..at].trim_ascii_end());
            ends.filter_map(|before| before.strip_suffix(b"="))
                .any(|name| name.trim_ascii_end().ends_with(b"s"))
        };
        assert!(headers.values().any(|line| before(line.as_bytes())));
        let alone = HeaderValue::from_bytes(&[b"s=", value].concat()).expect("a part of a value is one");
        assert_eq!(cookie(&[(COOKIE, alone)].into_iter().collect(), "s"), Some(value));
    });
}

#[test]
fn basic_credentials_encode_to_what_was_read() {
    bolero::check!().for_each(|bytes: &[u8]| {
        // As they come, and behind the scheme: random bytes seldom begin with it.
        for value in [bytes.to_vec(), [b"Basic ", bytes].concat()] {
            let Ok(value) = HeaderValue::from_bytes(&value) else { return };
            let headers = [(AUTHORIZATION, value.clone())].into_iter().collect();
            if let Some((email, password)) = credentials(&headers) {
                assert!(!email.contains(':'));
                let encoded = BASE64_STANDARD.encode(format!("{email}:{password}"));
                assert_eq!(value, format!("Basic {encoded}"));
            }
        }
        // Whatever text it is, its credentials are read.
        if let Some((email, password)) = std::str::from_utf8(bytes).ok().and_then(|text| text.split_once(':'))
        {
            let value = format!("Basic {}", BASE64_STANDARD.encode(bytes));
            let headers =
                [(AUTHORIZATION, HeaderValue::try_from(value).expect("ASCII"))].into_iter().collect();
            assert_eq!(credentials(&headers), Some((email.to_owned(), password.to_owned())));
        }
    });
}

#[test]
fn a_canonical_path_has_one_spelling_and_nothing_to_walk_by() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let Ok(path) = std::str::from_utf8(bytes) else { return };
        let Some(canonical) = CanonicalPath::parse(path) else {
            assert!(requires_auth(path, &["/api/v1/*", "*"]));
            return;
        };
        let text = canonical.as_str();
        assert_eq!(CanonicalPath::parse(text).as_ref(), Some(&canonical));
        assert!(text.starts_with('/') && (text == "/" || !text.ends_with('/')));
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b';'));
        let mut segments = text[1..].split('/');
        assert!(text == "/" || segments.all(|segment| !matches!(segment, "" | "." | "..")));
        // Who decodes it once more finds no other path in it.
        let decoded = decode(text.as_bytes());
        let slashes = |path: &[u8]| path.iter().filter(|&&byte| byte == b'/').count();
        assert_eq!(slashes(&decoded), slashes(text.as_bytes()));
        assert!(!decoded.iter().any(|byte| byte.is_ascii_control() || b"\\;%?#".contains(byte)));
        assert_eq!(requires_auth(path, &["/api/v1/stat*"]), requires_auth(text, &["/api/v1/stat*"]));
    });
}

#[test]
fn a_form_field_is_what_a_plain_decoder_finds() {
    bolero::check!().for_each(|body: &[u8]| {
        let field = |name: &[u8]| {
            let pairs = body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
            let mut pairs = pairs.map(|pair| {
                let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
                (&pair[..equals], pair.get(equals + 1..).unwrap_or_default())
            });
            let value = pairs
                .find(|(found, _)| text(found) == String::from_utf8_lossy(name))
                .map(|(_, value)| text(value));
            value.filter(|value| !value.is_empty())
        };
        let names = ["email", "e", ""];
        let found = form_fields(&of_type("application/x-www-form-urlencoded"), body, names);
        assert_eq!(found.map(|value| value.map(Cow::into_owned)), names.map(|name| field(name.as_bytes())));
    });
}

#[test]
fn a_json_body_is_a_text_of_one_object_and_what_we_write_reads_back() {
    bolero::check!().for_each(|body: &[u8]| {
        let read = JsonBody::read(&of_type("application/json"), body);
        let value = serde_json::from_slice::<Value>(body).ok();
        assert_eq!(read.is_ok(), value.as_ref().is_some_and(Value::is_object));
        if let Ok(mut object) = read {
            let text = std::str::from_utf8(body).expect("JSON is UTF-8").trim();
            assert!(text.starts_with('{') && text.ends_with('}'));
            let email = object.text("email");
            match &value.as_ref().expect("JSON")["email"] {
                Value::Null => assert_eq!(email, Ok(None)),
                Value::String(text) => assert_eq!(email.as_ref(), Ok(&Some(text.clone()))),
                _ => assert_eq!(email, Err(Refusal::WrongFormat)),
            }
        }
        if let Some(value) = value.filter(|value| !has_fraction(value)) {
            let written = json::body(&value);
            assert!(written.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~')));
            assert_eq!(serde_json::from_slice::<Value>(&written).expect("JSON"), value);
        }
    });
}

#[test]
fn a_host_is_an_authority_without_a_user() {
    bolero::check!().for_each(|host: &[u8]| {
        if !is_host(host) || host.is_empty() || host.contains(&b'%') {
            return;
        }
        let text = std::str::from_utf8(host).expect("ASCII");
        // The crate asks for a name, and for digits behind a colon; HTTP does not.
        if let Ok(authority) = text.parse::<Authority>() {
            assert_eq!(authority.as_str(), text);
            assert!(text.len() >= authority.host().len() && text.starts_with(authority.host()));
            let port = text[authority.host().len()..].strip_prefix(':').filter(|port| !port.is_empty());
            assert_eq!(port.map(str::parse), authority.port_u16().map(Ok));
        } else {
            let (name, port) = text.rsplit_once(':').unwrap_or((text, ""));
            assert!(name.is_empty() || port.is_empty() || name.starts_with('['), "{text}");
        }
    });
}

#[test]
fn without_credentials_only_what_is_open_is_told_and_nothing_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let mode = |name: &str| (name == "AUTH_TYPE").then(|| "session_auth".to_owned());
    let config = Config::from_lookup(mode).expect("good settings");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let app = runtime.block_on(App::open(&config, folder.path(), Arc::new(SystemClock))).expect("a database");
    let bob = runtime.block_on(app.service().create_user("bob@h".to_owned(), "secret", Names::default()));
    assert!(bob.is_ok_and(|bob| bob.is_some()));
    // A panic in the app is caught by the app; after one here nothing is asked of it any more.
    let site = AssertUnwindSafe((app, runtime));
    bolero::check!().for_each(move |bytes: &[u8]| {
        let Some(request) = whole_request(bytes) else { return };
        let (app, runtime) = &*site;
        let path = request.uri().path().trim_end_matches('/').to_owned();
        let knows_password = request.body().windows(6).any(|part| part == b"secret");
        let (head, body) = request.into_parts();
        let mut body = RequestBody::from(body);
        let response = runtime.block_on(app.respond(&head, &mut body, std::net::Ipv4Addr::LOCALHOST.into()));
        let status = response.status();
        assert!(!status.is_server_error(), "{status}");
        let told = String::from_utf8(response.into_body().to_vec()).expect("UTF-8");
        assert!(knows_password || !told.contains("bob@h"), "{told}");
        let is_open = decode(path.as_bytes()) == b"/api/v1/status" || status == StatusCode::NO_CONTENT;
        assert!(!status.is_success() || is_open || knows_password, "{path} {told}");
    });
}

/// A request written as HTTP writes it, though not as strictly.
fn whole_request(bytes: &[u8]) -> Option<Request<Bytes>> {
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let (head, body) = (parts.next()?, parts.next().unwrap_or_default());
    let mut lines = head.split(|&byte| byte == b'\n');
    let mut words = lines.next()?.splitn(2, |&byte| byte == b' ');
    let mut request = Request::new(Bytes::copy_from_slice(body));
    *request.method_mut() = Method::from_bytes(words.next()?).ok()?;
    *request.uri_mut() = Uri::try_from(words.next()?).ok()?;
    for line in lines {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = http::HeaderName::from_bytes(&line[..colon]).ok()?;
        request.headers_mut().append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
    Some(request)
}

fn of_type(media_type: &'static str) -> HeaderMap {
    [(CONTENT_TYPE, HeaderValue::from_static(media_type))].into_iter().collect()
}

/// Fractions are read to their last digit only with a feature of `serde_json` that nothing here needs: no
/// answer holds one.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        _ => false,
    }
}

/// A form's octets as text.
fn text(encoded: &[u8]) -> String {
    let spaced: Vec<u8> = encoded.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    String::from_utf8_lossy(&decode(&spaced)).into_owned()
}

/// Undoes percent-encoding; leaves alone what is none.
fn decode(encoded: &[u8]) -> Vec<u8> {
    let digit = |at: usize| encoded.get(at).and_then(|&byte| char::from(byte).to_digit(16));
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < encoded.len() {
        match (encoded[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}
