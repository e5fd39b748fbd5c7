//! From tracing's events and spans to lines. Knows which crates may say how much; must not know where lines go.

use std::fmt;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::line::Line;

/// Crates that log on purpose for the reader of Terraform's log. All others are held to INFO whatever the level:
/// below it HTTP and TLS crates write headers, bodies and keys.
const OURS: [&str; 2] = ["tfplugin_", "terraform_provider_"];

/// Writes events as lines through `sink`.
pub(super) struct Layer<W> {
    level: LevelFilter,
    sink: W,
}

impl<W: Fn(&str) + 'static> Layer<W> {
    pub(super) fn new(level: LevelFilter, sink: W) -> Layer<W> {
        Layer { level, sink }
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level && (is_ours(metadata) || *metadata.level() <= Level::INFO)
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    OURS.iter().any(|prefix| metadata.target().starts_with(prefix))
}

/// What a span adds to the lines of the events inside it.
struct SpanFields(Map<String, Value>);

impl<S, W> tracing_subscriber::Layer<S> for Layer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        // The fields of foreign spans were not meant for our lines.
        if !is_ours(attributes.metadata()) {
            return;
        }
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(SpanFields(fields.named));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(SpanFields(named)) = span.extensions_mut().get_mut()
        {
            let mut fields = Fields { named: std::mem::take(named), ..Fields::default() };
            values.record(&mut fields);
            *named = fields.named;
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(SpanFields(named)) = span.extensions().get() {
                fields.named.extend(named.clone());
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let module = metadata.target().replace("::", ".");
        let line = Line::new(level_name(*metadata.level()), &module, &fields.message).with_fields(fields.named);
        (self.sink)(&line.render(OffsetDateTime::now_utc()));
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The fields of one span or event, the message apart.
#[derive(Default)]
struct Fields {
    message: String,
    named: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            ("message", other) => self.message = other.to_string(),
            (name, value) => {
                self.named.insert(name.to_owned(), value);
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, value.to_string().into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
}
