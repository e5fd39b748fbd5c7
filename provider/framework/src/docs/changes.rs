//! The tables of what changes do, for the page of a resource: those of the user, by attribute, and those of others. Knows
//! behaviours; no page.

use std::fmt::Write as _;

use crate::resource::Drift;
use crate::schema::{Attribute, AttributeType};

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The attribute, such as `node_groups.KEY.taints[*].effect`.
    pub path: String,
    /// What a change of it does.
    pub words: String,
}

/// The table of everything that the user may set, for the page and for whoever tries each row.
pub fn rows(attributes: &[Attribute]) -> Vec<Row> {
    let mut rows = Vec::new();
    collect(attributes, "", &mut rows);
    rows
}

/// Appends the table.
pub(super) fn table(page: &mut String, attributes: &[Attribute]) {
    let rows = rows(attributes);
    if rows.is_empty() {
        return;
    }
    *page +=
        "\n## What changes do\n\nWhat happens to an object that exists when the configuration says something else.\n\n";
    *page += "| attribute | a change |\n|---|---|\n";
    for Row { path, words } in rows {
        let _ = writeln!(page, "| `{path}` | {words} |");
    }
}

fn collect(attributes: &[Attribute], above: &str, rows: &mut Vec<Row>) {
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
            rows.push(Row { path, words: words(one) });
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

/// Appends the table of what others change.
pub(super) fn drift(page: &mut String, all: &[Drift]) {
    if all.is_empty() {
        return;
    }
    *page += "\n## What others change\n\nWhat becomes of what is done to an object, or beside it, elsewhere.\n\n";
    *page += "| elsewhere | the next plan | the next apply |\n|---|---|---|\n";
    for Drift { what, plan, apply } in all {
        let _ = writeln!(page, "| {what} | {plan} | {apply} |");
    }
}
