//! Add-ons and pod identities.

use acceptance::terraform::Core;
use serde_json::{Value as Json, json};

use crate::eye::{addon, addon_role, addon_roles, pod_inline, pod_policies, pod_role, state};
use crate::givens::Givens;
use crate::world::Account;

use super::replaced::bare;
use super::row::{Course, Row, Step, in_place, quiet};

const S3: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const SQS: &str = "arn:aws:iam::aws:policy/AmazonSQSFullAccess";
const INLINE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}"#;

pub(super) fn course() -> Course {
    let mut base = bare(json!({
        "kubernetes_version": "1.35",
        "node_groups": {"web": {"min": 1, "max": 1}},
        "pod_identities": {"apps/uploader": {"policies": [S3]}, "apps/reader": {"role_arn": "<pods>"}},
    }));
    for (name, entry) in [
        ("coredns", json!({})),
        ("cert-manager", json!({"namespace": "certs"})),
        ("external-dns", json!({"version": "v0.19.0-eksbuild.2"})),
        ("aws-efs-csi-driver", json!({"iam": "none"})),
        ("amazon-cloudwatch-observability", json!({"role_arn": "<pods>"})),
        ("prometheus-node-exporter", json!({})),
    ] {
        base["addons"][name] = entry;
    }
    Course {
        name: "add-ons and pod identities",
        core: Core::Terraform,
        givens,
        base,
        steps: vec![
            Step::Together(addons()),
            Step::Together(pods()),
            Step::Together(vec![
                in_place("addons.coredns.conflicts", json!("PRESERVE"))
                    .shows(state("/addons/coredns/conflicts"), json!("PRESERVE")),
            ]),
            Step::Together(vec![
                quiet("addons.coredns.phase", json!("after_nodes"))
                    .shows(state("/addons/coredns/phase"), json!("after_nodes")),
            ]),
            Step::Together(vec![
                in_place("addons.prometheus-node-exporter", Json::Null)
                    .shows(addon("prometheus-node-exporter", "/status"), Json::Null),
                in_place("addons.coredns.enabled", json!(false)).shows(addon("coredns", "/status"), Json::Null),
                in_place("pod_identities.apps/mailer", Json::Null).shows(pod_role("apps", "mailer"), Json::Null),
            ]),
        ],
    }
}

fn givens(account: &Account) -> anyhow::Result<Givens> {
    let mut all = Givens::of(account)?;
    for name in ["pods", "pods-2"] {
        all.role(account, name, "pods.eks.amazonaws.com", &[])?;
    }
    Ok(all)
}

fn addons() -> Vec<Row> {
    vec![
        in_place("addons.metrics-server.enabled", json!(true))
            .shows(addon("metrics-server", "/status"), json!("ACTIVE")),
        in_place("addons.external-dns.version", json!("v0.20.0-eksbuild.3"))
            .shows(addon("external-dns", "/addonVersion"), json!("v0.20.0-eksbuild.3")),
        in_place("addons.coredns.values", json!("{\"replicaCount\":3}"))
            .shows(addon("coredns", "/configurationValues"), json!("{\"replicaCount\":3}")),
        in_place("addons.aws-efs-csi-driver.iam", json!("auto")).shows(addon_roles("aws-efs-csi-driver"), json!(1)),
        in_place("addons.amazon-cloudwatch-observability.role_arn", json!("<pods-2>"))
            .shows(addon_role("amazon-cloudwatch-observability"), json!("<pods-2>")),
        in_place("addons.cert-manager.namespace", json!("cert-manager"))
            .shows(addon("cert-manager", "/namespaceConfig/namespace"), json!("cert-manager"))
            .says(&[
                "add-on cert-manager of cluster prod is deleted in namespace certs and installed again in cert-manager",
            ]),
        in_place("addons.snapshot-controller", json!({}))
            .shows(addon("snapshot-controller", "/status"), json!("ACTIVE")),
    ]
}

fn pods() -> Vec<Row> {
    vec![
        in_place("pod_identities.apps/uploader.policies", json!([SQS]))
            .shows(pod_policies("apps/uploader"), json!(["AmazonSQSFullAccess"])),
        in_place("pod_identities.apps/uploader.inline_policy", json!(INLINE))
            .shows(pod_inline("apps/uploader"), json!(["paas"])),
        in_place("pod_identities.apps/reader.role_arn", json!("<pods-2>"))
            .shows(pod_role("apps", "reader"), json!("<pods-2>")),
        in_place("pod_identities.apps/mailer", json!({"policies": [S3]}))
            .shows(pod_policies("apps/mailer"), json!(["AmazonS3ReadOnlyAccess"])),
    ]
}
