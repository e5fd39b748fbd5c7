use http::Method;
use serde_json::{Value, json};

use crate::effects::{Failure, FailureKind};
use crate::testing::{ACCOUNT, Harness, cluster, node_group, refusal, role, with};

use super::Issue;

#[tokio::test(start_paused = true)]
async fn a_cluster_is_created_used_and_deleted() {
    let harness = Harness::new();
    let creating = harness.post("/clusters", with(cluster("prod"), json!({"tags": {"team": "x"}}))).await;
    assert_eq!(creating["cluster"]["status"], "CREATING");
    assert_eq!(creating["cluster"]["certificateAuthority"], json!({}));
    assert_eq!(creating["cluster"].get("endpoint"), None);
    let active = harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await["cluster"].take();
    assert_eq!(active["arn"], format!("arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/prod"));
    assert_eq!(active["version"], "1.35");
    assert_eq!(active["endpoint"], "https://127.0.0.1/prod");
    assert_eq!(active["tags"], json!({"team": "x"}));
    assert_eq!(active["resourcesVpcConfig"]["vpcId"], "vpc-1");
    assert_eq!(active["resourcesVpcConfig"]["clusterSecurityGroupId"], "sg-prod");
    assert_eq!(active["upgradePolicy"], json!({"supportType": "EXTENDED"}));
    let (status, deleting) = harness.delete("/clusters/prod").await;
    assert_eq!((status, &deleting["cluster"]["status"]), (200, &json!("DELETING")));
    let gone = harness.until("/clusters/prod", "/code", "ResourceNotFoundException").await;
    assert_eq!(gone["message"], "No cluster found for name: prod.");
    let seen = harness.fake.seen.lock().expect("seen");
    assert_eq!((seen.stopped, seen.fronts.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_made_again_is_another_one() {
    let harness = Harness::with_cluster().await;
    let first = harness.get("/clusters/prod").await["cluster"]["identity"]["oidc"]["issuer"].clone();
    harness.delete("/clusters/prod").await;
    harness.until("/clusters/prod", "/code", "ResourceNotFoundException").await;
    harness.post("/clusters", cluster("prod")).await;
    let second = harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    assert_ne!(first, second["cluster"]["identity"]["oidc"]["issuer"]);
    assert!(
        first.as_str().is_some_and(|issuer| issuer.starts_with("https://oidc.eks.eu-west-1.amazonaws.com/id/")),
        "{first}"
    );
}

#[tokio::test(start_paused = true)]
async fn create_refuses_in_the_words_of_aws() {
    let harness = Harness::with_cluster().await;
    for (name, odd) in
        [("odd-trust", role("odd-trust", "ec2.amazonaws.com", &[])), ("bare", role("bare", "eks.amazonaws.com", &[]))]
    {
        harness.fake.roles.lock().expect("roles").insert(name.to_owned(), odd);
    }
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let subnets = |ids: &[&str]| json!({"resourcesVpcConfig": {"subnetIds": ids}});
    for (input, text) in [
        (json!({"name": "prod"}), "ResourceInUseException: Cluster already exists with name: prod"),
        (
            json!({"roleArn": arn("absent")}),
            "InvalidParameterException: Role with arn: arn:aws:iam::123456789012:role/absent, could not be assumed because it does not exist or the trusted entity is not correct",
        ),
        (
            json!({"roleArn": arn("odd-trust")}),
            "InvalidParameterException: Role could not be assumed because the trusted entity is not correct",
        ),
        (
            json!({"roleArn": arn("bare")}),
            "InvalidParameterException: The provided role doesn't have the Amazon EKS Managed Policies associated with it. Please ensure the following policies [arn:aws:iam::aws:policy/AmazonEKSClusterPolicy] are attached",
        ),
        (subnets(&["subnet-a"]), "InvalidParameterException: Subnets specified must be in at least two different AZs"),
        (
            subnets(&["subnet-a", "subnet-a2"]),
            "InvalidParameterException: Subnets specified must be in at least two different AZs",
        ),
        (
            subnets(&["subnet-a", "subnet-z"]),
            "InvalidParameterException: The subnet ID 'subnet-z' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidSubnetID.NotFound)",
        ),
        (
            subnets(&["subnet-a", "subnet-x"]),
            "InvalidParameterException: Subnets specified must belong to the same VPC",
        ),
        (json!({"version": "1.20"}), "InvalidParameterException: unsupported Kubernetes version"),
        (
            json!({"computeConfig": {"enabled": true}}),
            "InvalidParameterException: For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.",
        ),
    ] {
        assert_eq!(harness.refused("/clusters", with(cluster("other"), input)).await, text);
    }
    assert_eq!(harness.get("/clusters").await, json!({"clusters": ["prod"]}));
}

#[tokio::test(start_paused = true)]
async fn a_role_is_not_seen_before_it_has_propagated() {
    let harness = Harness::new();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs_f64();
    harness.fake.roles.lock().expect("roles").get_mut("cluster").expect("the role").created_at = now;
    assert!(harness.refused("/clusters", cluster("prod")).await.contains("does not exist"));
    harness.eks.delay_roles(std::time::Duration::ZERO);
    harness.post("/clusters", cluster("prod")).await;
}

#[tokio::test(start_paused = true)]
async fn delete_refuses_while_something_is_left_or_protected() {
    let harness = Harness::with_nodes().await;
    assert_eq!(
        refusal(harness.delete("/clusters/prod").await),
        "ResourceInUseException: Cluster has nodegroups attached"
    );
    harness.delete("/clusters/prod/node-groups/default").await;
    harness.until("/clusters/prod/node-groups/default", "/code", "ResourceNotFoundException").await;
    harness.post("/clusters/prod/update-config", json!({"deletionProtection": true})).await;
    assert!(
        refusal(harness.delete("/clusters/prod").await).starts_with(
            "ResourceInUseException: Cannot delete because cluster prod currently has an update in progress"
        )
    );
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    assert!(
        refusal(harness.delete("/clusters/prod").await)
            .starts_with("InvalidRequestException: Cluster prod cannot be deleted because deletion protection")
    );
}

#[tokio::test(start_paused = true)]
async fn one_update_at_a_time_and_one_kind_of_update_per_call() {
    let harness = Harness::with_cluster().await;
    let update = harness
        .post("/clusters/prod/update-config", json!({"upgradePolicy": {"supportType": "STANDARD"}}))
        .await["update"]
        .take();
    assert_eq!((&update["type"], &update["status"]), (&json!("UpgradePolicyUpdate"), &json!("InProgress")));
    let id = update["id"].as_str().expect("an id");
    assert_eq!(
        harness.refused("/clusters/prod/update-config", json!({"zonalShiftConfig": {"enabled": true}})).await,
        format!(
            "ResourceInUseException: Cannot ZonalShiftConfigUpdate because cluster prod currently has update {id} in progress"
        )
    );
    assert_eq!(harness.get("/clusters/prod").await["cluster"]["status"], "UPDATING");
    assert_eq!(
        harness.get("/clusters/prod").await["cluster"]["upgradePolicy"]["supportType"],
        "EXTENDED",
        "not in effect yet"
    );
    harness.until(&format!("/clusters/prod/updates/{id}"), "/update/status", "Successful").await;
    let cluster = harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    assert_eq!(cluster["cluster"]["upgradePolicy"]["supportType"], "STANDARD");
    assert_eq!(harness.get("/clusters/prod/updates").await, json!({"updateIds": [id]}));
    for (input, text) in [
        (json!({}), "InvalidParameterException: The type for cluster update was not provided."),
        (
            json!({"deletionProtection": true, "upgradePolicy": {"supportType": "EXTENDED"}}),
            "InvalidParameterException: Only one type of update can be allowed.",
        ),
        (
            json!({"resourcesVpcConfig": {"endpointPublicAccess": true, "subnetIds": ["subnet-a", "subnet-c"]}}),
            "InvalidParameterException: Only one type of update can be allowed.",
        ),
        (
            json!({"resourcesVpcConfig": {"subnetIds": ["subnet-a", "subnet-c"]}}),
            "InvalidParameterException: Provided subnets belong to the AZs 'eu-west-1a,eu-west-1c'. But they should belong to the exact set of AZs 'eu-west-1a,eu-west-1b' in which subnets were provided during cluster creation.",
        ),
        (
            json!({"resourcesVpcConfig": {"endpointPublicAccess": true}}),
            "InvalidParameterException: Cluster is already at the desired configuration with endpointPrivateAccess: false , endpointPublicAccess: true, and Public Endpoint Restrictions: [0.0.0.0/0]",
        ),
        (
            json!({"logging": {"clusterLogging": [{"types": ["api"], "enabled": false}]}}),
            "InvalidParameterException: No changes needed for the logging config provided",
        ),
        (
            json!({"accessConfig": {"authenticationMode": "CONFIG_MAP"}}),
            "InvalidParameterException: Unsupported authentication mode update from API to CONFIG_MAP",
        ),
    ] {
        assert_eq!(harness.refused("/clusters/prod/update-config", input).await, text);
    }
}

#[tokio::test(start_paused = true)]
async fn node_pools_and_their_role_go_together_and_the_role_stays() {
    let harness = Harness::with_cluster().await;
    let auto = |pools: Value, role: Value| {
        json!({
            "computeConfig": {"enabled": true, "nodePools": pools, "nodeRoleArn": role},
            "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": true}},
            "storageConfig": {"blockStorage": {"enabled": true}},
        })
    };
    let role = |name: &str| json!(format!("arn:aws:iam::123456789012:role/{name}"));
    let path = "/clusters/prod/update-config";
    assert_eq!(
        harness.refused(path, auto(json!(["system"]), Value::Null)).await,
        "InvalidParameterException: When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated."
    );
    assert_eq!(
        harness.refused(path, auto(json!([]), role("nodes"))).await,
        "InvalidParameterException: When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be provided."
    );
    harness.post(path, auto(json!(["system"]), role("nodes"))).await;
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    assert_eq!(
        harness.refused(path, auto(json!(["system"]), role("others"))).await,
        "InvalidParameterException: Compute Config nodeRoleArn cannot be changed while EKS Auto Mode is enabled."
    );
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_update_reaches_the_front() {
    let harness = Harness::with_cluster().await;
    let body = json!({"resourcesVpcConfig": {"endpointPrivateAccess": true, "publicAccessCidrs": ["203.0.113.0/24"]}});
    harness.post("/clusters/prod/update-config", body).await;
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    let seen = harness.fake.seen.lock().expect("seen");
    let access = &seen.fronts["https://127.0.0.1/prod"];
    assert_eq!(
        (access.public, access.private, access.public_cidrs.as_slice()),
        (true, true, &["203.0.113.0/24".to_owned()][..])
    );
}

#[tokio::test(start_paused = true)]
async fn logging_lists_what_is_on_then_what_is_off() {
    let harness = Harness::new();
    let logging = json!({"clusterLogging": [{"types": ["audit", "api"], "enabled": true}, {"types": ["scheduler"], "enabled": false}]});
    let created = harness.post("/clusters", with(cluster("prod"), json!({ "logging": logging }))).await;
    let shown = json!({"clusterLogging": [
        {"types": ["api", "audit"], "enabled": true},
        {"types": ["authenticator", "controllerManager", "scheduler"], "enabled": false},
    ]});
    assert_eq!(created["cluster"]["logging"], shown);
}

#[tokio::test(start_paused = true)]
async fn versions_go_up_by_one_and_node_groups_follow() {
    let harness = Harness::new();
    harness
        .post("/clusters", with(cluster("prod"), json!({"version": "1.33", "bootstrapSelfManagedAddons": true})))
        .await;
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    harness.post("/clusters/prod/node-groups", node_group("default")).await;
    harness.until("/clusters/prod/node-groups/default", "/nodegroup/status", "ACTIVE").await;
    for (version, text) in [
        ("1.35", "InvalidParameterException: Unsupported Kubernetes minor version update from 1.33 to 1.35"),
        ("1.33", "InvalidParameterException: Unsupported Kubernetes minor version update from 1.33 to 1.33"),
        ("1.32", "InvalidParameterException: unsupported Kubernetes version"),
    ] {
        assert_eq!(harness.refused("/clusters/prod/updates", json!({ "version": version })).await, text);
    }
    harness.post("/clusters/prod/updates", json!({"version": "1.34"})).await;
    let cluster = harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    assert_eq!(cluster["cluster"]["version"], "1.34");
    assert_eq!(
        harness.refused("/clusters/prod/updates", json!({"version": "1.35"})).await,
        "InvalidRequestException: Nodegroups [default] must be updated to match cluster version 1.34 before updating cluster version"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_token_replays_its_answer_and_refuses_another_request() {
    let harness = Harness::new();
    let input = with(cluster("prod"), json!({"clientRequestToken": "t-1"}));
    let first = harness.post("/clusters", input.clone()).await;
    assert_eq!(harness.post("/clusters", input.clone()).await, first);
    let other = with(input, json!({"version": "1.34"}));
    assert!(harness.refused("/clusters", other).await.starts_with("InvalidParameterException: "));
}

#[tokio::test(start_paused = true)]
async fn an_armed_failure_fails_one_cluster() {
    let harness = Harness::new();
    let issue = Issue {
        code: "Ec2SubnetNotFound".to_owned(),
        message: "gone".to_owned(),
        resource_ids: vec!["subnet-a".to_owned()],
    };
    harness.eks.arm(Failure {
        account: ACCOUNT.to_owned(),
        kind: FailureKind::Cluster,
        name: "prod".to_owned(),
        issue,
    });
    harness.post("/clusters", cluster("prod")).await;
    let failed = harness.until("/clusters/prod", "/cluster/status", "FAILED").await;
    assert_eq!(failed["cluster"]["health"]["issues"][0]["code"], "Ec2SubnetNotFound");
    harness.delete("/clusters/prod").await;
    harness.until("/clusters/prod", "/code", "ResourceNotFoundException").await;
    harness.post("/clusters", cluster("prod")).await;
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
}

#[tokio::test(start_paused = true)]
async fn tags_of_every_kind_of_object_are_found_by_arn() {
    let harness = Harness::with_nodes().await;
    for (path, pointer) in [
        ("/clusters/prod", "/cluster/arn"),
        ("/clusters/prod/node-groups/default", "/nodegroup/nodegroupArn"),
        ("/clusters/prod/addons/vpc-cni", "/addon/addonArn"),
    ] {
        let object = harness.get(path).await;
        let arn = object.pointer(pointer).and_then(Value::as_str).expect("an ARN");
        let tags = format!("/tags/{}", arn.replace(':', "%3A").replace('/', "%2F"));
        harness.post(&tags, json!({"tags": {"a": "1", "b": "2"}})).await;
        harness.call(Method::DELETE, &format!("{tags}?tagKeys=a&tagKeys=c"), Value::Null).await;
        assert_eq!(harness.get(&tags).await, json!({"tags": {"b": "2"}}), "{arn}");
    }
    let absent = harness.get("/tags/arn%3Aaws%3Aeks%3Aeu-west-1%3A123456789012%3Acluster%2Fabsent").await;
    assert_eq!(absent["code"], "NotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_can_be_deleted_while_it_is_made_whatever_its_protection() {
    let harness = Harness::new();
    harness.post("/clusters", with(cluster("prod"), json!({"deletionProtection": true}))).await;
    assert_eq!(harness.delete("/clusters/prod").await.1["cluster"]["status"], "DELETING");
    harness.until("/clusters/prod", "/code", "ResourceNotFoundException").await;
    harness.post("/clusters", cluster("prod")).await;
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    let seen = harness.fake.seen.lock().expect("seen");
    assert_eq!((seen.stopped, seen.fronts.len()), (1, 1), "the control plane that came too late is stopped");
}
