//! A page in the browser, and the words in which the tests speak of it.

use report::{Entry, html};
use search::diagnosis;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::browser;
use crate::webdriver::Key;
use test_support::suite::suite;

/// A screen that shows the page.
#[derive(Clone, Copy)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    pub mobile: bool,
    pub dark: bool,
    pub script: bool,
}

/// A desk, by day.
pub const DESK: Screen = Screen { width: 1280, height: 900, mobile: false, dark: false, script: true };

/// A phone, by day.
pub const PHONE: Screen = Screen { width: 390, height: 844, mobile: true, ..DESK };

impl Screen {
    /// The same by night.
    pub const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    /// The same where no script runs.
    pub const fn without_script(self) -> Self {
        Self { script: false, ..self }
    }
}

/// A report in the browser.
pub struct Page;

impl Page {
    /// Shows the report of these implementations.
    pub fn open(entries: &[Entry], screen: Screen) -> Self {
        let catalogue = &suite().catalogue;
        let mut entries = entries.to_vec();
        for report in entries.iter_mut().filter_map(|entry| entry.result.as_mut().ok()) {
            diagnosis::attach(report, catalogue);
        }
        let address = browser::publish(&html(&entries, catalogue));
        let Screen { width, height, mobile, dark, script } = screen;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "media": "", "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !script }));
        devtools("Emulation.setDeviceMetricsOverride", metrics);
        devtools("Emulation.setEmulatedMedia", media);
        browser::with(|session| session.load(&address));
        Self
    }

    /// Shows it as it would be printed.
    pub fn print(&self) {
        devtools("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    }

    /// Returns the value of a script; it runs even if the page's own scripts are off.
    pub fn script<T: DeserializeOwned>(&self, script: &str) -> T {
        self.script_on(script, &[])
    }

    fn script_on<T: DeserializeOwned>(&self, script: &str, arguments: &[Value]) -> T {
        let returned = browser::with(|session| session.script(script, arguments));
        serde_json::from_value(returned).expect("it returns what is wanted")
    }

    /// Clicks the first element that the selector finds.
    pub fn click(&self, selector: &str) {
        let script =
            "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center', inline: 'center' })";
        self.script_on::<()>(script, &[json!(selector)]);
        browser::with(|session| session.click(selector));
    }

    /// Clicks the sign of a requirement in the row of an implementation.
    pub fn click_sign(&self, implementation: &str, requirement: &str) {
        self.click(&self.sign(implementation, requirement));
    }

    /// The selector of a sign.
    pub fn sign(&self, implementation: &str, requirement: &str) -> String {
        let place: (usize, usize) = self.script_on(
            "const row = [...document.querySelectorAll('#matrix tbody tr')].findIndex((row) => row.cells[0].textContent === arguments[0]);
             const heads = [...document.querySelectorAll('#matrix thead .requirement')];
             return [row + 1, heads.findIndex((head) => head.dataset.id === arguments[1]) + 3];",
            &[json!(implementation), json!(requirement)],
        );
        format!("#matrix tbody tr:nth-child({}) td:nth-child({}) a", place.0, place.1)
    }

    /// Types into a field of the filters, in the place of what stands there.
    pub fn search(&self, field: &str, text: &str) {
        let input = format!("#filters [name={field}]");
        let clear = [Key::Control.character(), 'a', '\u{E000}', Key::Backspace.character()];
        let keys: String = clear.into_iter().chain(text.chars()).collect();
        browser::with(|session| session.type_into(&input, &keys));
    }

    /// Chooses an option of the filters by its value.
    pub fn choose(&self, field: &str, value: &str) {
        let values = self.options(field);
        let place = values.iter().position(|one| one == value).expect("it has the option");
        let down = std::iter::repeat_n(Key::Down, place + 1);
        let keys: String = std::iter::once(Key::Home).chain(down).map(Key::character).collect();
        browser::with(|session| session.type_into(&format!("#filters [name={field}]"), &keys));
    }

    /// The values of a list of the filters, but for the first, which filters nothing.
    pub fn options(&self, field: &str) -> Vec<String> {
        let script =
            "return [...document.forms[0].elements[arguments[0]].options].slice(1).map((one) => one.value)";
        self.script_on(script, &[json!(field)])
    }

    /// Clears the filters.
    pub fn clear(&self) {
        self.click("#filters .clear");
    }

    /// Presses a key on whatever has the focus.
    pub fn press(&self, key: Key) {
        browser::with(|session| session.press(key));
    }

    /// Presses a key until the focus is on a sign, by its row and its requirement.
    pub fn press_until(&self, key: Key, sign: &(String, String)) {
        let pressed = (0..100).find(|_| {
            self.press(key);
            self.focus() == *sign
        });
        assert!(pressed.is_some(), "{key:?} never comes to {sign:?}");
    }

    /// Presses Tab until what the selector finds has the focus; gives how often that was.
    pub fn tab_to(&self, selector: &str) -> usize {
        let pressed = (1..200).find(|_| {
            self.press(Key::Tab);
            self.has_focus(selector)
        });
        pressed.unwrap_or_else(|| panic!("Tab never comes to {selector}"))
    }

    /// Tells whether the element that the selector finds has the focus.
    pub fn has_focus(&self, selector: &str) -> bool {
        self.script_on("return document.activeElement.matches(arguments[0])", &[json!(selector)])
    }

    /// The row and the requirement of the sign that has the focus.
    pub fn focus(&self) -> (String, String) {
        self.script(
            "const cell = document.activeElement.closest('#matrix tbody td');
             const heads = document.querySelectorAll('#matrix thead .requirement');
             return cell ? [cell.parentElement.cells[0].textContent, heads[cell.cellIndex - 2].dataset.id] : ['', '']",
        )
    }

    /// Tells whether a reader can see the element with the focus, and that it has the focus.
    pub fn shows_focus(&self) -> bool {
        self.script(
            "const one = document.activeElement;
             const [style, box] = [getComputedStyle(one), one.getBoundingClientRect()];
             const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
             return one.matches(':focus-visible') && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
                 && (one === top || one.contains(top))",
        )
    }

    /// The text that can be read where the selector finds something; empty where that is hidden.
    pub fn text(&self, selector: &str) -> String {
        let script = "const all = [...document.querySelectorAll(arguments[0])];
            return all.filter((one) => one.checkVisibility()).map((one) => one.innerText).join('\\n')";
        self.script_on(script, &[json!(selector)])
    }

    /// Tells whether a reader can see some element that the selector finds.
    pub fn shows(&self, selector: &str) -> bool {
        let script =
            "return [...document.querySelectorAll(arguments[0])].some((one) => one.checkVisibility())";
        self.script_on(script, &[json!(selector)])
    }

    /// Waits until something that the selector finds can be seen: the browser goes to the target of a link in
    /// its own time.
    pub fn wait_for(&self, selector: &str) {
        assert!((0..1_000).any(|_| self.shows(selector)), "{selector} does not come into sight");
    }

    /// The names of the implementations whose rows are shown, in their order.
    pub fn rows(&self) -> Vec<String> {
        self.script(
            "return [...document.querySelectorAll('#matrix tbody th.name')].filter((head) => head.checkVisibility())
                .map((head) => head.textContent)",
        )
    }

    /// The ids of the requirements that the table shows, in their order.
    pub fn requirements(&self) -> Vec<String> {
        self.script(
            "return [...document.querySelectorAll('#matrix .requirement')].filter((head) => head.checkVisibility())
                .map((head) => head.dataset.id)",
        )
    }

    /// Tells whether every row has exactly one cell below each head that is shown.
    pub fn is_aligned(&self) -> bool {
        self.script(
            "const shown = (cells) => [...cells].filter((cell) => cell.checkVisibility()).reduce((sum, cell) => sum + cell.colSpan, 0);
             const [projects, tasks, requirements] = [...document.querySelectorAll('#matrix thead tr')].map((row) => shown(row.cells));
             const rows = [...document.querySelectorAll('#matrix :is(tbody, tfoot) tr')].filter((row) => row.checkVisibility());
             return projects === requirements + 2 && tasks === requirements && rows.every((row) => shown(row.cells) === requirements + 2)",
        )
    }
}

/// Fails where the page has complained, or has asked for anything but itself.
pub fn assert_quiet() {
    let console = browser::with(|session| session.log("browser"));
    let events = browser::with(|session| session.log("performance"));
    let requests: Vec<String> = events.iter().filter_map(|event| requested(event)).collect();
    assert!(console.is_empty(), "the console says {console:?}");
    assert!(!requests.is_empty(), "the log has what was asked for");
    let foreign: Vec<&String> = requests.iter().filter(|address| !address.starts_with("file://")).collect();
    assert!(foreign.is_empty() && requests.iter().all(|address| address.ends_with(".html")), "{requests:?}");
}

/// The address in an event of the log, if the event is a request.
fn requested(event: &str) -> Option<String> {
    let event: Value = serde_json::from_str(event).ok()?;
    let event = &event["message"];
    (event["method"] == "Network.requestWillBeSent")
        .then(|| event["params"]["request"]["url"].as_str().unwrap_or_default().to_owned())
}

fn devtools(command: &str, parameters: Value) {
    browser::with(|session| session.devtools(command, &parameters));
}
