//! The form in which core stores state: JSON, read by type and leniently. An attribute that is absent is null and a key
//! that the type does not have is dropped, so that state written by another version of the provider can be read.
//!
//! Numbers keep every digit: they are read from their text, never through a float.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::msgpack::{DEEPEST, WireError};
use super::{Number, Type, Value};
use crate::diagnostic::Path;

#[cfg(test)]
mod tests;

/// Reads a value of `kind` as core stored it.
///
/// # Errors
/// If the text is no JSON, or a value that is there has another type.
pub fn decode(text: &[u8], kind: &Type) -> Result<Value, WireError> {
    let root = Path::root();
    let raw: &RawValue = serde_json::from_slice(text).map_err(|error| WireError::new(&root, error.to_string()))?;
    read(raw, kind, &root, 0)
}

/// Writes a value as core would store it. Unknown becomes null, as in a stored state.
pub fn encode(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn read(raw: &RawValue, kind: &Type, path: &Path, depth: usize) -> Result<Value, WireError> {
    if depth > DEEPEST {
        return Err(WireError::new(path, format!("the value is nested more than {DEEPEST} levels deep")));
    }
    let text = raw.get();
    if text == "null" {
        return Ok(Value::Null);
    }
    let mismatch = || WireError::new(path, format!("expected {}, found {}", kind.article(), found(text)));
    match kind {
        Type::Bool => serde_json::from_str(text).map(Value::Bool).map_err(|_| mismatch()),
        Type::Number => match text.as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => Number::parse(text)
                .map(Value::Number)
                .ok_or_else(|| WireError::new(path, "expected a number of sane length")),
            _ => Err(mismatch()),
        },
        Type::String => serde_json::from_str(text).map(Value::String).map_err(|_| mismatch()),
        Type::List(element) => Ok(Value::List(elements(text, element, path, depth).ok_or_else(mismatch)??)),
        Type::Set(element) => Ok(Value::Set(elements(text, element, path, depth).ok_or_else(mismatch)??)),
        Type::Map(element) => members(text)
            .ok_or_else(mismatch)?
            .into_iter()
            .map(|(key, one)| Ok((key.to_string(), read(one, element, &path.key(&key), depth + 1)?)))
            .collect::<Result<_, _>>()
            .map(Value::Map),
        Type::Object(attributes) => {
            let all = members(text).ok_or_else(mismatch)?;
            attributes
                .iter()
                .map(|(name, kind)| match all.get(name.as_str()) {
                    Some(one) => Ok((name.clone(), read(one, kind, &path.child(name), depth + 1)?)),
                    None => Ok((name.clone(), Value::Null)),
                })
                .collect::<Result<_, _>>()
                .map(Value::Object)
        }
    }
}

fn members(text: &str) -> Option<BTreeMap<Cow<'_, str>, &RawValue>> {
    serde_json::from_str(text).ok()
}

/// Nothing if `text` is no array.
fn elements(text: &str, element: &Type, path: &Path, depth: usize) -> Option<Result<Vec<Value>, WireError>> {
    let all: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(all.iter().enumerate().map(|(at, one)| read(one, element, &path.index(at), depth + 1)).collect())
}

fn found(text: &str) -> &'static str {
    match text.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a bool",
        _ => "a number",
    }
}

fn write(value: &Value, to: &mut String) {
    match value {
        Value::Null | Value::Unknown => to.push_str("null"),
        Value::Bool(flag) => to.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => to.push_str(number.as_str()),
        Value::String(text) => quote(text, to),
        Value::List(all) | Value::Set(all) => {
            to.push('[');
            for (position, one) in all.iter().enumerate() {
                if position > 0 {
                    to.push(',');
                }
                write(one, to);
            }
            to.push(']');
        }
        Value::Map(all) | Value::Object(all) => {
            to.push('{');
            for (position, (name, one)) in all.iter().enumerate() {
                if position > 0 {
                    to.push(',');
                }
                quote(name, to);
                to.push(':');
                write(one, to);
            }
            to.push('}');
        }
    }
}

fn quote(text: &str, to: &mut String) {
    to.push_str(&serde_json::Value::from(text).to_string());
}
