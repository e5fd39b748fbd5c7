//! Frequent rules for the values of attributes, for [`Behaviour::check`](super::Behaviour::check). Each answers with words
//! that follow the attribute's name: "must be between 1 and 65535, not 0".

use std::collections::BTreeSet;

use crate::value::Value;

/// A number from `low` to `high`, both included.
pub fn between(low: i64, high: i64) -> impl Fn(&Value) -> Result<(), String> {
    move |value| match value {
        Value::Number(number) if number.as_i64().is_none_or(|it| it < low || it > high) => {
            Err(format!("must be a whole number from {low} to {high}, not {number}"))
        }
        _ => Ok(()),
    }
}

/// A number of `low` or more.
pub fn at_least(low: i64) -> impl Fn(&Value) -> Result<(), String> {
    move |value| match value {
        Value::Number(number) if number.as_i64().is_none_or(|it| it < low) => {
            Err(format!("must be a whole number of {low} or more, not {number}"))
        }
        _ => Ok(()),
    }
}

/// One of `words`.
pub fn one_of(words: &'static [&'static str]) -> impl Fn(&Value) -> Result<(), String> {
    move |value| match value.as_str() {
        Some(text) if !words.contains(&text) => {
            let all: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            Err(format!("must be one of {}, not {}", all.join(", "), shown(text)))
        }
        _ => Ok(()),
    }
}

/// A text of `low` to `high` characters.
pub fn length(low: usize, high: usize) -> impl Fn(&Value) -> Result<(), String> {
    move |value| match value.as_str().map(|text| text.chars().count()) {
        Some(0) if low > 0 => Err("must not be empty".to_owned()),
        Some(count) if count < low || count > high => {
            Err(format!("must have {low} to {high} characters; this one has {count}"))
        }
        _ => Ok(()),
    }
}

/// A list, set or map of `low` to `high` elements.
pub fn size(low: usize, high: usize) -> impl Fn(&Value) -> Result<(), String> {
    move |value| {
        let count = match value {
            Value::List(all) | Value::Set(all) => all.len(),
            Value::Map(all) => all.len(),
            _ => return Ok(()),
        };
        match count {
            count if count < low => Err(format!("must have at least {low} elements, not {count}")),
            count if count > high => Err(format!("must have at most {high} elements, not {count}")),
            _ => Ok(()),
        }
    }
}

/// No text twice in a list.
pub fn distinct(value: &Value) -> Result<(), String> {
    let Value::List(all) = value else { return Ok(()) };
    let mut seen = BTreeSet::new();
    match all.iter().filter_map(Value::as_str).find(|text| !seen.insert(*text)) {
        Some(twice) => Err(format!("has {} twice", shown(twice))),
        None => Ok(()),
    }
}

/// A rule for every element of a list, set or map; those that are null or unknown are passed over.
pub fn each(rule: impl Fn(&Value) -> Result<(), String>) -> impl Fn(&Value) -> Result<(), String> {
    move |value| {
        let judge = |name: String, one: &Value| match one {
            Value::Null | Value::Unknown => Ok(()),
            known => rule(known).map_err(|wrong| format!("has an element that is wrong: {name} {wrong}")),
        };
        match value {
            Value::List(all) | Value::Set(all) => {
                all.iter().enumerate().try_for_each(|(at, one)| judge(format!("number {}", at + 1), one))
            }
            Value::Map(all) => all.iter().try_for_each(|(key, one)| judge(shown(key), one)),
            _ => Ok(()),
        }
    }
}

/// A rule for every key of a map.
pub fn each_key(rule: impl Fn(&Value) -> Result<(), String>) -> impl Fn(&Value) -> Result<(), String> {
    move |value| match value {
        Value::Map(all) => all.keys().try_for_each(|key| {
            let name = |wrong: &str| if wrong.contains(&shown(key)) { "it".to_owned() } else { shown(key) };
            rule(&Value::from(key.as_str()))
                .map_err(|wrong| format!("has a key that is wrong: {} {wrong}", name(&wrong)))
        }),
        _ => Ok(()),
    }
}

/// A text in quotes for a message: escaped, and cut where it is long.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}… ({} bytes)", &text[..end], text.len()),
        None => format!("{text:?}"),
    }
}
