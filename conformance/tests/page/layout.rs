//! How the page looks: on a desk and on a phone, by day and by night, and on paper.

use report::Entry;

use crate::crowd::{class, implementation};
use crate::view::{DESK, PHONE, Page, Screen};
use test_support::broken::Fault;

/// Boxes that reach beyond the screen, though they do not scroll by themselves.
const TOO_WIDE: &str = "
    const wide = (one) => { const box = one.getBoundingClientRect(); return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1); };
    const all = [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && wide(one));
    const found = all.filter((one) => !one.parentElement.closest('.scroll') && !one.matches('.spoken'));
    const sideways = document.documentElement.scrollWidth > innerWidth ? ['the page itself'] : [];
    const inside = [...document.querySelectorAll('dialog')].filter((one) => one.scrollWidth > one.clientWidth);
    return [...sideways, ...[...found, ...inside].map((one) => one.outerHTML.slice(0, 120))];";

/// Texts with less contrast than 4.5 : 1, by the formula of WCAG 2.
const TOO_FAINT: &str = "
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const channel = (one) => (one /= 255) <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
    const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
    const ground = (one) => {
        for (let at = one; at; at = at.parentElement) {
            const [red, green, blue, alpha = 1] = numbers(getComputedStyle(at).backgroundColor);
            if (alpha === 1) return [red, green, blue];
        }
        return getComputedStyle(document.documentElement).colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
    };
    const written = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    const found = new Map();
    let texts = 0;
    for (const one of document.querySelectorAll('body *')) {
        if (!one.checkVisibility() || !written(one) || one.matches(':disabled, option, script')) continue;
        const [ink, back] = [numbers(getComputedStyle(one).color), ground(one)];
        const [more, less] = [light(ink), light(back)].sort((left, right) => right - left);
        const contrast = (more + 0.05) / (less + 0.05);
        texts += 1;
        if (contrast < 4.5) found.set(`${ink} on ${back}`, `${contrast.toFixed(2)}: ${one.outerHTML.slice(0, 120)}`);
    }
    return [texts, [...found.values()]];";

/// Things to click that are less than 24 pixels wide or high; links within a text are as large as it is.
const TOO_SMALL: &str = "
    const all = [...document.querySelectorAll('button, input, select, summary, nav a, #matrix a')];
    const small = ({ width, height }) => width < 24 || height < 24;
    return all.filter((one) => one.checkVisibility() && small(one.getBoundingClientRect())).map((one) => one.outerHTML.slice(0, 120));";

const NOTHING: [&str; 0] = [];

/// A class, and one of it alone.
fn reports() -> [Vec<Entry>; 2] {
    [class(), vec![implementation("only", &[Fault::LoginIsCreated, Fault::ShowsHash])]]
}

/// Does something with each report, folded and unfolded and with evidence beside it.
fn each_view(screens: &[Screen], look: impl Fn(&Page)) {
    for screen in screens {
        for report in reports() {
            let page = Page::open(&report, *screen);
            look(&page);
            page.script::<()>("for (const one of document.querySelectorAll('details')) one.open = true");
            look(&page);
            page.script::<()>("document.querySelector('#matrix td.n a').click()");
            look(&page);
        }
    }
}

pub fn nothing_is_wider_than_the_screen() {
    let narrow = Screen { width: 320, ..PHONE };
    each_view(&[PHONE, narrow, DESK], |page| {
        assert_eq!(page.script::<Vec<String>>(TOO_WIDE), NOTHING);
    });
    let page = Page::open(&class(), PHONE);
    let (inner, outer): (f64, f64) = page
        .script("const one = document.querySelector('.scroll'); return [one.scrollWidth, one.clientWidth]");
    assert!(inner > outer, "the table scrolls in a place of its own");
}

pub fn every_text_stands_out_from_its_ground() {
    each_view(&[DESK, DESK.dark(), PHONE.dark()], |page| {
        let (texts, faint): (usize, Vec<String>) = page.script(TOO_FAINT);
        assert!(texts > 100, "{texts} texts");
        assert_eq!(faint, NOTHING);
    });
    let by_day: String =
        Page::open(&class(), DESK).script("return getComputedStyle(document.body).backgroundColor");
    let by_night: String =
        Page::open(&class(), DESK.dark()).script("return getComputedStyle(document.body).backgroundColor");
    assert_ne!(by_day, by_night);
    let page = Page::open(&class(), DESK.dark());
    page.choose("verdict", "not-met");
    assert_eq!(page.script::<(usize, Vec<String>)>(TOO_FAINT).1, NOTHING, "also what steps back");
}

pub fn everything_to_click_is_large_enough() {
    each_view(&[PHONE, DESK], |page| {
        assert_eq!(page.script::<Vec<String>>(TOO_SMALL), NOTHING);
    });
}

pub fn a_hostile_name_breaks_nothing() {
    let long = "a-name-that-goes-on-and-on-".repeat(12);
    let unbroken = "x".repeat(300);
    let names =
        [&long, &unbroken, "مشروع المصادقة — جلسة العمل", "\u{202e}turned round", "👩‍👩‍👧‍👦🚀 émoji", "<b>\"&'"];
    let entries = names.map(|name| implementation(name, &[Fault::LoginIsCreated]));
    for screen in [DESK, PHONE] {
        let page = Page::open(&entries, screen);
        assert_eq!(page.rows(), names);
        assert_eq!(page.script::<Vec<String>>(TOO_WIDE), NOTHING);
        assert!(page.is_aligned());
        let tallest: f64 = page.script(
            "return Math.max(...[...document.querySelectorAll('#matrix tbody tr')].map((row) => row.getBoundingClientRect().height))",
        );
        assert!(tallest < 80.0, "a row is {tallest} high");
        page.script::<()>("document.querySelector('#matrix tr:nth-child(2) td.n a').click()");
        assert_eq!(page.script::<Vec<String>>(TOO_WIDE), NOTHING);
        assert!(page.text("dialog h2").ends_with(&unbroken), "it is whole beside the evidence");
    }
    for name in names {
        let page = Page::open(&[implementation(name, &[])], PHONE);
        assert_eq!(page.script::<Vec<String>>(TOO_WIDE), NOTHING, "{name}");
    }
}

pub fn heads_stay_in_sight() {
    let page = Page::open(&crate::crowd::crowd(40), DESK);
    let seen: (bool, bool, bool) = page.script(
        "const scroll = document.querySelector('#table .scroll');
         scroll.scrollIntoView();
         scroll.scrollTo(600, 500);
         const inside = (selector) => {
             const [box, frame] = [document.querySelector(selector), scroll].map((one) => one.getBoundingClientRect());
             return box.top >= frame.top - 1 && box.left >= frame.left - 1 && box.bottom <= frame.bottom + 1;
         };
         return [scroll.scrollLeft > 0 && scroll.scrollTop > 0, inside('#matrix thead .requirement:nth-child(40)'), inside('#matrix tbody tr:nth-child(25) th')]",
    );
    assert_eq!(seen, (true, true, true));
}

pub fn on_paper_everything_is_unfolded() {
    let page = Page::open(&class(), DESK);
    assert!(!page.shows("#r-login\\.ok .actual"));
    page.print();
    assert!(page.shows("#r-login\\.ok .actual"));
    assert!(!page.shows("#filters, button, nav"));
    let hidden: bool =
        page.script("return getComputedStyle(document.querySelector('.scroll')).overflowX === 'visible'");
    assert!(hidden, "no part of the table is scrolled out of sight");
}
