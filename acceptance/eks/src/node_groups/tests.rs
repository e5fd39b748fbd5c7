use serde_json::{Value, json};

use crate::clusters::Issue;
use crate::effects::{Failure, FailureKind};
use crate::testing::{ACCOUNT, Harness, node_group, refusal, role, with};

const GROUP: &str = "/clusters/prod/node-groups/default";

#[tokio::test(start_paused = true)]
async fn an_active_group_has_its_nodes_in_the_cluster() {
    let harness = Harness::with_cluster().await;
    harness.post("/clusters/prod/addons", json!({"addonName": "vpc-cni"})).await;
    let input = with(
        node_group("default"),
        json!({"labels": {"tier": "web"}, "taints": [{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}]}),
    );
    let creating = harness.post("/clusters/prod/node-groups", input).await["nodegroup"].take();
    assert_eq!((&creating["status"], creating.get("resources")), (&json!("CREATING"), None));
    assert!(harness.fake.seen.lock().expect("seen").nodes.is_empty());
    let group = harness.until(GROUP, "/nodegroup/status", "ACTIVE").await["nodegroup"].take();
    assert!(
        group["resources"]["autoScalingGroups"][0]["name"]
            .as_str()
            .is_some_and(|name| name.starts_with("eks-default-"))
    );
    for (member, value) in [
        ("version", json!("1.35")),
        ("amiType", json!("AL2023_x86_64_STANDARD")),
        ("instanceTypes", json!(["t3.medium"])),
        ("diskSize", json!(20)),
        ("capacityType", json!("ON_DEMAND")),
        ("updateConfig", json!({"maxUnavailable": 1})),
        ("health", json!({"issues": []})),
    ] {
        assert_eq!(group[member], value, "{member}");
    }
    let seen = harness.fake.seen.lock().expect("seen");
    assert_eq!(seen.nodes.len(), 2);
    let zones: Vec<&str> = seen.nodes.values().map(|node| node.zone.as_str()).collect();
    assert_eq!(zones, ["eu-west-1a", "eu-west-1b"]);
    for node in seen.nodes.values() {
        for (label, value) in [
            ("eks.amazonaws.com/nodegroup", "default"),
            ("node.kubernetes.io/instance-type", "t3.medium"),
            ("topology.kubernetes.io/zone", &node.zone),
            ("tier", "web"),
        ] {
            assert_eq!(node.labels[label], value);
        }
        assert_eq!(node.taints[0].key, "gpu");
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_follow_the_size_the_labels_and_the_version() {
    let harness = Harness::with_nodes().await;
    let names = || harness.fake.seen.lock().expect("seen").nodes.keys().cloned().collect::<Vec<_>>();
    let before = names();
    let body = json!({"scalingConfig": {"desiredSize": 3}, "labels": {"addOrUpdateLabels": {"a": "b"}}});
    let update = harness.post(&format!("{GROUP}/update-config"), body).await["update"].take();
    assert_eq!((&update["type"], &update["status"]), (&json!("ConfigUpdate"), &json!("InProgress")));
    assert_eq!(
        harness.refused(&format!("{GROUP}/update-config"), json!({"scalingConfig": {"desiredSize": 1}})).await,
        "ResourceInUseException: Nodegroup cannot be updated as it is currently not in Active State"
    );
    let path = format!("/clusters/prod/updates/{}?nodegroupName=default", update["id"].as_str().expect("an id"));
    harness.until(&path, "/update/status", "Successful").await;
    harness.until(GROUP, "/nodegroup/status", "ACTIVE").await;
    let grown = names();
    assert_eq!(grown.len(), 3);
    assert!(before.iter().all(|node| grown.contains(node)), "the nodes that were there stay");
    assert!(harness.fake.seen.lock().expect("seen").nodes.values().all(|node| node.labels["a"] == "b"));
    harness.post(&format!("{GROUP}/update-version"), json!({})).await;
    harness.until(GROUP, "/nodegroup/status", "ACTIVE").await;
    assert_eq!(names(), grown, "they have the newest release");
    harness.post("/clusters/prod/updates", json!({"version": "1.36"})).await;
    harness.until("/clusters/prod", "/cluster/version", "1.36").await;
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    harness.post(&format!("{GROUP}/update-version"), json!({})).await;
    harness.until(GROUP, "/nodegroup/status", "ACTIVE").await;
    let replaced = names();
    assert_eq!(replaced.len(), 3);
    assert!(replaced.iter().all(|node| !grown.contains(node)), "every node is a new one");
    harness.delete(GROUP).await;
    harness.until(GROUP, "/code", "ResourceNotFoundException").await;
    assert_eq!(names(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_nodes_cannot_join_fails_as_aws_tells_it() {
    let harness = Harness::with_cluster().await;
    harness.post("/clusters/prod/node-groups", node_group("default")).await;
    let failed = harness.until(GROUP, "/nodegroup/status", "CREATE_FAILED").await;
    let issue = &failed["nodegroup"]["health"]["issues"][0];
    assert_eq!(
        (&issue["code"], &issue["message"]),
        (&json!("NodeCreationFailure"), &json!("Unhealthy nodes in the kubernetes cluster")),
        "no VPC CNI"
    );
    harness.fake.roles.lock().expect("roles").insert("bare".to_owned(), role("bare", "ec2.amazonaws.com", &[]));
    harness.post("/clusters/prod/addons", json!({"addonName": "vpc-cni"})).await;
    harness
        .post(
            "/clusters/prod/node-groups",
            with(node_group("other"), json!({"nodeRole": format!("arn:aws:iam::{ACCOUNT}:role/bare")})),
        )
        .await;
    let failed = harness.until("/clusters/prod/node-groups/other", "/nodegroup/status", "CREATE_FAILED").await;
    assert_eq!(
        failed["nodegroup"]["health"]["issues"][0]["message"],
        "Instances failed to join the kubernetes cluster"
    );
}

#[tokio::test(start_paused = true)]
async fn a_group_waits_for_a_cni_that_is_on_its_way() {
    let harness = Harness::with_cluster().await;
    harness.post("/clusters/prod/node-groups", node_group("default")).await;
    tokio::time::sleep(std::time::Duration::from_secs(200)).await;
    assert_eq!(harness.get(GROUP).await["nodegroup"]["status"], "CREATING");
    harness.post("/clusters/prod/addons", json!({"addonName": "vpc-cni"})).await;
    harness.until(GROUP, "/nodegroup/status", "ACTIVE").await;
}

#[tokio::test(start_paused = true)]
async fn the_cni_may_have_a_role_of_its_own_instead_of_the_nodes() {
    let harness = Harness::with_cluster().await;
    let bare = role("bare", "ec2.amazonaws.com", &["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"]);
    harness.fake.roles.lock().expect("roles").insert("bare".to_owned(), bare);
    let identity = json!([{"serviceAccount": "aws-node", "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/pod")}]);
    harness.post("/clusters/prod/addons", json!({"addonName": "vpc-cni", "podIdentityAssociations": identity})).await;
    let input = with(node_group("default"), json!({"nodeRole": format!("arn:aws:iam::{ACCOUNT}:role/bare")}));
    harness.post("/clusters/prod/node-groups", input).await;
    tokio::time::sleep(std::time::Duration::from_secs(200)).await;
    assert_eq!(harness.get(GROUP).await["nodegroup"]["status"], "CREATING", "nothing hands the role out yet");
    harness.post("/clusters/prod/addons", json!({"addonName": "eks-pod-identity-agent"})).await;
    harness.until(GROUP, "/nodegroup/status", "ACTIVE").await;
}

#[tokio::test(start_paused = true)]
async fn nodes_of_a_role_that_was_made_again_need_another_entry() {
    let harness = Harness::with_nodes().await;
    harness.delete(GROUP).await;
    while harness.call(http::Method::GET, GROUP, Value::Null).await.0 == 200 {
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    }
    harness.fake.roles.lock().expect("roles").get_mut("node").expect("the role").id = "AROAANOTHER".to_owned();
    harness.post("/clusters/prod/node-groups", node_group("default")).await;
    let failed = harness.until(GROUP, "/nodegroup/status", "CREATE_FAILED").await;
    assert_eq!(
        failed["nodegroup"]["health"]["issues"][0]["message"],
        "Instances failed to join the kubernetes cluster"
    );
    let entry = format!("/clusters/prod/access-entries/arn%3Aaws%3Aiam%3A%3A{ACCOUNT}%3Arole%2Fnode");
    harness.delete(&entry).await;
    harness.post("/clusters/prod/node-groups", node_group("other")).await;
    harness.until("/clusters/prod/node-groups/other", "/nodegroup/status", "ACTIVE").await;
}

#[tokio::test(start_paused = true)]
async fn create_refuses_in_the_words_of_aws() {
    let harness = Harness::with_nodes().await;
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    for (input, text) in [
        (
            json!({"nodegroupName": "default"}),
            "ResourceInUseException: NodeGroup already exists with name default and cluster name prod",
        ),
        (
            json!({"nodeRole": arn("absent")}),
            "InvalidParameterException: The role with name absent cannot be found. (Service: AmazonIdentityManagement; Status Code: 404; Error Code: NoSuchEntity)",
        ),
        (
            json!({"nodeRole": arn("cluster")}),
            "InvalidParameterException: Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of nodeRole arn:aws:iam::123456789012:role/cluster",
        ),
        (
            json!({"scalingConfig": {"minSize": 3, "maxSize": 4, "desiredSize": 2}}),
            "InvalidParameterException: Minimum capacity 3 can't be greater than desired size 2",
        ),
        (
            json!({"scalingConfig": {"minSize": 1, "maxSize": 2, "desiredSize": 3}}),
            "InvalidParameterException: desired capacity 3 can't be greater than max size 2",
        ),
        (
            json!({"instanceTypes": ["m7g.large"]}),
            "InvalidParameterException: [m7g.large] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD",
        ),
        (
            json!({"subnets": ["subnet-x"]}),
            "InvalidParameterException: Subnet subnet-x is not in the cluster's VPC vpc-1",
        ),
        (
            json!({"labels": {"node-role.kubernetes.io/web": "true"}}),
            "InvalidParameterException: Label cannot contain reserved prefixes [kubernetes.io/, k8s.io/, eks.amazonaws.com/]",
        ),
        (
            json!({"taints": [{"key": "a", "effect": "NO_SCHEDULE"}, {"key": "a", "value": "b", "effect": "NO_SCHEDULE"}]}),
            "InvalidParameterException: Duplicate taints with the same key and effect are not allowed",
        ),
        (
            json!({"updateConfig": {"maxUnavailable": 1, "maxUnavailablePercentage": 20}}),
            "InvalidParameterException: Exactly one of maxUnavailable and maxUnavailablePercentage must be specified in updateConfig",
        ),
        (
            json!({"releaseVersion": "1.34.9-20261105"}),
            "InvalidRequestException: Requested release version 1.34.9-20261105 is not valid for kubernetes version 1.35.",
        ),
        (
            json!({"launchTemplate": {"id": "lt-2", "version": "1"}}),
            "InvalidParameterException: Launch template lt-2 was not found",
        ),
        (
            json!({"launchTemplate": {"id": "lt-1", "version": "4"}}),
            "InvalidParameterException: Version 4 of launch template lt-1 was not found",
        ),
        (
            json!({"launchTemplate": {"id": "lt-1", "version": "1"}, "diskSize": 50}),
            "InvalidParameterException: Disk size must be specified within the launch template.",
        ),
        (
            json!({"version": "1.36"}),
            "InvalidParameterException: Requested Nodegroup Kubernetes version 1.36 is higher than the cluster's version 1.35",
        ),
    ] {
        assert_eq!(harness.refused("/clusters/prod/node-groups", with(node_group("other"), input)).await, text);
    }
    let missing = harness.refused("/clusters/absent/node-groups", node_group("default")).await;
    assert_eq!(missing, "ResourceNotFoundException: No cluster found for name: absent.");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_made_or_changed_takes_no_group() {
    let harness = Harness::new();
    harness.post("/clusters", crate::testing::cluster("prod")).await;
    let text = "InvalidRequestException: Cluster 'prod' is not in ACTIVE status";
    assert_eq!(harness.refused("/clusters/prod/node-groups", node_group("default")).await, text);
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    harness.post("/clusters/prod/update-config", json!({"deletionProtection": true})).await;
    assert_eq!(harness.refused("/clusters/prod/node-groups", node_group("default")).await, text);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_changes_cannot_be_deleted() {
    let harness = Harness::with_nodes().await;
    harness.post(&format!("{GROUP}/update-config"), json!({"scalingConfig": {"desiredSize": 1}})).await;
    assert!(refusal(harness.delete(GROUP).await).starts_with("ResourceInUseException: "));
    let shrunk = harness.until(GROUP, "/nodegroup/status", "ACTIVE").await;
    assert_eq!(shrunk["nodegroup"]["scalingConfig"], json!({"minSize": 1, "maxSize": 4, "desiredSize": 1}));
    assert_eq!(harness.fake.seen.lock().expect("seen").nodes.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_armed_failure_fails_one_update() {
    let harness = Harness::with_nodes().await;
    let issue =
        Issue { code: "PodEvictionFailure".to_owned(), message: "a budget".to_owned(), resource_ids: Vec::new() };
    harness.eks.arm(Failure {
        account: ACCOUNT.to_owned(),
        kind: FailureKind::Update,
        name: "default".to_owned(),
        issue,
    });
    let update = harness.post(&format!("{GROUP}/update-version"), json!({})).await;
    let path =
        format!("/clusters/prod/updates/{}?nodegroupName=default", update["update"]["id"].as_str().expect("an id"));
    let failed = harness.until(&path, "/update/status", "Failed").await;
    let error = json!({"errorCode": "PodEvictionFailure", "errorMessage": "a budget", "resourceIds": []});
    assert_eq!(failed["update"]["errors"], json!([error]));
    let other = harness.get(&path.replace("?nodegroupName=default", "")).await;
    assert_eq!(other["code"], Value::from("ResourceNotFoundException"), "it is not an update of the cluster");
}

#[tokio::test(start_paused = true)]
async fn releases_and_templates_go_forward() {
    let harness = Harness::with_cluster().await;
    harness.post("/clusters/prod/addons", json!({"addonName": "vpc-cni"})).await;
    let old = json!({"releaseVersion": "1.35.4-20260917", "launchTemplate": {"id": "lt-1"}});
    harness.post("/clusters/prod/node-groups", with(node_group("default"), old)).await;
    let group = harness.until(GROUP, "/nodegroup/status", "ACTIVE").await["nodegroup"].take();
    assert_eq!(group["launchTemplate"], json!({"id": "lt-1", "name": "nodes", "version": "1"}));
    assert_eq!((group.get("diskSize"), group.get("instanceTypes")), (None, None), "the template says them");
    let path = format!("{GROUP}/update-version");
    harness.post(&path, json!({"releaseVersion": "1.35.4-20261015"})).await;
    let group = harness.until(GROUP, "/nodegroup/status", "ACTIVE").await["nodegroup"].take();
    assert_eq!((&group["releaseVersion"], &group["version"]), (&json!("1.35.4-20261015"), &json!("1.35")));
    for (input, text) in [
        (
            json!({"releaseVersion": "1.35.4-20260917"}),
            "InvalidParameterException: Nodegroup release version cannot be lowered from 1.35.4-20261015 to 1.35.4-20260917",
        ),
        (
            json!({"launchTemplate": {"id": "lt-2", "version": "1"}}),
            "InvalidParameterException: Launch template lt-2 was not found",
        ),
    ] {
        assert_eq!(harness.refused(&path, input).await, text);
    }
    let update = harness.post(&path, json!({"launchTemplate": {"id": "lt-1", "version": "2"}})).await;
    assert!(
        update["update"]["params"]
            .as_array()
            .is_some_and(|all| all.contains(&json!({"type": "LaunchTemplateVersion", "value": "2"})))
    );
    let group = harness.until(GROUP, "/nodegroup/status", "ACTIVE").await["nodegroup"].take();
    assert_eq!(
        (&group["launchTemplate"]["version"], &group["releaseVersion"]),
        (&json!("2"), &json!("1.35.4-20261105"))
    );
    harness.post("/clusters/prod/node-groups", node_group("plain")).await;
    harness.until("/clusters/prod/node-groups/plain", "/nodegroup/status", "ACTIVE").await;
    assert_eq!(
        harness
            .refused("/clusters/prod/node-groups/plain/update-version", json!({"launchTemplate": {"id": "lt-1"}}))
            .await,
        "InvalidParameterException: You can only update a node group using a launch template if the node group was originally deployed with a launch template"
    );
}

#[tokio::test(start_paused = true)]
async fn a_strategy_that_is_left_out_stays() {
    let harness = Harness::with_nodes().await;
    let path = format!("{GROUP}/update-config");
    harness.post(&path, json!({"updateConfig": {"maxUnavailable": 2, "updateStrategy": "MINIMAL"}})).await;
    harness.until(GROUP, "/nodegroup/status", "ACTIVE").await;
    harness.post(&path, json!({"updateConfig": {"maxUnavailablePercentage": 10}})).await;
    let group = harness.until(GROUP, "/nodegroup/status", "ACTIVE").await;
    let expected = json!({"maxUnavailablePercentage": 10, "updateStrategy": "MINIMAL"});
    assert_eq!(group["nodegroup"]["updateConfig"], expected);
}

#[tokio::test(start_paused = true)]
async fn an_armed_ailment_degrades_a_group() {
    let harness = Harness::with_nodes().await;
    let issue = Issue {
        code: "AsgInstanceLaunchFailures".to_owned(),
        message: "no capacity".to_owned(),
        resource_ids: vec!["eks-default-1".to_owned()],
    };
    let account = ACCOUNT.to_owned();
    let kind = FailureKind::NodeGroupHealth;
    harness.eks.arm(Failure { account, kind, name: "default".to_owned(), issue });
    harness.post(&format!("{GROUP}/update-config"), json!({"scalingConfig": {"desiredSize": 3}})).await;
    let group = harness.until(GROUP, "/nodegroup/status", "DEGRADED").await;
    assert_eq!(group["nodegroup"]["health"]["issues"][0]["resourceIds"], json!(["eks-default-1"]));
    harness.post(&format!("{GROUP}/update-config"), json!({"scalingConfig": {"desiredSize": 2}})).await;
    let group = harness.until(GROUP, "/nodegroup/status", "ACTIVE").await;
    assert_eq!(group["nodegroup"]["health"], json!({"issues": []}));
}
