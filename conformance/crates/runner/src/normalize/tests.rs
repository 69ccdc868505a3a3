//! What the text of an answer shows, and what it leaves out: each beside an answer that differs in one thing.

use chrono::DateTime;

use super::*;
use spec::http::{NoAnswer, Request};

const ID: &str = "cf3ddee1-ff24-49e4-a40b-2540333fe992";
const OTHER_ID: &str = "9375973a-68c7-46aa-b135-29f79e837495";
const SESSION: &str = "df05b4e1-d117-444c-a0cc-ba0d167889c4";

/// 2017-10-16 04:57:08.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_508_129_828, 0).expect("a date")
}

fn normalizer() -> Normalizer {
    Normalizer::new(EmailAliases::as_written(), now())
}

fn view(show: Show) -> View<'static> {
    View {
        show,
        include: false,
        cookie: CookieName { sent: "_my_session_id", written: "_my_session_id" },
        now: now(),
        foreign_users: 0,
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> http::Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    http::Answer { status, headers, body: body.as_bytes().to_vec() }
}

fn exchange(method: &str, answer: Result<http::Answer, NoAnswer>) -> Exchange {
    let request = Request { method: method.to_owned(), ..Request::get(String::new()) };
    Exchange { request, answer }
}

fn told(view: View<'_>, answer: http::Answer) -> Vec<String> {
    shown(view, &exchange("GET", Ok(answer)))
}

fn shown(view: View<'_>, exchange: &Exchange) -> Vec<String> {
    normalizer().exchange(view, exchange).lines()
}

/// The lines that say what is wrong.
fn breaches(answer: http::Answer) -> Vec<String> {
    let answer = normalizer().exchange(view(Show::All), &exchange("GET", Ok(answer)));
    answer.breaches.iter().map(ToString::to_string).collect()
}

/// Bob as JSON, with one key set to another value.
fn bob(key: &str, value: &str) -> String {
    let mut fields = vec![
        ("created_at", "\"2017-10-16 04:57:08\""),
        ("email", "\"bob@hbtn.io\""),
        ("first_name", "null"),
        ("id", "\"cf3ddee1-ff24-49e4-a40b-2540333fe992\""),
        ("last_name", "null"),
        ("updated_at", "\"2017-10-16 04:57:08\""),
    ];
    fields.retain(|(name, _)| *name != key);
    if !value.is_empty() {
        fields.push((key, value));
    }
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

fn user(key: &str, value: &str) -> http::Answer {
    answer(200, &[], &bob(key, value))
}

#[test]
fn a_step_shows_as_much_as_its_fence_says() {
    for (show, status, line) in [
        (Show::Success, 200, "2xx"),
        (Show::Success, 299, "2xx"),
        (Show::NotSuccess, 300, "not 2xx"),
        (Show::NotSuccess, 199, "not 2xx"),
        (Show::Refused, 401, "refused"),
        (Show::Refused, 403, "refused"),
        (Show::BelowServerError, 499, "below 500"),
        (Show::Status, 201, "201 Created"),
        (Show::Status, 599, "599 (no standard status)"),
    ] {
        assert_eq!(told(view(show), answer(status, &[], "{}")), [line], "{status}");
    }
    for (show, status, lines) in [
        (Show::Success, 403, ["403 Forbidden", "{}"]),
        (Show::NotSuccess, 200, ["200 OK", "{}"]),
        (Show::Refused, 404, ["404 Not Found", "{}"]),
        (Show::BelowServerError, 500, ["500 Internal Server Error", "{}"]),
        (Show::All, 200, ["200 OK", "{}"]),
    ] {
        assert_eq!(told(view(show), answer(status, &[], "{}")), lines, "{status}");
    }
    let none = exchange("GET", Err(NoAnswer::Refused));
    assert_eq!(shown(view(Show::Success), &none), ["no answer: the connection was refused"]);
}

#[test]
fn the_usual_form_is_the_status_the_cookie_the_target_of_a_redirect_and_the_body() {
    let cookie = format!("_my_session_id={SESSION}; HttpOnly; Path=/");
    let headers = [("set-cookie", cookie.as_str()), ("location", "http://127.0.0.1:5000/login"), ("x", "y")];
    let cookie = "set-cookie: _my_session_id=<session 1>; Path=/";
    assert_eq!(
        told(view(Show::All), answer(299, &headers, "[]")),
        ["299 (no standard status)", cookie, "[]"]
    );
    let redirect = ["302 Found", cookie, "location: /login", "[]"];
    assert_eq!(told(view(Show::All), answer(302, &headers, "[]")), redirect);
    assert_eq!(told(view(Show::All), answer(405, &headers, "[]")), ["405 Method Not Allowed", cookie]);
    let head = exchange("HEAD", Ok(answer(200, &[], "")));
    assert_eq!(shown(view(Show::All), &head), ["200 OK"]);
    let page = "<html>\n<title> Oh no </title>\n<p>more</p>";
    assert_eq!(
        told(view(Show::All), answer(500, &[], page)),
        ["500 Internal Server Error", "<title>Oh no</title>"]
    );
    let long: Vec<String> = (0..13).map(|line| line.to_string()).collect();
    let shown = told(view(Show::All), answer(200, &[], &long.join("\n")));
    assert_eq!(shown[1..], [&long[..12], &["…".to_owned()]].concat());
    assert_eq!(told(view(Show::All), answer(200, &[], &long[..12].join("\n")))[1..], long[..12]);
}

#[test]
fn the_security_of_an_answer_is_shown_when_it_is_asked_for() {
    let cookie =
        format!("_my_session_id={SESSION}; Secure; Path=/; Expires=Mon, 16 Oct 2017 04:57:08 GMT; HttpOnly");
    let headers = [
        ("set-cookie", "other=1; Path=/"),
        ("set-cookie", cookie.as_str()),
        ("cache-control", "no-store"),
        ("www-authenticate", "Basic realm=\"api\""),
        ("retry-after", "30"),
    ];
    let expected = [
        "401 Unauthorized",
        "set-cookie: _my_session_id=<session 1>; Path=/",
        "cookie attributes: HttpOnly; Path=/; Secure",
        "cache-control: no-store",
        "www-authenticate: Basic",
        "retry-after: <seconds>",
        "{}",
    ];
    assert_eq!(told(view(Show::Security), answer(401, &headers, "{}")), expected);
    let without = ["401 Unauthorized", "set-cookie: _my_session_id=<session 1>; Path=/", "{}"];
    assert_eq!(told(view(Show::All), answer(401, &headers, "{}")), without);
    let soon = [("retry-after", "soon")];
    assert_eq!(told(view(Show::Security), answer(429, &soon, ""))[1], "retry-after: (not in seconds)");
}

#[test]
fn the_exact_form_shows_headers_and_bytes() {
    let exact = View { include: true, ..view(Show::All) };
    let headers = [("content-type", "application/json"), ("content-length", "3"), ("x", "y")];
    let mut expected = vec![
        "200 OK",
        "content-type: application/json",
        "access-control-allow-origin: none",
        "content-length: 3",
        "{}",
    ];
    assert_eq!(told(exact, answer(200, &headers, "{}\n")), expected);
    expected.push("(no newline at the end)");
    assert_eq!(told(exact, answer(200, &headers, "{}")), expected, "the length that was told is shown");
    let head = exchange("HEAD", Ok(answer(200, &[("content-length", "0")], "")));
    assert_eq!(
        shown(exact, &head),
        ["200 OK", "content-type: none", "access-control-allow-origin: none", "content-length: 0"]
    );
    let lines: Vec<String> = (0..41).map(|line| line.to_string()).collect();
    let shown = told(exact, answer(200, &[], &format!("{}\n", lines.join("\n"))));
    assert_eq!(shown[4..], [&lines[..40], &["…".to_owned()]].concat());
    let shown = told(exact, answer(200, &[], &format!("{}\n", lines[..40].join("\n"))));
    assert_eq!(shown[4..], lines[..40]);
    let not_allowed = [("allow", "PUT, HEAD, GET,OPTIONS"), ("content-type", "text/html; charset=utf-8")];
    assert_eq!(
        told(exact, answer(405, &not_allowed, "<title>405</title>")),
        ["405 Method Not Allowed", "allow: GET, PUT", "content-type: text/html", "<title>405</title>"]
    );
}

#[test]
fn a_password_or_its_hash_anywhere_in_an_answer_is_a_finding() {
    let hash = digest::sha256_hex("fake pwd");
    let with = |answer: http::Answer, password: &str| {
        let mut normalizer = normalizer();
        for watched in ["another one", password, password] {
            normalizer.watch_password(watched);
        }
        let answer = normalizer.exchange(view(Show::Status), &exchange("GET", Ok(answer)));
        answer.breaches.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let found = ["! users.hide-password: the answer carries a password"];
    assert_eq!(with(answer(200, &[], "it is fake pwd!"), "fake pwd"), found);
    assert_eq!(with(answer(200, &[("x", "fake pwd")], ""), "fake pwd"), found);
    let found = ["! users.hide-password: the answer carries the hash of a password"];
    assert_eq!(with(answer(200, &[], &hash), "fake pwd"), found);
    assert!(with(answer(200, &[], "fake"), "fake pwd").is_empty());
    assert!(with(answer(200, &[], "seven77"), "seven77").is_empty(), "too short to be told from chance");
    assert_eq!(with(answer(200, &[], "eight888"), "eight888").len(), 1);
}

#[test]
fn only_the_session_cookie_is_shown_unless_it_is_missing() {
    let shown = |cookies: &[&str]| {
        let headers: Vec<(&str, &str)> = cookies.iter().map(|line| ("set-cookie", *line)).collect();
        told(view(Show::All), answer(200, &headers, "{}"))[1..].to_vec()
    };
    let ours = format!("_my_session_id={SESSION}");
    assert_eq!(shown(&["a=b", &ours]), ["set-cookie: _my_session_id=<session 1>", "{}"]);
    assert_eq!(shown(&["a=b; path=/x"]), ["set-cookie: a=<session 1> (not a UUID version 4); Path=/x", "{}"]);
    for taken_back in ["_my_session_id=; Max-Age=0", "_my_session_id=\"\"; Max-Age=0", "no pair"] {
        assert_eq!(shown(&[taken_back]), ["{}"], "{taken_back}");
    }
}

#[test]
fn many_at_once_are_counted_and_their_sessions_judged() {
    let many = |show: Show, answers: Vec<Result<http::Answer, NoAnswer>>| {
        let exchanges: Vec<Exchange> = answers.into_iter().map(|answer| exchange("POST", answer)).collect();
        normalizer().parallel(view(show), &exchanges).lines()
    };
    let status = |status| Ok(answer(status, &[], ""));
    assert_eq!(many(Show::All, vec![status(200), status(403), status(404)]), ["1 × 2xx", "2 × not 2xx"]);
    assert_eq!(
        many(Show::All, vec![status(200), Err(NoAnswer::Closed), Err(NoAnswer::Closed)]),
        ["1 × 2xx".to_owned(), format!("2 × {}", NoAnswer::Closed)]
    );
    assert_eq!(many(Show::Success, vec![status(200), status(403)]), ["2xx"]);
    assert_eq!(many(Show::Success, vec![status(403)]), ["1 × not 2xx"]);
    let login = |value: &str| Ok(answer(200, &[("set-cookie", &format!("_my_session_id={value}"))], ""));
    let sessions = |values: Vec<String>| {
        many(Show::Success, values.iter().map(|value| login(value)).collect())[1..].to_vec()
    };
    let random = |count: usize| (0..count).map(|_| uuid::Uuid::new_v4().to_string()).collect::<Vec<_>>();
    // Of 64, each of 122 bits is both 0 and 1 but once in 10^17 times.
    assert_eq!(sessions(random(64)), ["set-cookie: different session IDs, random in every bit"]);
    assert_eq!(sessions(random(15)), ["set-cookie: only 15 sessions: too few to judge their IDs"]);
    assert_eq!(
        sessions([random(15), vec![SESSION.to_owned(); 2]].concat()),
        ["set-cookie: only 16 different session IDs in 17 logins"]
    );
    assert_eq!(
        sessions((0..16).map(|number| format!("id-{number}")).collect()),
        ["set-cookie: different session IDs, not all UUIDs of version 4"]
    );
    let counted = (0..16).map(|number| format!("df05b4e1-d117-444c-a0cc-ba0d167889{number:02x}")).collect();
    assert_eq!(sessions(counted), ["set-cookie: different session IDs, random in 4 of 122 bits"]);
    assert!(sessions(vec![String::new(); 3]).is_empty(), "cookies that are taken back are no sessions");
}

#[test]
fn a_user_is_shown_in_order_and_by_names() {
    let shown = "{\"created_at\": <time>, \"email\": \"bob@hbtn.io\", \"first_name\": null, \"id\": <user 1>, \
                 \"last_name\": null, \"updated_at\": <time>}";
    assert_eq!(told(view(Show::All), user("id", &format!("\"{ID}\""))), ["200 OK", shown]);
    let two = format!("[{}, {}]", bob("x", ""), bob("id", &format!("\"{OTHER_ID}\"")));
    let lines = told(view(Show::All), answer(200, &[], &two));
    assert_eq!(
        lines[1..],
        ["[", &format!("  {shown},"), &format!("  {}", shown.replace("user 1", "user 2")), "]"]
    );
    assert_eq!(told(view(Show::All), answer(200, &[], "[1, \"a\", null]"))[1], "[1, \"a\", null]");
    let id_alone = format!("{{\"id\": \"{ID}\", \"a\": true}}");
    assert_eq!(told(view(Show::All), answer(200, &[], &id_alone))[1], "{\"a\": true, \"id\": \"<id 1>\"}");
    let email_alone = "{\"email\": \"bob@hbtn.io\"}";
    assert_eq!(told(view(Show::All), answer(200, &[], email_alone))[1], email_alone);
}

#[test]
fn what_is_wrong_with_a_user_is_a_finding_and_the_rest_stays_as_it_should_be() {
    for (key, value, finding) in [
        ("id", "\"bob\"", Some("users.shape: a user's id is not a UUID version 4")),
        ("first_name", "\"\"", Some("users.shape: a user's first_name is \"\", not null")),
        ("first_name", "\"Bob\"", None),
        ("last_name", "\"\"", Some("users.shape: a user's last_name is \"\", not null")),
        ("last_name", "", Some("users.shape: a user has no key \"last_name\"")),
        ("updated_at", "", Some("users.shape: a user has no key \"updated_at\"")),
        ("age", "5", Some("users.shape: a user has the key \"age\", which is none of a user's")),
        ("created_at", "\"2017-10-16T04:57:08\"", None),
        (
            "created_at",
            "5",
            Some("users.timestamps: created_at is 5, not UTC seconds as \"YYYY-MM-DD HH:MM:SS\""),
        ),
        ("created_at", "\"2017-10-16 04:57:03\"", None),
        (
            "created_at",
            "\"2017-10-16 04:57:02\"",
            Some("users.timestamps: created_at lies before this run began, by the target's own clock"),
        ),
        ("updated_at", "\"2017-10-16 04:57:13\"", None),
        (
            "updated_at",
            "\"2017-10-16 04:57:14\"",
            Some("users.timestamps: updated_at lies in the future of the target's own clock"),
        ),
    ] {
        let expected: Vec<String> = finding.iter().map(|finding| format!("! {finding}")).collect();
        assert_eq!(breaches(user(key, value)), expected, "{key} {value}");
    }
    let without_a_name = told(view(Show::All), user("last_name", ""));
    assert_eq!(without_a_name[1], told(view(Show::All), user("last_name", "null"))[1]);
    let without_a_time = told(view(Show::All), user("updated_at", ""));
    assert_eq!(without_a_time[1], told(view(Show::All), user("x", ""))[1]);
}

#[test]
fn what_other_scenarios_stored_is_left_out() {
    let emails = EmailAliases::unique("user bob@hbtn.io x", "nonce");
    let mine = emails.alias("bob@hbtn.io").to_owned();
    assert_ne!(mine, "bob@hbtn.io");
    let mut normalizer = Normalizer::new(emails, now());
    let view = View { foreign_users: 2, ..view(Show::All) };
    let mut shown = |body: String| {
        normalizer.exchange(view, &exchange("GET", Ok(answer(200, &[], &body)))).body.join("\n")
    };
    let own = bob("email", &format!("\"{mine}\""));
    let foreign = bob("email", "\"stranger@hbtn.io\"");
    let alone = shown(format!("[{own}]"));
    assert!(alone.contains("\"bob@hbtn.io\""), "{alone}");
    assert_eq!(shown(format!("[{foreign}, {own}]")), alone);
    assert_eq!(
        shown(format!("{{\"{ID}\": {own}}}")),
        shown(format!("{{\"{ID}\": {own}, \"{OTHER_ID}\": {}}}", foreign.replace(ID, OTHER_ID)))
    );
    let by_another_key = shown(format!("{{\"owner\": {foreign}}}"));
    assert!(by_another_key.contains("stranger@hbtn.io"), "{by_another_key}");
    assert_eq!(shown("{\"users\": 3}".to_owned()), "{\"users\": 1}");
    assert_eq!(shown("{\"users\": 1}".to_owned()), "{\"users\": 0}");
    assert_eq!(shown("{\"users\": 3, \"a\": 1}".to_owned()), "{\"a\": 1, \"users\": 3}");
}

#[test]
fn the_exact_form_names_what_varies_and_leaves_out_what_is_not_its_own() {
    let exact = View { include: true, foreign_users: 2, ..view(Show::All) };
    let body = |body: &str| {
        told(exact, answer(200, &[("content-length", &body.len().to_string())], body))[3..].join("\n")
    };
    assert_eq!(body("{\n  \"users\": 3\n}\n"), "content-length: 17\n{\n  \"users\": 1\n}");
    assert_eq!(body("{\"users\":3}"), "content-length: 11\n{\"users\":1}\n(no newline at the end)");
    assert_eq!(body("{\"users\":  3}\n"), "content-length: 14\n{\"users\":  3}", "of no form that is known");
    let own = body(&bob("x", ""));
    assert!(own.contains("<time>") && own.contains("<user 1>") && !own.contains("2017"), "{own}");
    let other_form = body(&bob("created_at", "\"2017-10-16T04:57:08\""));
    assert!(other_form.contains("YYYY-MM-DDTHH:MM:SS"), "{other_form}");
    let late = body(&bob("created_at", "\"2018-10-16 04:57:08\""));
    assert!(late.contains("! users.timestamps: created_at lies in the future"), "{late}");
}

#[test]
fn what_a_program_prints_is_shown_with_its_ids_named() {
    let printed = format!("New user: {ID}\nNew user: {OTHER_ID}\n{ID}\n");
    let shown = ["New user: <session 1>", "New user: <session 2>", "<session 1>"];
    assert_eq!(
        normalizer().program(&printed).lines(),
        shown,
        "an ID that nothing else has named is a session's"
    );
}
