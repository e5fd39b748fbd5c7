//! Rules for single values of the cluster's attributes, in words that follow the attribute's name. Pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use tfplugin_framework::schema::check::shown;
use tfplugin_framework::value::Value;

use crate::cloud::ownership;
use crate::cluster::control_plane::log_group;
use crate::cluster::parts;

fn rule(value: &Value, holds: impl Fn(&str) -> bool, must: &str) -> Result<(), String> {
    match value.as_str() {
        Some(text) if !holds(text) => Err(format!("{must}, not {}", shown(text))),
        _ => Ok(()),
    }
}

fn is_name(text: &str, longest: usize) -> bool {
    text.len() <= longest
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|one| one.is_ascii_alphanumeric() || one == '-' || one == '_')
}

/// EKS's rule for names of clusters.
pub(crate) fn cluster_name(value: &Value) -> Result<(), String> {
    let must = "must be 1 to 100 letters, digits, - and _, with a letter or digit first";
    rule(value, |text| is_name(text, 100), must)
}

/// EKS allows names of 63 characters; the rest is for the suffix of a group that takes another one's place.
pub(crate) fn group_key(value: &Value) -> Result<(), String> {
    let must = "must be 1 to 54 letters, digits, - and _, with a letter or digit first";
    rule(value, |text| is_name(text, 54), must)
}

/// `subnet-0123456789abcdef0`
pub(crate) fn subnet_id(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        let id = text.strip_prefix("subnet-").unwrap_or_default();
        matches!(id.len(), 8..=17) && id.chars().all(|digit| digit.is_ascii_hexdigit() && !digit.is_ascii_uppercase())
    };
    rule(value, holds, "must be the id of a subnet, such as \"subnet-0123456789abcdef0\"")
}

/// `eu-west-1`
pub(crate) fn region(value: &Value) -> Result<(), String> {
    let word = |part: &str| !part.is_empty() && part.chars().all(|one| one.is_ascii_lowercase());
    let holds = |text: &str| {
        let parts: Vec<&str> = text.split('-').collect();
        text.len() <= 32
            && parts.len() >= 3
            && parts[..parts.len() - 1].iter().all(|part| word(part))
            && parts
                .last()
                .is_some_and(|number| !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit()))
    };
    rule(value, holds, "must be the name of a region, such as \"eu-west-1\"")
}

/// `1.35`. Written as a number, 1.30 is 1.3.
pub(crate) fn minor(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some(text) if parts::minor_of(text).is_none() => {
            Err(format!("must be a minor version of Kubernetes, such as \"1.35\", not {}", shown(text)))
        }
        Some(text @ ("1.2" | "1.3" | "1.4")) => Err(format!(
            "is {text}, which EKS does not have. A version written as a number loses its last zero: write \"{text}0\" with quotes"
        )),
        _ => Ok(()),
    }
}

/// The ARN of a role or user, which an access entry can have.
pub(crate) fn principal(value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts[..] else {
        return Err(format!("must be the ARN of an IAM role or user, not {}", shown(text)));
    };
    if service == "sts" && resource.starts_with("assumed-role/") {
        let role = resource.split('/').nth(1).unwrap_or("NAME");
        return Err(format!(
            "is the ARN of a session, {}. Write the role's: \"arn:{partition}:iam::{account}:role/{role}\", with its path if it has one",
            shown(text)
        ));
    }
    if resource.starts_with("role/aws-service-role/") {
        return Err(format!("is the ARN of a role of an AWS service, {}, which EKS gives no access", shown(text)));
    }
    let is_account = account.len() == 12 && account.chars().all(|digit| digit.is_ascii_digit());
    let is_principal = ["role/", "user/"].iter().any(|kind| resource.len() > kind.len() && resource.starts_with(kind));
    let is_plain =
        text.len() <= 600 && text.chars().all(|one| one.is_ascii_graphic() && one != '*') && !text.contains("..");
    if arn == "arn" && service == "iam" && region.is_empty() && is_account && is_principal && is_plain {
        return Ok(());
    }
    Err(format!(
        "must be the ARN of an IAM role or user, such as \"arn:aws:iam::111122223333:role/platform\", not {}",
        shown(text)
    ))
}

/// `m7i-flex.large`
pub(crate) fn instance_type(value: &Value) -> Result<(), String> {
    let part = |text: &str| {
        !text.is_empty() && text.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-')
    };
    let holds =
        |text: &str| text.len() <= 40 && text.split_once('.').is_some_and(|(family, size)| part(family) && part(size));
    rule(value, holds, "must be an EC2 instance type, such as \"m7i-flex.large\"")
}

/// `203.0.113.0/24`
pub(crate) fn cidr(value: &Value) -> Result<(), String> {
    rule(value, |text| network(text).is_some(), "must be a range of addresses, such as \"203.0.113.0/24\"")
}

/// `sg-0123456789abcdef0`
pub(crate) fn security_group_id(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        let id = text.strip_prefix("sg-").unwrap_or_default();
        matches!(id.len(), 8..=17) && id.chars().all(|digit| digit.is_ascii_hexdigit() && !digit.is_ascii_uppercase())
    };
    rule(value, holds, "must be the id of a security group, such as \"sg-0123456789abcdef0\"")
}

/// `arn:aws:kms:eu-west-1:111122223333:key/ID`. An alias may point elsewhere tomorrow, and EKS does not take one.
pub(crate) fn kms_key(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        matches!(parts[..], ["arn", _, "kms", _, _, key] if key.strip_prefix("key/").is_some_and(|id| !id.is_empty()))
    };
    let must = "must be the ARN of a KMS key, such as \"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\"";
    rule(value, holds, must)
}

/// EKS's rule for the range of Services: RFC 1918, from /24 to /12.
pub(crate) fn service_cidr(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        let Some((address, length)) = text.split_once('/') else { return false };
        let length = plain_number(length).filter(|length| (12..=24).contains(length));
        let (Ok(address), Some(length)) = (address.parse::<std::net::Ipv4Addr>(), length) else { return false };
        network(text).as_deref() == Some(text) && address.is_private() && length >= least_length(address)
    };
    rule(value, holds, "must be a private range from /24 to /12, such as \"10.100.0.0/16\"")
}

/// The length of the RFC 1918 block that a private address is in: a shorter prefix would leave it.
fn least_length(address: std::net::Ipv4Addr) -> u32 {
    match address.octets()[0] {
        10 => 8,
        172 => 12,
        _ => 16,
    }
}

/// The numbers of days that CloudWatch Logs knows.
pub(crate) fn retention(value: &Value) -> Result<(), String> {
    match value {
        Value::Number(number) if number.as_i64().is_none_or(|days| !log_group::DAYS.contains(&days)) => {
            let all = log_group::DAYS.map(|days| days.to_string()).join(", ");
            Err(format!("must be one of {all}, not {number}"))
        }
        _ => Ok(()),
    }
}

/// AWS's rule for the keys of tags, and the keys that are this provider's.
pub(crate) fn tag_key(value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    if text.to_ascii_lowercase().starts_with("aws:") {
        return Err(format!("must not begin with \"aws:\", which is reserved, as {} does", shown(text)));
    }
    if ownership::is_own_key(text) || parts::is_own_key(text) {
        return Err(format!("is {}, by which this provider knows what it made", shown(text)));
    }
    let is_legal = (1..=128).contains(&text.chars().count()) && text.chars().all(is_tag_character);
    if is_legal {
        Ok(())
    } else {
        Err(format!("must have 1 to 128 letters, digits, spaces and _ . : / = + - @, not {}", shown(text)))
    }
}

/// AWS's rule for the values of tags.
pub(crate) fn tag_value(value: &Value) -> Result<(), String> {
    let holds = |text: &str| text.chars().count() <= 256 && text.chars().all(is_tag_character);
    rule(value, holds, "must have at most 256 letters, digits, spaces and _ . : / = + - @")
}

fn is_tag_character(one: char) -> bool {
    one.is_alphanumeric() || one == ' ' || "_.:/=+-@".contains(one)
}

/// Lists of the same texts in any order.
pub(crate) fn same_texts(a: &Value, b: &Value) -> bool {
    sorted(a, |text| Some(text.to_owned())) == sorted(b, |text| Some(text.to_owned()))
}

/// Lists of the same networks in any order and spelling.
pub(crate) fn same_cidrs(a: &Value, b: &Value) -> bool {
    sorted(a, network) == sorted(b, network)
}

fn sorted(value: &Value, canonical: impl Fn(&str) -> Option<String>) -> Option<BTreeSet<String>> {
    match value {
        Value::List(all) => all.iter().map(|one| canonical(one.as_str()?)).collect(),
        _ => None,
    }
}

/// A range in its canonical spelling: `10.1.2.3/8` is `10.0.0.0/8`.
pub(crate) fn network(text: &str) -> Option<String> {
    let (address, length) = text.split_once('/')?;
    let (address, length) = (address.parse::<IpAddr>().ok()?, plain_number(length)?);
    match address {
        IpAddr::V4(address) if length <= 32 => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            Some(format!("{}/{length}", std::net::Ipv4Addr::from_bits(address.to_bits() & mask)))
        }
        IpAddr::V6(address) if length <= 128 => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            Some(format!("{}/{length}", std::net::Ipv6Addr::from_bits(address.to_bits() & mask)))
        }
        _ => None,
    }
}

fn plain_number(text: &str) -> Option<u32> {
    text.chars().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok())?
}

/// EKS's rule for names of add-ons.
pub(crate) fn addon_name(value: &Value) -> Result<(), String> {
    let must = "must be the name of an add-on, such as \"aws-efs-csi-driver\": letters, digits, - and _, with a letter or digit first";
    rule(value, |text| is_name(text, 100), must)
}

/// The name of a namespace: a DNS label.
pub(crate) fn namespace(value: &Value) -> Result<(), String> {
    rule(value, |text| is_label(text, 63), "must be the name of a namespace: 1 to 63 lower-case letters, digits and -")
}

/// `NAMESPACE/SERVICE_ACCOUNT`
pub(crate) fn service_account(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        text.split_once('/').is_some_and(|(namespace, account)| {
            is_label(namespace, 63) && account.len() <= 253 && account.split('.').all(|part| is_label(part, 253))
        })
    };
    rule(value, holds, "must be NAMESPACE/SERVICE_ACCOUNT, such as \"apps/uploader\"")
}

fn is_label(text: &str, longest: usize) -> bool {
    let is_plain = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit();
    (1..=longest).contains(&text.len())
        && text.chars().all(|one| is_plain(one) || one == '-')
        && text.starts_with(is_plain)
        && text.ends_with(is_plain)
}

/// The ARN of a role.
pub(crate) fn role_arn(value: &Value) -> Result<(), String> {
    iam_arn(value, "role/", "must be the ARN of an IAM role, such as \"arn:aws:iam::111122223333:role/uploader\"")
}

/// The ARN of a managed policy, AWS's or one's own.
pub(crate) fn policy_arn(value: &Value) -> Result<(), String> {
    iam_arn(value, "policy/", "must be the ARN of an IAM policy, such as \"arn:aws:iam::111122223333:policy/uploads\"")
}

fn iam_arn(value: &Value, kind: &str, must: &str) -> Result<(), String> {
    let holds = |text: &str| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let is_account = |account: &str| {
            account == "aws" && kind == "policy/"
                || account.len() == 12 && account.chars().all(|one| one.is_ascii_digit())
        };
        text.len() <= 600
            && text.chars().all(|one| one.is_ascii_graphic() && one != '*')
            && matches!(parts[..], ["arn", _, "iam", "", account, resource]
                if is_account(account) && resource.len() > kind.len() && resource.starts_with(kind))
    };
    rule(value, holds, must)
}
