//! What the provider offers, as messages: schemas, functions, identities, capabilities.

use std::collections::HashMap;

use tfplugin_proto::tfplugin6 as proto;

use super::registry::Registry;
use crate::function::Function;
use crate::schema::{Attribute, AttributeType, Schema};
use crate::value::Type;

/// Core skips GetProviderSchema in all processes of a run but the first: nothing here relies on it.
fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: false,
        generate_resource_config: false,
    }
}

pub(super) fn metadata(registry: &Registry) -> proto::get_metadata::Response {
    use proto::get_metadata as message;
    message::Response {
        server_capabilities: Some(capabilities()),
        resources: each(registry.resources.keys(), |type_name| message::ResourceMetadata { type_name }),
        data_sources: each(registry.data_sources.keys(), |type_name| message::DataSourceMetadata { type_name }),
        ephemeral_resources: each(registry.ephemerals.keys(), |type_name| message::EphemeralMetadata { type_name }),
        functions: each(registry.functions.keys(), |name| message::FunctionMetadata { name }),
        ..message::Response::default()
    }
}

fn each<'a, T>(names: impl Iterator<Item = &'a &'static str>, make: impl Fn(String) -> T) -> Vec<T> {
    names.map(|name| make((*name).to_owned())).collect()
}

pub(super) fn schemas(registry: &Registry) -> proto::get_provider_schema::Response {
    let named = |name: &&str, of: &Schema| ((*name).to_owned(), schema(of));
    proto::get_provider_schema::Response {
        provider: Some(schema(&registry.provider_shape().schema)),
        resource_schemas: registry.resources.iter().map(|(name, it)| named(name, &it.shape().schema)).collect(),
        data_source_schemas: registry.data_sources.iter().map(|(name, it)| named(name, &it.shape().schema)).collect(),
        ephemeral_resource_schemas: registry
            .ephemerals
            .iter()
            .map(|(name, it)| named(name, &it.shape().schema))
            .collect(),
        functions: functions(registry),
        server_capabilities: Some(capabilities()),
        ..proto::get_provider_schema::Response::default()
    }
}

pub(super) fn identities(registry: &Registry) -> proto::get_resource_identity_schemas::Response {
    let identity_schemas = registry
        .resources
        .iter()
        .filter(|(_, resource)| !resource.it.identity_attributes().is_empty())
        .map(|(name, resource)| {
            let attributes = resource.it.identity_attributes().iter().map(|attribute| {
                proto::resource_identity_schema::IdentityAttribute {
                    name: attribute.name.to_owned(),
                    r#type: Type::String.to_json().into_bytes(),
                    required_for_import: attribute.required,
                    optional_for_import: !attribute.required,
                    description: attribute.doc.to_owned(),
                }
            });
            let schema = proto::ResourceIdentitySchema { version: 0, identity_attributes: attributes.collect() };
            ((*name).to_owned(), schema)
        })
        .collect();
    proto::get_resource_identity_schemas::Response { identity_schemas, diagnostics: Vec::new() }
}

pub(super) fn functions(registry: &Registry) -> HashMap<String, proto::Function> {
    registry.functions.iter().map(|(name, it)| ((*name).to_owned(), function(&**it))).collect()
}

fn function(it: &dyn Function) -> proto::Function {
    let parameters = it.parameters().into_iter().map(|parameter| proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: parameter.kind.to_json().into_bytes(),
        description: parameter.doc.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        ..proto::function::Parameter::default()
    });
    proto::Function {
        parameters: parameters.collect(),
        r#return: Some(proto::function::Return { r#type: it.result().to_json().into_bytes() }),
        summary: it.summary().to_owned(),
        description: it.doc().to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        ..proto::Function::default()
    }
}

/// The schema of one thing on offer as a message.
pub(super) fn schema(of: &Schema) -> proto::Schema {
    proto::Schema {
        version: of.version,
        block: Some(proto::schema::Block {
            version: of.version,
            attributes: attributes(&of.attributes),
            description: of.doc.clone(),
            description_kind: proto::StringKind::Markdown.into(),
            ..proto::schema::Block::default()
        }),
    }
}

fn attributes(all: &[Attribute]) -> Vec<proto::schema::Attribute> {
    all.iter().map(attribute).collect()
}

fn attribute(one: &Attribute) -> proto::schema::Attribute {
    use proto::schema::object::NestingMode;
    let nested = |children: &[Attribute], nesting: NestingMode| {
        let nested =
            proto::schema::Object { attributes: attributes(children), nesting: nesting.into(), ..Default::default() };
        (Vec::new(), Some(nested))
    };
    let (kind, nested_type) = match &one.kind {
        AttributeType::Plain(plain) => (plain.to_json().into_bytes(), None),
        AttributeType::Single(children) => nested(children, NestingMode::Single),
        AttributeType::List(children) => nested(children, NestingMode::List),
        AttributeType::Map(children) => nested(children, NestingMode::Map),
    };
    let behaviour = &one.behaviour;
    proto::schema::Attribute {
        name: one.name.to_owned(),
        r#type: kind,
        nested_type,
        description: one.doc.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        required: behaviour.required,
        optional: behaviour.optional,
        computed: behaviour.computed,
        sensitive: behaviour.sensitive,
        write_only: behaviour.write_only,
        deprecated: behaviour.deprecated.is_some(),
        deprecation_message: behaviour.deprecated.unwrap_or_default().to_owned(),
    }
}
