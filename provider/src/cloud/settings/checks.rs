//! Rules for the provider block. Pure; each says what is wrong in words that follow the attribute's name, and what to do.

use std::time::Duration;

use tfplugin_framework::attr::Attr;
use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::timeouts::parse_duration;
use tfplugin_framework::value::Value;

use super::Settings;
use crate::cloud::ownership::is_own_key;
use crate::cloud::partition::{Partition, is_known_region, similar_region};

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The shape of a region's name: `eu-west-1`, `us-gov-east-1`. Also the rule for a resource's own `region`.
///
/// # Errors
/// What is wrong.
pub fn is_region_name(value: &Value) -> Result<(), String> {
    let region = text(value);
    let parts: Vec<&str> = region.split('-').collect();
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, names))
            if (2..=4).contains(&names.len())
                && names.iter().all(|name| letters(name))
                && (1..=2).contains(&number.len())
                && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Ok(())
        }
        _ if region.ends_with(|c: char| c.is_ascii_lowercase()) && region.rsplit('-').next().is_some_and(is_zone) => {
            Err(format!("is {region:?}, which is an availability zone; leave out the last letter"))
        }
        _ => Err(format!("is {region:?}, which is not the name of a region; write it like \"eu-west-1\"")),
    }
}

fn is_zone(last: &str) -> bool {
    last.starts_with(|c: char| c.is_ascii_digit())
}

/// A region in which EKS exists. A region that is younger than this release works with an address in `endpoints`.
///
/// # Errors
/// What is wrong, in words that follow `region`.
pub fn region_exists(region: &str, settings: &Settings) -> Result<(), String> {
    let addressed = settings.endpoints.known().is_some_and(|endpoints| !endpoints.eks.is_null());
    if is_known_region(region) || addressed || settings.endpoints.is_unknown() {
        return Ok(());
    }
    let meant = similar_region(region).map(|known| format!("did you mean {known:?}? ")).unwrap_or_default();
    let domain = Partition::of_region(region).dns_suffix();
    Err(format!(
        "is {region:?}, where this release knows no EKS; {meant}If it is a new region, set endpoints = {{ eks = \
         \"https://eks.{region}.{domain}\" }}"
    ))
}

pub(super) fn is_owner(value: &Value) -> Result<(), String> {
    let owner = text(value);
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let plain = owner.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if owner.len() > 63 {
        Err(format!("has {} characters; a label of Kubernetes has room for 63", owner.len()))
    } else if !plain || !edge(owner.chars().next()) || !edge(owner.chars().next_back()) {
        Err(format!(
            "is {owner:?}, which cannot be a label: letters, digits, \".\", \"_\" and \"-\", with a letter or digit at both ends"
        ))
    } else {
        Ok(())
    }
}

pub(super) fn is_role_arn(value: &Value) -> Result<(), String> {
    let arn = text(value);
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", account, role]
            if partition.starts_with("aws") && is_account_id(account) && is_role(role) =>
        {
            Ok(())
        }
        _ => Err(format!("is {arn:?}; write the ARN of a role, like \"arn:PARTITION:iam::ACCOUNT:role/NAME\"")),
    }
}

fn is_role(resource: &str) -> bool {
    let name = resource.strip_prefix("role/").unwrap_or_default();
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '*')
}

fn is_account_id(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_account_ids(value: &Value) -> Result<(), String> {
    let Value::List(ids) = value else { return Ok(()) };
    if ids.is_empty() {
        return Err("is empty, which would allow no account at all; leave it out or list accounts".to_owned());
    }
    match ids.iter().filter_map(Value::as_str).find(|id| !is_account_id(id)) {
        Some(id) => Err(format!("has {id:?}; an account id is 12 digits, in quotes because it may begin with 0")),
        None => Ok(()),
    }
}

pub(super) fn is_session_name(value: &Value) -> Result<(), String> {
    let name = text(value);
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
    if plain && (2..=64).contains(&name.len()) {
        Ok(())
    } else {
        Err(format!("is {name:?}; AWS takes 2 to 64 letters, digits and _ + = , . @ -"))
    }
}

pub(super) fn is_session_duration(value: &Value) -> Result<(), String> {
    let duration = parse_duration(text(value))?;
    let allowed = Duration::from_secs(15 * 60)..=Duration::from_secs(12 * 3600);
    if allowed.contains(&duration) {
        Ok(())
    } else {
        Err(format!("is {:?}; AWS allows 15m to 12h, and no more than the role's own maximum", text(value)))
    }
}

pub(super) fn is_tries(value: &Value) -> Result<(), String> {
    match value {
        Value::Number(number) if number.as_i64().is_some_and(|tries| (1..=1000).contains(&tries)) => Ok(()),
        Value::Number(number) => Err(format!("is {number}; a call is tried 1 to 1000 times")),
        _ => Ok(()),
    }
}

pub(super) fn is_url(value: &Value) -> Result<(), String> {
    let url = text(value);
    let absolute = url.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if absolute { Ok(()) } else { Err(format!("is {url:?}; write an address like \"https://vpce-1.example.com\"")) }
}

/// How many tags are left of AWS's 50: a cluster has the four of its mark, that of the provider and its inventory.
pub(crate) const MOST_TAGS: usize = 44;

/// Tags of AWS: up to 50, less those that this provider sets itself.
///
/// # Errors
/// What is wrong.
pub(super) fn is_tags(value: &Value) -> Result<(), String> {
    let Value::Map(tags) = value else { return Ok(()) };
    if tags.len() > MOST_TAGS {
        return Err(format!("has {} tags; AWS allows 50 and this provider needs six of them", tags.len()));
    }
    for (key, value) in tags {
        if key.is_empty() || key.chars().count() > 128 {
            return Err(format!("has the key {key:?}; AWS takes 1 to 128 characters"));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(format!("has the key {key:?}; AWS keeps keys that begin with \"aws:\" to itself"));
        }
        if is_own_key(key) {
            return Err(format!("has the key {key:?}, which this provider sets itself; leave it out"));
        }
        let characters = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c));
        let value = value.as_str().unwrap_or_default();
        if !characters(key) || !characters(value) {
            return Err(format!("has {key:?} = {value:?}; AWS takes letters, digits, spaces and _ . : / = + - @"));
        }
        if value.chars().count() > 256 {
            return Err(format!("has a value of {} characters at {key:?}; AWS takes 256", value.chars().count()));
        }
    }
    Ok(())
}

/// Rules between attributes of the provider block.
pub fn validate(settings: &Settings) -> Diagnostics {
    let mut all = Diagnostics::none();
    if let Attr::Known(region) = &settings.region
        && let Err(reason) = region_exists(region, settings)
    {
        all.error_at(Path::attribute("region"), format!("region {reason}"), "");
    }
    let named = settings.kubeconfigs.known().into_iter().flatten();
    for (key, entry) in named {
        if key.is_empty() || key.starts_with("arn:") || key.contains(['/', ':']) || key.chars().any(char::is_control) {
            all.error_at(
                Path::attribute("kubeconfigs").key(key),
                format!("kubeconfigs has the key {key:?}, which cannot name a cluster"),
                "A key is what `cluster` of an app or job says. An ARN there is an EKS cluster, and \"/\" and \":\" would \
                 make ids ambiguous.",
            );
        }
        if entry.known().and_then(|entry| entry.path.known()).is_some_and(String::is_empty) {
            all.error_at(
                Path::attribute("kubeconfigs").key(key).child("path"),
                "a kubeconfig has an empty path",
                "Write the file's path, such as \"~/.kube/config\".",
            );
        }
    }
    all
}
