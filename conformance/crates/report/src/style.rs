//! Styles: one ANSI style for each meaning, in everything that is printed.
//!
//! The output stream strips the styles if they are unwanted.

use anstyle::{AnsiColor, Style};

/// Headings.
pub const BOLD: Style = Style::new().bold();

/// Details that a reader may skip.
pub const DIM: Style = Style::new().dimmed();

/// Success.
pub const GOOD: Style = AnsiColor::Green.on_default();

/// A failure that decides the outcome.
pub const BAD: Style = AnsiColor::Red.on_default().bold();

/// A problem that does not decide the outcome.
pub const WARNING: Style = AnsiColor::Yellow.on_default();

/// Input for a shell, and information.
pub const NOTE: Style = AnsiColor::Cyan.on_default();
