//! Between protocol messages and the framework's own types.

use std::time::SystemTime;

use tfplugin_proto::tfplugin6 as proto;

use crate::diagnostic::{Diagnostics, Path, Severity, Step};
use crate::value::msgpack::{self, WireError};
use crate::value::{Type, Value, json};

/// Reads a value of `kind`; a message that is left out is null.
pub(super) fn value(message: Option<&proto::DynamicValue>, kind: &Type) -> Result<Value, Diagnostics> {
    let decoded = match message {
        None => return Ok(Value::Null),
        Some(message) if !message.msgpack.is_empty() => msgpack::decode(&message.msgpack, kind),
        Some(message) if !message.json.is_empty() => json::decode(&message.json, kind),
        Some(_) => return Ok(Value::Null),
    };
    decoded.map_err(|error| misread(&error))
}

fn misread(error: &WireError) -> Diagnostics {
    Diagnostics::of_error(
        "a value that Terraform sent does not fit the provider's schema",
        format!("{error}. Does the version of the provider that is installed match the one in the lock file?"),
    )
}

/// Writes a value, which must be of `kind`.
pub(super) fn dynamic(value: &Value, kind: &Type) -> Result<proto::DynamicValue, Diagnostics> {
    match msgpack::encode(value, kind) {
        Ok(msgpack) => Ok(proto::DynamicValue { msgpack, json: Vec::new() }),
        Err(error) => Err(Diagnostics::of_error(
            "the provider answered with a value that does not fit its own schema",
            format!("{error}. This is a mistake of the provider; please report it."),
        )),
    }
}

pub(super) fn diagnostics(all: &Diagnostics) -> Vec<proto::Diagnostic> {
    all.iter()
        .map(|one| proto::Diagnostic {
            severity: match one.severity {
                Severity::Error => proto::diagnostic::Severity::Error,
                Severity::Warning => proto::diagnostic::Severity::Warning,
            }
            .into(),
            summary: one.summary.clone(),
            detail: one.detail.clone(),
            attribute: one.path.as_ref().filter(|path| !path.0.is_empty()).map(path),
        })
        .collect()
}

pub(super) fn path(path: &Path) -> proto::AttributePath {
    use proto::attribute_path::step::Selector;
    let steps = path
        .0
        .iter()
        .map(|step| proto::attribute_path::Step {
            selector: Some(match step {
                Step::Attribute(name) => Selector::AttributeName(name.clone()),
                Step::Key(key) => Selector::ElementKeyString(key.clone()),
                Step::Index(index) => Selector::ElementKeyInt(*index),
            }),
        })
        .collect();
    proto::AttributePath { steps }
}

pub(super) fn timestamp(time: SystemTime) -> prost_types::Timestamp {
    prost_types::Timestamp::from(time)
}
