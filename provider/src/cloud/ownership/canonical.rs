//! One text per meaning: how create arguments are compared and hashed. Pure; knows values and no resource.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tfplugin_framework::value::Value;

/// Hash of create arguments by name, 32 hexadecimal digits: fits a tag, an annotation and a label.
///
/// Null arguments count as absent, at any depth, so that an attribute added by a later release changes no hash.
/// Give it no secrets: the hash is public and a weak secret can be guessed from it.
pub fn hash(arguments: &BTreeMap<&str, Value>) -> String {
    let mut digest = Sha256::new();
    for (name, value) in arguments.iter().filter(|(_, value)| !value.is_null()) {
        digest.update(quoted(name));
        digest.update(":");
        digest.update(text(value));
        digest.update("\n");
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The same text for values that mean the same: sets are sorted, null members of objects and maps are left out.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Unknown => "unknown".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(string) => quoted(string),
        Value::List(all) => listed(all.iter().map(text).collect()),
        Value::Set(all) => {
            let mut members: Vec<String> = all.iter().map(text).collect();
            members.sort_unstable();
            listed(members)
        }
        Value::Map(all) | Value::Object(all) => {
            let members = all.iter().filter(|(_, value)| !value.is_null());
            let members: Vec<String> = members.map(|(key, value)| format!("{}:{}", quoted(key), text(value))).collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

fn quoted(string: &str) -> String {
    serde_json::Value::from(string).to_string()
}

fn listed(members: Vec<String>) -> String {
    format!("[{}]", members.join(","))
}
