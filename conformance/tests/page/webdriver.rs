//! A client for the dozen commands of WebDriver that the tests need, as JSON over HTTP.
//!
//! The crates for WebDriver cost more than they save. thirtyfour turns on the feature `preserve_order` of serde_json, with
//! which the reference server would no longer sort its keys. fantoccini brings 32 packages, half of them second versions,
//! and lacks the commands for logs and for the developer tools.

use std::time::Duration;

use serde_json::{Value, json};
use spec::http::Request;
use targets::client;
use tokio::runtime::Runtime;

/// The time limit of one command; a browser on a busy machine is slow.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The name under which the protocol refers to elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A key that is no character, by the protocol's number.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    Backspace = 0xE003,
    Tab = 0xE004,
    Enter = 0xE007,
    Control = 0xE009,
    Escape = 0xE00C,
    Home = 0xE011,
    Left = 0xE012,
    Up = 0xE013,
    Right = 0xE014,
    Down = 0xE015,
}

impl Key {
    /// Returns the character that is sent for the key.
    pub fn character(self) -> char {
        char::from_u32(self as u32).expect("the numbers are of a private area")
    }
}

/// A session with a browser.
pub struct Session {
    runtime: Runtime,
    address: String,
}

impl Session {
    /// Starts a session at the driver on this port; returns it with the capabilities of the browser.
    pub fn start(port: u16, wanted: &Value) -> (Self, Value) {
        let address = format!("http://127.0.0.1:{port}/session");
        let runtime = Runtime::new().expect("a runtime starts");
        let mut session = Self { runtime, address };
        let mut started = session.command("", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        session.address += "/";
        session.address += started["sessionId"].as_str().expect("a session has an id");
        (session, started["capabilities"].take())
    }

    /// Ends it, and the browser with it.
    pub fn end(&self) {
        let end = Request { method: "DELETE".to_owned(), ..Request::get(self.address.clone()) };
        self.runtime.block_on(client::send(end, TIMEOUT));
    }

    /// Carries out a command of the session.
    pub fn command(&self, name: &str, parameters: &Value) -> Value {
        let request =
            Request::post(format!("{}{name}", self.address), "application/json", parameters.to_string());
        let answer = self.runtime.block_on(client::send(request, TIMEOUT)).answer;
        let answer = answer.unwrap_or_else(|why| panic!("chromedriver gives no answer to {name}: {why}"));
        let value = answer.json().map(|mut answer| answer["value"].take()).unwrap_or_default();
        assert!(answer.is_success(), "{name} {parameters}: {}", value["message"]);
        value
    }

    /// Loads a page.
    pub fn load(&self, address: &str) {
        self.command("/url", &json!({ "url": address }));
    }

    /// Runs a script in the page and returns its value.
    pub fn script(&self, script: &str, arguments: &[Value]) -> Value {
        self.command("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Clicks the first element that the selector finds, as a pointer does.
    pub fn click(&self, selector: &str) {
        self.command(&format!("{}/click", self.element(selector)), &json!({}));
    }

    /// Types into the first element that the selector finds.
    pub fn type_into(&self, selector: &str, keys: &str) {
        self.command(&format!("{}/value", self.element(selector)), &json!({ "text": keys }));
    }

    /// Presses a key on whatever has the focus.
    pub fn press(&self, key: Key) {
        let stroke = ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.character() }));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": stroke });
        self.command("/actions", &json!({ "actions": [keyboard] }));
    }

    /// Carries out a command of Chromium's developer tools.
    pub fn devtools(&self, command: &str, parameters: &Value) {
        self.command("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    /// Takes the messages from one of chromedriver's logs.
    pub fn log(&self, name: &str) -> Vec<String> {
        let entries = self.command("/se/log", &json!({ "type": name }));
        let entries = entries.as_array().expect("a log is a list");
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn element(&self, selector: &str) -> String {
        let found = self.command("/element", &json!({ "using": "css selector", "value": selector }));
        format!("/element/{}", found[ELEMENT].as_str().expect("an element has an id"))
    }
}
