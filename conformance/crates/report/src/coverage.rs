//! The coverage as text: for a terminal, as Markdown, and as an HTML page complete in itself.

use maud::{DOCTYPE, PreEscaped};
use spec::catalogue::task;
use spec::coverage::{Coverage, Row};
use spec::suite::Suite;

/// The columns of the Markdown and HTML tables.
const COLUMNS: [&str; 7] =
    ["Requirement", "Weight", "Task", "Modes", "Steps", "Scenarios", "Refusal and twin"];

/// The style of the HTML page; it follows the reader's choice of dark or light.
const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .3rem .8rem .3rem 0;
  text-align: left; vertical-align: top; }
td small { display: block; opacity: .75; max-width: 46rem; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font-family: ui-monospace, monospace; }";

/// Writes a line a requirement, then what is missing.
pub fn table(coverage: &Coverage, suite: &Suite) -> String {
    let mut out = String::new();
    for row in coverage.rows(suite) {
        let modes = row.requirement.modes.len();
        let scenarios = row.scenarios.join(", ");
        out.push_str(&format!(
            "{:<32} {:>3} steps in {modes} modes  {scenarios}\n",
            row.requirement.id, row.steps
        ));
    }
    out.push('\n');
    out.extend(coverage.remarks(suite).iter().map(|remark| format!("{remark}\n")));
    out
}

/// Writes a Markdown table, then what is missing.
pub fn markdown(coverage: &Coverage, suite: &Suite) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let cell = |text: &str| text.replace('|', "\\|");
    let mut out = String::from("# Coverage\n\n");
    out.extend(coverage.remarks(suite).iter().map(|remark| format!("- {remark}\n")));
    out.push('\n');
    out.push_str(&line(&COLUMNS.map(str::to_owned)));
    out.push_str("|---|---|---|---|--:|---|---|\n");
    for row in coverage.rows(suite) {
        let mut cells = cells(&row).map(|text| cell(&text));
        cells[0] = format!("`{}`", row.requirement.id);
        out.push_str(&line(&cells));
    }
    out
}

/// Writes an HTML page that loads nothing from elsewhere.
pub fn html(coverage: &Coverage, suite: &Suite) -> String {
    let page = maud::html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Coverage" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Coverage" }
                ul {
                    @for remark in coverage.remarks(suite) { li { (remark) } }
                }
                table {
                    thead { tr { @for column in COLUMNS { th { (column) } } } }
                    tbody {
                        @for row in coverage.rows(suite) {
                            @let [id, weight, task, modes, steps, scenarios, twin] = cells(&row);
                            tr id=(id) {
                                td { code { (id) } small { (row.requirement.text) } }
                                td { (weight) }
                                td { (task) }
                                td { (modes) }
                                td.number { (steps) }
                                td { (scenarios) }
                                td { (twin) }
                            }
                        }
                    }
                }
            }
        }
    };
    page.into_string() + "\n"
}

/// The cells of a row, in the order of [`COLUMNS`].
fn cells(row: &Row<'_>) -> [String; 7] {
    let modes: Vec<&str> = row.requirement.modes.iter().map(|mode| mode.as_str()).collect();
    let twin = match &row.twin {
        None => String::new(),
        Some(None) => "none".to_owned(),
        Some(Some((refusal, twin))) => format!("{refusal}, {twin}"),
    };
    [
        row.requirement.id.clone(),
        row.requirement.weight.as_str().to_owned(),
        task::title(&row.requirement.task),
        modes.join(", "),
        row.steps.to_string(),
        row.scenarios.join(", "),
        twin,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(form: fn(&Coverage, &Suite) -> String) -> String {
        let suite = Suite::built_in().expect("a test of its own reads it");
        form(&Coverage::of(&suite), &suite)
    }

    #[test]
    fn the_markdown_has_a_row_a_requirement_with_as_many_cells_as_columns() {
        let text = page(markdown);
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
        let suite = Suite::built_in().expect("a test of its own reads it");
        assert_eq!(rows.len(), suite.catalogue.rows().len());
        for row in rows {
            assert_eq!(row.matches(" | ").count(), COLUMNS.len() - 1, "{row}");
        }
    }

    #[test]
    fn the_html_is_complete_in_itself_and_names_every_requirement() {
        let text = page(html);
        assert!(text.starts_with("<!DOCTYPE html>") && text.ends_with("</html>\n"));
        assert!(
            !text.contains("src=") && !text.contains("href=") && !text.contains("url("),
            "it loads nothing"
        );
        assert!(text.contains("<tr id=\"login.ok\">") && text.contains("&quot;email missing&quot;"));
        assert!(text.contains("/api/v1/users/&lt;id&gt;"), "text is escaped");
    }
}
