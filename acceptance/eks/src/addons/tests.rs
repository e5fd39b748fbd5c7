use serde_json::{Value, json};

use crate::testing::{ACCOUNT, Harness, node_group};

const ADD_ONS: &str = "/clusters/prod/addons";

#[tokio::test(start_paused = true)]
async fn what_runs_on_every_node_is_well_without_nodes_and_replicas_are_not() {
    let harness = Harness::with_cluster().await;
    for name in ["vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "metrics-server", "aws-ebs-csi-driver"] {
        let created = harness.post(ADD_ONS, json!({ "addonName": name })).await;
        assert_eq!(created["addon"]["status"], "CREATING");
    }
    for name in ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"] {
        harness.until(&format!("{ADD_ONS}/{name}"), "/addon/status", "ACTIVE").await;
    }
    let degraded = harness.until(&format!("{ADD_ONS}/coredns"), "/addon/status", "DEGRADED").await;
    assert_eq!(degraded["addon"]["health"]["issues"][0]["code"], "InsufficientNumberOfReplicas");
    harness.post("/clusters/prod/node-groups", node_group("default")).await;
    for name in ["coredns", "metrics-server", "aws-ebs-csi-driver"] {
        let active = harness.until(&format!("{ADD_ONS}/{name}"), "/addon/status", "ACTIVE").await;
        assert_eq!(active["addon"]["health"], json!({"issues": []}));
    }
    harness.delete("/clusters/prod/node-groups/default").await;
    harness.until(&format!("{ADD_ONS}/coredns"), "/addon/status", "DEGRADED").await;
}

#[tokio::test(start_paused = true)]
async fn the_default_version_is_the_one_that_describe_addon_versions_marks() {
    let harness = Harness::with_cluster().await;
    for name in ["vpc-cni", "kube-proxy"] {
        let versions =
            harness.get(&format!("/addons/supported-versions?addonName={name}&kubernetesVersion=1.35")).await;
        let marked = versions["addons"][0]["addonVersions"]
            .as_array()
            .expect("versions")
            .iter()
            .find(|version| version["compatibilities"][0]["defaultVersion"] == true);
        let created = harness.post(ADD_ONS, json!({ "addonName": name })).await;
        assert_eq!(created["addon"]["addonVersion"], marked.expect("a default")["addonVersion"]);
    }
    let all = harness.get("/addons/supported-versions").await;
    let cni = all["addons"]
        .as_array()
        .expect("add-ons")
        .iter()
        .find(|add_on| add_on["addonName"] == "vpc-cni")
        .expect("vpc-cni");
    assert_eq!(
        cni["addonVersions"][0]["compatibilities"].as_array().map(Vec::len),
        Some(4),
        "one version for every minor"
    );
}

#[tokio::test(start_paused = true)]
async fn identities_of_an_add_on_are_its_own_and_go_with_it() {
    let harness = Harness::with_cluster().await;
    let identity =
        json!([{"serviceAccount": "ebs-csi-controller-sa", "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/pod")}]);
    let created = harness
        .post(ADD_ONS, json!({"addonName": "aws-ebs-csi-driver", "podIdentityAssociations": identity}))
        .await["addon"]
        .take();
    let associations = harness.get("/clusters/prod/pod-identity-associations").await["associations"].take();
    assert_eq!(created["podIdentityAssociations"], json!([associations[0]["associationArn"]]));
    assert_eq!(associations[0]["ownerArn"], created["addonArn"]);
    let id = associations[0]["associationId"].as_str().expect("an id");
    let body = json!({"namespace": "kube-system", "serviceAccount": "ebs-csi-controller-sa", "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/pod")});
    assert_eq!(
        harness.refused("/clusters/prod/pod-identity-associations", body).await,
        format!("ResourceInUseException: Association already exists: {id}")
    );
    harness.delete(&format!("{ADD_ONS}/aws-ebs-csi-driver")).await;
    harness.until(&format!("{ADD_ONS}/aws-ebs-csi-driver"), "/code", "ResourceNotFoundException").await;
    assert_eq!(harness.get("/clusters/prod/pod-identity-associations").await, json!({"associations": []}));
}

#[tokio::test(start_paused = true)]
async fn an_update_has_an_id_and_takes_effect() {
    let harness = Harness::with_cluster().await;
    harness.post(ADD_ONS, json!({"addonName": "vpc-cni"})).await;
    let path = format!("{ADD_ONS}/vpc-cni");
    assert_eq!(
        harness.refused(&format!("{path}/update"), json!({"addonVersion": "v1.22.1-eksbuild.1"})).await,
        "ResourceInUseException: Addon vpc-cni cannot be updated as it is currently in CREATING state"
    );
    harness.until(&path, "/addon/status", "ACTIVE").await;
    let update = harness
        .post(
            &format!("{path}/update"),
            json!({"addonVersion": "v1.22.1-eksbuild.1", "configurationValues": "{\"env\":{}}"}),
        )
        .await;
    assert_eq!(update["update"]["type"], "AddonUpdate");
    assert_eq!(harness.get(&path).await["addon"]["status"], "UPDATING");
    let id = update["update"]["id"].as_str().expect("an id");
    harness.until(&format!("/clusters/prod/updates/{id}?addonName=vpc-cni"), "/update/status", "Successful").await;
    let updated = harness.get(&path).await["addon"].take();
    assert_eq!((&updated["status"], &updated["addonVersion"]), (&json!("ACTIVE"), &json!("v1.22.1-eksbuild.1")));
    assert_eq!(updated["configurationValues"], "{\"env\":{}}");
}

#[tokio::test(start_paused = true)]
async fn requests_are_refused_in_the_words_of_aws() {
    let harness = Harness::with_cluster().await;
    harness.post(ADD_ONS, json!({"addonName": "coredns"})).await;
    let absent = json!([{"serviceAccount": "aws-node", "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/absent")}]);
    let distrusted = json!([{"serviceAccount": "aws-node", "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/node")}]);
    for (input, text) in [
        (json!({"addonName": "coredns"}), "ResourceInUseException: Addon already exists."),
        (json!({"addonName": "nonsense"}), "InvalidParameterException: Addon specified is not supported"),
        (
            json!({"addonName": "vpc-cni", "addonVersion": "v0.1"}),
            "InvalidParameterException: Addon version specified is not supported",
        ),
        (
            json!({"addonName": "vpc-cni", "configurationValues": "{\"colour\":1}"}),
            "InvalidParameterException: ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$.colour: is not defined in the schema and the schema does not allow additional properties]",
        ),
        (
            json!({"addonName": "external-dns", "configurationValues": "{\"policy\":\"all\",\"sources\":{}}"}),
            "InvalidParameterException: ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$.policy: value must be one of 'sync', 'upsert-only', 'create-only', $.sources: object found, array expected]",
        ),
        (
            json!({"addonName": "metrics-server", "configurationValues": "[]"}),
            "InvalidParameterException: ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$: array found, object expected]",
        ),
        (
            json!({"addonName": "vpc-cni", "podIdentityAssociations": absent}),
            "InvalidParameterException: Role provided in the request does not exist.",
        ),
        (
            json!({"addonName": "vpc-cni", "podIdentityAssociations": distrusted}),
            "InvalidParameterException: Trust policy of the role provided in the request is invalid: the service principal pods.eks.amazonaws.com needs sts:AssumeRole and sts:TagSession.",
        ),
    ] {
        assert_eq!(harness.refused(ADD_ONS, input).await, text);
    }
    assert_eq!(
        harness.get("/clusters/prod/pod-identity-associations").await,
        json!({"associations": []}),
        "nothing is left of what was refused"
    );
}

#[tokio::test(start_paused = true)]
async fn describe_addon_configuration_names_the_policies_of_every_service_account() {
    let harness = Harness::new();
    let versions = harness.get("/addons/supported-versions?addonName=aws-ebs-csi-driver").await;
    let version = versions["addons"][0]["addonVersions"][0]["addonVersion"].as_str().expect("a version");
    let answer = harness
        .get(&format!("/addons/configuration-schemas?addonName=aws-ebs-csi-driver&addonVersion={version}"))
        .await;
    let policy = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy";
    assert_eq!(
        answer["podIdentityConfiguration"],
        json!([{"serviceAccount": "ebs-csi-controller-sa", "recommendedManagedPolicies": [policy]}])
    );
    let schema: Value = serde_json::from_str(answer["configurationSchema"].as_str().expect("a schema")).expect("JSON");
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()).expect("a definition");
    assert_eq!(schema["definitions"][name]["additionalProperties"], false);
}

#[tokio::test(start_paused = true)]
async fn the_role_of_a_service_account_is_kept_only_by_an_update_that_names_it() {
    let harness = Harness::with_cluster().await;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/pod");
    harness.post(ADD_ONS, json!({"addonName": "vpc-cni", "serviceAccountRoleArn": role})).await;
    let path = format!("{ADD_ONS}/vpc-cni");
    harness.until(&path, "/addon/status", "ACTIVE").await;
    harness
        .post(&format!("{path}/update"), json!({"configurationValues": "{\"env\":{}}", "serviceAccountRoleArn": role}))
        .await;
    let kept = harness.until(&path, "/addon/status", "ACTIVE").await;
    assert_eq!(kept["addon"]["serviceAccountRoleArn"], role.as_str());
    harness.post(&format!("{path}/update"), json!({"configurationValues": "{}"})).await;
    let lost = harness.until(&path, "/addon/status", "ACTIVE").await;
    assert_eq!(lost["addon"].get("serviceAccountRoleArn"), None);
}

#[tokio::test(start_paused = true)]
async fn every_add_on_has_a_schema_that_nothing_fits_but_its_own_members() {
    let harness = Harness::new();
    let all = harness.get("/addons/supported-versions?kubernetesVersion=1.35").await["addons"].take();
    let all = all.as_array().expect("add-ons");
    assert!(all.len() > 15);
    for add_on in all {
        let name = add_on["addonName"].as_str().expect("a name");
        let offer = super::catalog::Offer::find(name).expect("an offer");
        assert_eq!(offer.check_values("{}"), Ok(()), "{name}");
        let refused = offer.check_values("{\"colour\":1}").expect_err(name);
        assert!(refused.message.contains("$.colour: is not defined in the schema"), "{name}: {}", refused.message);
    }
}
