//! Rules for what a user writes into one attribute of an app or a job, told in words that follow the attribute's name.
//! Names become parts of URLs and labels, so nothing beyond RFC 1123 gets through.

#[cfg(test)]
mod tests;

use tfplugin_framework::schema::check::shown;
use tfplugin_framework::value::Value;

use super::image::ImageRef;
use super::quantity::Quantity;
use crate::cloud::reference::ClusterRef;

/// Linux refuses one argument or variable of 128 KiB.
const LONGEST_STRING: usize = 128 * 1024 - 1;
/// etcd stores objects of at most 1.5 MiB; a Deployment and its ReplicaSets each hold all of it.
const MOST_TEXT: usize = 512 * 1024;
/// All annotations of an object together may have 256 KiB; the triggers are kept in one.
const MOST_TRIGGER_TEXT: usize = 32 * 1024;

/// True for a label by RFC 1123 of at most `longest` characters.
pub fn is_label(text: &str, longest: usize) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty()
        && text.len() <= longest
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn label(value: &Value, longest: usize) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    if text.len() > longest {
        return Err(format!("is {}; it may have at most {longest} characters", shown(text)));
    }
    if is_label(text, longest) {
        return Ok(());
    }
    Err(format!(
        "is {}; use lower-case letters, digits and '-', beginning and ending with a letter or digit",
        shown(text)
    ))
}

/// A workload's name, with room for what ReplicaSets and Pods add to it.
pub fn name(value: &Value) -> Result<(), String> {
    label(value, 53)
}

/// How a cluster is named.
pub fn cluster(value: &Value) -> Result<(), String> {
    ClusterRef::parse(value.as_str().unwrap_or_default()).map(|_| ())
}

/// A namespace, other than those that belong to Kubernetes.
pub fn namespace(value: &Value) -> Result<(), String> {
    label(value, 63)?;
    match value.as_str() {
        Some(text) if text.starts_with("kube-") => Err(format!("is {text:?}; kube-… belongs to Kubernetes")),
        _ => Ok(()),
    }
}

/// An image reference.
pub fn image(value: &Value) -> Result<(), String> {
    ImageRef::parse(value.as_str().unwrap_or_default()).map(|_| ())
}

/// A CPU quantity, exact to a thousandth of a core.
pub fn cpu(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    let amount = Quantity::parse(text).map_err(|wrong| wrong.to_string())?;
    if amount.is_zero() {
        return Err(format!("is {}; it must be more than nothing", shown(text)));
    }
    if !amount.is_multiple_of(1_000_000) {
        return Err(format!("is {}; Kubernetes counts CPU in thousandths (\"1m\")", shown(text)));
    }
    Ok(())
}

/// A memory quantity of whole bytes; less than any process needs is taken for a forgotten suffix.
pub fn memory(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    let amount = Quantity::parse(text).map_err(|wrong| wrong.to_string())?;
    if !amount.is_multiple_of(1_000_000_000) {
        let meant =
            text.strip_suffix('m').map(|number| format!(" (\"m\" is a thousandth; did you mean \"{number}Mi\"?)"));
        return Err(format!("is {}, which is no whole number of bytes{}", shown(text), meant.unwrap_or_default()));
    }
    if amount.units() < 1 << 20 {
        let meant = text.bytes().all(|b| b.is_ascii_digit()).then(|| format!("; did you mean \"{text}Mi\"?"));
        return Err(format!("is {}, less than 1Mi{}", shown(text), meant.unwrap_or_default()));
    }
    Ok(())
}

/// Environment variables: names that a container can have and values that Linux can pass.
pub fn env(value: &Value) -> Result<(), String> {
    let Value::Map(all) = value else { return Ok(()) };
    for name in all.keys() {
        let odd = |c: char| !c.is_ascii_graphic() || c == '=';
        if name.is_empty() || name.contains(odd) || name.len() > 1024 {
            return Err(format!("has the name {}; use letters, digits, '_', '-' and '.'", shown(name)));
        }
    }
    fits(all.iter().map(|(name, one)| (format!("[{}]", shown(name)), name.len() + 1, one)))
}

/// A command's words.
pub fn words(value: &Value) -> Result<(), String> {
    let Value::List(all) = value else { return Ok(()) };
    fits(all.iter().enumerate().map(|(at, one)| (format!("[{at}]"), 0, one)))
}

fn fits<'a>(all: impl Iterator<Item = (String, usize, &'a Value)>) -> Result<(), String> {
    let mut total = 0;
    for (place, before, one) in all {
        let text = one.as_str().unwrap_or_default();
        if before + text.len() > LONGEST_STRING {
            return Err(format!(
                "{place} has {} bytes; Linux passes at most {LONGEST_STRING} in one string",
                text.len()
            ));
        }
        total += before + text.len();
    }
    if total > MOST_TEXT { Err(format!("has {total} bytes in all; at most {MOST_TEXT} fit")) } else { Ok(()) }
}

/// The values whose change runs a job.
pub fn triggers(value: &Value) -> Result<(), String> {
    let Value::Map(all) = value else { return Ok(()) };
    let total: usize = all.iter().map(|(key, one)| key.len() + one.as_str().map_or(0, str::len)).sum();
    if total > MOST_TRIGGER_TEXT {
        return Err(format!(
            "has {total} bytes in all; at most {MOST_TRIGGER_TEXT} fit. Use a hash, such as sha256(…)"
        ));
    }
    Ok(())
}

/// The name of a time zone, by its shape: the API server knows which exist.
pub fn time_zone(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    let part = |one: &str| {
        one.starts_with(|c: char| c.is_ascii_alphanumeric())
            && one.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    };
    if text.len() > 64 || !text.split('/').all(part) || text.eq_ignore_ascii_case("local") {
        return Err(format!(
            "is {}; write a name of the IANA database, such as \"Europe/Berlin\" or \"Etc/UTC\"",
            shown(text)
        ));
    }
    Ok(())
}
