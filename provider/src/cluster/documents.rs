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

/// The text of a policy of IAM, as far as its outline goes: what it allows only IAM can judge.
pub(crate) fn policy(value: &Value) -> Result<(), String> {
    object(value)?;
    let Some(text) = value.as_str() else { return Ok(()) };
    let document: Json = serde_json::from_str(text).unwrap_or_default();
    let statements = match &document["Statement"] {
        Json::Array(all) => all.iter().collect(),
        Json::Null => Vec::new(),
        one => vec![one],
    };
    if statements.is_empty() {
        return Err(
            "must be a policy with a Statement: write jsonencode({ Version = \"2012-10-17\", Statement = [ … ] })"
                .to_owned(),
        );
    }
    let lacks = |one: &&Json| {
        let has = |names: [&str; 2]| names.iter().any(|name| !one[*name].is_null());
        [["Effect", "Effect"], ["Action", "NotAction"], ["Resource", "NotResource"]]
            .into_iter()
            .find(|names| !has(*names))
    };
    match statements.iter().enumerate().find_map(|(at, one)| Some((at, lacks(one)?))) {
        Some((at, [name, _])) => Err(format!("must be a policy, and its statement number {} has no {name}", at + 1)),
        None => Ok(()),
    }
}
