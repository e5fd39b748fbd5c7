//! Rules for single values of a node group's attributes, in words that follow the attribute's name. Pure.

use tfplugin_framework::schema::check::shown;
use tfplugin_framework::value::Value;

/// The types of images that EKS offers by name. An image of the user's own comes with a launch template and has no name.
pub(crate) const IMAGES: [&str; 22] = [
    "AL2023_x86_64_STANDARD",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_NEURON",
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
    "BOTTLEROCKET_x86_64",
    "BOTTLEROCKET_ARM_64",
    "BOTTLEROCKET_x86_64_FIPS",
    "BOTTLEROCKET_ARM_64_FIPS",
    "BOTTLEROCKET_x86_64_NVIDIA",
    "BOTTLEROCKET_ARM_64_NVIDIA",
    "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
    "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
    "AL2_x86_64",
    "AL2_x86_64_GPU",
    "AL2_ARM_64",
    "WINDOWS_CORE_2019_x86_64",
    "WINDOWS_CORE_2022_x86_64",
    "WINDOWS_CORE_2025_x86_64",
    "WINDOWS_FULL_2019_x86_64",
    "WINDOWS_FULL_2022_x86_64",
    "WINDOWS_FULL_2025_x86_64",
];
/// What the keys of a group's labels must not contain.
const RESERVED: [&str; 3] = ["kubernetes.io/", "k8s.io/", "eks.amazonaws."];

fn is_word(text: &str) -> bool {
    let ends = |one: Option<char>| one.is_some_and(|one| one.is_ascii_alphanumeric());
    text.chars().all(|one| one.is_ascii_alphanumeric() || "-_.".contains(one))
        && ends(text.chars().next())
        && ends(text.chars().next_back())
}

fn is_domain(text: &str) -> bool {
    let label = |part: &str| {
        !part.is_empty()
            && part.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.split('.').all(label)
}

fn key(text: &str) -> Result<(), String> {
    let holds = (1..=63).contains(&text.len())
        && match text.split_once('/') {
            Some((domain, name)) => is_domain(domain) && is_word(name),
            None => is_word(text),
        };
    if holds {
        return Ok(());
    }
    Err(format!(
        "must have 1 to 63 letters, digits, - _ and ., with a letter or digit at both ends and possibly a domain and / before, not {}",
        shown(text)
    ))
}

/// Kubernetes' rule for keys, with EKS's for groups of its own.
pub(crate) fn label_key(value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    match RESERVED.iter().find(|reserved| text.contains(**reserved)) {
        Some(reserved) => {
            Err(format!("must not contain {reserved:?}, as {} does: EKS keeps it for itself", shown(text)))
        }
        None => key(text),
    }
}

/// Kubernetes' rule for values; EKS takes no empty ones.
pub(crate) fn label_value(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some(text) if text.is_empty() || text.len() > 63 || !is_word(text) => Err(format!(
            "must have 1 to 63 letters, digits, - _ and ., with a letter or digit at both ends, not {}",
            shown(text)
        )),
        _ => Ok(()),
    }
}

/// Kubernetes' rule for keys.
pub(crate) fn taint_key(value: &Value) -> Result<(), String> {
    value.as_str().map_or(Ok(()), key)
}

/// Kubernetes' rule for values, which may be empty.
pub(crate) fn taint_value(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some("") => Ok(()),
        _ => label_value(value),
    }
}

/// `latest`, `1.35.2-20261105`, `1.48.0-5d9ac849`
pub(crate) fn release(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        text == "latest"
            || (text.len() <= 63
                && text.starts_with(|one: char| one.is_ascii_digit())
                && text.contains('-')
                && is_word(text))
    };
    match value.as_str() {
        Some(text) if !holds(text) => {
            Err(format!("must be \"latest\" or a release such as \"1.35.2-20261105\", not {}", shown(text)))
        }
        _ => Ok(()),
    }
}

/// `lt-0123456789abcdef0`
pub(crate) fn template_id(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        let id = text.strip_prefix("lt-").unwrap_or_default();
        matches!(id.len(), 8..=17) && id.chars().all(|digit| digit.is_ascii_hexdigit() && !digit.is_ascii_uppercase())
    };
    match value.as_str() {
        Some(text) if !holds(text) => {
            Err(format!("must be the id of a launch template, such as \"lt-0123456789abcdef0\", not {}", shown(text)))
        }
        _ => Ok(()),
    }
}
