//! PlanResourceChange.

use std::collections::BTreeMap;

use super::support::{Core, known, message, schema, thing};
use super::thing::{Disk, Network, Script, Thing, User};
use crate::attr::{Attr, Field};
use crate::conformance::plan_faults;
use crate::diagnostic::{Diagnostics, Path};
use crate::value::Value;

fn nothing() -> Vec<String> {
    Vec::new()
}

fn full() -> Thing {
    Thing {
        network: known(Network { cidr: "10.0.0.0/8".into(), token: "t".into(), ..Network::default() }),
        disks: known(vec![
            known(Disk { kind: "ssd".into(), id: Attr::Null }),
            known(Disk { kind: "tape".into(), id: Attr::Null }),
        ]),
        users: known(BTreeMap::from([("ann".to_owned(), known(User { role: "boss".into(), since: Attr::Null }))])),
        quantity: "1".into(),
        note: "first".into(),
        tags: known(BTreeMap::from([("team".to_owned(), "a".into())])),
        zones: known(vec!["z1".into()]),
        secret: "s".into(),
        ..thing()
    }
}

#[tokio::test]
async fn a_create_plans_configured_values_defaults_and_unknown_for_the_rest() {
    let planned = Core::new().await.plan(&Value::Null, &full().to_value()).await;
    let mut expected = full();
    expected.secret = Attr::Null;
    expected.size = 1.into();
    (expected.url, expected.digest, expected.revision) = (Attr::Unknown, Attr::Unknown, Attr::Unknown);
    (expected.ready, expected.watched) = (Attr::Unknown, Attr::Unknown);
    expected.network = known(Network { cidr: "10.0.0.0/8".into(), gateway: Attr::Unknown, ..Network::default() });
    expected.disks = known(vec![
        known(Disk { kind: "ssd".into(), id: Attr::Unknown }),
        known(Disk { kind: "tape".into(), id: Attr::Unknown }),
    ]);
    expected.users =
        known(BTreeMap::from([("ann".to_owned(), known(User { role: "boss".into(), since: Attr::Unknown }))]));
    assert_eq!(planned.thing(), expected);
    assert_eq!((planned.replaces, planned.told), (nothing(), nothing()));
    assert!(planned.identity.is_none(), "an identity must be wholly known, and a create has none yet");
}

#[tokio::test]
async fn every_plan_is_valid_for_core() {
    let core = Core::new().await;
    let prior = core.create(&full()).await;
    let configs = [
        thing(),
        full(),
        Thing { note: Attr::Unknown, ..full() },
        Thing { network: Attr::Unknown, disks: Attr::Unknown, users: Attr::Unknown, ..full() },
        Thing { disks: known(vec![Attr::Unknown]), ..thing() },
        Thing { watched: true.into(), size: 3.into(), ..full() },
    ];
    for config in configs {
        for prior in [&Value::Null, &prior] {
            let planned = core.plan(prior, &config.to_value()).await;
            assert_eq!(planned.told, nothing());
            assert_eq!(plan_faults(&schema().attributes, prior, &config.to_value(), &planned.state), Vec::new());
        }
    }
}

#[tokio::test]
async fn nothing_to_do_is_an_empty_plan() {
    let core = Core::new().await;
    let prior = core.create(&full()).await;
    let planned = core.plan_with(&prior, &full().to_value(), b"kept").await;
    assert_eq!(planned.state, prior);
    assert_eq!((planned.replaces, planned.private), (nothing(), b"kept".to_vec()));
    assert!(planned.identity.is_some(), "the identity of what exists is known");
}

#[tokio::test]
async fn a_computed_attribute_without_changed_sources_keeps_its_value() {
    let core = Core::new().await;
    let prior = core.create(&full()).await;
    let config = Thing { tags: known(BTreeMap::from([("team".to_owned(), "b".into())])), ..full() };
    let planned = core.plan(&prior, &config.to_value()).await;
    let expected = Thing { tags: config.tags, ..Thing::clone(&as_thing(&prior)) };
    assert_eq!(planned.thing(), expected);
}

fn as_thing(value: &Value) -> Thing {
    crate::model::Model::read(value).expect("a thing")
}

#[tokio::test]
async fn a_computed_attribute_is_unknown_when_a_source_changes_at_any_remove() {
    let core = Core::new().await;
    let prior = core.create(&full()).await;
    let planned = core.plan(&prior, &Thing { name: "b".into(), ..full() }.to_value()).await;
    assert_eq!(planned.thing().url, Attr::Unknown);
    assert_eq!(planned.thing().digest, Attr::Unknown, "its source url is unknown now");
    assert_eq!(planned.thing().revision, as_thing(&prior).revision);
}

#[tokio::test]
async fn a_default_stands_where_the_configuration_sets_nothing() {
    let core = Core::new().await;
    let prior = core.create(&Thing { size: 5.into(), ..thing() }).await;
    let planned = core.plan(&prior, &thing().to_value()).await;
    assert_eq!(planned.thing().size, Attr::Known(1));
}

#[tokio::test]
async fn write_only_values_are_planned_as_null_and_change_nothing() {
    let core = Core::new().await;
    let prior = core.create(&full()).await;
    let mut config = Thing { secret: "another".into(), ..full() };
    if let Attr::Known(network) = &mut config.network {
        network.token = "another".into();
    }
    assert_eq!(core.plan(&prior, &config.to_value()).await.state, prior);
}

#[tokio::test]
async fn an_equal_value_keeps_the_spelling_of_the_state() {
    let core = Core::new().await;
    let prior = core.create(&full()).await;
    let planned = core.plan(&prior, &Thing { quantity: "1000m".into(), ..full() }.to_value()).await;
    assert_eq!(planned.state, prior);
    let planned = core.plan(&prior, &Thing { quantity: "2".into(), ..full() }.to_value()).await;
    assert_eq!(planned.thing().quantity, "2".into());
}

#[tokio::test]
async fn requires_replace_names_changed_attributes_alone() {
    let core = Core::new().await;
    let prior = core.create(&full()).await;
    let mut config = Thing { zones: known(vec!["z2".into()]), ..full() };
    config.network = known(Network { cidr: "11.0.0.0/8".into(), ..Network::default() });
    let planned = core.plan(&prior, &config.to_value()).await;
    assert_eq!(planned.replaces, ["network.cidr", "zones"]);
    let planned = core.plan(&prior, &Thing { network: Attr::Null, ..full() }.to_value()).await;
    assert_eq!(planned.replaces, ["network.cidr"], "it is gone with its object");
    let planned = core.plan(&prior, &Thing { name: Attr::Unknown, ..full() }.to_value()).await;
    assert_eq!(planned.replaces, ["name"], "it may change");
}

#[tokio::test]
async fn a_path_that_exists_nowhere_is_not_sent_as_requires_replace() {
    let core = Core::with(Script {
        plan: |_, planned| {
            planned.replaces = vec![
                Path::attribute("note"),
                Path::attribute("nonsense"),
                Path::attribute("users").key("nobody").child("role"),
                Path::root(),
            ];
            Diagnostics::none()
        },
        ..Script::default()
    })
    .await;
    let prior = core.create(&full()).await;
    let planned = core.plan(&prior, &Thing { note: "second".into(), ..full() }.to_value()).await;
    assert_eq!(planned.replaces, ["note"]);
    assert_eq!(core.plan(&Value::Null, &full().to_value()).await.replaces, nothing(), "a create replaces nothing");
}

#[tokio::test]
async fn an_added_element_is_new_and_a_kept_one_keeps_what_was_computed() {
    let core = Core::new().await;
    let prior = core.create(&full()).await;
    let mut config = full();
    if let (Attr::Known(users), Attr::Known(disks)) = (&mut config.users, &mut config.disks) {
        users.insert("bob".to_owned(), known(User::default()));
        disks.remove(0);
    }
    let planned = core.plan(&prior, &config.to_value()).await.thing();
    let users = planned.users.known().expect("users");
    assert_eq!(users["ann"].known().expect("ann").since, "now of a".into());
    assert_eq!(users["bob"].known().expect("bob").since, Attr::Unknown);
    let disks = planned.disks.known().expect("disks");
    assert_eq!(disks[0].known().expect("the tape").id, Attr::Unknown, "it moved to the place of another disk");
}

#[tokio::test]
async fn a_destroy_plan_stays_null() {
    let core = Core::with(Script {
        plan: |_, planned| {
            planned.state.note = "i am still here".into();
            planned.private = b"for the delete".to_vec();
            Diagnostics::none()
        },
        ..Script::default()
    })
    .await;
    let planned = core.plan_with(&full().to_value(), &Value::Null, b"kept").await;
    assert!(planned.state.is_null());
    assert_eq!(planned.private, b"for the delete");
    assert_eq!((planned.replaces, planned.told), (nothing(), nothing()));
}

#[tokio::test]
async fn a_resource_that_plans_another_value_than_configured_is_told_so() {
    let core = Core::with(Script {
        plan: |_, planned| {
            planned.state.note = "mine".into();
            planned.state.old = "invented".into();
            planned.state.users = Attr::Unknown;
            planned.state.secret = "leak".into();
            Diagnostics::none()
        },
        ..Script::default()
    })
    .await;
    let planned = core.plan(&Value::Null, &full().to_value()).await;
    assert_eq!(
        planned.told,
        [
            "error at note: note is planned with another value than the configuration has",
            "error at users: users is planned as unknown, but the configuration sets it",
            "error at old: old is planned, but the configuration does not set it and it is not computed",
        ]
    );
    assert!(planned.thing().secret.is_null(), "whatever a resource does, a write-only value is never planned");
}

#[tokio::test]
async fn the_plan_in_the_apply_phase_is_compatible_with_the_first() {
    let core = Core::new().await;
    let first = core.plan(&Value::Null, &Thing { note: Attr::Unknown, ..full() }.to_value()).await;
    let last = core.plan(&Value::Null, &full().to_value()).await;
    assert_eq!(crate::conformance::result_faults(&first.state, &last.state), Vec::new());
    let again = core.plan(&Value::Null, &full().to_value()).await;
    assert_eq!(last.state, again.state, "planning is deterministic");
}

#[tokio::test]
async fn the_second_call_of_a_replacement_gets_the_private_bytes_of_the_first() {
    let core = Core::new().await;
    let planned = core.plan_with(&Value::Null, &full().to_value(), b"from the first call").await;
    assert_eq!(planned.private, b"from the first call");
}

#[tokio::test]
async fn a_value_that_does_not_fit_the_schema_is_an_error_and_no_crash() {
    use tfplugin_proto::tfplugin6::provider_server::Provider as _;
    let core = Core::new().await;
    let mut cut = message(&full().to_value()).expect("a message");
    cut.msgpack.truncate(9);
    let request = tfplugin_proto::tfplugin6::plan_resource_change::Request {
        type_name: "lab_thing".to_owned(),
        config: Some(cut.clone()),
        proposed_new_state: Some(cut),
        ..Default::default()
    };
    let answer = core.service.plan_resource_change(tonic::Request::new(request)).await.expect("no status");
    let told = super::support::told(&answer.into_inner().diagnostics);
    assert_eq!(told, ["error: a value that Terraform sent does not fit the provider's schema"]);
}
