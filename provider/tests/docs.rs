//! The registry's documentation below `docs/` is what the schema says. This test rewrites it and fails when it was stale.

use std::path::Path;

use terraform_provider_paas::provider::Paas;
use tfplugin_framework::docs::{self, examples};
use tfplugin_framework::provider::Provider;
use tfplugin_framework::schema::{Attribute, AttributeType};

#[test]
fn the_documentation_is_what_the_schema_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the provider is a folder of the repository");
    let pages = docs::pages(&Paas::new(), &root.join("examples"));
    let stale = docs::rewrite(&root.join("docs"), &pages).expect("docs can be written");
    assert!(stale.is_empty(), "these pages were stale and have been rewritten; commit them: {stale:?}");
}

/// `path: what is missing`, for every attribute without words of its own, at any depth.
fn wordless(above: &str, attributes: &[Attribute], seen: &mut usize, found: &mut Vec<String>) {
    for one in attributes {
        let path = format!("{above}.{}", one.name);
        *seen += 1;
        if one.doc.split_whitespace().count() < 2 {
            found.push(format!("{path}: it has no text"));
        }
        if let AttributeType::Single(children) | AttributeType::List(children) | AttributeType::Map(children) =
            &one.kind
        {
            wordless(&path, children, seen, found);
        }
    }
}

#[test]
fn every_attribute_has_a_text_and_every_resource_an_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the provider is a folder of the repository");
    let pages = docs::pages(&Paas::new(), &root.join("examples"));
    let (offer, mut seen, mut found) = (Paas::new().offer(), 0, Vec::new());
    for resource in &offer.resources {
        let name = resource.type_name();
        wordless(name, &resource.schema().attributes, &mut seen, &mut found);
        let page = &pages[&Path::new("resources").join(name.trim_start_matches("paas_")).with_extension("md")];
        for heading in ["## Example Usage", "## What changes do", "## Import"] {
            if !page.contains(heading) {
                found.push(format!("{name}: its page has no {heading:?}"));
            }
        }
    }
    for source in &offer.data_sources {
        wordless(source.type_name(), &source.schema().attributes, &mut seen, &mut found);
    }
    for ephemeral in &offer.ephemerals {
        wordless(ephemeral.type_name(), &ephemeral.schema().attributes, &mut seen, &mut found);
    }
    assert!(seen > 100, "only {seen} attributes were looked at");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_attribute_of_a_cluster_is_in_an_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the provider is a folder of the repository");
    let configurations = examples::configurations(&root.join("examples")).expect("the examples can be read");
    let offer = Paas::new().offer();
    let cluster = offer.resources.iter().find(|one| one.type_name() == "paas_cluster").expect("a cluster");
    let all = examples::documented("paas_cluster", &cluster.schema().attributes, &configurations);
    assert!(all.len() > 100, "only {} attributes were looked at", all.len());
    let missing: Vec<&str> = all.iter().filter(|one| !one.has_example).map(|one| one.path.as_str()).collect();
    assert!(missing.is_empty(), "no example shows {missing:#?}");
}

#[test]
fn everything_that_is_offered_is_sound() {
    assert_eq!(tfplugin_framework::provider::faults(&Paas::new()), Vec::<String>::new());
}

#[test]
fn a_token_is_offered_and_documented() {
    let pages = docs::pages(&Paas::new(), Path::new("/nonexistent"));
    let page = pages.get(Path::new("ephemeral-resources/cluster_token.md")).expect("a page");
    assert!(page.contains("token") && page.contains("Sensitive"), "{page}");
}
