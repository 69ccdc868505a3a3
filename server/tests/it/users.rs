//! The users routes.

use std::time::Duration;

use crate::support::{BOB, Site};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

/// A client as applications have one: reqwest, without redirects or a cookie jar.
async fn ask(site: &Site, method: Method, path: &str, body: &str) -> (u16, Value) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
    let request = client
        .request(method, format!("http://{}/api/v1/users{path}", site.address))
        .header("Authorization", "Basic Ym9ic2Vzc2lvbkBoYnRuLmlvOmZha2UgcHdk")
        .header("Content-Type", "application/json")
        .body(body.to_owned());
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON"))
}

fn error(status: u16, message: &str) -> (u16, Value) {
    (status, json!({ "error": message }))
}

#[tokio::test]
async fn a_user_is_created_read_changed_and_deleted() {
    for mode in ["", "basic_auth"] {
        let site = Site::start(mode).await;
        let new =
            r#"{"email": "kim@hbtn.io", "password": "x", "last_name": "Ng", "id": "1", "is_admin": true}"#;
        let (status, kim) = ask(&site, Method::POST, "/", new).await;
        assert_eq!(status, 201);
        let id = kim["id"].as_str().expect("an ID");
        assert_eq!(id.parse().map(|id: uuid::Uuid| id.get_version_num()), Ok(4));
        let expected = json!({
            "created_at": "2017-10-16 04:57:08", "email": "kim@hbtn.io", "first_name": null, "id": id,
            "last_name": "Ng", "updated_at": "2017-10-16 04:57:08"
        });
        assert_eq!(kim, expected);
        assert_eq!(ask(&site, Method::GET, &format!("/{id}"), "").await, (200, kim.clone()));
        let (_, list) = ask(&site, Method::GET, "", "").await;
        assert_eq!((list.as_array().map(Vec::len), &list[0]["id"], &list[1]), (Some(2), &json!(BOB), &kim));

        site.clock.advance(TimeDelta::seconds(1));
        let change = r#"{"first_name": "Kim", "email": "other", "password": "other", "id": "other"}"#;
        let (status, changed) = ask(&site, Method::PUT, &format!("/{id}/"), change).await;
        let mut expected = kim.clone();
        expected["first_name"] = json!("Kim");
        expected["updated_at"] = json!("2017-10-16 04:57:09");
        assert_eq!((status, &changed), (200, &expected));
        assert_eq!(ask(&site, Method::GET, &format!("/{id}"), "").await, (200, expected));

        assert_eq!(ask(&site, Method::DELETE, &format!("/{id}"), "").await, (200, json!({})));
        for method in [Method::GET, Method::DELETE, Method::PUT] {
            assert_eq!(ask(&site, method, &format!("/{id}"), "{}").await, error(404, "Not found"));
        }
        assert_eq!(site.app.store().user_count().await, Ok(1));
    }
}

#[tokio::test]
async fn what_cannot_be_a_user_is_refused_and_not_stored() {
    let site = Site::start("basic_auth").await;
    let long = format!(r#"{{"email": "{}", "password": "x"}}"#, "a".repeat(257));
    for (body, message) in [
        ("", "Wrong format"),
        ("email=kim@hbtn.io", "Wrong format"),
        ("[]", "Wrong format"),
        (r#"{"password": "x"}"#, "email missing"),
        (r#"{"email": "", "password": 5}"#, "email missing"),
        (r#"{"email": null}"#, "email missing"),
        (r#"{"email": "kim@hbtn.io"}"#, "password missing"),
        (r#"{"email": "kim@hbtn.io", "password": ""}"#, "password missing"),
        (r#"{"email": ["kim@hbtn.io"], "password": "x"}"#, "Wrong format"),
        (r#"{"email": "kim@hbtn.io", "password": 5}"#, "Wrong format"),
        (r#"{"email": "kim@hbtn.io", "password": "x", "first_name": {}}"#, "Wrong format"),
        (r#"{"email": "bobsession@hbtn.io", "password": "x"}"#, "Can't create User: the email is taken"),
        (&long, "Can't create User: the email is too long"),
    ] {
        assert_eq!(ask(&site, Method::POST, "", body).await, error(400, message), "{body}");
    }
    for body in ["", "nonsense", "null", "[1]", r#"{"last_name": 5}"#] {
        assert_eq!(
            ask(&site, Method::PUT, &format!("/{BOB}"), body).await,
            error(400, "Wrong format"),
            "{body}"
        );
    }
    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(ask(&site, method, "/me", "{}").await, error(404, "Not found"));
    }
    assert_eq!(site.app.store().user_count().await, Ok(1));
    assert_eq!(ask(&site, Method::GET, "/me", "").await.0, 200);
    let longest = format!(r#"{{"email": "{}", "password": "x"}}"#, "a".repeat(256));
    assert_eq!(ask(&site, Method::POST, "", &longest).await.0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_creations_with_one_email_exactly_one_succeeds() {
    let site = Site::start("").await;
    let new = r#"{"email": "kim@hbtn.io", "password": "x"}"#;
    let all = futures_util::future::join_all((0..8).map(|_| ask(&site, Method::POST, "", new))).await;
    assert_eq!(all.iter().filter(|(status, _)| *status == 201).count(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|(status, _)| *status == 400).count(), 7, "{all:?}");
    assert_eq!(site.app.store().user_count().await, Ok(2));
}
