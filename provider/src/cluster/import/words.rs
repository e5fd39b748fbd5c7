//! What the user reads after an import: what of the cluster this resource leaves alone, and a configuration that leaves the rest
//! as it is. Words only.

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::model::Model;
use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::Attribute;

use crate::cluster::model::Cluster;

/// Of a cluster that this resource did not make, or with parts that it did not make.
pub(super) fn strangers(object: &str, is_strange: bool, strangers: &[String], found: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    if strangers.is_empty() && !is_strange {
        return all;
    }
    let summary = match strangers.is_empty() {
        true => format!("{object} was not made by this resource"),
        false => format!("{object} has parts that this resource leaves alone"),
    };
    let mut detail = String::new();
    if !strangers.is_empty() {
        detail = format!(
            "{}\n\nThey stay as they are. A node group becomes managed here when node_groups has its name as a key, an access \
             entry when `access` names its principal; roles of the cluster are never touched.\n\n",
            strangers.join("\n")
        );
    }
    detail.push_str(&format!(
        "This configuration changes nothing; whatever is left out of it gets its default in the next apply:\n\n{}",
        configuration(found)
    ));
    all.warning(summary, detail);
    all
}

/// The resource block that leads to this state.
fn configuration(found: &Cluster) -> String {
    let value = found.to_value();
    let written: Vec<Attribute> = Cluster::attributes()
        .into_iter()
        .filter(|attribute| is_written(attribute, value.get(attribute.name)))
        .collect();
    let width = written.iter().map(|attribute| attribute.name.len()).max().unwrap_or_default();
    let line =
        |attribute: &Attribute| format!("    {:width$} = {}\n", attribute.name, expression(value.get(attribute.name)));
    let lines: String = written.iter().map(line).collect();
    format!("  resource \"paas_cluster\" \"<label>\" {{\n{lines}  }}")
}

/// An attribute that only the user knows, unless its value is the default.
fn is_written(attribute: &Attribute, value: &Value) -> bool {
    let behaviour = &attribute.behaviour;
    let default = behaviour.default.as_ref();
    let is_asked = behaviour.required || (behaviour.optional && (!behaviour.computed || default.is_some()));
    is_asked && !value.is_null() && default != Some(value)
}

/// A value as HCL.
fn expression(value: &Value) -> String {
    let quoted = |text: &str| {
        let text = serde_json::Value::from(text).to_string();
        text.replace("${", "$${").replace("%{", "%%{")
    };
    let name = |key: &str| {
        let is_plain = key.starts_with(|first: char| first.is_ascii_alphabetic())
            && key.chars().all(|one| one.is_ascii_alphanumeric() || one == '_' || one == '-');
        if is_plain { key.to_owned() } else { quoted(key) }
    };
    match value {
        Value::Null | Value::Unknown => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::List(all) | Value::Set(all) => {
            format!("[{}]", all.iter().map(expression).collect::<Vec<_>>().join(", "))
        }
        Value::Map(all) | Value::Object(all) => {
            let set = all.iter().filter(|(_, one)| !one.is_null());
            let members: Vec<String> = set.map(|(key, one)| format!("{} = {}", name(key), expression(one))).collect();
            if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
        }
    }
}
