//! What makes another cluster, and that a protected one is kept: each attribute, `-replace` and a taint.

use acceptance::terraform::Core;
use anyhow::ensure;
use serde_json::{Value as Json, json};

use crate::eye::{cluster, clusters, state};
use crate::givens::Givens;
use crate::world::Account;

use super::row::{Course, Row, Step, in_place, refused, replaced};
use super::run::{CLUSTER, Run};

const OTHER_REGION: &str = "us-east-1";

pub(super) fn course() -> Course {
    let mut base = bare(json!({"mode": "none", "node_groups": {}}));
    for name in ["vpc-cni", "eks-pod-identity-agent"] {
        base["addons"][name] = json!({"enabled": false});
    }
    Course {
        name: "what replaces the cluster",
        core: Core::OpenTofu,
        givens,
        base,
        steps: vec![
            Step::Together(vec![
                in_place("encryption.kms_key_arn", json!("<key>"))
                    .shows(cluster("/encryptionConfig/0/provider/keyArn"), json!("<key>")),
            ]),
            Step::Each(vec![
                replaced("encryption.kms_key_arn", json!("<key-2>"))
                    .shows(cluster("/encryptionConfig/0/provider/keyArn"), json!("<key-2>")),
                replaced("encryption.kms_key_arn", Json::Null).shows(cluster("/encryptionConfig/0"), Json::Null),
                replaced("network.service_ipv4_cidr", json!("10.64.0.0/16"))
                    .shows(cluster("/kubernetesNetworkConfig/serviceIpv4Cidr"), json!("10.64.0.0/16")),
                replaced("network.ip_family", json!("ipv6"))
                    .with("network.service_ipv4_cidr", Json::Null)
                    .shows(cluster("/kubernetesNetworkConfig/ipFamily"), json!("ipv6")),
                replaced("iam.cluster_role_arn", json!("<control>")).shows(cluster("/roleArn"), json!("<control>")),
                replaced("name", json!("other")).shows(clusters(), json!(["other"])),
            ]),
            Step::Together(vec![
                in_place("encryption.kms_key_arn", json!("<key>")),
                in_place("deletion_protection", json!(true)).shows(cluster("/deletionProtection"), json!(true)),
            ]),
            Step::Each(kept()),
            Step::Do(not_replaced_by_hand),
            Step::Together(vec![
                in_place("deletion_protection", json!(false)).shows(cluster("/deletionProtection"), json!(false)),
            ]),
            Step::Do(replaced_by_hand),
            Step::Each(vec![
                replaced("region", json!(OTHER_REGION))
                    .with("subnet_ids", json!(["<other-0>", "<other-1>"]))
                    .with("encryption", Json::Null)
                    .shows(state("/region"), json!(OTHER_REGION)),
            ]),
        ],
    }
}

fn givens(account: &Account) -> anyhow::Result<Givens> {
    let mut all = Givens::of(account)?;
    for name in ["key", "key-2"] {
        let clear = ["kms", "schedule-key-deletion", "--key-id", "<>", "--pending-window-in-days", "7"];
        all.make(account, name, (&["kms", "create-key"], "/KeyMetadata/Arn"), &clear)?;
    }
    all.role(account, "control", "eks.amazonaws.com", &["AmazonEKSClusterPolicy"])?;
    let of = ["--region", OTHER_REGION, "--filters", "Name=default-for-az,Values=true"];
    let subnets = account.aws(&[&["ec2", "describe-subnets"], &of[..]].concat())?;
    for at in 0..2 {
        let id = subnets["Subnets"][at]["SubnetId"].as_str().unwrap_or_default().to_owned();
        all.name(&format!("other-{at}"), &id);
    }
    Ok(all)
}

/// A cluster with no add-ons but those without which no node becomes ready, so that it comes up at once.
pub(crate) fn bare(more: Json) -> Json {
    let mut config = json!({
        "name": "prod",
        "subnet_ids": ["<subnet-0>", "<subnet-1>"],
        "endpoint": {"public_cidrs": ["203.0.113.0/24"]},
        "deletion_protection": false,
        "addons": {},
    });
    for name in ["kube-proxy", "coredns", "aws-ebs-csi-driver", "metrics-server"] {
        config["addons"][name] = json!({"enabled": false});
    }
    if let (Json::Object(config), Json::Object(more)) = (&mut config, more) {
        config.extend(more);
    }
    config
}

/// The same changes of a protected cluster: refused at plan, with what the cluster has and what to do.
fn kept() -> Vec<Row> {
    const DO: &str = "set `deletion_protection = false` and apply that alone first";
    vec![
        refused("name", json!("prod"), &["name changes, and it has deletion protection", "\"other\"", DO]),
        refused(
            "region",
            json!(OTHER_REGION),
            &["region changes, and it has deletion protection", "\"eu-west-1\"", DO],
        ),
        refused(
            "iam.cluster_role_arn",
            json!("arn:aws:iam::<account>:role/another"),
            &["iam.cluster_role_arn changes, and it has deletion protection", "role/control", DO],
        ),
        refused(
            "network.ip_family",
            json!("ipv4"),
            &["network.ip_family changes, and it has deletion protection", "\"ipv6\"", DO],
        ),
        refused(
            "network.service_ipv4_cidr",
            json!("10.65.0.0/16"),
            &["network.service_ipv4_cidr changes, and it has deletion protection", DO],
        )
        .with("network.ip_family", Json::Null),
        refused(
            "encryption.kms_key_arn",
            json!("<key-2>"),
            &["encryption.kms_key_arn changes, and it has deletion protection", "can neither change nor remove", DO],
        ),
        refused(
            "encryption.kms_key_arn",
            Json::Null,
            &["encryption.kms_key_arn changes, and it has deletion protection", DO],
        ),
        // Not in one apply: what counts is what was applied.
        refused("name", json!("prod"), &["name changes, and it has deletion protection", DO])
            .with("deletion_protection", json!(false)),
    ]
}

/// Core's second plan call refuses `-replace`; a taint is not told from a create before the apply, which refuses it.
fn not_replaced_by_hand(run: &Run) -> anyhow::Result<()> {
    let before = run.account.mutating()?.len();
    let words = ["deletion_protection"];
    run.workspace.plan(&["-replace=paas_cluster.main"])?.failed()?.says(&words)?;
    run.workspace.run(&["taint", CLUSTER])?.succeeded()?;
    run.workspace.apply(&[])?.failed()?.says(&words)?;
    ensure!(run.account.mutating()?.len() == before, "something was touched");
    run.workspace.run(&["untaint", CLUSTER])?.succeeded()?;
    run.is_settled()
}

/// Without protection both are a replacement.
fn replaced_by_hand(run: &Run) -> anyhow::Result<()> {
    let expected = ["paas_cluster.main: delete,create"];
    ensure!(run.workspace.planned_actions(&["-replace=paas_cluster.main"])? == expected, "-replace is not planned");
    run.workspace.run(&["taint", CLUSTER])?.succeeded()?;
    ensure!(run.workspace.planned_actions(&[])? == expected, "a taint is not planned");
    run.workspace.run(&["untaint", CLUSTER])?.succeeded()?;
    run.is_settled()
}
