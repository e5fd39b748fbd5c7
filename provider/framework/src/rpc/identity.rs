//! A resource's identity as core keeps it: an object of strings beside the state.

use std::collections::BTreeMap;

use tfplugin_proto::tfplugin6 as proto;

use super::convert;
use crate::attr::Attr;
use crate::diagnostic::{Diagnostics, Path};
use crate::resource::AnyResource;
use crate::value::{Type, Value};

/// The type of the resource's identity; nothing if it has none.
pub(super) fn kind(resource: &dyn AnyResource) -> Option<Type> {
    let attributes = resource.identity_attributes();
    (!attributes.is_empty())
        .then(|| Type::Object(attributes.iter().map(|one| (one.name.to_owned(), Type::String)).collect()))
}

/// Reads what core sent; null if it sent none or the resource has none.
pub(super) fn read(
    resource: &dyn AnyResource,
    message: Option<&proto::ResourceIdentityData>,
) -> Result<Value, Diagnostics> {
    match kind(resource) {
        Some(kind) => convert::value(message.and_then(|message| message.identity_data.as_ref()), &kind),
        None => Ok(Value::Null),
    }
}

/// The attributes of an identity; absent if it is null.
pub(super) fn attributes(identity: &Value) -> Option<BTreeMap<String, Attr<String>>> {
    match identity {
        Value::Object(all) => Some(
            all.iter()
                .map(|(name, one)| (name.clone(), Attr::from_value(one, &Path::root()).unwrap_or_default()))
                .collect(),
        ),
        _ => None,
    }
}

/// The identity to answer with for an object in `state`. Core refuses one that changes, so what it already knows stands
/// unless the resource only adds to it.
pub(super) fn answer(
    resource: &dyn AnyResource,
    state: &Value,
    known: &Value,
) -> Result<Option<proto::ResourceIdentityData>, Diagnostics> {
    let Some(kind @ Type::Object(_)) = kind(resource) else { return Ok(None) };
    let told = if state.is_null() { None } else { resource.identity(state) };
    let told = told.map(|told| object(resource, told));
    let identity = match told {
        Some(told) if extends(known, &told) => told,
        Some(_) => {
            tracing::warn!("the provider told another identity than before; the one before is kept");
            known.clone()
        }
        None => known.clone(),
    };
    if identity.is_null() {
        return Ok(None);
    }
    Ok(Some(proto::ResourceIdentityData { identity_data: Some(convert::dynamic(&identity, &kind)?) }))
}

fn object(resource: &dyn AnyResource, mut told: BTreeMap<String, String>) -> Value {
    let attributes = resource.identity_attributes().iter();
    Value::Object(
        attributes.map(|one| (one.name.to_owned(), told.remove(one.name).map_or(Value::Null, Value::String))).collect(),
    )
}

fn extends(known: &Value, told: &Value) -> bool {
    match known {
        Value::Object(all) => all.iter().all(|(name, one)| one.is_null() || one == told.get(name)),
        _ => true,
    }
}
