//! UpgradeResourceState, ReadResource, ImportResourceState, and identities.

use tfplugin_proto::tfplugin6 as proto;
use tfplugin_proto::tfplugin6::provider_server::Provider as _;
use tonic::Request;

use super::support::{Core, message, read, thing, told};
use super::thing::{Script, Thing};
use crate::attr::{Attr, Field};
use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::resource::Stored;
use crate::rpc::convert;
use crate::value::{Type, Value};

fn as_thing(value: &Value) -> Thing {
    Thing::read(value).expect("a thing")
}

fn identity_kind() -> Type {
    Type::Object([("name".to_owned(), Type::String), ("place".to_owned(), Type::String)].into())
}

fn identity(name: &str, place: Option<&str>) -> proto::ResourceIdentityData {
    let place = place.map_or(Value::Null, Value::from);
    let value = Value::Object([("name".to_owned(), Value::from(name)), ("place".to_owned(), place)].into());
    proto::ResourceIdentityData { identity_data: convert::dynamic(&value, &identity_kind()).ok() }
}

async fn upgrade(version: i64, json: &str) -> proto::upgrade_resource_state::Response {
    let request = proto::upgrade_resource_state::Request {
        type_name: "lab_thing".to_owned(),
        version,
        raw_state: Some(proto::RawState { json: json.as_bytes().to_vec(), flatmap: Default::default() }),
    };
    let core = Core::unconfigured(Script::default());
    core.service.upgrade_resource_state(Request::new(request)).await.expect("no status").into_inner()
}

#[tokio::test]
async fn stored_state_is_read_leniently() {
    let answer = upgrade(2, r#"{"name":"a","size":12345678901234567890123,"gone":[1],"secret":"s"}"#).await;
    assert_eq!(told(&answer.diagnostics), Vec::<String>::new());
    let state = read(answer.upgraded_state.as_ref());
    assert_eq!(
        state.get("size").to_owned(),
        Value::Number(crate::value::Number::parse("12345678901234567890123").expect("a number"))
    );
    assert_eq!(state.get("name"), &Value::from("a"));
    assert!(state.get("note").is_null() && state.get("secret").is_null(), "absent and write-only are null");
}

#[tokio::test]
async fn an_older_version_goes_through_the_upgrader() {
    let answer = upgrade(1, r#"{"label":"old"}"#).await;
    assert_eq!(as_thing(&read(answer.upgraded_state.as_ref())).name, "old".into());
    assert_eq!(told(&upgrade(0, "{}").await.diagnostics), ["error: version 0 was never released"]);
}

#[tokio::test]
async fn stored_state_that_does_not_fit_is_an_error() {
    for broken in [r#"{"name":["a"]}"#, r#"{"name":"#, "17", ""] {
        let answer = upgrade(2, broken).await;
        let expected = if broken.is_empty() { 0 } else { 1 };
        assert_eq!(told(&answer.diagnostics).len(), expected, "{broken}");
    }
}

async fn look(
    core: &Core,
    state: &Value,
    known: Option<proto::ResourceIdentityData>,
) -> proto::read_resource::Response {
    let request = proto::read_resource::Request {
        type_name: "lab_thing".to_owned(),
        current_state: message(state),
        private: b"kept".to_vec(),
        current_identity: known,
        ..Default::default()
    };
    core.service.read_resource(Request::new(request)).await.expect("no status").into_inner()
}

#[tokio::test]
async fn a_read_of_what_is_there_keeps_private_bytes_and_tells_the_identity() {
    let core = Core::new().await;
    let state = core.create(&thing()).await;
    let answer = look(&core, &state, None).await;
    assert_eq!(read(answer.new_state.as_ref()), state);
    assert_eq!(answer.private, b"kept");
    assert_eq!(answer.new_identity, Some(identity("a", Some("here"))));
}

#[tokio::test]
async fn null_says_that_the_object_is_gone() {
    let core = Core::with(Script { read: |_| (None, Diagnostics::none()), ..Script::default() }).await;
    let answer = look(&core, &thing().to_value(), None).await;
    assert!(read(answer.new_state.as_ref()).is_null());
    assert_eq!(told(&answer.diagnostics), Vec::<String>::new());
}

#[tokio::test]
async fn a_read_is_wholly_known_without_write_only_values_and_in_the_spelling_of_the_state() {
    let core = Core::with(Script {
        read: |mut stored| {
            stored.state.quantity = "1000m".into();
            stored.state.secret = "s".into();
            stored.state.url = Attr::Unknown;
            (Some(stored), Diagnostics::none())
        },
        ..Script::default()
    })
    .await;
    let before = Thing { quantity: "1".into(), ..thing() }.to_value();
    let answer = look(&core, &before, None).await;
    let state = as_thing(&read(answer.new_state.as_ref()));
    assert_eq!((state.quantity, state.secret, state.url), ("1".into(), Attr::Null, Attr::Null));
    assert_eq!(told(&answer.diagnostics), ["error: the provider did not learn the value of url"]);
}

#[tokio::test]
async fn an_identity_that_is_known_never_changes_but_may_be_completed() {
    let core = Core::new().await;
    let state = core.create(&thing()).await;
    let other = identity("another", Some("here"));
    assert_eq!(look(&core, &state, Some(other.clone())).await.new_identity, Some(other));
    let half = look(&core, &state, Some(identity("a", None))).await;
    assert_eq!(half.new_identity, Some(identity("a", Some("here"))));
}

async fn import(
    core: &Core,
    id: &str,
    by: Option<proto::ResourceIdentityData>,
) -> proto::import_resource_state::Response {
    let request = proto::import_resource_state::Request {
        type_name: "lab_thing".to_owned(),
        id: id.to_owned(),
        identity: by,
        ..Default::default()
    };
    core.service.import_resource_state(Request::new(request)).await.expect("no status").into_inner()
}

#[tokio::test]
async fn an_import_by_id_or_identity_answers_type_state_private_bytes_and_identity() {
    let core = Core::new().await;
    for (id, by) in [("a", None), ("", Some(identity("a", None)))] {
        let answer = import(&core, id, by).await;
        let imported = &answer.imported_resources[0];
        assert_eq!(imported.type_name, "lab_thing");
        assert_eq!(as_thing(&read(imported.state.as_ref())).name, "a".into());
        assert_eq!(imported.private, b"imported");
        assert_eq!(imported.identity, Some(identity("a", Some("here"))));
    }
}

#[tokio::test]
async fn an_import_of_nothing_is_an_error() {
    let core = Core::with(Script { import: |_| (None, Diagnostics::none()), ..Script::default() }).await;
    let answer = import(&core, "a", None).await;
    assert!(answer.imported_resources.is_empty());
    assert_eq!(told(&answer.diagnostics), ["error: there is no such object"]);
}

#[tokio::test]
async fn an_imported_object_has_no_write_only_or_unknown_values() {
    let core = Core::with(Script {
        import: |_| {
            let state = Thing { secret: "s".into(), url: Attr::Unknown, ..thing() };
            (Some(Stored { state, private: Vec::new() }), Diagnostics::none())
        },
        ..Script::default()
    })
    .await;
    let answer = import(&core, "a", None).await;
    let state = as_thing(&read(answer.imported_resources[0].state.as_ref()));
    assert_eq!((state.secret, state.url), (Attr::Null, Attr::Null));
}

#[tokio::test]
async fn an_imported_object_has_the_defaults_of_what_nobody_can_read() {
    let answer = import(&Core::new().await, "a", None).await;
    assert_eq!(as_thing(&read(answer.imported_resources[0].state.as_ref())).size, 1.into());
}

#[tokio::test]
async fn a_stored_identity_is_brought_back() {
    let request = proto::upgrade_resource_identity::Request {
        type_name: "lab_thing".to_owned(),
        version: 0,
        raw_identity: Some(proto::RawState { json: br#"{"name":"a","more":1}"#.to_vec(), flatmap: Default::default() }),
    };
    let core = Core::unconfigured(Script::default());
    let answer = core.service.upgrade_resource_identity(Request::new(request)).await.expect("no status").into_inner();
    assert_eq!(answer.upgraded_identity, Some(identity("a", None)));
}
