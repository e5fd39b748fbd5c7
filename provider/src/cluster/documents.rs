//! JSON that users write as text: policies, values of add-ons. Knows what two texts mean; must not know what for.

use serde_json::Value as Json;
use tfplugin_framework::value::Value;

#[cfg(test)]
mod tests;

/// True for texts that mean the same: white space, the order of members and how a character is escaped say nothing.
pub(crate) fn same(a: &str, b: &str) -> bool {
    match (serde_json::from_str::<Json>(a), serde_json::from_str::<Json>(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// [`same`], for attributes.
pub(crate) fn same_values(a: &Value, b: &Value) -> bool {
    matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if same(a, b))
}

/// True for a text that says nothing: an empty object, or no text at all.
pub(crate) fn is_empty(text: &str) -> bool {
    text.trim().is_empty()
        || serde_json::from_str::<Json>(text).is_ok_and(|it| it.as_object().is_some_and(|all| all.is_empty()))
}

/// The text of a JSON object.
pub(crate) fn object(value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    match serde_json::from_str::<Json>(text) {
        Ok(Json::Object(_)) => Ok(()),
        Ok(_) => Err("must be a JSON object: write jsonencode({ … })".to_owned()),
        Err(error) => Err(format!(
            "must be a JSON object, and is no JSON ({error}): write jsonencode({{ … }}), or jsonencode(yamldecode(…)) around YAML"
        )),
    }
}
