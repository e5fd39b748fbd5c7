//! What is wrong with a configuration, by its schema alone. Knows no resource; rules between attributes are theirs.
//! Null and unknown values are passed over: the same configuration comes again when they are known.

use crate::diagnostic::{Diagnostics, Path};
use crate::schema::walk::{Place, walk};
use crate::schema::{Attribute, AttributeType};
use crate::value::Value;

/// Texts of this many bytes or more are refused. etcd takes 1.5 MiB in one object and no API here takes more.
const TEXT_LIMIT: usize = 1 << 20;

/// Judges a configuration. `write_only_allowed` is core's word that it will not store write-only values.
pub(crate) fn validate(attributes: &[Attribute], config: &Value, write_only_allowed: bool) -> Diagnostics {
    let mut found = Diagnostics::none();
    let mut value = config.clone();
    let mut refused: Vec<Path> = Vec::new();
    walk(attributes, &mut value, &Value::Null, &Path::root(), &mut |place, value| {
        if refused.iter().any(|outer| place.path.0.starts_with(&outer.0)) {
            return;
        }
        if is_read_only(place) && !value.is_null() {
            refused.push(place.path.clone());
            let summary = format!("{} is read-only", place.path);
            return found.error_at(place.path.clone(), summary, "It says what there is. Leave it out.");
        }
        attribute(place, value, write_only_allowed, &mut found);
    });
    found
}

/// Core passes on what a user writes into such an attribute, and would silently lose it.
fn is_read_only(place: &Place<'_>) -> bool {
    let behaviour = &place.attribute.behaviour;
    !behaviour.required && !behaviour.optional
}

fn attribute(place: &Place<'_>, value: &Value, write_only_allowed: bool, found: &mut Diagnostics) {
    let (path, behaviour) = (place.path, &place.attribute.behaviour);
    if value.is_unknown() || (value.is_null() && !behaviour.required) {
        return;
    }
    if value.is_null() {
        return found.error_at(path.clone(), format!("{path} is required"), "");
    }
    if behaviour.write_only && !write_only_allowed {
        found.error_at(
            path.clone(),
            format!("{path} needs a newer version of Terraform"),
            "The attribute is write-only: its value is never stored. Terraform 1.11 and OpenTofu 1.11 are the first that can do that.",
        );
    }
    if let Some(instead) = behaviour.deprecated {
        found.warning_at(path.clone(), format!("{path} is deprecated"), instead);
    }
    texts(path, value, behaviour.multiline, found);
    match (&place.attribute.kind, value) {
        (AttributeType::List(_) | AttributeType::Plain(_), Value::List(all)) => {
            all.iter().enumerate().for_each(|(index, one)| element(&path.index(index), one, found));
        }
        (AttributeType::Map(_) | AttributeType::Plain(_), Value::Map(all)) => {
            all.iter().for_each(|(key, one)| element(&path.key(key), one, found));
        }
        _ => {}
    }
    for check in &behaviour.checks {
        if let Err(wrong) = check.judge(value) {
            let hidden = behaviour.sensitive || behaviour.write_only;
            let wrong = if hidden { without(wrong, value) } else { wrong };
            found.error_at(path.clone(), format!("{path} {wrong}"), "");
        }
    }
}

/// Rules quote what they judge; of a secret nothing may be seen.
fn without(wrong: String, secret: &Value) -> String {
    match secret.as_str() {
        Some(text) if wrong.contains(text) || wrong.contains('"') => "has a value that is not allowed".to_owned(),
        None => "has a value that is not allowed".to_owned(),
        Some(_) => wrong,
    }
}

/// Core crashes on a null element of nested attributes once one of its attributes is computed, and no API takes one in a list
/// or map of plain values.
fn element(path: &Path, value: &Value, found: &mut Diagnostics) {
    if value.is_null() {
        found.error_at(path.clone(), format!("{path} must not be null"), "Leave the element out instead.");
    }
}

/// Judges every text in a plain value; nested attributes are judged one by one.
fn texts(path: &Path, value: &Value, multiline: bool, found: &mut Diagnostics) {
    match value {
        Value::String(text) => judge_text(path, "", text, multiline, found),
        Value::List(all) => {
            for (index, one) in all.iter().enumerate() {
                texts(&path.index(index), one, multiline, found);
            }
        }
        Value::Set(all) => all.iter().for_each(|one| texts(path, one, multiline, found)),
        Value::Map(all) => {
            for (key, one) in all {
                judge_text(path, "a key of ", key, false, found);
                texts(&path.key(key), one, multiline, found);
            }
        }
        _ => {}
    }
}

fn judge_text(path: &Path, what: &str, text: &str, multiline: bool, found: &mut Diagnostics) {
    if text.len() >= TEXT_LIMIT {
        return found.error_at(
            path.clone(),
            format!("{what}{path} is {} bytes long", text.len()),
            format!("Texts must be shorter than {TEXT_LIMIT} bytes."),
        );
    }
    let allowed = |one: char| multiline && matches!(one, '\n' | '\r' | '\t');
    if let Some((at, one)) = text.char_indices().find(|(_, one)| one.is_control() && !allowed(*one)) {
        let name = match one {
            '\n' => "a line break".to_owned(),
            '\t' => "a tab".to_owned(),
            other => format!("the control character U+{:04X}", u32::from(other)),
        };
        found.error_at(
            path.clone(),
            format!("{what}{path} has {name} at byte {at}"),
            if multiline {
                "Control characters other than line breaks and tabs are not allowed."
            } else {
                "Control characters are not allowed here. Text from a file or command often ends with a line break: use trimspace()."
            },
        );
    }
}
