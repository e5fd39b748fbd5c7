//! One line in the form of hclog, which go-plugin parses. Knows the form and its limits alone.

use std::io::Write;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// go-plugin reads 64 KiB at a time and takes what is longer for several lines without form.
pub(super) const LONGEST: usize = 60 << 10;

/// Core shows a line raw unless the fraction has exactly six digits.
const TIMESTAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// A line before it is written. `@message` and `@level` are strings by type: anything else there crashes Terraform.
#[derive(Debug)]
pub(super) struct Line<'a> {
    level: &'static str,
    module: &'a str,
    message: &'a str,
    fields: Map<String, Value>,
}

impl<'a> Line<'a> {
    pub(super) fn new(level: &'static str, module: &'a str, message: &'a str) -> Line<'a> {
        Line { level, module, message, fields: Map::new() }
    }

    pub(super) fn with_fields(self, fields: Map<String, Value>) -> Line<'a> {
        Line { fields, ..self }
    }

    /// The line with its end, cut so that it is never longer than core reads.
    pub(super) fn render(&self, now: OffsetDateTime) -> String {
        let mut keep = LONGEST;
        loop {
            let line = self.cut(now, keep);
            if line.len() <= LONGEST || keep == 0 {
                return line;
            }
            keep /= 2;
        }
    }

    /// The line with every text shortened to `keep` bytes.
    fn cut(&self, now: OffsetDateTime, keep: usize) -> String {
        let mut line: Map<String, Value> =
            self.fields.iter().map(|(name, value)| (name.clone(), shorten_value(value, keep))).collect();
        line.insert("@level".into(), self.level.into());
        line.insert("@message".into(), shorten(self.message, keep).into());
        line.insert("@module".into(), self.module.into());
        // The format has only parts that every time has.
        line.insert("@timestamp".into(), now.format(TIMESTAMP).unwrap_or_default().into());
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        text
    }
}

fn shorten_value(value: &Value, keep: usize) -> Value {
    match value {
        Value::String(text) => shorten(text, keep).into(),
        other => other.clone(),
    }
}

fn shorten(text: &str, keep: usize) -> String {
    if text.len() <= keep {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(keep);
    format!("{}… ({} bytes)", &text[..end], text.len())
}

/// Writes a whole line at once. A core that does not read any more is no reason to fail.
pub(super) fn write(line: &str) {
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
