//! The generic planner: from what is in state, what the user wrote and what core proposes, to what is planned. Pure: no
//! clock, no randomness, no world; core plans twice and compares. Knows schemas alone, no resource.
//!
//! The order is that of HashiCorp's plugin framework with one difference: a computed attribute keeps its value unless an
//! input that it names as its source changes. Otherwise a changed tag would make every output unknown, and with it every
//! resource that uses one.

use std::collections::BTreeMap;

use crate::diagnostic::Path;
use crate::schema::walk::{forget_write_only, keep_spelling, walk};
use crate::schema::{Attribute, AttributeType, Schema};
use crate::value::Value;

/// What the planner made; the resource may refine it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// The planned state.
    pub state: Value,
    /// Where a change needs a new object, sorted.
    pub replaces: Vec<Path>,
}

/// Plans a create (`prior` is null) or an update. A destroy needs no plan.
pub(crate) fn plan(schema: &Schema, prior: &Value, proposed: Value, config: &Value) -> Plan {
    let attributes = &schema.attributes;
    let mut state = with_defaults(attributes, proposed, config);
    // Core's proposal contains write-only values; a plan must not.
    forget_write_only(attributes, &mut state);
    keep_spelling(attributes, prior, &mut state);
    if state.same(prior) {
        return Plan { state: prior.clone(), replaces: Vec::new() };
    }
    settle_computed(attributes, &mut state, prior, config);
    let replaces = if prior.is_null() { Vec::new() } else { replacements(attributes, &mut state, prior) };
    Plan { state, replaces }
}

/// Puts defaults where the user set nothing. Only at the top level: a nested object must stay as it was written.
pub(crate) fn with_defaults(attributes: &[Attribute], mut value: Value, config: &Value) -> Value {
    if let Value::Object(members) = &mut value {
        for attribute in attributes {
            if let Some(default) = &attribute.behaviour.default
                && config.get(attribute.name).is_null()
            {
                members.insert(attribute.name.to_owned(), default.clone());
            }
        }
    }
    value
}

/// Decides for each computed attribute that the user left out whether it keeps its value or is unknown until apply. A
/// source may itself be computed, so this is repeated until nothing changes any more.
fn settle_computed(attributes: &[Attribute], state: &mut Value, prior: &Value, config: &Value) {
    loop {
        let before = state.clone();
        let changed_at_top = |name: &str| !before.get(name).same(prior.get(name));
        settle(attributes, state, prior, config, &changed_at_top);
        if *state == before {
            return;
        }
    }
}

fn settle(
    attributes: &[Attribute],
    state: &mut Value,
    prior: &Value,
    config: &Value,
    changed_at_top: &dyn Fn(&str) -> bool,
) {
    let Value::Object(members) = state else { return };
    let beside: BTreeMap<&str, bool> = attributes
        .iter()
        .map(|one| (one.name, members.get(one.name).is_some_and(|value| !value.same(prior.get(one.name)))))
        .collect();
    for attribute in attributes {
        let Some(slot) = members.get_mut(attribute.name) else { continue };
        let (behaviour, prior, config, is_new) =
            (&attribute.behaviour, prior.get(attribute.name), config.get(attribute.name), prior.is_null());
        // With ignore_changes the configuration has a value even for what only the provider sets.
        if config.is_null() || !(behaviour.optional || behaviour.required) {
            let left_out = behaviour.computed && behaviour.default.is_none();
            let moved = |name: &&str| beside.get(*name).copied().unwrap_or_else(|| changed_at_top(name));
            if left_out && (is_new || behaviour.sources.iter().any(moved)) {
                *slot = Value::Unknown;
            } else if left_out && !slot.is_unknown() {
                slot.clone_from(prior);
            }
            continue;
        }
        match (&attribute.kind, slot) {
            (AttributeType::Plain(_), _) => {}
            (AttributeType::Single(children), slot) => settle(children, slot, prior, config, changed_at_top),
            (AttributeType::Map(children), Value::Map(all)) => {
                for (key, one) in all {
                    settle(children, one, prior.get(key), config.get(key), changed_at_top);
                }
            }
            (AttributeType::List(children), Value::List(all)) => {
                for (index, one) in all.iter_mut().enumerate() {
                    // Positions shift when an element is removed: what was at this position is the same element only
                    // if the user wrote the same for it.
                    let config = config.at(index);
                    let before = Some(prior.at(index)).filter(|prior| written_alike(children, prior, config));
                    settle(children, one, before.unwrap_or(&Value::Null), config, changed_at_top);
                }
            }
            (AttributeType::List(_) | AttributeType::Map(_), _) => {}
        }
    }
}

fn written_alike(children: &[Attribute], prior: &Value, config: &Value) -> bool {
    children.iter().all(|child| {
        let (was, is) = (prior.get(child.name), config.get(child.name));
        (is.is_null() && child.behaviour.computed) || child.behaviour.write_only || was.same(is)
    })
}

fn replacements(attributes: &[Attribute], state: &mut Value, prior: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    walk(attributes, state, prior, &Path::root(), &mut |place, slot| {
        let is_element = place.path.0.iter().any(|step| !matches!(step, crate::diagnostic::Step::Attribute(_)));
        let both = place.prior_has_object || !is_element;
        if place.attribute.behaviour.replaces && both && !slot.same(place.prior) {
            paths.push(place.path.clone());
        }
    });
    // A nested object that was removed has no attributes left to visit.
    removed(attributes, state, prior, &Path::root(), &mut paths);
    paths.sort();
    paths.dedup();
    paths
}

fn removed(attributes: &[Attribute], state: &Value, prior: &Value, path: &Path, paths: &mut Vec<Path>) {
    for attribute in attributes {
        let AttributeType::Single(children) = &attribute.kind else { continue };
        let (now, was, path) = (state.get(attribute.name), prior.get(attribute.name), path.child(attribute.name));
        if was.is_null() {
            continue;
        }
        if now.is_null() || now.is_unknown() {
            let lost = |child: &&Attribute| child.behaviour.replaces && !was.get(child.name).is_null();
            paths.extend(children.iter().filter(lost).map(|child| path.child(child.name)));
        }
        removed(children, now, was, &path, paths);
    }
}
