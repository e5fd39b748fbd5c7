//! GetProviderSchema, GetMetadata, GetFunctions, GetResourceIdentitySchemas.

use tfplugin_proto::tfplugin6 as proto;
use tfplugin_proto::tfplugin6::provider_server::Provider as _;
use tonic::Request;

use super::support::Core;
use super::thing::{Lab, Script};
use crate::provider::faults;

async fn schemas() -> proto::get_provider_schema::Response {
    let core = Core::unconfigured(Script::default());
    core.service.get_provider_schema(Request::new(Default::default())).await.expect("no status").into_inner()
}

fn attributes(schema: &proto::Schema) -> &[proto::schema::Attribute] {
    &schema.block.as_ref().expect("a block").attributes
}

fn each_attribute(all: &[proto::schema::Attribute], judge: &mut dyn FnMut(&proto::schema::Attribute)) {
    for one in all {
        judge(one);
        each_attribute(one.nested_type.as_ref().map_or(&[], |nested| &nested.attributes), judge);
    }
}

#[test]
fn what_this_provider_offers_has_no_faults() {
    assert_eq!(faults(&Lab::default()), Vec::<String>::new());
}

#[tokio::test]
async fn the_schema_of_the_provider_is_always_there() {
    assert_eq!(attributes(&schemas().await.provider.expect("a schema"))[0].name, "place");
}

#[tokio::test]
async fn every_attribute_has_exactly_one_of_type_and_nested_type_and_its_type_is_json() {
    let answer = schemas().await;
    let mut seen = 0;
    each_attribute(attributes(&answer.resource_schemas["lab_thing"]), &mut |one| {
        seen += 1;
        assert_ne!(one.r#type.is_empty(), one.nested_type.is_none(), "{}", one.name);
        if !one.r#type.is_empty() {
            serde_json::from_slice::<serde_json::Value>(&one.r#type).expect("core panics on what is no JSON");
        }
        assert!(!one.description.is_empty(), "{}", one.name);
    });
    assert_eq!(seen, 24);
}

#[tokio::test]
async fn the_behaviour_of_an_attribute_reaches_core() {
    let answer = schemas().await;
    let schema = &answer.resource_schemas["lab_thing"];
    assert_eq!(schema.version, 2);
    let find = |name: &str| attributes(schema).iter().find(|one| one.name == name).expect("it is there").clone();
    assert!(find("name").required && !find("name").computed);
    assert!(find("size").optional && find("size").computed, "a default makes an attribute computed");
    assert!(find("secret").write_only && find("secret").optional && !find("secret").computed);
    assert!(find("old").deprecated && find("old").deprecation_message == "use note");
    assert_eq!(find("tags").r#type, br#"["map","string"]"#);
    assert_eq!(find("zones").r#type, br#"["list","string"]"#);
    assert_eq!(find("size").r#type, br#""number""#);
    let nesting = |name: &str| find(name).nested_type.map(|nested| nested.nesting);
    use proto::schema::object::NestingMode;
    assert_eq!(nesting("network"), Some(NestingMode::Single.into()));
    assert_eq!(nesting("disks"), Some(NestingMode::List.into()));
    assert_eq!(nesting("users"), Some(NestingMode::Map.into()));
}

#[tokio::test]
async fn the_same_is_offered_wherever_core_asks() {
    let core = Core::unconfigured(Script::default());
    let schemas = schemas().await;
    let capabilities = schemas.server_capabilities.expect("capabilities");
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
    assert!(!capabilities.move_resource_state && !capabilities.generate_resource_config);
    let metadata = core.service.get_metadata(Request::new(Default::default())).await.expect("no status").into_inner();
    assert_eq!(metadata.resources[0].type_name, "lab_thing");
    assert_eq!(metadata.data_sources[0].type_name, "lab_lookup");
    assert_eq!(metadata.ephemeral_resources[0].type_name, "lab_word");
    assert_eq!(metadata.functions[0].name, "double");
    assert_eq!(metadata.server_capabilities, Some(capabilities));
    let functions = core.service.get_functions(Request::new(Default::default())).await.expect("no status").into_inner();
    assert_eq!(functions.functions, schemas.functions);
    assert_eq!(functions.functions["double"].parameters[0].r#type, br#""number""#);
}

#[tokio::test]
async fn an_identity_attribute_is_either_required_or_optional_for_import() {
    let core = Core::unconfigured(Script::default());
    let request = Request::new(Default::default());
    let answer = core.service.get_resource_identity_schemas(request).await.expect("no status").into_inner();
    let identity = &answer.identity_schemas["lab_thing"].identity_attributes;
    let told: Vec<_> =
        identity.iter().map(|one| (one.name.as_str(), one.required_for_import, one.optional_for_import)).collect();
    assert_eq!(told, [("name", true, false), ("place", false, true)]);
}
