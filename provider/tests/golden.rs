//! States that releases wrote, each below `golden/` with the configuration that it came of: this release reads them and has
//! nothing to change. A folder is made with `cargo sandbox golden`, once for each release, and never edited.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value as Json, json};
use terraform_provider_paas::provider::Paas;
use tfplugin_framework::testing::{Golden, plan_stored};

const SETTINGS: &str = r#"{"region": "eu-west-1"}"#;
/// Attributes that a release might not have written yet.
const REPORTED: [&str; 5] = ["platform_version", "service_cidr", "oidc_issuer", "cluster_uid", "revision"];

/// One object of a stored state.
struct Stored {
    release: String,
    type_name: String,
    version: i64,
    private: Vec<u8>,
    state: Map<String, Json>,
    config: Json,
}

fn read(path: &Path) -> Json {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every object that any release left.
fn all() -> Vec<Stored> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let releases = fs::read_dir(&folder).expect("states of releases");
    let mut releases: Vec<PathBuf> = releases.map(|entry| entry.expect("an entry").path()).collect();
    releases.sort();
    releases.iter().flat_map(|release| objects(release)).collect()
}

fn objects(release: &Path) -> Vec<Stored> {
    let (state, configuration) = (read(&release.join("terraform.tfstate")), read(&release.join("main.tf.json")));
    let resources = state["resources"].as_array().expect("resources").clone();
    let object = |resource: &Json| {
        let text = |name: &str| resource[name].as_str().expect(name).to_owned();
        let instance = &resource["instances"][0];
        let private = instance["private"].as_str().unwrap_or_default();
        Stored {
            release: release.file_name().expect("a version").to_string_lossy().into_owned(),
            version: instance["schema_version"].as_i64().expect("schema_version"),
            private: BASE64_STANDARD.decode(private).expect("base64"),
            state: instance["attributes"].as_object().expect("attributes").clone(),
            config: configuration["resource"][text("type")][text("name")].clone(),
            type_name: text("type"),
        }
    };
    resources.iter().map(object).collect()
}

async fn has_nothing_to_change(stored: &Stored, state: &Map<String, Json>, what: &str) {
    let golden = Golden {
        type_name: &stored.type_name,
        version: stored.version,
        state: &Json::from(state.clone()).to_string(),
        private: &stored.private,
        config: &stored.config.to_string(),
    };
    let plan = plan_stored(Paas::new(), SETTINGS, &golden).await.to_string();
    assert_eq!(plan, "no changes\n", "{} of {}, {what}", stored.type_name, stored.release);
}

#[tokio::test]
async fn a_state_of_any_release_is_what_its_configuration_wants() {
    let all = all();
    for type_name in ["paas_cluster", "paas_app", "paas_job"] {
        assert!(all.iter().any(|stored| stored.type_name == type_name), "no release left a {type_name}");
    }
    for stored in &all {
        assert!(stored.config.is_object(), "{} of {} has no configuration", stored.type_name, stored.release);
        assert_eq!(stored.state["ready"], true, "only what is finished has an empty plan");
        has_nothing_to_change(stored, &stored.state, "as it was written").await;
    }
}

/// A release that did not know an attribute yet wrote none. What has a default comes back by a change, so that it is none of
/// these; what is only reported comes back by a refresh.
#[tokio::test]
async fn an_attribute_that_is_absent_is_null() {
    for stored in all() {
        let absent = |name: &str, value: &Json| value.is_null() || REPORTED.contains(&name);
        let mut state = stored.state.clone();
        state.retain(|name, value| !absent(name, value));
        assert!(state.len() < stored.state.len(), "nothing of {} is only reported", stored.type_name);
        has_nothing_to_change(&stored, &state, "with less in it").await;
    }
}

/// A later release may have written more, at any depth.
#[tokio::test]
async fn a_key_that_is_unknown_is_dropped() {
    fn more(value: &mut Json) {
        if let Json::Object(members) = value {
            members.values_mut().for_each(more);
            members.insert("of_a_later_release".to_owned(), json!({ "deep": [1, { "deeper": null }] }));
        }
    }
    for stored in all() {
        let mut state = stored.state.clone();
        // Keys of a map are the user's; those of an object are the schema's.
        for (name, value) in &mut state {
            if ["endpoint", "access", "resources", "timeouts", "last_triggered_run"].contains(&name.as_str()) {
                more(value);
            }
        }
        state.insert("of_a_later_release".to_owned(), json!({ "deep": [1, { "deeper": null }] }));
        has_nothing_to_change(&stored, &state, "with more keys").await;
    }
}
