//! What core checks in a provider's answers, checked here first, so that a mistake of a provider becomes a message that
//! names the attribute instead of a lost object. Pure; knows values and schemas, no protocol message.
//!
//! The rules are those of `internal/plans/objchange` in Terraform and OpenTofu: `AssertPlanValid`, `AssertObjectCompatible`.

use crate::diagnostic::Path;
use crate::schema::{Attribute, AttributeType};
use crate::value::Value;

pub(crate) use applied::{Applied, repair};
mod applied;
#[cfg(test)]
mod tests;

/// A place where core would reject an answer, and why. Never shows values: they may be sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where.
    pub path: Path,
    /// What is wrong there, in words that follow the attribute's name.
    pub reason: &'static str,
}

/// Judges a plan as core's `AssertPlanValid` does.
pub(crate) fn plan_faults(attributes: &[Attribute], prior: &Value, config: &Value, planned: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    object_planned(attributes, prior, config, planned, &Path::root(), &mut faults);
    faults
}

fn object_planned(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    faults: &mut Vec<Fault>,
) {
    for attribute in attributes {
        let name = attribute.name;
        let path = path.child(name);
        attribute_planned(attribute, prior.get(name), config.within(name), planned.within(name), &path, faults);
    }
}

fn attribute_planned(
    attribute: &Attribute,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    faults: &mut Vec<Fault>,
) {
    let behaviour = &attribute.behaviour;
    let mut fault = |reason| faults.push(Fault { path: path.clone(), reason });
    if behaviour.write_only {
        if !planned.is_null() {
            fault("is write-only, so it must be planned as null");
        }
        return;
    }
    let kept = !prior.is_null() && !config.is_null() && planned.same(prior);
    let provider_decides = behaviour.computed && (!behaviour.optional || config.is_null());
    if planned.same(config) || kept || provider_decides {
        return;
    }
    if config.is_null() {
        return fault("is planned, but the configuration does not set it and it is not computed");
    }
    if matches!(attribute.kind, AttributeType::Plain(_)) {
        return fault("is planned with another value than the configuration has");
    }
    if planned.is_null() {
        return fault("is planned as absent, but the configuration sets it");
    }
    if planned.is_unknown() {
        return fault("is planned as unknown, but the configuration sets it");
    }
    match (&attribute.kind, config, planned) {
        (AttributeType::Single(children), _, _) => object_planned(children, prior, config, planned, path, faults),
        (AttributeType::List(children), Value::List(wanted), Value::List(all)) if wanted.len() == all.len() => {
            for (index, (config, planned)) in wanted.iter().zip(all).enumerate() {
                object_planned(children, prior.at(index), config, planned, &path.index(index), faults);
            }
        }
        (AttributeType::Map(children), Value::Map(wanted), Value::Map(all)) if wanted.keys().eq(all.keys()) => {
            for (key, planned) in all {
                object_planned(children, prior.get(key), config.get(key), planned, &path.key(key), faults);
            }
        }
        _ => fault("is planned with other elements than the configuration has"),
    }
}

/// Judges the result of an apply as core's `AssertObjectCompatible` does: what was planned as known must be so now, and
/// what was planned as unknown may be anything.
pub(crate) fn result_faults(planned: &Value, actual: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    compatible(planned, actual, &Path::root(), &mut faults);
    faults
}

fn compatible(planned: &Value, actual: &Value, path: &Path, faults: &mut Vec<Fault>) {
    let mut fault = |reason| faults.push(Fault { path: path.clone(), reason });
    match (planned, actual) {
        (Value::Unknown, _) | (Value::Null, Value::Null) => {}
        (Value::Null, _) => fault("was planned as null and has a value now"),
        (_, Value::Null) => fault("was planned with a value and is null now"),
        (_, Value::Unknown) => fault("was planned with a value and is unknown now"),
        (Value::Object(wanted), Value::Object(all)) => {
            for (name, planned) in wanted {
                compatible(planned, all.get(name).unwrap_or(&Value::Null), &path.child(name), faults);
            }
        }
        (Value::Map(wanted), Value::Map(all)) if wanted.keys().eq(all.keys()) => {
            for (key, planned) in wanted {
                compatible(planned, all.get(key).unwrap_or(&Value::Null), &path.key(key), faults);
            }
        }
        (Value::List(wanted), Value::List(all)) if wanted.len() == all.len() => {
            for (index, (planned, actual)) in wanted.iter().zip(all).enumerate() {
                compatible(planned, actual, &path.index(index), faults);
            }
        }
        (Value::Set(wanted), Value::Set(all)) => {
            let fits = |planned: &Value, actual: &Value| result_faults(planned, actual).is_empty();
            let correlated = all.len() <= wanted.len()
                && wanted.iter().all(|planned| all.iter().any(|actual| fits(planned, actual)))
                && all.iter().all(|actual| wanted.iter().any(|planned| fits(planned, actual)));
            if !correlated {
                fault("has other elements than were planned");
            }
        }
        (Value::Map(_), Value::Map(_)) | (Value::List(_), Value::List(_)) => {
            fault("has other elements than were planned");
        }
        (planned, actual) if planned == actual => {}
        _ => fault("has another value than was planned"),
    }
}

/// Replaces every unknown by null and tells where they were. Elements of sets share the set's path.
pub(crate) fn forget_unknown(value: &mut Value) -> Vec<Path> {
    let mut paths = Vec::new();
    settle(value, &Path::root(), &mut paths);
    paths.dedup();
    paths
}

fn settle(value: &mut Value, path: &Path, paths: &mut Vec<Path>) {
    match value {
        Value::Unknown => {
            paths.push(path.clone());
            *value = Value::Null;
        }
        Value::List(all) => {
            all.iter_mut().enumerate().for_each(|(index, one)| settle(one, &path.index(index), paths));
        }
        Value::Set(all) => all.iter_mut().for_each(|one| settle(one, path, paths)),
        Value::Map(all) => all.iter_mut().for_each(|(key, one)| settle(one, &path.key(key), paths)),
        Value::Object(all) => all.iter_mut().for_each(|(name, one)| settle(one, &path.child(name), paths)),
        _ => {}
    }
}
