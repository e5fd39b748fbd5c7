//! The proposed new state that core hands to a plan: the configuration, with what is computed taken from the prior state.

use std::collections::BTreeMap;

use tfplugin_framework::schema::{Attribute, AttributeType};
use tfplugin_framework::value::Value;

/// Merges as core does. A create is proposed from a null prior, where what is computed is unknown.
pub(super) fn proposed(attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    Value::Object(attributes.iter().map(|one| (one.name.to_owned(), proposed_attribute(one, prior, config))).collect())
}

fn proposed_attribute(attribute: &Attribute, prior: &Value, config: &Value) -> Value {
    let (was, set) = (prior.get(attribute.name), config.get(attribute.name));
    match (&attribute.kind, set) {
        (_, Value::Null) if attribute.behaviour.computed => {
            if prior.is_null() {
                Value::Unknown
            } else {
                was.clone()
            }
        }
        (AttributeType::Single(nested), Value::Object(_)) if !was.is_null() => proposed(nested, was, set),
        (AttributeType::Map(nested), Value::Map(all)) => Value::Map(
            all.iter().map(|(key, one)| (key.clone(), element(nested, was.get(key), one))).collect::<BTreeMap<_, _>>(),
        ),
        (AttributeType::List(nested), Value::List(all)) => {
            let old = if let Value::List(old) = was { old.as_slice() } else { &[] };
            Value::List(
                all.iter()
                    .enumerate()
                    .map(|(at, one)| element(nested, old.get(at).unwrap_or(&Value::Null), one))
                    .collect(),
            )
        }
        _ => set.clone(),
    }
}

fn element(nested: &[Attribute], prior: &Value, config: &Value) -> Value {
    match config {
        Value::Object(_) if !prior.is_null() => proposed(nested, prior, config),
        _ => config.clone(),
    }
}
