//! The log: JSON lines on standard error that core reads, filters and shows. Knows the variables that choose the level;
//! must not know what is logged.

mod layer;
mod line;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use layer::Layer;
use line::Line;

/// Switches the log on if the environment asks for it. Without, nothing is formatted or sent: core would parse every
/// line only to throw it away.
pub(crate) fn install(provider: &str, variable: &dyn Fn(&str) -> Option<String>) {
    let level = level(provider, variable);
    if level != LevelFilter::OFF {
        let subscriber = tracing_subscriber::registry().with(Layer::new(level, line::write));
        // A host that has installed a subscriber of its own (a test) keeps it.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

/// Says at any level that code panicked.
pub(crate) fn write_panic(message: &str) {
    line::write(&Line::new("error", "provider.panic", message).render(time::OffsetDateTime::now_utc()));
}

/// The level: TF_LOG_PROVIDER_NAME before TF_LOG_PROVIDER before TF_LOG, as in providers written in Go; off by default.
fn level(provider: &str, variable: &dyn Fn(&str) -> Option<String>) -> LevelFilter {
    let own = format!("TF_LOG_PROVIDER_{}", provider.to_uppercase().replace('-', "_"));
    let wish = [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match wish.map(|wish| wish.to_uppercase()).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        // Core takes JSON and every word that it does not know for TRACE.
        Some(_) => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests;
