//! The table of what a change of each attribute does, for the page of a resource. Knows behaviours; no page.

use std::fmt::Write as _;

use crate::schema::{Attribute, AttributeType};

/// Appends the table of everything that the user may set.
pub(super) fn table(page: &mut String, attributes: &[Attribute]) {
    let mut rows = Vec::new();
    collect(attributes, "", &mut rows);
    if rows.is_empty() {
        return;
    }
    *page +=
        "\n## What changes do\n\nWhat happens to an object that exists when the configuration says something else.\n\n";
    *page += "| attribute | a change |\n|---|---|\n";
    for (path, words) in rows {
        let _ = writeln!(page, "| `{path}` | {words} |");
    }
}

fn collect(attributes: &[Attribute], above: &str, rows: &mut Vec<(String, String)>) {
    for one in attributes.iter().filter(|one| one.behaviour.required || one.behaviour.optional) {
        let path = format!("{above}{}", one.name);
        let (children, below) = match &one.kind {
            AttributeType::Plain(_) => (None, String::new()),
            AttributeType::Single(children) => (Some(children), format!("{path}.")),
            AttributeType::List(children) => (Some(children), format!("{path}[*].")),
            AttributeType::Map(children) => (Some(children), format!("{path}.KEY.")),
        };
        // An object is no more than its attributes, unless it says so itself.
        let is_told =
            !matches!(one.kind, AttributeType::Single(_)) || one.behaviour.replaces || one.behaviour.change.is_some();
        if is_told {
            rows.push((path, words(one)));
        }
        if let Some(children) = children {
            collect(children, &below, rows);
        }
    }
}

fn words(one: &Attribute) -> String {
    match (one.behaviour.replaces, one.behaviour.change) {
        (true, None) => "**replaces the object**".to_owned(),
        (true, Some(words)) => format!("**replaces the object**: {words}"),
        (false, Some(words)) => words.to_owned(),
        (false, None) => match one.kind {
            AttributeType::List(_) | AttributeType::Map(_) => "in place: entries come and go".to_owned(),
            _ => "in place".to_owned(),
        },
    }
}
