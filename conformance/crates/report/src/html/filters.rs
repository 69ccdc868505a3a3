//! The filters.

use maud::{Markup, html};

use super::Page;
use super::text::words;
use spec::catalogue::Weight;
use spec::catalogue::task;
use spec::results::Kind;

impl Page<'_> {
    /// The filters; of no use, and so not shown, without the script.
    pub(super) fn filters(&self) -> Markup {
        let many = self.one().is_none();
        html! {
            form #filters.with-script hidden aria-label="Filters" {
                @if many {
                    label { span { "Implementation" } input type="search" name="name" placeholder="its name"; }
                }
                label { span { "Requirement" } input type="search" name="text" placeholder="its id or words"; }
                label { span { "Task" } select name="task" {
                    option value="" { "every task" }
                    @for columns in self.tasks() {
                        option value=(columns[0].row.task) { (task::title(&columns[0].row.task)) }
                    }
                } }
                label { span { "Weight" } select name="weight" {
                    option value="" { "every weight" }
                    @for weight in Weight::ALL { option { (weight.as_str()) } }
                } }
                label { span { "Verdict" } select name="verdict" {
                    option value="" { "every verdict" }
                    @for kind in Kind::ALL { option value=(kind.as_str()) { (words(kind)) } }
                } }
                @if !self.clusters.is_empty() {
                    label { span { "Fail alike" } select name="alike" {
                        option value="" { "every implementation" }
                        @for (place, cluster) in self.clusters.iter().enumerate() {
                            option value=(place) { (cluster.entries.len()) ": " (cluster.title()) }
                        }
                    } }
                }
                @if many {
                    label { span { "Order" } select name="order" {
                        option value="" { "as given" }
                        option value="name" { "by name" }
                        option value="most" { "most musts met first" }
                        option value="fewest" { "fewest musts met first" }
                    } }
                }
                div { button.clear type="button" disabled { "Clear" } output name="count" { } }
            }
        }
    }
}
