//! Configurations as core hands them to a provider: whole objects of a schema, of which a few attributes are set.

use std::collections::BTreeMap;

use anyhow::Context;
use terraform_provider_paas::provider::Paas;
use tfplugin_framework::provider::Provider;
use tfplugin_framework::schema::{Attribute, Schema};
use tfplugin_framework::value::Value;

/// The schema of a resource type.
pub(in crate::enumerate) fn schema(type_name: &str) -> anyhow::Result<Schema> {
    let offer = Paas::new().offer();
    let found = offer.resources.iter().find(|one| one.type_name() == type_name).map(|one| one.schema());
    found.with_context(|| format!("the provider does not offer {type_name}"))
}

/// A block, or an element of a map or list of blocks, before anything is set in it.
pub(super) struct Block {
    attributes: Vec<Attribute>,
}

impl Block {
    /// A resource's own.
    pub(super) fn of(type_name: &str) -> anyhow::Result<Block> {
        Ok(Block { attributes: schema(type_name)?.attributes })
    }

    /// What is nested in an attribute.
    pub(super) fn below(&self, name: &str) -> anyhow::Result<Block> {
        let attribute = self.attributes.iter().find(|one| one.name == name);
        let attribute = attribute.with_context(|| format!("there is no attribute {name}"))?;
        let nested = attribute.kind.children().with_context(|| format!("nothing is nested in {name}"))?;
        Ok(Block { attributes: nested.to_vec() })
    }

    /// The block with these attributes set and no others.
    pub(super) fn set<const N: usize>(&self, set: [(&str, Value); N]) -> Value {
        let all = self.attributes.iter().map(|one| (one.name.to_owned(), Value::Null)).collect();
        with(Value::Object(all), set)
    }
}

/// A configuration with these attributes set beside what is set already.
pub(super) fn with<const N: usize>(config: Value, set: [(&str, Value); N]) -> Value {
    let Value::Object(mut all) = config else { return config };
    all.extend(set.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(all)
}

/// A list of texts.
pub(super) fn texts<const N: usize>(all: [&str; N]) -> Value {
    Value::List(all.map(Value::from).to_vec())
}

/// A map, of whatever its elements are.
pub(super) fn map<const N: usize>(all: [(&str, Value); N]) -> Value {
    Value::Map(BTreeMap::from(all.map(|(key, value)| (key.to_owned(), value))))
}
