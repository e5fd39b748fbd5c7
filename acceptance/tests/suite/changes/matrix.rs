//! The table of the docs against the trial's rows: whichever attribute has a row there has one here, of the same kind. Knows the
//! provider's schema; runs nothing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use terraform_provider_paas::provider::Paas;
use tfplugin_framework::docs::changes;
use tfplugin_framework::provider::Provider;
use tfplugin_framework::schema::{Attribute, AttributeType};

use super::plan::segment;
use super::row::{Course, Outcome, Row};

pub(super) fn attributes() -> anyhow::Result<Vec<Attribute>> {
    let offer = Paas::new().offer();
    let cluster = offer.resources.iter().find(|one| one.type_name() == "paas_cluster");
    Ok(cluster.context("the provider offers no paas_cluster")?.schema().attributes.clone())
}

/// The attributes of the table.
pub(super) fn rows() -> anyhow::Result<BTreeSet<String>> {
    Ok(changes::rows(&attributes()?).into_iter().map(|row| row.path).collect())
}

/// The row of the docs that a path with keys is of: an entry that comes or goes is a change of its map.
pub(super) fn documented(path: &str, attributes: &[Attribute]) -> anyhow::Result<String> {
    let mut parts = path.split('.').peekable();
    let mut below = attributes;
    let mut told = Vec::new();
    while let Some(part) = parts.next() {
        let (name, index) = segment(part);
        let attribute = below.iter().find(|one| one.name == name);
        let attribute = attribute.with_context(|| format!("{path}: there is no attribute {name}"))?;
        let (children, element): (&[Attribute], &str) = match &attribute.kind {
            AttributeType::Plain(_) => (&[], ""),
            AttributeType::Single(children) => (children, ""),
            AttributeType::List(children) => (children, if index.is_some() { "[*]" } else { "" }),
            AttributeType::Map(children) => (children, ""),
        };
        // The key of a map of plain values, too, is a change of the map.
        let is_map = matches!(attribute.kind, AttributeType::Map(_)) || children.is_empty();
        let has_key = is_map && parts.next().is_some() && parts.peek().is_some();
        told.push(format!("{name}{element}"));
        if has_key {
            told.push("KEY".to_owned());
        }
        below = children;
    }
    Ok(told.join("."))
}

/// What the docs have to say of an outcome.
fn fits(outcome: Outcome, words: &str) -> bool {
    match outcome {
        Outcome::InPlace => {
            !["refused", "nothing", "noted", "holds"].iter().any(|word| words.starts_with(word))
                && !words.contains("takes its place")
        }
        Outcome::Quiet => ["nothing", "noted", "holds"].iter().any(|word| words.contains(word)),
        Outcome::Swapped(_) => words.contains("the place of") || words.contains("takes its place"),
        Outcome::Replaced => words.contains("**replaces the object**"),
        Outcome::Refused(_) => true,
    }
}

/// Every row of the docs is tried, and says what comes of it.
pub(super) fn check(rows: &BTreeSet<String>, courses: &[Course]) -> anyhow::Result<()> {
    let attributes = attributes()?;
    let mut tried: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in courses.iter().flat_map(|course| &course.steps).flat_map(|step| step.rows()) {
        tried.entry(documented(row.at, &attributes)?).or_default().push(row);
    }
    let untried: Vec<&String> = rows.iter().filter(|path| !tried.contains_key(*path)).collect();
    ensure!(untried.is_empty(), "the docs have rows that no trial has: {untried:?}");
    for documented in changes::rows(&attributes) {
        let of_it = &tried[&documented.path];
        for row in of_it {
            ensure!(
                fits(row.outcome, &documented.words),
                "the docs say of {}: {}. The trial expects {:?}",
                documented.path,
                documented.words,
                row.outcome
            );
        }
        let is = |wanted: &str| documented.words.contains(wanted);
        let has = |outcome: fn(Outcome) -> bool| of_it.iter().any(|row| outcome(row.outcome));
        ensure!(
            is("**replaces the object**") == has(|one| one == Outcome::Replaced)
                && (!is("refused") || has(|one| matches!(one, Outcome::Refused(_)))),
            "the docs say of {}: {}. No row of the trial shows it",
            documented.path,
            documented.words
        );
    }
    let unknown: Vec<&String> = tried.keys().filter(|path| !rows.contains(*path)).collect();
    ensure!(unknown.is_empty(), "the docs have no rows for {unknown:?}");
    Ok(())
}
