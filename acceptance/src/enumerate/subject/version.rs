//! An upgrade by two minors: control plane, add-ons and nodes, and then the same again.

use tfplugin_framework::value::Value;

use super::cluster::{TYPE, plain_with};
use super::{Given, Subject};

impl Subject {
    /// Two minors up in one apply.
    pub const VERSION_UPDATE: Subject = Subject {
        name: "version-update",
        type_name: TYPE,
        before: Some(at_first),
        wanted: Some(at_last),
        removes: &[],
    };
}

fn at_first(given: &Given<'_>) -> anyhow::Result<Value> {
    plain_with(given, [("kubernetes_version", "1.34".into())])
}

fn at_last(given: &Given<'_>) -> anyhow::Result<Value> {
    plain_with(given, [("kubernetes_version", "1.36".into())])
}
