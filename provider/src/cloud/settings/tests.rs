//! What each rule of the provider block refuses, and the words it uses.

use std::collections::BTreeMap;

use expect_test::expect;
use tfplugin_framework::attr::{Attr, Field};
use tfplugin_framework::model::Model;
use tfplugin_framework::schema::AttributeType;
use tfplugin_framework::value::Value;

use super::*;

/// The words of the rule of `path` (`owner`, `assume_role.role_arn`) about `value`; empty if it is right.
fn words(path: &str, value: impl Into<Value>) -> String {
    let value = value.into();
    let mut attributes = Settings::attributes();
    let mut found = None;
    for name in path.split('.') {
        let attribute =
            attributes.iter().find(|one| one.name == name).expect("an attribute of the provider block").clone();
        attributes = match &attribute.kind {
            AttributeType::Single(inner) => inner.clone(),
            _ => Vec::new(),
        };
        found = Some(attribute);
    }
    let rules = found.expect("a path").behaviour.checks;
    assert!(!rules.is_empty(), "{path} has no rule");
    rules.iter().filter_map(|rule| rule.judge(&value).err()).map(|words| format!("{path} {words}\n")).collect()
}

fn all(path: &str, values: &[&str]) -> String {
    values.iter().map(|value| words(path, *value)).collect()
}

#[test]
fn regions_have_the_shape_of_regions() {
    for right in ["eu-west-1", "us-gov-east-1", "us-iso-west-1", "eusc-de-east-1", "ap-southeast-7", "mx-central-1"] {
        assert_eq!(words("region", right), "");
    }
    expect![[r#"
        region is "Ireland", which is not the name of a region; write it like "eu-west-1"
        region is "eu-west", which is not the name of a region; write it like "eu-west-1"
        region is "eu-west-1a", which is an availability zone; leave out the last letter
        region is "../eu-west-1", which is not the name of a region; write it like "eu-west-1"
        region is "eu-west-1\n", which is not the name of a region; write it like "eu-west-1"
        region is "", which is not the name of a region; write it like "eu-west-1"
    "#]]
    .assert_eq(&all("region", &["Ireland", "eu-west", "eu-west-1a", "../eu-west-1", "eu-west-1\n", ""]));
}

#[test]
fn a_region_without_eks_is_refused_at_validate() {
    let settings = |region: &str| Settings { region: region.into(), ..Settings::default() };
    expect![[r#"
        error at region: region is "eu-wets-1", where this release knows no EKS; did you mean "eu-west-1"? If it is a new region, set endpoints = { eks = "https://eks.eu-wets-1.amazonaws.com" }
    "#]]
    .assert_eq(&validate(&settings("eu-wets-1")).to_string());
    assert!(validate(&settings("eu-west-1")).is_empty());
    let endpoints = Attr::Known(Endpoints { eks: "https://eks.example".into(), ..Endpoints::default() });
    assert!(validate(&Settings { endpoints, ..settings("eu-future-1") }).is_empty());
}

#[test]
fn an_owner_is_a_label() {
    for right in ["", "team-a", "Shop.Platform_2"] {
        assert_eq!(words("owner", right), "");
    }
    let long = "x".repeat(64);
    expect![[r#"
        owner is "team a", which cannot be a label: letters, digits, ".", "_" and "-", with a letter or digit at both ends
        owner is "-team", which cannot be a label: letters, digits, ".", "_" and "-", with a letter or digit at both ends
        owner is "../x", which cannot be a label: letters, digits, ".", "_" and "-", with a letter or digit at both ends
        owner has 64 characters; a label of Kubernetes has room for 63
    "#]]
    .assert_eq(&all("owner", &["team a", "-team", "../x", &long]));
}

#[test]
fn a_role_is_an_arn() {
    for right in ["arn:aws:iam::111122223333:role/deploy", "arn:aws-us-gov:iam::111122223333:role/ci/deploy"] {
        assert_eq!(words("assume_role.role_arn", right), "");
    }
    for wrong in [
        "deploy",
        "arn:aws:iam::1111:role/deploy",
        "arn:aws:iam::111122223333:user/deploy",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:sts::111122223333:assumed-role/deploy/x",
        "arn:aws:iam::111122223333:role/de\nploy",
    ] {
        assert!(words("assume_role.role_arn", wrong).contains("write the ARN of a role"), "{wrong:?}");
    }
}

#[test]
fn sessions_have_names_and_durations_that_aws_takes() {
    assert_eq!(all("assume_role.session_name", &["ci", "terraform@ci-7", &"x".repeat(64)]), "");
    assert_ne!(words("assume_role.session_name", "a b"), "");
    assert_ne!(words("assume_role.session_name", "x"), "");
    assert_eq!(all("assume_role.duration", &["15m", "1h", "12h"]), "");
    expect![[r#"
        assume_role.duration is "14m"; AWS allows 15m to 12h, and no more than the role's own maximum
        assume_role.duration is "13h"; AWS allows 15m to 12h, and no more than the role's own maximum
        assume_role.duration is "60", which has no unit; did you mean "60m"?
    "#]]
    .assert_eq(&all("assume_role.duration", &["14m", "13h", "60"]));
}

#[test]
fn account_ids_have_twelve_digits() {
    let ids = |ids: &[&str]| Value::List(ids.iter().map(|id| Value::from(*id)).collect());
    assert_eq!(words("allowed_account_ids", ids(&["111122223333", "000011112222"])), "");
    assert!(words("allowed_account_ids", ids(&["111122223333", "11112222333"])).contains("12 digits"));
    assert!(words("allowed_account_ids", ids(&[])).contains("allow no account at all"));
}

#[test]
fn addresses_are_absolute() {
    assert_eq!(all("endpoints.eks", &["https://vpce-1.eks.example", "http://127.0.0.1:4566"]), "");
    for wrong in ["127.0.0.1:4566", "ftp://x", "https://", "/eks", "https://a b"] {
        assert!(words("endpoints.eks", wrong).contains("write an address"), "{wrong:?}");
    }
}

#[test]
fn default_tags_are_tags_that_aws_takes() {
    let tags = |tags: &[(&str, &str)]| {
        Value::Map(tags.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect::<BTreeMap<_, _>>())
    };
    assert_eq!(
        words("default_tags", tags(&[("team", "shop"), ("cost centre", "a/b:c=d+e-f@g"), ("ort", "Zürich")])),
        ""
    );
    let refused = [
        tags(&[("aws:x", "1")]),
        tags(&[("terraform-paas.github.io/owner", "me")]),
        tags(&[("a", "tab\there")]),
        tags(&[("", "x")]),
        tags(&[("a", &"x".repeat(257))]),
    ];
    for wrong in refused {
        assert_ne!(words("default_tags", wrong.clone()), "", "{wrong:?}");
    }
}

#[test]
fn tries_are_counted_from_one() {
    assert_eq!(words("max_retries", 1), "");
    assert!(words("max_retries", 0).contains("1 to 1000"));
}

#[test]
fn a_kubeconfig_key_cannot_look_like_something_else() {
    let named = |key: &str| {
        let entry = Attr::Known(Kubeconfig { path: "~/.kube/config".into(), ..Kubeconfig::default() });
        Settings { kubeconfigs: Attr::Known([(key.to_owned(), entry)].into()), ..Settings::default() }
    };
    assert!(validate(&named("lab")).is_empty());
    for key in ["arn:aws:eks:x", "a/b", "", "a\nb"] {
        assert!(validate(&named(key)).has_errors(), "{key:?}");
    }
}

#[test]
fn an_empty_block_is_right_and_an_unknown_one_too() {
    assert!(validate(&Settings::default()).is_empty());
    let unknown =
        Value::Object(Settings::attributes().iter().map(|one| (one.name.to_owned(), Value::Unknown)).collect());
    assert!(validate(&Settings::read(&unknown).expect("settings")).is_empty());
    assert_eq!(Settings::default().to_value().get("region"), &Value::Null);
}
