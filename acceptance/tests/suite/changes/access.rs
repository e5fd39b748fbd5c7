//! Who may use the cluster, and the roles in IAM.

use acceptance::terraform::Core;
use serde_json::{Value as Json, json};

use crate::eye::{cluster, entry, entry_policies, group, providers, role, role_policies};
use crate::givens::Givens;
use crate::world::Account;

use super::replaced::bare;
use super::row::{Course, Row, Step, in_place, refused, swapped};

const OPS: &str = "arn:aws:iam::111122223333:role/ops";
const PLATFORM: &str = "arn:aws:iam::111122223333:role/platform";
const AUDIT: &str = "arn:aws:iam::111122223333:role/audit";
const HYBRID: &str = "arn:aws:iam::111122223333:role/hybrid";
const CI: &str = "arn:aws:iam::111122223333:role/ci";
const OTHER: &str = "arn:aws:iam::111122223333:role/other";
const SSM: &str = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const BOUNDARY: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

pub(super) fn course() -> Course {
    let access = json!({
        "authentication_mode": "API_AND_CONFIG_MAP",
        "entries": {
            "ops": {
                "principal_arn": OPS,
                "groups": ["ops"],
                "policies": [{"name": "AmazonEKSEditPolicy", "namespaces": ["shop"]}],
            },
            "moves": {"principal_arn": AUDIT},
            "nodes": {"principal_arn": HYBRID, "type": "EC2_LINUX"},
        },
    });
    Course {
        name: "access and roles",
        core: Core::OpenTofu,
        givens,
        base: bare(json!({"node_groups": {"web": {"min": 0, "max": 1}}, "access": access})),
        steps: vec![
            Step::Together(entries()),
            Step::Together(roles()),
            Step::Together(vec![
                in_place(
                    "access.entries.ops.policies",
                    json!([{"name": "AmazonEKSViewPolicy"}, {"name": "AmazonEKSEditPolicy", "namespaces": ["shop"]}]),
                )
                .shows(entry_policies(OPS), json!(["AmazonEKSEditPolicy in shop", "AmazonEKSViewPolicy"])),
                in_place("access.entries.ci", Json::Null).shows(entry(CI, "/principalArn"), Json::Null),
                in_place("access.admins", Json::Null).shows(entry(PLATFORM, "/principalArn"), Json::Null),
                in_place("iam.oidc_provider", json!(false)).shows(providers(), json!(0)),
                in_place("iam.permissions_boundary", Json::Null)
                    .shows(role("cluster_role_arn", "/PermissionsBoundary"), Json::Null),
                in_place("iam.node_policies", Json::Null).shows(
                    role_policies("node_role_arn"),
                    json!(["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy"]),
                ),
            ]),
            Step::Together(vec![
                swapped("iam.node_role_arn", "web", json!("<nodes>"))
                    .shows(group("web", "/nodeRole"), json!("<nodes>"))
                    .says(&["node_role_arn"]),
            ]),
            Step::Each(vec![
                refused("iam.path", json!("/elsewhere/"), &["keeps iam.path", "/terraform-paas/"]),
                refused(
                    "access.authentication_mode",
                    json!("API_AND_CONFIG_MAP"),
                    &["cannot take access.authentication_mode back from API"],
                ),
            ]),
        ],
    }
}

fn givens(account: &Account) -> anyhow::Result<Givens> {
    let mut all = Givens::of(account)?;
    let policies = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"];
    all.role(account, "nodes", "ec2.amazonaws.com", &policies)?;
    Ok(all)
}

fn entries() -> Vec<Row> {
    vec![
        in_place("access.admins", json!([PLATFORM]))
            .shows(entry_policies(PLATFORM), json!(["AmazonEKSClusterAdminPolicy"])),
        in_place("access.viewers", json!(["arn:aws:iam::111122223333:role/readers"]))
            .shows(entry_policies("arn:aws:iam::111122223333:role/readers"), json!(["AmazonEKSAdminViewPolicy"])),
        in_place("access.creator_admin", json!(false)).shows(entry("<creator>", "/principalArn"), Json::Null),
        in_place("access.authentication_mode", json!("API"))
            .shows(cluster("/accessConfig/authenticationMode"), json!("API")),
        in_place("access.entries.ci", json!({"principal_arn": CI, "policies": [{"name": "AmazonEKSAdminPolicy"}]}))
            .shows(entry_policies(CI), json!(["AmazonEKSAdminPolicy"])),
        in_place("access.entries.moves.principal_arn", json!(OTHER)).shows(entry(AUDIT, "/principalArn"), Json::Null),
        in_place("access.entries.nodes.type", json!("HYBRID_LINUX"))
            .shows(entry(HYBRID, "/type"), json!("HYBRID_LINUX")),
        in_place("access.entries.ops.groups", json!(["ops", "leads"]))
            .shows(entry(OPS, "/kubernetesGroups"), json!(["leads", "ops"])),
        in_place("access.entries.ops.username", json!("ops")).shows(entry(OPS, "/username"), json!("ops")),
        in_place("access.entries.ops.policies[0].name", json!("AmazonEKSViewPolicy"))
            .shows(entry_policies(OPS), json!(["AmazonEKSViewPolicy in shop, web"])),
        in_place("access.entries.ops.policies[0].namespaces", json!(["shop", "web"])),
    ]
}

fn roles() -> Vec<Row> {
    vec![
        in_place("iam.permissions_boundary", json!(BOUNDARY))
            .shows(role("cluster_role_arn", "/PermissionsBoundary/PermissionsBoundaryArn"), json!(BOUNDARY)),
        in_place("iam.node_policies", json!([SSM])).shows(
            role_policies("node_role_arn"),
            json!(["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", "AmazonSSMManagedInstanceCore"]),
        ),
        in_place("iam.oidc_provider", json!(true)).shows(providers(), json!(1)),
    ]
}
