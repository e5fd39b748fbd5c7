//! ApplyResourceChange: after a side effect no answer may lose the object.

use tfplugin_proto::tfplugin6 as proto;
use tfplugin_proto::tfplugin6::provider_server::Provider as _;

use super::support::{Applied, Core, known, message, thing};
use super::thing::{Network, Script, Thing, complete};
use crate::attr::{Attr, Field};
use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::resource::{Change, Journal, Stored};
use crate::value::Value;

fn config() -> Thing {
    Thing {
        note: "first".into(),
        secret: "s".into(),
        network: known(Network { cidr: "10.0.0.0/8".into(), ..Network::default() }),
        ..thing()
    }
}

type Found = (Option<Stored<Thing>>, Diagnostics);

async fn create(apply: fn(Change<Thing>, &[u8], &Journal<Thing>) -> Found) -> (Applied, Thing) {
    let core = Core::with(Script { apply, ..Script::default() }).await;
    let config = config().to_value();
    let planned = core.plan(&Value::Null, &config).await;
    let applied = core.apply(&Value::Null, &planned.state, &config).await;
    (applied, planned.thing())
}

async fn update(apply: fn(Change<Thing>, &[u8], &Journal<Thing>) -> Found) -> (Applied, Value) {
    let prior = Core::new().await.create(&config()).await;
    let core = Core::with(Script { apply, ..Script::default() }).await;
    let config = Thing { note: "second".into(), ..config() }.to_value();
    let planned = core.plan(&prior, &config).await;
    (core.apply(&prior, &planned.state, &config).await, prior)
}

fn planned_of(change: Change<Thing>) -> Thing {
    match change {
        Change::Create { planned, .. } | Change::Update { planned, .. } => complete(planned),
        Change::Delete { prior } => prior,
    }
}

fn stored(state: Thing) -> Option<Stored<Thing>> {
    Some(Stored { state, private: b"stored".to_vec() })
}

fn as_thing(value: &Value) -> Thing {
    Thing::read(value).expect("a thing")
}

#[tokio::test]
async fn a_create_answers_what_was_planned_wholly_known_with_identity_and_private_bytes() {
    let (applied, planned) = create(|change, _, _| (stored(planned_of(change)), Diagnostics::none())).await;
    assert_eq!(applied.told, Vec::<String>::new());
    assert_eq!(as_thing(&applied.state), complete(planned));
    assert_eq!(applied.private, b"stored");
    assert!(applied.identity.is_some());
}

#[tokio::test]
async fn apply_receives_the_private_bytes_of_the_plan_and_write_only_values_in_the_configuration() {
    let (applied, _) = create(|change, private, _| {
        assert_eq!(private, b"planned");
        let Change::Create { planned, config } = &change else { panic!("a create") };
        assert_eq!((&planned.secret, &config.secret), (&Attr::Null, &"s".into()));
        (stored(planned_of(change)), Diagnostics::none())
    })
    .await;
    assert_eq!(applied.told, Vec::<String>::new());
}

#[tokio::test]
async fn a_write_only_value_never_reaches_the_state() {
    let (applied, _) = create(|change, _, _| {
        let mut state = planned_of(change);
        state.secret = "s".into();
        (stored(state), Diagnostics::none())
    })
    .await;
    assert_eq!(as_thing(&applied.state).secret, Attr::Null);
}

#[tokio::test]
async fn an_unknown_left_over_is_stored_as_null_with_an_error_that_names_it() {
    let (applied, _) = create(|change, _, _| {
        let mut state = planned_of(change);
        state.url = Attr::Unknown;
        (stored(state), Diagnostics::none())
    })
    .await;
    assert_eq!(applied.told, ["error: the provider did not learn the value of url"]);
    assert_eq!(as_thing(&applied.state).name, "a".into());
}

#[tokio::test]
async fn an_unknown_left_over_beside_an_error_adds_no_second_error() {
    let (applied, _) = create(|change, _, _| {
        let Change::Create { planned, .. } = change else { panic!("a create") };
        (stored(planned), Diagnostics::of_error("out of disks", ""))
    })
    .await;
    assert_eq!(applied.told, ["error: out of disks"]);
    assert_eq!(as_thing(&applied.state).url, Attr::Null);
}

#[tokio::test]
async fn a_create_with_a_warning_never_differs_from_its_plan() {
    let (applied, planned) = create(|change, _, _| {
        let mut state = planned_of(change);
        state.note = "as the cloud spells it".into();
        state.network = known(Network { cidr: "10.0.0.0/9".into(), gateway: "10.0.0.1".into(), ..Network::default() });
        let mut told = Diagnostics::none();
        told.warning("stopped; the next apply continues", "");
        (stored(state), told)
    })
    .await;
    assert_eq!(applied.told, ["warning: stopped; the next apply continues"]);
    let state = as_thing(&applied.state);
    assert_eq!(state.note, planned.note);
    let network = state.network.known().expect("a network");
    assert_eq!((&network.cidr, &network.gateway), (&"10.0.0.0/8".into(), &"10.0.0.1".into()));
}

#[tokio::test]
async fn a_failed_create_keeps_its_state_beside_the_error() {
    let (applied, _) = create(|change, _, _| {
        let mut state = planned_of(change);
        state.ready = false.into();
        (stored(state), Diagnostics::of_error("the third step failed", ""))
    })
    .await;
    assert_eq!(applied.told, ["error: the third step failed"]);
    assert_eq!(as_thing(&applied.state).ready, false.into());
    assert!(applied.identity.is_some(), "core stores what is answered, also beside an error");
}

#[tokio::test]
async fn a_panic_after_a_note_keeps_what_was_noted() {
    let (applied, _) = create(|change, _, journal| {
        let mut state = planned_of(change);
        state.ready = false.into();
        journal.note(&Stored { state, private: b"noted".to_vec() });
        panic!("step two fell over");
    })
    .await;
    assert_eq!(
        applied.told,
        ["error: the provider stopped in the middle of this change because of a mistake of its own"]
    );
    assert_eq!((as_thing(&applied.state).ready, applied.private), (false.into(), b"noted".to_vec()));
}

#[tokio::test]
async fn a_create_that_panics_without_a_note_is_not_forgotten() {
    let (applied, planned) = create(|_, _, _| panic!("fell over")).await;
    let expected = Thing { url: Attr::Null, digest: Attr::Null, revision: Attr::Null, ..planned };
    let expected = Thing { watched: Attr::Null, ready: Attr::Null, ..expected };
    let network = known(Network { cidr: "10.0.0.0/8".into(), ..Network::default() });
    assert_eq!(as_thing(&applied.state), Thing { network, ..expected });
    assert_eq!(applied.private, b"planned");
}

#[tokio::test]
async fn an_update_that_panics_leaves_core_what_it_has() {
    let (applied, _) = update(|_, _, _| panic!("fell over")).await;
    assert!(applied.state.is_null(), "beside an error, null makes core keep the prior state");
    assert_eq!(applied.told.len(), 1);
}

#[tokio::test]
async fn a_create_that_made_nothing_answers_null_and_an_error() {
    let (applied, _) = create(|_, _, _| (None, Diagnostics::of_error("the name is taken", ""))).await;
    assert_eq!((applied.state, applied.told), (Value::Null, vec!["error: the name is taken".to_owned()]));
    let (applied, _) = create(|_, _, _| (None, Diagnostics::none())).await;
    assert_eq!(applied.told, ["error: the object does not exist after the change"]);
}

#[tokio::test]
async fn a_failed_update_answers_what_is_true_now() {
    let (applied, prior) = update(|change, _, _| {
        let Change::Update { prior, .. } = change else { panic!("an update") };
        (stored(prior), Diagnostics::of_error("not now", ""))
    })
    .await;
    assert_eq!(applied.state, prior);
    assert_eq!(applied.told, ["error: not now"]);
}

#[tokio::test]
async fn an_update_that_differs_from_its_plan_says_where() {
    let (applied, _) = update(|change, _, _| {
        let mut state = planned_of(change);
        state.note = "ignored".into();
        (stored(state), Diagnostics::none())
    })
    .await;
    assert_eq!(applied.told, ["error at note: note has another value than was planned after the update"]);
    assert_eq!(as_thing(&applied.state).note, "ignored".into(), "the state is true");
}

#[tokio::test]
async fn an_equal_value_keeps_the_spelling_of_the_plan() {
    let core = Core::with(Script {
        apply: |change, _, _| {
            let mut state = planned_of(change);
            state.quantity = "500m".into();
            (stored(state), Diagnostics::none())
        },
        ..Script::default()
    })
    .await;
    let state = core.create(&Thing { quantity: "0.5".into(), ..thing() }).await;
    assert_eq!(as_thing(&state).quantity, "0.5".into());
}

#[tokio::test]
async fn a_delete_answers_null() {
    let core = Core::new().await;
    let prior = core.create(&config()).await;
    let applied = core.apply(&prior, &Value::Null, &Value::Null).await;
    assert_eq!((applied.state, applied.told), (Value::Null, Vec::new()));
    assert!(applied.identity.is_none());
}

#[tokio::test]
async fn a_failed_delete_keeps_the_object() {
    let core = Core::with(Script {
        apply: |change, _, _| (stored(planned_of(change)), Diagnostics::of_error("protected", "")),
        ..Script::default()
    })
    .await;
    let prior = Core::new().await.create(&config()).await;
    let applied = core.apply(&prior, &Value::Null, &Value::Null).await;
    assert_eq!((applied.state, applied.told), (prior, vec!["error: protected".to_owned()]));
}

#[tokio::test]
async fn a_delete_that_leaves_the_object_without_a_word_is_an_error() {
    let core = Core::with(Script {
        apply: |change, _, _| (stored(planned_of(change)), Diagnostics::none()),
        ..Script::default()
    })
    .await;
    let prior = Core::new().await.create(&config()).await;
    let applied = core.apply(&prior, &Value::Null, &Value::Null).await;
    assert_eq!(applied.told, ["error: the object still exists after its destruction"]);
    assert_eq!(applied.state, prior);
}

#[tokio::test]
async fn an_apply_after_stop_does_nothing() {
    let core = Core::with(Script { apply: |_, _, _| panic!("something was done"), ..Script::default() }).await;
    let config = config().to_value();
    let planned = core.plan(&Value::Null, &config).await;
    let stop = proto::stop_provider::Request::default();
    let stopped = core.service.stop_provider(tonic::Request::new(stop)).await.expect("no status").into_inner();
    assert_eq!(stopped.error, "");
    assert!(core.stop.token().is_cancelled(), "running calls are told");
    let applied = core.apply(&Value::Null, &planned.state, &config).await;
    assert_eq!(
        (applied.state, applied.told),
        (Value::Null, vec!["error: stopped before anything was done".to_owned()])
    );
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_refused_before_anything_is_done() {
    let core = Core::with(Script { apply: |_, _, _| panic!("something was done"), ..Script::default() }).await;
    let mut planned = message(&config().to_value()).expect("a message");
    planned.msgpack.push(0xc0);
    let request = proto::apply_resource_change::Request {
        type_name: "lab_thing".to_owned(),
        planned_state: Some(planned),
        ..Default::default()
    };
    let answer = core.service.apply_resource_change(tonic::Request::new(request)).await.expect("no status");
    let told = super::support::told(&answer.into_inner().diagnostics);
    assert_eq!(told, ["error: a value that Terraform sent does not fit the provider's schema"]);
}
