//! Everything that core would refuse a provider for, and what its documentation lacks; for a unit test of the provider.

use std::collections::BTreeSet;

use super::{AnyProvider, Provider};
use crate::schema::rules::{Block, faults as schema_faults, is_name, is_sentence};

/// What is wrong with what `provider` offers, one sentence each; a unit test asserts that there is nothing.
pub fn faults(provider: &impl Provider) -> Vec<String> {
    let provider: &dyn AnyProvider = provider;
    let name = provider.name();
    let mut found = schema_faults(name, Block::Provider, &provider.schema());
    let offer = provider.offer();
    let resources: Vec<&str> = offer.resources.iter().map(|it| it.type_name()).collect();
    let data_sources: Vec<&str> = offer.data_sources.iter().map(|it| it.type_name()).collect();
    let ephemerals: Vec<&str> = offer.ephemerals.iter().map(|it| it.type_name()).collect();
    let functions: Vec<&str> = offer.functions.iter().map(|it| it.name()).collect();
    for (what, names) in [("resource", &resources), ("data source", &data_sources), ("ephemeral resource", &ephemerals)]
    {
        let belongs = |one: &&str| one.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
        let strangers = names.iter().filter(|one| !is_name(one) || !belongs(one));
        found.extend(strangers.map(|one| format!("{one}: the name of a {what} starts with {name}_")));
        found.extend(twice(names).map(|one| format!("{one}: there are two {what}s of this name")));
    }
    found.extend(twice(&functions).map(|one| format!("{one}: there are two functions of this name")));
    for resource in &offer.resources {
        let owner = resource.type_name();
        found.extend(schema_faults(owner, Block::Object, &resource.schema()));
        let identity: Vec<&str> = resource.identity_attributes().iter().map(|one| one.name).collect();
        found.extend(twice(&identity).map(|one| format!("{owner}: its identity has {one} twice")));
        for one in resource.identity_attributes() {
            if !is_name(one.name) || !is_sentence(one.doc) {
                found.push(format!("{owner}: the attribute {} of its identity lacks a name or a sentence", one.name));
            }
        }
    }
    for source in &offer.data_sources {
        found.extend(schema_faults(&format!("data.{}", source.type_name()), Block::Object, &source.schema()));
    }
    for ephemeral in &offer.ephemerals {
        let owner = format!("ephemeral.{}", ephemeral.type_name());
        found.extend(schema_faults(&owner, Block::Object, &ephemeral.schema()));
    }
    for function in &offer.functions {
        let parameters = function.parameters();
        let names: Vec<&str> = parameters.iter().map(|one| one.name).collect();
        let owner = function.name();
        found.extend(twice(&names).map(|one| format!("{owner}: there are two parameters {one}")));
        if !is_name(owner) || names.iter().any(|one| !is_name(one)) {
            found.push(format!(
                "{owner}: the names of functions and parameters have lower-case letters, digits and underscores"
            ));
        }
        if !is_sentence(function.doc()) || parameters.iter().any(|one| !is_sentence(one.doc)) {
            found.push(format!("{owner}: the documentation of the function or of a parameter has no sentence"));
        }
    }
    found
}

fn twice<'a>(names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let mut seen = BTreeSet::new();
    names.iter().copied().filter(move |name| !seen.insert(*name))
}
