//! How figures are printed: each as soon as it is known.

use std::io::Write as _;

/// The line above them.
pub(crate) fn head() {
    row("figure", "here", "goal", "beside it");
}

/// One figure. Empty texts stay empty.
pub(crate) fn row(what: &str, here: &str, goal: &str, anchor: &str) {
    line(&format!("  {what:<62} {here:>8}   {goal:<8}  {anchor}"));
}

/// A line of text; a reader that has seen enough is no error.
pub(crate) fn line(text: &str) {
    writeln!(std::io::stdout().lock(), "{}", text.trim_end()).ok();
}
