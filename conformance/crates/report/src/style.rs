//! Styles: how a thing of one meaning looks wherever it is printed.
//!
//! A text is written with these ANSI styles; the stream that it goes to strips them where they are unwanted.

use anstyle::{AnsiColor, Style};

/// Headings.
pub const BOLD: Style = Style::new().bold();

/// What stands beside, and may be passed over.
pub const DIM: Style = Style::new().dimmed();

/// What is as it should be.
pub const GOOD: Style = AnsiColor::Green.on_default();

/// What decides, and is not as it should be.
pub const BAD: Style = AnsiColor::Red.on_default().bold();

/// What is to be looked at, and decides nothing.
pub const WARNING: Style = AnsiColor::Yellow.on_default();

/// What can be typed, and what is merely told.
pub const NOTE: Style = AnsiColor::Cyan.on_default();
