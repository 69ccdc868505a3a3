//! The evidence of a sign: by mouse, by keyboard, and without a script.

use crate::crowd::{class, crowd, ends_in_one_mode, implementation, unjudged};
use crate::view::{DESK, PHONE, Page};
use crate::webdriver::Key;
use test_support::broken::Fault;

const SENTENCE: &str =
    "POST /api/v1/auth_session/login with form email and password answers 200 with the user";

pub fn a_click_shows_what_was_expected_and_what_came() {
    for screen in [DESK, PHONE] {
        let page = Page::open(&class(), screen);
        let sign = page.sign("bob__creates", "login.ok");
        assert!(!page.shows("dialog"));
        page.click(&sign);
        assert!(page.text("dialog h2").starts_with("login.ok must"));
        assert!(page.text("dialog h2").ends_with("bob__creates"));
        assert!(page.text("dialog p").starts_with(SENTENCE));
        assert!(page.text("dialog h4").starts_with("✗ not met in session_auth\n"));
        assert!(page.text("dialog .tip").starts_with("Hint: "));
        assert!(page.text("dialog .expected").starts_with("200 OK\n{\"created_at\""));
        assert!(page.text("dialog .actual").starts_with("201 Created\n{\"created_at\""));
        assert_eq!(page.text("dialog mark"), "200\nOK\n201\nCreated", "what differs is marked");
        assert!(
            page.text("dialog .curl")
                .starts_with("curl \"http://127.0.0.1:5000/api/v1/auth_session/login\" ")
        );
        page.click("dialog .copy");
        page.wait_for("dialog .copy.done");
        assert_eq!(page.text("dialog .copy"), "Copied");
        page.click("dialog .close");
        assert!(!page.shows("dialog"));
        assert!(page.has_focus(&sign), "the focus is back where it was");
    }
    let page = Page::open(&class(), DESK);
    assert!(
        page.script::<bool>("return !document.querySelector('#matrix td.m a')"),
        "what is met in every mode is no link"
    );
}

pub fn a_program_that_failed_shows_its_last_output() {
    let page = Page::open(&class(), DESK);
    page.click_sign("pat__ends", "db.survives-restart");
    assert!(page.text("dialog .reason").contains("the program ended at once (exit status: 1)"));
    assert_eq!(
        page.text("dialog .outputs pre"),
        "Traceback: <b>&amp;</b>\nModuleNotFoundError: No module named 'models.user_session'"
    );
    page.click("dialog .close");
    page.click("#matrix tr:last-child .lost a");
    assert_eq!(page.text("dialog h2"), "tom__lost");
    assert!(page.text("dialog p").starts_with("import-error: the program ended at once"));
    assert!(page.text("dialog .outputs pre").ends_with("ModuleNotFoundError: No module named 'flask_cors'"));

    let both = ends_in_one_mode("both", "last words", &[Fault::LoginIsCreated]);
    let page = Page::open(&[both, implementation("whole", &[])], DESK);
    page.click_sign("both", "login.ok");
    assert!(page.text("dialog .actual").starts_with("201 Created"));
    assert_eq!(page.text("dialog .outputs pre"), "last words", "also beside what is not met in other modes");
}

pub fn the_keyboard_alone_does_it_too() {
    let page = Page::open(&class(), DESK);
    let at = |name: &str, requirement: &str| (name.to_owned(), requirement.to_owned());
    page.tab_to("#filters [name=name]");
    assert!(page.shows_focus());
    let tabs = page.tab_to("#matrix a");
    assert!(tabs < 15, "the table is one stop, behind {tabs}");
    assert_eq!(page.focus(), at("bob__creates", "users.hide-password"), "its first evidence");
    assert!(page.shows_focus());
    page.press(Key::Down);
    assert_eq!(page.focus(), at("eve__creates", "users.hide-password"));
    page.press_until(Key::Right, &at("eve__creates", "login.ok"));
    assert!(page.shows_focus(), "no head stands before it");
    page.press(Key::Up);
    page.press(Key::Up);
    assert!(page.has_focus("#matrix .requirement a[href='#r-login.ok']"), "the head is above");
    page.press(Key::Down);
    assert_eq!(page.focus(), at("bob__creates", "login.ok"));
    page.press(Key::Left);
    page.press(Key::Right);
    assert!(page.shows_focus());
    page.press(Key::Enter);
    assert!(page.shows("dialog") && page.has_focus("dialog .close") && page.shows_focus());
    assert!(page.text("dialog h2").starts_with("login.ok"));
    for _ in 0..8 {
        page.press(Key::Tab);
        assert!(!page.has_focus("#filters *, main *, header *"), "the focus stays in the evidence");
    }
    page.press(Key::Escape);
    assert!(!page.shows("dialog"));
    assert_eq!(page.focus(), at("bob__creates", "login.ok"));
    assert!(page.shows_focus());
    // A row that was not judged is one link; the column is kept across it.
    page.press_until(Key::Down, &at("tom__lost", "status.ok"));
    page.press(Key::Up);
    page.press(Key::Up);
    assert_eq!(page.focus(), at("pat__ends", "login.ok"));
    page.press(Key::Tab);
    assert!(!page.has_focus("#matrix *"), "one more Tab leaves the table");
}

pub fn what_has_the_focus_is_never_behind_a_head() {
    let page = Page::open(&crowd(40), DESK);
    page.tab_to("#matrix a");
    for key in [Key::Down, Key::Right, Key::Up, Key::Left] {
        for _ in 0..30 {
            page.press(key);
            assert!(page.shows_focus(), "{key:?} leads to {:?}", page.focus());
        }
    }
}

pub fn one_goes_on_from_evidence_to_evidence() {
    let page = Page::open(&class(), DESK);
    page.click_sign("lee__no-cookie", "status.ok");
    assert!(
        page.script::<bool>("return document.querySelector('dialog .previous').disabled"),
        "it is the first"
    );
    page.click("dialog .next");
    assert!(page.text("dialog h2").starts_with("stats.count"));
    assert!(page.text("dialog .reason").ends_with("mode.selected"), "it says by what it is blocked");
    page.click("dialog .previous");
    assert!(page.text("dialog h2").starts_with("status.ok"));
    page.click("dialog .next");
    page.press(Key::Escape);
    // The focus goes along.
    page.wait_for(&format!("{}:focus", page.sign("lee__no-cookie", "stats.count")));
}

pub fn links_lead_to_what_is_folded_away() {
    let page = Page::open(&class(), DESK);
    assert!(!page.shows("#r-login\\.ok article"));
    page.click("#matrix a[href='#r-login.ok']");
    page.wait_for("#r-login\\.ok article");
    page.click("header a[href='#r-users.hide-password']");
    page.wait_for("#r-users\\.hide-password article");
    page.click_sign("bob__creates", "login.ok");
    page.click("dialog .shown > a");
    page.wait_for("article:target .who");
    assert!(!page.shows("dialog"));
    assert!(page.text("article:target .who").ends_with("bob__creates, eve__creates"), "who else shows it");
    page.search("text", "status.ok");
    assert!(!page.shows("#r-users\\.hide-password"), "what is filtered away is unfolded, too");
    page.click("header a[href='#r-users.hide-password']");
    page.wait_for("#r-users\\.hide-password");
}

pub fn one_implementation_shows_what_is_not_met_at_once() {
    let page = Page::open(&[implementation("only", &[Fault::LoginIsCreated])], DESK);
    assert_eq!(page.text("h1"), "Conformance of only");
    assert!(page.text(".lead").starts_with("Not every must is met. Met in every mode: "));
    assert!(page.text("#requirements .actual").starts_with("201 Created"), "nothing needs to be clicked");
    assert!(!page.shows("#filters [name=name], #filters [name=order], #alike"));
    let place = "#matrix [data-id='login.ok'] ~ td";
    assert_eq!(page.text(place), "·\n·\n·\n✗\n✓\n✓", "a sign for every mode");
    page.click(&format!("{place} a"));
    assert!(page.text("dialog h2").starts_with("login.ok must"));
    page.press(Key::Escape);
    assert!(page.has_focus(&format!("{place} a")));

    let page = Page::open(&[implementation("whole", &[])], DESK);
    assert!(page.text(".lead").starts_with("Every must that was checked is met."));
    assert!(page.text("#requirements").contains("Nothing: every step"));
    let page = Page::open(&[ends_in_one_mode("ends", "no such table", &[])], DESK);
    assert_eq!(page.text("#outputs pre"), "no such table");
    let page = Page::open(&[unjudged("lost")], DESK);
    assert_eq!(page.rows(), ["lost"]);
    assert!(page.text(".lead").starts_with("0 of 1 implementation judged"));
}

pub fn without_a_script_everything_can_be_read() {
    for screen in [DESK.without_script(), PHONE.without_script()] {
        let entries = class();
        let page = Page::open(&entries, screen);
        assert_eq!(page.rows().len(), entries.len());
        assert!(page.is_aligned());
        assert!(!page.shows("form, button, .with-script"), "nothing that would do nothing");
        assert!(!page.shows("#r-login\\.ok article"));
        page.click_sign("bob__creates", "login.ok");
        page.wait_for("article:target .actual");
        assert!(page.text("article:target .actual").starts_with("201 Created"), "the browser unfolds it");
        page.click("#matrix tr:last-child .lost a");
        page.wait_for(".outputs:target pre");
        assert!(page.text(".outputs:target pre").contains("No module named 'flask_cors'"));
    }
    let page = Page::open(&[implementation("only", &[Fault::LoginIsCreated])], PHONE.without_script());
    assert!(page.text("#requirements .actual").starts_with("201 Created"));
    assert_eq!(page.text("#matrix [data-id='login.ok'] ~ td"), "·\n·\n·\n✗\n✓\n✓");
}

pub fn what_programs_wrote_is_text() {
    let markup =
        "</pre></script><script>document.title = 'caught'</script><img src=x onerror=alert(1)> \"'&lt;";
    let entries = [ends_in_one_mode(markup, markup, &[]), implementation(markup, &[Fault::LoginIsCreated])];
    let page = Page::open(&entries, DESK);
    assert_eq!(page.rows(), [markup, markup]);
    page.click("#matrix td.n a");
    assert!(page.text("dialog h2").ends_with(markup));
    page.click("dialog .close");
    page.click("#matrix td.e a");
    assert_eq!(page.text("dialog .outputs pre"), markup);
    assert_eq!(
        page.script::<(String, usize, usize)>(
            "return [document.title, document.scripts.length, document.images.length]"
        ),
        ("Conformance of 2 implementations".to_owned(), 1, 0)
    );
    let page = Page::open(&entries[..1], DESK);
    assert_eq!(page.text("h1"), format!("Conformance of {markup}"));
    assert_eq!(page.text("#outputs pre"), markup);
}
