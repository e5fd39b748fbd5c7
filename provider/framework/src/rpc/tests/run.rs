//! Configuration, data sources, ephemeral resources, functions, and calls that fail.

use tfplugin_proto::tfplugin6 as proto;
use tfplugin_proto::tfplugin6::provider_server::Provider as _;
use tonic::{Code, Request};

use super::support::{Core, thing, told};
use super::thing::{Lab, Lookup, Script, Thing};
use crate::attr::{Attr, Field};
use crate::model::Model;
use crate::process::Stop;
use crate::rpc::{Service, convert};
use crate::schema::Schema;
use crate::value::{Type, Value};

fn lookup_kind() -> Type {
    Schema { version: 0, doc: String::new(), attributes: Lookup::attributes() }.value_type()
}

fn lookup(name: &str) -> Option<proto::DynamicValue> {
    let config = Lookup { name: name.into(), ..Lookup::default() };
    convert::dynamic(&config.to_value(), &lookup_kind()).ok()
}

#[tokio::test]
async fn the_provider_is_configured_with_what_is_known_so_far() {
    let lab = Lab::default();
    let configured = lab.configured.clone();
    let service = Service::new(lab, Stop::new(false));
    let block = Type::Object([("place".to_owned(), Type::String)].into());
    let unknown = Value::Object([("place".to_owned(), Value::Unknown)].into());
    let request = proto::configure_provider::Request {
        terraform_version: "1.11.4".to_owned(),
        config: convert::dynamic(&unknown, &block).ok(),
        ..Default::default()
    };
    let answer = service.configure_provider(Request::new(request)).await.expect("no status").into_inner();
    assert_eq!(told(&answer.diagnostics), Vec::<String>::new());
    let (config, version) = configured.lock().expect("no panic").clone().expect("configured");
    assert_eq!((config.place, version.as_str()), (Attr::Unknown, "1.11.4"));
}

#[tokio::test]
async fn calls_that_touch_the_world_need_a_configuration_and_say_so() {
    let core = Core::unconfigured(Script::default());
    let planned = core.plan(&Value::Null, &thing().to_value()).await;
    assert_eq!(planned.told, ["error: the provider lab is not configured"]);
    let applied = core.apply(&Value::Null, &thing().to_value(), &thing().to_value()).await;
    assert_eq!(applied.told, ["error: the provider lab is not configured"]);
}

#[tokio::test]
async fn a_type_that_is_not_on_offer_is_a_diagnostic() {
    let core = Core::new().await;
    let request = proto::read_resource::Request { type_name: "lab_other".to_owned(), ..Default::default() };
    let answer = core.service.read_resource(Request::new(request)).await.expect("no status").into_inner();
    assert_eq!(told(&answer.diagnostics), ["error: the provider lab has no resource \"lab_other\""]);
}

#[tokio::test]
async fn a_panic_in_one_call_is_a_diagnostic_and_the_others_go_on() {
    let core = Core::with(Script { read: |_| panic!("read fell over"), ..Script::default() }).await;
    let state = core.create(&thing()).await;
    let request = proto::read_resource::Request {
        type_name: "lab_thing".to_owned(),
        current_state: super::support::message(&state),
        ..Default::default()
    };
    let broken = core.service.read_resource(Request::new(request));
    let config = thing().to_value();
    let (broken, planned) = tokio::join!(broken, core.plan(&Value::Null, &config));
    let broken = broken.expect("no status").into_inner();
    assert_eq!(told(&broken.diagnostics), ["error: the provider made a mistake and gave up this operation"]);
    assert!(broken.diagnostics[0].detail.contains("ReadResource: read fell over"), "{}", broken.diagnostics[0].detail);
    assert_eq!(planned.told, Vec::<String>::new());
}

#[tokio::test]
async fn a_panic_in_validate_is_a_diagnostic() {
    let core = Core::new().await;
    let config = Thing { name: "panic".into(), ..thing() };
    let request = proto::validate_resource_config::Request {
        type_name: "lab_thing".to_owned(),
        config: super::support::message(&config.to_value()),
        ..Default::default()
    };
    let answer = core.service.validate_resource_config(Request::new(request)).await.expect("no status").into_inner();
    assert_eq!(told(&answer.diagnostics), ["error: the provider made a mistake and gave up this operation"]);
}

async fn look_up(name: &str) -> (Value, Vec<String>) {
    let core = Core::new().await;
    let request = proto::read_data_source::Request {
        type_name: "lab_lookup".to_owned(),
        config: lookup(name),
        ..Default::default()
    };
    let answer = core.service.read_data_source(Request::new(request)).await.expect("no status").into_inner();
    let state = convert::value(answer.state.as_ref(), &lookup_kind()).expect("of the schema's type");
    (state, told(&answer.diagnostics))
}

#[tokio::test]
async fn a_data_source_answers_a_whole_object_that_agrees_with_its_configuration() {
    let (state, told) = look_up("a").await;
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(Lookup::read(&state), Ok(Lookup { name: "a".into(), text: "text of a".into() }));
    assert_eq!(look_up("nothing").await.1, ["error: nothing was found, and the provider did not say why"]);
    assert_eq!(look_up("unknown").await.1, ["error: text is unknown"]);
    assert_eq!(look_up("renamed").await.1, ["error: name is planned with another value than the configuration has"]);
}

#[tokio::test]
async fn an_ephemeral_resource_is_opened_renewed_and_closed() {
    let core = Core::new().await;
    let open = proto::open_ephemeral_resource::Request {
        type_name: "lab_word".to_owned(),
        config: lookup("a"),
        ..Default::default()
    };
    let opened = core.service.open_ephemeral_resource(Request::new(open)).await.expect("no status").into_inner();
    let result = convert::value(opened.result.as_ref(), &lookup_kind()).expect("of the schema's type");
    assert_eq!(result.get("text"), &Value::from("horse"));
    assert_eq!(opened.renew_at.map(|at| at.seconds), Some(60));
    let renew =
        proto::renew_ephemeral_resource::Request { type_name: "lab_word".to_owned(), private: opened.private.clone() };
    let renewed = core.service.renew_ephemeral_resource(Request::new(renew)).await.expect("no status").into_inner();
    assert_eq!(renewed.private, opened.private);
    let close = proto::close_ephemeral_resource::Request { type_name: "lab_word".to_owned(), private: renewed.private };
    let closed = core.service.close_ephemeral_resource(Request::new(close)).await.expect("no status").into_inner();
    assert_eq!(closed.diagnostics[0].detail, "opened");
}

#[tokio::test]
async fn an_ephemeral_resource_that_opens_nothing_is_an_error() {
    let core = Core::new().await;
    let open = proto::open_ephemeral_resource::Request {
        type_name: "lab_word".to_owned(),
        config: lookup("nothing"),
        ..Default::default()
    };
    let opened = core.service.open_ephemeral_resource(Request::new(open)).await.expect("no status").into_inner();
    assert_eq!(told(&opened.diagnostics), ["error: nothing was opened, and the provider did not say why"]);
}

async fn double(arguments: &[Value]) -> Result<Value, (String, Option<i64>)> {
    // Core calls functions on a provider that is not configured.
    let core = Core::unconfigured(Script::default());
    let arguments = arguments.iter().map(|one| match one {
        Value::String(_) => convert::dynamic(one, &Type::String).expect("a text"),
        number => convert::dynamic(number, &Type::Number).expect("a number"),
    });
    let request = proto::call_function::Request { name: "double".to_owned(), arguments: arguments.collect() };
    let answer = core.service.call_function(Request::new(request)).await.expect("no status").into_inner();
    match answer.error {
        Some(error) => Err((error.text, error.function_argument)),
        None => Ok(convert::value(answer.result.as_ref(), &Type::Number).expect("a number")),
    }
}

#[tokio::test]
async fn a_function_answers_a_result_or_an_error_at_an_argument() {
    assert_eq!(double(&[Value::from(21)]).await, Ok(Value::from(42)));
    let half = Value::Number(crate::value::Number::parse("0.5").expect("a number"));
    assert_eq!(double(&[half]).await, Err(("must be a whole number".to_owned(), Some(0))));
    assert_eq!(double(&[]).await, Err(("expected 1 arguments, found 0".to_owned(), None)));
    assert_eq!(double(&[Value::Null]).await, Err(("number must not be null".to_owned(), Some(0))));
    assert!(double(&[Value::from("x")]).await.is_err_and(|(_, argument)| argument == Some(0)));
    let (text, _) = double(&[Value::Unknown]).await.expect_err("a panic is an error of the function");
    assert!(text.contains("not a number"), "{text}");
}

#[tokio::test]
async fn what_is_not_offered_is_unimplemented() {
    let core = Core::new().await;
    let moved = core.service.move_resource_state(Request::new(Default::default())).await;
    assert_eq!(moved.expect_err("not offered").code(), Code::Unimplemented);
    let listed = core.service.plan_action(Request::new(Default::default())).await;
    assert_eq!(listed.expect_err("not offered").code(), Code::Unimplemented);
}
