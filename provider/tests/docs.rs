//! The registry's documentation below `docs/` is what the schema says. This test rewrites it and fails when it was stale.

use std::path::Path;

use terraform_provider_paas::provider::Paas;
use tfplugin_framework::docs;

#[test]
fn the_documentation_is_what_the_schema_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the provider is a folder of the repository");
    let pages = docs::pages(&Paas::new(), &root.join("examples"));
    let stale = docs::rewrite(&root.join("docs"), &pages).expect("docs can be written");
    assert!(stale.is_empty(), "these pages were stale and have been rewritten; commit them: {stale:?}");
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
