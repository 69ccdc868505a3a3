//! The HTML report in a real browser: what a reader clicks, types and sees.
//!
//! The trials share one headless Chromium; where the machine has none they are skipped with a line that says
//! so, and in CI that is a failure. After each of them the browser's console is empty, and the page has asked
//! for nothing but itself.

mod browser;
mod crowd;
mod evidence;
mod filters;
mod layout;
mod view;
mod webdriver;

use libtest_mimic::{Arguments, Trial};
use test_support::implementations::skipped;

/// Trials that are named after their functions.
macro_rules! trials {
    ($($module:ident::$name:ident)*) => {
        vec![$(Trial::test(concat!(stringify!($module), "::", stringify!($name)), || {
            $module::$name();
            view::assert_quiet();
            Ok(())
        })),*]
    };
}

fn main() {
    let mut arguments = Arguments::from_args();
    // There is one browser, and it shows one page at a time.
    arguments.test_threads = Some(1);
    let trials = match browser::missing() {
        Some(missing) => skipped("page", "the HTML page", &missing),
        None => trials! {
            filters::a_name_picks_its_rows
            filters::a_word_picks_requirements
            filters::a_task_shows_its_requirements_and_no_others
            filters::a_weight_shows_its_requirements_and_no_others
            filters::a_verdict_shows_where_it_was_given
            filters::filters_add_up
            filters::what_matches_nothing_says_so
            filters::a_cluster_shows_those_that_fail_alike
            filters::rows_come_in_the_order_that_is_chosen
            filters::one_implementation_is_filtered_by_its_requirements
            filters::two_hundred_are_searched_alike
            evidence::a_click_shows_what_was_expected_and_what_came
            evidence::a_program_that_failed_shows_its_last_output
            evidence::the_keyboard_alone_does_it_too
            evidence::what_has_the_focus_is_never_behind_a_head
            evidence::one_goes_on_from_evidence_to_evidence
            evidence::links_lead_to_what_is_folded_away
            evidence::one_implementation_shows_what_is_not_met_at_once
            evidence::without_a_script_everything_can_be_read
            evidence::what_programs_wrote_is_text
            layout::nothing_is_wider_than_the_screen
            layout::every_text_stands_out_from_its_ground
            layout::everything_to_click_is_large_enough
            layout::a_hostile_name_breaks_nothing
            layout::heads_stay_in_sight
            layout::on_paper_everything_is_unfolded
        },
    };
    let conclusion = libtest_mimic::run(&arguments, trials);
    browser::quit();
    conclusion.exit();
}
