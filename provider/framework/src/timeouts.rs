//! The `timeouts` attribute that every resource with long operations has.

use std::time::Duration;

use crate::prelude::*;

model! {
    /// How long operations may take, as `30s`, `20m`, `1h` or a sum such as `1h30m`.
    pub struct Timeouts {
        /// How long a create may take.
        create: String = optional().check(is_duration).changes("noted for the next create"),
        /// How long an update may take.
        update: String = optional().check(is_duration).changes("holds from the same apply on"),
        /// How long a delete may take.
        delete: String = optional().check(is_duration).changes("noted for the next delete"),
    }
}

fn is_duration(value: &Value) -> Result<(), String> {
    match value.as_str().map(parse_duration) {
        Some(Err(reason)) => Err(reason),
        _ => Ok(()),
    }
}

/// Reads `1h30m`, `20m`, `45s`, `250ms`.
///
/// # Errors
/// If a unit is missing or unknown, or the whole is empty or zero.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let units = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let amount: u32 =
            rest[..digits].parse().map_err(|_| format!("is {text:?}; write a number and a unit, such as \"20m\""))?;
        let unit = match &rest[digits..units] {
            "h" => Duration::from_secs(3600),
            "m" => Duration::from_secs(60),
            "s" => Duration::from_secs(1),
            "ms" => Duration::from_millis(1),
            "" => return Err(format!("is {text:?}, which has no unit; did you mean \"{text}m\"?")),
            other => return Err(format!("is {text:?}, where {other:?} is no unit; use h, m, s or ms")),
        };
        total = unit
            .checked_mul(amount)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| format!("is {text:?}, which is too long"))?;
        rest = &rest[units..];
    }
    if total.is_zero() { Err(format!("is {text:?}; it must be longer than nothing")) } else { Ok(total) }
}

/// The duration that the user set, or `default`. A text that is no duration was refused at validate.
pub fn duration_or(set: &Attr<String>, default: Duration) -> Duration {
    set.known().and_then(|text| parse_duration(text).ok()).unwrap_or(default)
}
