use http::Method;
use serde_json::{Value, json};

use super::Principal;
use crate::testing::{ACCOUNT, Harness, cluster, node_group, refusal, role, with};

const ENTRIES: &str = "/clusters/prod/access-entries";
const SANDBOX: &str = "arn:aws:iam::123456789012:user/sandbox";
const VIEW: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";

fn encoded(arn: &str) -> String {
    arn.replace(':', "%3A").replace('/', "%2F")
}

#[tokio::test(start_paused = true)]
async fn an_entry_with_a_policy_becomes_a_grant() {
    let harness = Harness::with_cluster().await;
    let entry =
        harness.post(ENTRIES, json!({"principalArn": SANDBOX, "kubernetesGroups": ["ops"]})).await["accessEntry"]
            .take();
    assert_eq!((&entry["username"], &entry["type"]), (&json!(SANDBOX), &json!("STANDARD")));
    let path = format!("{ENTRIES}/{}", encoded(SANDBOX));
    let scope = json!({"type": "namespace", "namespaces": ["shop"]});
    let associated =
        harness.post(&format!("{path}/access-policies"), json!({"policyArn": VIEW, "accessScope": scope})).await;
    assert_eq!(associated["associatedAccessPolicy"]["accessScope"], scope);
    let grants = || harness.fake.seen.lock().expect("seen").grants.clone();
    assert_eq!(
        (grants()[0].policy.as_str(), grants()[0].namespaces.as_deref()),
        ("AmazonEKSViewPolicy", Some(&["shop".to_owned()][..]))
    );
    let listed = harness.get(&format!("{path}/access-policies")).await;
    assert_eq!(listed["associatedAccessPolicies"][0]["policyArn"], VIEW);
    assert_eq!(
        harness.get(&format!("{ENTRIES}?associatedPolicyArn={}", encoded(VIEW))).await,
        json!({"accessEntries": [SANDBOX]})
    );
    let (status, _) = harness.delete(&format!("{path}/access-policies/{}", encoded(VIEW))).await;
    assert_eq!((status, grants().len()), (200, 0));
    harness.delete(&path).await;
    assert_eq!(
        harness.get(&path).await["message"],
        "The specified principalArn could not be found. You can view your available access entries with 'ListAccessEntries'."
    );
}

#[tokio::test(start_paused = true)]
async fn the_creator_is_an_administrator_only_where_asked() {
    let harness = Harness::new();
    let asked = json!({"accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": true}});
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci");
    let (status, _) = harness.call_as(&session, Method::POST, "/clusters", with(cluster("prod"), asked)).await;
    assert_eq!(status, 200);
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/deployer");
    assert_eq!(harness.get(ENTRIES).await, json!({"accessEntries": [role]}), "the role, not its session");
    let entry = harness.get(&format!("{ENTRIES}/{}", encoded(&role))).await;
    assert_eq!(
        entry["accessEntry"]["username"],
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/{{{{SessionName}}}}")
    );
    assert_eq!(harness.fake.seen.lock().expect("seen").grants[0].policy, "AmazonEKSClusterAdminPolicy");
    let without = Harness::with_cluster().await;
    assert_eq!(without.get(ENTRIES).await, json!({"accessEntries": []}));
}

#[tokio::test(start_paused = true)]
async fn eks_makes_the_entry_of_a_node_role_itself() {
    let harness = Harness::with_cluster().await;
    harness.post("/clusters/prod/node-groups", node_group("default")).await;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/node");
    let entry = harness.get(&format!("{ENTRIES}/{}", encoded(&role))).await["accessEntry"].take();
    assert_eq!((&entry["type"], &entry["kubernetesGroups"]), (&json!("EC2_LINUX"), &json!(["system:nodes"])));
    assert_eq!(
        harness.refused(ENTRIES, json!({ "principalArn": role })).await,
        "ResourceInUseException: The specified access entry resource is already in use on this cluster."
    );
    let path = format!("{ENTRIES}/{}/access-policies", encoded(&role));
    let refused = harness.refused(&path, json!({"policyArn": VIEW, "accessScope": {"type": "cluster"}})).await;
    assert_eq!(
        refused,
        "InvalidRequestException: You cannot associate an access policy with an access entry of type EC2_LINUX"
    );
}

#[tokio::test(start_paused = true)]
async fn requests_are_refused_in_the_words_of_aws() {
    let harness = Harness::with_cluster().await;
    let absent = format!("arn:aws:iam::{ACCOUNT}:role/absent");
    for (input, text) in [
        (
            json!({ "principalArn": absent }),
            "InvalidParameterException: The specified principalArn is invalid: invalid principal.",
        ),
        (
            json!({"principalArn": "nonsense"}),
            "InvalidParameterException: The specified principalArn is invalid: invalid principal.",
        ),
        (
            json!({"principalArn": SANDBOX, "kubernetesGroups": ["system:masters"]}),
            "InvalidParameterException: The kubernetes group name system:masters is invalid, it cannot start with any of: system:, eks:, aws:, amazon:, iam:",
        ),
    ] {
        assert_eq!(harness.refused(ENTRIES, input).await, text);
    }
    harness.post(ENTRIES, json!({"principalArn": SANDBOX})).await;
    let policies = format!("{ENTRIES}/{}/access-policies", encoded(SANDBOX));
    for (policy, scope) in [
        (VIEW, json!({"type": "namespace"})),
        (VIEW, json!({"type": "cluster", "namespaces": ["a"]})),
        ("arn:aws:iam::aws:policy/x", json!({"type": "cluster"})),
    ] {
        assert!(
            harness
                .refused(&policies, json!({"policyArn": policy, "accessScope": scope}))
                .await
                .starts_with("InvalidParameterException: ")
        );
    }
    let gone = refusal(harness.delete(&format!("{ENTRIES}/{}", encoded(&absent))).await);
    assert!(gone.starts_with("ResourceNotFoundException: The specified principalArn could not be found."), "{gone}");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_of_config_map_mode_has_no_entries_until_it_changes() {
    let harness = Harness::new();
    harness.post("/clusters", with(cluster("prod"), json!({"accessConfig": null}))).await;
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    let text = "InvalidRequestException: The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.";
    assert_eq!(harness.refused(ENTRIES, json!({"principalArn": SANDBOX})).await, text);
    harness
        .post("/clusters/prod/update-config", json!({"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}}))
        .await;
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    assert_eq!(harness.get(ENTRIES).await, json!({"accessEntries": [SANDBOX]}), "the creator's comes with the mode");
    assert_eq!(harness.fake.seen.lock().expect("seen").grants[0].policy, "AmazonEKSClusterAdminPolicy");
}

#[tokio::test(start_paused = true)]
async fn nodes_of_auto_mode_get_one_policy() {
    let harness = Harness::with_cluster().await;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/node");
    harness.post(ENTRIES, json!({"principalArn": role, "type": "EC2"})).await;
    let path = format!("{ENTRIES}/{}/access-policies", encoded(&role));
    let scope = json!({"type": "cluster"});
    let nodes = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy";
    harness.post(&path, json!({"policyArn": nodes, "accessScope": scope})).await;
    let refused = harness.refused(&path, json!({"policyArn": VIEW, "accessScope": scope})).await;
    assert_eq!(
        refused,
        "InvalidRequestException: You cannot associate an access policy with an access entry of type EC2"
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_with_a_path_is_named_with_it() {
    let harness = Harness::with_cluster().await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/team/ops");
    let pathed = crate::cloud::Role { arn: arn.clone(), ..role("ops", "ec2.amazonaws.com", &[]) };
    harness.fake.roles.lock().expect("roles").insert("ops".to_owned(), pathed);
    let bare = format!("arn:aws:iam::{ACCOUNT}:role/ops");
    assert!(harness.refused(ENTRIES, json!({ "principalArn": bare })).await.ends_with("invalid principal."));
    let entry = harness.post(ENTRIES, json!({ "principalArn": arn })).await;
    assert_eq!(
        entry["accessEntry"]["username"],
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/ops/{{{{SessionName}}}}")
    );
    let policies: Vec<Value> =
        harness.get("/access-policies").await["accessPolicies"].as_array().cloned().expect("policies");
    assert!(policies.iter().any(|policy| policy["arn"] == VIEW));
}

#[test]
fn principals_are_users_and_roles_of_iam() {
    let parsed = Principal::parse("arn:aws-cn:iam::123456789012:role/a/b/name").expect("a role");
    assert_eq!((parsed.kind, parsed.account, parsed.name), ("role", "123456789012", "name"));
    for odd in ["arn:aws:iam::1:group/x", "arn:aws:sts::1:assumed-role/x/y", "arn:aws:iam::1:role/", "role/x", ""] {
        assert_eq!(Principal::parse(odd), None, "{odd}");
    }
}
