//! Words for types and behaviours. Knows no page.

use crate::schema::{Attribute, AttributeType};
use crate::value::{Type, Value, json};

/// One entry of a list of attributes: name, type, sentence, and what follows from its behaviour.
pub(super) fn attribute_line(one: &Attribute, path: &str) -> String {
    let behaviour = &one.behaviour;
    let mut label = match &one.kind {
        AttributeType::Plain(plain) => type_label(plain),
        AttributeType::Single(_) => "Attributes".to_owned(),
        AttributeType::List(_) => "Attributes List".to_owned(),
        AttributeType::Map(_) => "Attributes Map".to_owned(),
    };
    if behaviour.sensitive {
        label += ", Sensitive";
    }
    if behaviour.write_only {
        label += ", Write-only";
    }
    if behaviour.deprecated.is_some() {
        label += ", Deprecated";
    }
    let mut text = one.doc.clone();
    if let Some(default) = &behaviour.default {
        text += &format!(" Default: `{}`.", spelled(default));
    }
    if let Some(words) = behaviour.otherwise {
        text += &format!(" If not set: {}.", words.trim_end_matches('.'));
    } else if behaviour.optional && behaviour.computed && behaviour.default.is_none() {
        text += " If not set, the provider sets it.";
    }
    if behaviour.replaces {
        text += " A change replaces the object.";
    }
    if let Some(instead) = behaviour.deprecated {
        text += &format!(" **Deprecated:** {instead}");
    }
    if !matches!(one.kind, AttributeType::Plain(_)) {
        text += &format!(" (see [below](#nestedatt--{}))", path.replace('.', "--"));
    }
    // Paragraphs after the first belong to the same entry.
    let text = text.replace("\n\n", "\n\n  ");
    format!("- `{}` ({label}) {text}\n", one.name)
}

/// A type as the registry writes it.
pub(super) fn type_label(kind: &Type) -> String {
    match kind {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::List(element) => format!("List of {}", type_label(element)),
        Type::Set(element) => format!("Set of {}", type_label(element)),
        Type::Map(element) => format!("Map of {}", type_label(element)),
        Type::Object(_) => "Object".to_owned(),
    }
}

/// A type as configurations write it.
pub(super) fn type_constraint(kind: &Type) -> String {
    match kind {
        Type::Bool => "bool".to_owned(),
        Type::Number => "number".to_owned(),
        Type::String => "string".to_owned(),
        Type::List(element) => format!("list({})", type_constraint(element)),
        Type::Set(element) => format!("set({})", type_constraint(element)),
        Type::Map(element) => format!("map({})", type_constraint(element)),
        Type::Object(attributes) => {
            let all: Vec<String> =
                attributes.iter().map(|(name, kind)| format!("{name} = {}", type_constraint(kind))).collect();
            format!("object({{ {} }})", all.join(", "))
        }
    }
}

fn spelled(default: &Value) -> String {
    json::encode(default)
}

/// The first sentence on one line, for search results.
pub(super) fn first_sentence(doc: &str) -> String {
    let paragraph = doc.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    match paragraph.find(". ") {
        Some(end) => paragraph[..=end].to_owned(),
        None => paragraph,
    }
}
