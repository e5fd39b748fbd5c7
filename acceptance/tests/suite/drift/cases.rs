//! Who does what, and what becomes of it. `<name>` stands for what a cluster has once it is made.

use anyhow::Context;
use serde_json::{Value as Json, json};

use super::{Case, Fate};
use crate::changes::bare;
use crate::eye::{
    Look, addon, addon_policies, cluster, entry, entry_policies, group, groups, logs, pod_inline, pod_policies,
    pod_role, providers, retention, role, role_named, role_policies,
};
use crate::givens::Givens;
use crate::world::Account;

const OPS: &str = "arn:aws:iam::111122223333:role/ops";
const PLATFORM: &str = "arn:aws:iam::111122223333:role/platform";
const THEIRS: &str = "arn:aws:iam::111122223333:role/theirs";
const BOUNDARY: &str = "arn:aws:iam::aws:policy/PowerUserAccess";
const SQS: &str = "arn:aws:iam::aws:policy/AmazonSQSFullAccess";
const NODE_POLICIES: [&str; 2] = ["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy"];
const LOG_GROUP: &str = "/aws/eks/prod/cluster";

/// Something of everything that others can change.
pub(super) fn base() -> Json {
    let mut config = bare(json!({
        "kubernetes_version": "1.35",
        "deletion_protection": true,
        "mode": "auto",
        "tags": {"team": "core"},
        "node_groups": {
            "web": {"min": 1, "max": 3, "labels": {"tier": "web"}, "release_version": "1.35.4-20261015"},
            "spare": {"min": 0, "max": 1},
        },
        "access": {
            "authentication_mode": "API_AND_CONFIG_MAP",
            "admins": [PLATFORM],
            "entries": {"ops": {
                "principal_arn": OPS,
                "groups": ["ops"],
                "policies": [{"name": "AmazonEKSEditPolicy", "namespaces": ["shop"]}],
            }},
        },
        "iam": {"permissions_boundary": BOUNDARY, "oidc_provider": true},
        "pod_identities": {
            "apps/uploader": {"policies": [SQS]},
            "apps/reader": {"role_arn": "<pods>"},
            "apps/mailer": {"policies": [SQS]},
        },
    }));
    for (name, entry) in [
        ("coredns", json!({"values": "{\"replicaCount\":3}"})),
        ("external-dns", json!({"version": "v0.20.0-eksbuild.3"})),
        ("snapshot-controller", json!({})),
        ("kube-state-metrics", json!({"enabled": false})),
        ("aws-efs-csi-driver", json!({})),
        ("amazon-cloudwatch-observability", json!({})),
    ] {
        config["addons"][name] = entry;
    }
    config
}

pub(super) fn givens(account: &Account) -> anyhow::Result<Givens> {
    let mut all = Givens::of(account)?;
    all.network(account)?;
    for name in ["pods", "pods-2"] {
        all.role(account, name, "pods.eks.amazonaws.com", &[])?;
    }
    Ok(all)
}

/// Names what AWS has made of it.
pub(super) fn name(givens: &mut Givens, account: &Account, state: &Json) -> anyhow::Result<()> {
    let named = |givens: &mut Givens, name: &str, value: &Json| {
        givens.name(name, value.as_str().with_context(|| format!("{name} is {value}"))?);
        let short = value.as_str().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
        givens.name(&format!("{name}-name"), short);
        anyhow::Ok(())
    };
    named(givens, "cluster", &state["arn"])?;
    named(givens, "provider", &state["oidc_provider_arn"])?;
    named(givens, "web", &state["node_group_status"]["web"]["arn"])?;
    named(givens, "control", &state["cluster_role_arn"])?;
    named(givens, "node", &state["node_role_arn"])?;
    named(givens, "uploader", &state["pod_identity_roles"]["apps/uploader"])?;
    named(givens, "mailer", &state["pod_identity_roles"]["apps/mailer"])?;
    for addon in ["aws-efs-csi-driver", "amazon-cloudwatch-observability"] {
        named(givens, addon, &state["installed_addons"][addon]["role_arn"])?;
    }
    named(givens, "auto", &state["auto_node_role_arn"])?;
    let (control, short) = (givens.fill("<control>"), givens.fill("<control-name>"));
    let path =
        control.split_once(":role").and_then(|(_, rest)| rest.strip_suffix(&short)).context("no path")?.to_owned();
    givens.name("path", &path);
    // As the role of an add-on that is no more.
    let mut tags = account.aws(&["iam", "list-role-tags", "--role-name", &short])?["Tags"].take();
    if let Json::Array(all) = &mut tags {
        all.push(json!({"Key": "terraform-paas.github.io/purpose", "Value": "addon/gone"}));
    }
    givens.name("left-tags", &tags.to_string());
    let listed = account.aws(&["eks", "list-pod-identity-associations", "--cluster-name", "prod"])?;
    for one in listed["associations"].as_array().into_iter().flatten() {
        let account = one["serviceAccount"].as_str().unwrap_or_default();
        named(givens, &format!("{account}-id"), &one["associationId"])?;
    }
    Ok(())
}

fn case(of: &'static str, fate: Fate, done: &[&[&'static str]]) -> Case {
    Case { of, done: done.iter().map(|words| words.to_vec()).collect(), fate, proof: Vec::new() }
}

fn shown(of: &'static str, places: &'static [&'static str], done: &[&[&'static str]]) -> Case {
    case(of, Fate::Shown(places), done)
}

impl Case {
    /// What a look shows after the next apply.
    fn then(mut self, look: Look, is: Json) -> Case {
        self.proof.push((look, is));
        self
    }
}

/// `aws eks OPERATION --cluster-name prod`, and more.
macro_rules! eks {
    ($operation:literal $(, $word:expr)* $(,)?) => { &["eks", $operation, "--cluster-name", "prod" $(, $word)*] };
}
/// `aws eks update-cluster-config --name prod`, and more.
macro_rules! set {
    ($($word:expr),+ $(,)?) => { &["eks", "update-cluster-config", "--name", "prod", $($word),+] };
}

mod gone;

pub(super) use gone::of_what_is_gone;

const SETTING: &str = "a setting of the control plane";
const OTHERS: &str = "what others add";

/// What is not this resource's: a plan shows nothing of it.
pub(super) fn of_others() -> Vec<Case> {
    let left = |of, done: &[&[&'static str]]| case(of, Fate::Left, done);
    vec![
        left(OTHERS, &[&["eks", "tag-resource", "--resource-arn", "<cluster>", "--tags", "theirs=yes"]])
            .then(cluster("/tags/theirs"), json!("yes")),
        left(
            OTHERS,
            &[&[
                "iam",
                "attach-role-policy",
                "--role-name",
                "<node-name>",
                "--policy-arn",
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
            ]],
        )
        .then(role_policies("node_role_arn"), json!([NODE_POLICIES[0], NODE_POLICIES[1], "ReadOnlyAccess"])),
        left(
            OTHERS,
            &[eks!(
                "create-nodegroup",
                "--nodegroup-name",
                "theirs",
                "--node-role",
                "<node>",
                "--subnets",
                "<subnet-0>",
                "--scaling-config",
                "minSize=0,maxSize=1,desiredSize=0",
            )],
        )
        .then(groups(), json!(["spare", "theirs", "web"])),
        left(OTHERS, &[eks!("create-addon", "--addon-name", "cert-manager")])
            .then(addon("cert-manager", "/status"), json!("ACTIVE")),
        left(OTHERS, &[eks!("create-access-entry", "--principal-arn", THEIRS, "--kubernetes-groups", "theirs")])
            .then(entry(THEIRS, "/kubernetesGroups"), json!(["theirs"])),
        left(
            OTHERS,
            &[eks!(
                "create-pod-identity-association",
                "--namespace",
                "apps",
                "--service-account",
                "theirs",
                "--role-arn",
                "<pods>",
            )],
        )
        .then(pod_role("apps", "theirs"), json!("<pods>")),
        left(
            "the number of nodes",
            &[eks!("update-nodegroup-config", "--nodegroup-name", "web", "--scaling-config", "desiredSize=3")],
        )
        .then(group("web", "/scalingConfig/desiredSize"), json!(3)),
        left(
            "whom a role trusts",
            &[&["iam", "update-assume-role-policy", "--role-name", "<node-name>", "--policy-document", TRUST]],
        )
        .then(
            role("node_role_arn", "/AssumeRolePolicyDocument/Statement/0/Action"),
            json!(["sts:AssumeRole", "sts:TagSession"]),
        ),
    ]
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
const ANYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const ONE_POOL: &str = r#"{"enabled":true,"nodePools":["system"],"nodeRoleArn":"<auto>"}"#;
const BALANCERS: &str = r#"{"elasticLoadBalancing":{"enabled":true}}"#;
const VOLUMES: &str = r#"{"blockStorage":{"enabled":true}}"#;
const NETWORKS: &str = r#"{"remoteNodeNetworks":[{"cidrs":["10.200.0.0/16"]}]}"#;
const LOGGING: &str = r#"{"clusterLogging":[{"types":["scheduler"],"enabled":true}]}"#;

/// What is changed and still there.
pub(super) fn of_ours() -> Vec<Case> {
    let setting = |place: &'static [&'static str], done: &[&'static str]| shown(SETTING, place, &[done]);
    vec![
        setting(
            &["endpoint.public_cidrs", "endpoint.private"],
            set!(
                "--resources-vpc-config",
                "endpointPublicAccess=true,endpointPrivateAccess=false,publicAccessCidrs=198.51.100.0/24"
            ),
        )
        .then(cluster("/resourcesVpcConfig/publicAccessCidrs"), json!(["203.0.113.0/24"]))
        .then(cluster("/resourcesVpcConfig/endpointPrivateAccess"), json!(true)),
        setting(
            &["subnet_ids", "security_group_ids"],
            set!("--resources-vpc-config", "subnetIds=<beside>,<subnet-1>,securityGroupIds=<group>"),
        )
        .then(cluster("/resourcesVpcConfig/subnetIds"), json!(["<subnet-0>", "<subnet-1>"]))
        .then(cluster("/resourcesVpcConfig/securityGroupIds"), json!([])),
        setting(&["logging.types"], set!("--logging", LOGGING)).then(logs(), json!(["api", "audit", "authenticator"])),
        setting(&["upgrade.support_type"], set!("--upgrade-policy", "supportType=EXTENDED"))
            .then(cluster("/upgradePolicy/supportType"), json!("STANDARD")),
        setting(&["zonal_shift"], set!("--zonal-shift-config", "enabled=true"))
            .then(cluster("/zonalShiftConfig/enabled"), json!(false)),
        setting(&["control_plane_tier"], set!("--control-plane-scaling-config", "tier=tier-xl"))
            .then(cluster("/controlPlaneScalingConfig/tier"), json!("standard")),
        setting(&["remote_network.node_cidrs"], set!("--remote-network-config", NETWORKS))
            .then(cluster("/remoteNetworkConfig/remoteNodeNetworks/0"), Json::Null),
        setting(
            &["auto.node_pools"],
            set!("--compute-config", ONE_POOL, "--kubernetes-network-config", BALANCERS, "--storage-config", VOLUMES),
        )
        .then(cluster("/computeConfig/nodePools"), json!(["general-purpose", "system"])),
        setting(&["deletion_protection"], set!("--no-deletion-protection"))
            .then(cluster("/deletionProtection"), json!(true)),
        shown(
            "the retention of the logs",
            &["logging.retention_days"],
            &[&["logs", "put-retention-policy", "--log-group-name", LOG_GROUP, "--retention-in-days", "7"]],
        )
        .then(retention(), json!(90)),
        shown(
            "a tag of the cluster",
            &["tags.team"],
            &[&["eks", "tag-resource", "--resource-arn", "<cluster>", "--tags", "team=other"]],
        )
        .then(cluster("/tags/team"), json!("core")),
        case(
            "a tag of a role",
            Fate::Unseen,
            &[
                &["eks", "tag-resource", "--resource-arn", "<web>", "--tags", "team=other"],
                &["iam", "untag-role", "--role-name", "<control-name>", "--tag-keys", "team"],
            ],
        )
        .then(group("web", "/tags/team"), json!("core")),
        shown(
            "labels, taints, bounds",
            &[
                "node_groups.web.labels",
                "node_groups.web.taints",
                "node_groups.web.max",
                "node_groups.web.max_unavailable",
            ],
            &[eks!(
                "update-nodegroup-config",
                "--nodegroup-name",
                "web",
                "--labels",
                "addOrUpdateLabels={tier=db,team=other}",
                "--taints",
                "addOrUpdateTaints=[{key=theirs,value=yes,effect=PREFER_NO_SCHEDULE}]",
                "--scaling-config",
                "minSize=1,maxSize=5,desiredSize=2",
                "--update-config",
                "maxUnavailable=2",
            )],
        )
        .then(group("web", "/labels"), json!({"tier": "web"}))
        .then(group("web", "/taints/0"), Json::Null)
        .then(group("web", "/scalingConfig/maxSize"), json!(3))
        .then(group("web", "/updateConfig/maxUnavailablePercentage"), json!(33)),
        shown(
            "the version, values, role or namespace",
            &["addons.coredns.values", "addons.external-dns.version"],
            &[
                eks!("update-addon", "--addon-name", "coredns", "--configuration-values", "{\"replicaCount\":9}"),
                eks!("update-addon", "--addon-name", "external-dns", "--addon-version", "v0.21.0-eksbuild.1"),
            ],
        )
        .then(addon("coredns", "/configurationValues"), json!("{\"replicaCount\":3}"))
        .then(addon("external-dns", "/addonVersion"), json!("v0.20.0-eksbuild.3")),
        shown(
            "an add-on installed that",
            &["addons.kube-state-metrics.enabled"],
            &[eks!("create-addon", "--addon-name", "kube-state-metrics")],
        )
        .then(addon("kube-state-metrics", "/status"), Json::Null),
        shown(
            "an access entry changed or deleted",
            &["access_entries"],
            &[
                eks!("update-access-entry", "--principal-arn", OPS, "--kubernetes-groups", "theirs"),
                eks!(
                    "associate-access-policy",
                    "--principal-arn",
                    OPS,
                    "--access-scope",
                    "type=cluster",
                    "--policy-arn",
                    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
                ),
                eks!("delete-access-entry", "--principal-arn", PLATFORM),
            ],
        )
        .then(entry(OPS, "/kubernetesGroups"), json!(["ops"]))
        .then(entry_policies(OPS), json!(["AmazonEKSEditPolicy in shop"]))
        .then(entry_policies(PLATFORM), json!(["AmazonEKSClusterAdminPolicy"])),
        case(
            "the access entry of the nodes",
            Fate::Unseen,
            &[
                eks!("delete-access-entry", "--principal-arn", "<node>"),
                eks!("delete-access-entry", "--principal-arn", "<auto>"),
            ],
        )
        .then(entry("<node>", "/type"), json!("EC2_LINUX"))
        .then(entry_policies("<auto>"), json!(["AmazonEKSAutoNodePolicy"])),
        shown(
            "a policy of the role of a pod identity",
            &["pod_identities.apps/uploader.policies"],
            &[&["iam", "detach-role-policy", "--role-name", "<uploader-name>", "--policy-arn", SQS]],
        )
        .then(pod_policies("apps/uploader"), json!(["AmazonSQSFullAccess"])),
        shown(
            "the role of the control plane or of the nodes",
            &["cluster_role_arn", "node_role_arn", "auto_node_role_arn"],
            &[
                &[
                    "iam",
                    "detach-role-policy",
                    "--role-name",
                    "<auto-name>",
                    "--policy-arn",
                    "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
                ],
                &[
                    "iam",
                    "detach-role-policy",
                    "--role-name",
                    "<control-name>",
                    "--policy-arn",
                    "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",
                ],
                &[
                    "iam",
                    "detach-role-policy",
                    "--role-name",
                    "<node-name>",
                    "--policy-arn",
                    "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
                ],
            ],
        )
        .then(role_policies("node_role_arn"), json!([NODE_POLICIES[0], NODE_POLICIES[1], "ReadOnlyAccess"]))
        .then(
            role_policies("auto_node_role_arn"),
            json!(["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy"]),
        ),
        shown(
            "the permissions boundary",
            &["iam.permissions_boundary"],
            &[&["iam", "delete-role-permissions-boundary", "--role-name", "<control-name>"]],
        )
        .then(role("cluster_role_arn", "/PermissionsBoundary/PermissionsBoundaryArn"), json!(BOUNDARY)),
        case(
            "a policy of its own of such a role",
            Fate::Unseen,
            &[&[
                "iam",
                "put-role-policy",
                "--role-name",
                "<mailer-name>",
                "--policy-name",
                "paas",
                "--policy-document",
                ANYTHING,
            ]],
        )
        .then(pod_inline("apps/mailer"), json!([])),
        case(
            "roles of the cluster that nothing uses",
            Fate::Unseen,
            &[&[
                "iam",
                "create-role",
                "--path",
                "<path>",
                "--role-name",
                "left",
                "--assume-role-policy-document",
                TRUST,
                "--tags",
                "<left-tags>",
            ]],
        )
        .then(role_named("left"), Json::Null),
        shown(
            "the OpenID Connect provider deleted",
            &["oidc_provider_arn"],
            &[&[
                "iam",
                "remove-client-id-from-open-id-connect-provider",
                "--open-id-connect-provider-arn",
                "<provider>",
                "--client-id",
                "sts.amazonaws.com",
            ]],
        )
        .then(providers(), json!(1)),
        case(
            "a policy of the role of an add-on",
            Fate::Unseen,
            &[
                &[
                    "iam",
                    "detach-role-policy",
                    "--role-name",
                    "<amazon-cloudwatch-observability-name>",
                    "--policy-arn",
                    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
                ],
                eks!(
                    "update-addon",
                    "--addon-name",
                    "amazon-cloudwatch-observability",
                    "--configuration-values",
                    "{\"tolerations\":[]}"
                ),
            ],
        )
        .then(
            addon_policies("amazon-cloudwatch-observability"),
            json!(["AWSXrayWriteOnlyAccess", "CloudWatchAgentServerPolicy"]),
        ),
    ]
}
