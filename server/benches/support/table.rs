//! Tables of figures on standard output.

/// Prints a heading and rows in columns as wide as their widest cell; all but the first are aligned right.
pub fn print(title: &str, heading: &[&str], rows: &[Vec<String>]) {
    let heading: Vec<String> = heading.iter().map(|&cell| cell.to_owned()).collect();
    let lines = || std::iter::once(&heading).chain(rows);
    let width = |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    println!("\n{title}");
    for line in lines() {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// Prints whether a goal is met: `value` at most, or at least, `limit`.
pub fn goal(what: &str, value: f64, limit: Limit) {
    let (is_met, sign, limit) = match limit {
        Limit::AtMost(limit) => (value <= limit, '≤', limit),
        Limit::AtLeast(limit) => (value >= limit, '≥', limit),
    };
    println!("  {} {what}: {value:.2} (goal {sign} {limit})", if is_met { "met    " } else { "NOT MET" });
}

/// What a goal asks for.
#[derive(Clone, Copy)]
pub enum Limit {
    AtMost(f64),
    AtLeast(f64),
}
