//! What core demands of a schema, and what we demand of it. Core refuses the whole provider for a violation, so a unit
//! test of every provider calls this, by way of [`crate::provider::faults`].
//!
//! Sources: `internal_validate.go` of Terraform's `configschema`, and the reserved names of HashiCorp's plugin framework.

use super::{Attribute, Schema};
use crate::value::msgpack;

/// Words that core takes for itself inside `resource`, `data` and `ephemeral` blocks.
const RESERVED: [&str; 7] = ["connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"];
/// The same inside `provider` blocks.
const RESERVED_IN_PROVIDER: [&str; 2] = ["alias", "version"];

/// Where a schema stands; some names are reserved in one place and free in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Provider,
    Object,
}

/// Everything that is wrong with `schema`, one sentence each, beginning with `owner`.
pub(crate) fn faults(owner: &str, block: Block, schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    if schema.version < 0 {
        found.push(format!("{owner}: the version must not be negative"));
    }
    if !is_sentence(&schema.doc) {
        found.push(format!("{owner}: the documentation has no sentence"));
    }
    let reserved: &[&str] = if block == Block::Provider { &RESERVED_IN_PROVIDER } else { &RESERVED };
    for attribute in schema.attributes.iter().filter(|one| reserved.contains(&one.name)) {
        found.push(format!("{owner}.{}: Terraform takes this name for itself", attribute.name));
    }
    let top: Vec<&str> = schema.attributes.iter().map(|one| one.name).collect();
    attributes(owner, &schema.attributes, &top, true, &mut found);
    found
}

fn attributes(owner: &str, all: &[Attribute], top: &[&str], at_top: bool, found: &mut Vec<String>) {
    for (position, one) in all.iter().enumerate() {
        let path = format!("{owner}.{}", one.name);
        let mut fault = |wrong: &str| found.push(format!("{path}: {wrong}"));
        if !is_name(one.name) {
            fault("a name has lower-case letters, digits and underscores and starts with a letter");
        }
        if all[..position].iter().any(|other| other.name == one.name) {
            fault("the name stands there twice");
        }
        if !is_sentence(&one.doc) {
            fault("the documentation has no sentence");
        }
        behaviour(one, at_top, &mut fault);
        for source in one.behaviour.sources {
            if !all.iter().any(|other| other.name == *source) && !top.contains(source) {
                fault(&format!("its source {source} does not exist"));
            }
        }
        if let Some(children) = one.kind.children() {
            if one.behaviour.write_only && children.iter().any(|child| !child.behaviour.write_only) {
                fault("what is inside a write-only attribute must be write-only too");
            }
            attributes(&path, children, top, false, found);
        }
    }
}

fn behaviour(one: &Attribute, at_top: bool, fault: &mut dyn FnMut(&str)) {
    let it = &one.behaviour;
    if !it.required && !it.optional && !it.computed {
        fault("it is neither required nor optional nor computed");
    }
    if it.required && (it.optional || it.computed) {
        fault("what is required cannot be optional, computed or have a default");
    }
    if it.write_only && (it.computed || it.required == it.optional) {
        fault("what is write-only is either required or optional, and never computed");
    }
    if !it.sources.is_empty() && !it.computed {
        fault("only a computed attribute has sources");
    }
    if let Some(default) = &it.default {
        if !at_top {
            fault("only attributes at the top level have defaults: core wants nested objects as the user wrote them");
        }
        if !it.optional {
            fault("only an optional attribute has a default");
        }
        if default.is_null() || !default.is_wholly_known() || msgpack::encode(default, &one.kind.value_type()).is_err()
        {
            fault("its default has another type");
        }
        if let Some(wrong) = it.checks.iter().find_map(|check| check.judge(default).err()) {
            fault(&format!("its default breaks its own rule: it {wrong}"));
        }
    }
    if let Some(words) = it.change {
        if !it.required && !it.optional {
            fault("only what the user may set changes by what the user does");
        }
        if words.starts_with(char::is_uppercase) || words.ends_with('.') || words.trim().is_empty() {
            fault("what a change does is told in words that stand in a table: no capital, no full stop");
        }
    }
    if it.default.is_some() && it.otherwise.is_some() {
        fault("it has both a default and words for what happens without one");
    }
}

/// A name that core accepts for attributes, functions, parameters and types.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// True if the text has words and an end; a code block at the end is one, too.
pub(crate) fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    text.contains(' ') && text.ends_with(['.', ':', ')', '`', '|'])
}
