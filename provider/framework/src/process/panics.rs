//! What is said when code panics. Knows the log's form; must not know what panicked.

use std::panic::PanicHookInfo;

use super::log;

/// Replaces Rust's message, which core would take for the end of the process, by one line of the log that is written
/// at any level.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|panic| log::write_panic(&told(panic))));
}

/// Where, and what if the text is part of the program: a formatted message may hold a value, and a value a secret.
fn told(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    match panic.payload().downcast_ref::<&'static str>() {
        Some(text) => format!("panicked at {place}: {text}"),
        None => format!("panicked at {place}"),
    }
}
