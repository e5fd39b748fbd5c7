//! One test per way in which core can come back to an object.

mod claims;
mod marks;
mod replacements;
mod stored;
mod texts;

use std::collections::BTreeMap;

use tfplugin_framework::value::Value;

/// Create arguments of a cluster, as a plan or a state has them.
fn cluster(name: &str, subnets: &[&str]) -> BTreeMap<&'static str, Value> {
    let set = Value::Set(subnets.iter().map(|one| Value::from(*one)).collect());
    BTreeMap::from([("name", name.into()), ("region", "eu-west-1".into()), ("subnet_ids", set), ("key", Value::Null)])
}
