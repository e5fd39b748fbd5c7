//! Stored states that meet their configuration again.

use super::thing::{Lab, Script};
use crate::testing::{Golden, plan_stored};

async fn plan(version: i64, state: &str, config: &str) -> String {
    let lab = Lab { script: Script::default().into(), ..Lab::default() };
    let golden = Golden { type_name: "lab_thing", version, state, private: b"", config };
    plan_stored(lab, "{}", &golden).await.to_string()
}

#[tokio::test]
async fn a_state_of_this_version_is_what_its_configuration_wants() {
    let state = r#"{"name": "a", "size": 1, "ready": true, "url": "url of a", "kept": {"by": "a later release"}}"#;
    assert_eq!(plan(2, state, r#"{"name": "a"}"#).await, "no changes\n");
}

#[tokio::test]
async fn what_differs_is_told() {
    let state = r#"{"name": "a", "size": 1, "ready": true}"#;
    let told = plan(2, state, r#"{"name": "b", "size": 2}"#).await;
    assert!(told.starts_with("replace\n") && told.contains("size = 1 -> 2"), "{told}");
}

#[tokio::test]
async fn a_state_that_does_not_fit_is_an_error() {
    let told = plan(2, r#"{"name": ["a"]}"#, r#"{"name": "a"}"#).await;
    assert!(told.contains("error: the stored state does not fit the provider's schema"), "{told}");
}
