//! What EKS does not offer, in words.

use expect_test::{Expect, expect};

use super::*;

const SCHEMA_OF_COREDNS: &str = r##"{
  "$ref": "#/definitions/Coredns",
  "$schema": "http://json-schema.org/draft-06/schema#",
  "definitions": {
    "Coredns": {
      "additionalProperties": false,
      "properties": {
        "replicaCount": {"type": "integer"},
        "nodeSelector": {"additionalProperties": {"type": "string"}, "type": "object"},
        "podDisruptionBudget": {
          "properties": {"maxUnavailable": {"anyOf": [{"pattern": ".*%$", "type": "string"}, {"type": "integer"}]}},
          "type": "object"
        },
        "autoScaling": {
          "properties": {"enabled": {"type": "boolean"}}, "required": ["enabled"], "type": "object"
        },
        "computeType": {"enum": ["ec2", "fargate"]}
      },
      "title": "Coredns",
      "type": "object"
    }
  }
}"##;

fn release() -> Release {
    let versions = ["v1.9.3-eksbuild.9", "v1.10.1-eksbuild.2", "v1.10.1-eksbuild.10", "v1.11.4-eksbuild.2"];
    Release {
        default: "v1.11.4-eksbuild.2".to_owned(),
        version: "v1.11.4-eksbuild.2".to_owned(),
        compatible: versions
            .map(str::to_owned)
            .into_iter()
            .chain((1..5).map(|n| format!("v1.12.{n}-eksbuild.1")))
            .collect(),
        identities: Vec::new(),
        schema: Some(SCHEMA_OF_COREDNS.to_owned()),
    }
}

fn check(wish: &Wish, release: &Release, expected: Expect) {
    let refused = judge("coredns", "1.35", wish, release);
    expected.assert_eq(&refused.map(|refused| refused.diagnostics().to_string()).unwrap_or_default());
}

fn values(text: &str) -> Wish {
    Wish { values: Some(text.to_owned()), ..Wish::default() }
}

#[test]
fn what_fits_is_not_refused() {
    check(&Wish::default(), &release(), expect![[""]]);
    check(&Wish { version: Pin::Exact("v1.10.1-eksbuild.2".to_owned()), ..Wish::default() }, &release(), expect![[""]]);
    let all = "{\"replicaCount\":3,\"nodeSelector\":{\"a\":\"b\"},\"podDisruptionBudget\":{\"maxUnavailable\":\"20%\"},\
               \"autoScaling\":{\"enabled\":true},\"computeType\":\"ec2\"}";
    check(&values(all), &release(), expect![[""]]);
}

#[test]
fn a_version_that_is_not_offered() {
    let version = |text: &str| Wish { version: Pin::Exact(text.to_owned()), ..Wish::default() };
    check(
        &version("v1.10.1-eksbuild.5"),
        &release(),
        expect![[r#"
        error at addons["coredns"].version: addons["coredns"].version is "v1.10.1-eksbuild.5", which EKS does not offer for Kubernetes 1.35
          The nearest that it offers: v1.12.1-eksbuild.1, v1.11.4-eksbuild.2, v1.10.1-eksbuild.10, v1.10.1-eksbuild.2, v1.9.3-eksbuild.9. It recommends v1.11.4-eksbuild.2; `version = "default"` follows that.
    "#]],
    );
    check(
        &version("latest"),
        &release(),
        expect![[r#"
        error at addons["coredns"].version: addons["coredns"].version is "latest", which EKS does not offer for Kubernetes 1.35
          The nearest that it offers: v1.12.1-eksbuild.1, v1.11.4-eksbuild.2, v1.10.1-eksbuild.10, v1.10.1-eksbuild.2, v1.9.3-eksbuild.9. It recommends v1.11.4-eksbuild.2; `version = "default"` follows that.
    "#]],
    );
    check(
        &version("v9"),
        &release(),
        expect![[r#"
        error at addons["coredns"].version: addons["coredns"].version is "v9", which EKS does not offer for Kubernetes 1.35
          The nearest that it offers: v1.12.4-eksbuild.1, v1.12.3-eksbuild.1, v1.12.2-eksbuild.1, v1.12.1-eksbuild.1, v1.11.4-eksbuild.2. It recommends v1.11.4-eksbuild.2; `version = "default"` follows that.
    "#]],
    );
}

#[test]
fn a_name_that_is_not_offered() {
    check(
        &Wish::default(),
        &Release::default(),
        expect![[r#"
        error at addons["coredns"]: addons["coredns"] is not offered: EKS has no version of add-on coredns for Kubernetes 1.35
          Is the name right? `aws eks describe-addon-versions --kubernetes-version 1.35 --query addons[].addonName` lists what there is. Take the entry out, or set `enabled = false`, to go without it.
    "#]],
    );
}

#[test]
fn values_that_do_not_fit() {
    check(
        &values("{\"replicaCount\":\"two\"}"),
        &release(),
        expect![[r#"
            error at addons["coredns"].values: addons["coredns"].values does not fit add-on coredns v1.11.4-eksbuild.2: replicaCount: want integer, but got string
              The schema of its values: `aws eks describe-addon-configuration --addon-name coredns --addon-version v1.11.4-eksbuild.2 --query configurationSchema --output text`.
        "#]],
    );
    let several = "{\"colour\":1,\"nodeSelector\":{\"a\":true},\"podDisruptionBudget\":{\"maxUnavailable\":\"some\"},\
                   \"autoScaling\":{},\"computeType\":\"mainframe\"}";
    check(
        &values(several),
        &release(),
        expect![[r#"
            error at addons["coredns"].values: addons["coredns"].values does not fit add-on coredns v1.11.4-eksbuild.2: additionalProperties 'colour' not allowed
              also autoScaling: missing properties 'enabled'
              also computeType: value must be one of 'ec2', 'fargate'
              also nodeSelector.a: want string, but got boolean
              also podDisruptionBudget.maxUnavailable: fits none of the forms that it may have
              The schema of its values: `aws eks describe-addon-configuration --addon-name coredns --addon-version v1.11.4-eksbuild.2 --query configurationSchema --output text`.
        "#]],
    );
}

#[test]
fn a_schema_that_is_none_is_left_to_eks() {
    for schema in ["", "no", "{\"$ref\":\"https://elsewhere.example/schema.json\"}", "{\"type\":\"colour\"}"] {
        let release = Release { schema: Some(schema.to_owned()), ..release() };
        check(&values("{\"replicaCount\":\"two\"}"), &release, expect![[""]]);
    }
}
