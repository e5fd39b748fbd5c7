//! One cluster through every operation, and what kubectl sees of it.

use sandbox_eks::account::Credentials;
use serde_json::json;

use crate::server::Server;

const API: &[&str] = &["--access-config", "authenticationMode=API,bootstrapClusterCreatorAdminPermissions=true"];

/// Creates, lists, describes, changes and deletes one of everything; the CLI parses each answer, the model checks each exchange.
pub(crate) fn a_whole_life(server: &Server) {
    let account = "300000000001";
    let admin = Credentials::of(account);
    let more =
        [API, &["--no-bootstrap-self-managed-addons", "--tags", "team=x", "--client-request-token", "t"]].concat();
    let kubeconfig = server.cluster(account, &more);
    let kubectl = |arguments: &[&str]| {
        server.kubectl(&kubeconfig, &admin, arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    };
    let aws = |line: &str| server.aws(account, &line.replace("ACCOUNT", account).split(' ').collect::<Vec<_>>());
    assert_eq!(
        server.kubectl_by_exec(&kubeconfig, &admin, &["get", "namespace", "default", "-o", "name"]).as_deref(),
        Ok("namespace/default")
    );
    assert_eq!(aws("list-clusters"), json!({"clusters": ["prod"]}));
    assert_eq!(aws("describe-cluster-versions --default-only")["clusterVersions"][0]["clusterVersion"], "1.35");

    let pod = "serviceAccount=ebs-csi-controller-sa,roleArn=arn:aws:iam::ACCOUNT:role/pod";
    for name in ["vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "metrics-server"] {
        aws(&format!("create-addon --cluster-name prod --addon-name {name} --resolve-conflicts OVERWRITE"));
    }
    aws(&format!("create-addon --cluster-name prod --addon-name aws-ebs-csi-driver --pod-identity-associations {pod}"));
    aws("wait addon-active --cluster-name prod --addon-name vpc-cni");
    let add_on = |name: &str, status: &str| {
        server.until(
            account,
            &["describe-addon", "--cluster-name", "prod", "--addon-name", name],
            "/addon/status",
            status,
        )
    };
    add_on("coredns", "DEGRADED");
    let group = "--cluster-name prod --nodegroup-name default";
    aws(&format!(
        "create-nodegroup {group} --subnets subnet-a subnet-b --node-role arn:aws:iam::ACCOUNT:role/node --scaling-config minSize=1,maxSize=3,desiredSize=2 --labels tier=web --kubernetes-version 1.34"
    ));
    aws(&format!("wait nodegroup-active {group}"));
    add_on("coredns", "ACTIVE");
    let nodes = || {
        kubectl(&["get", "nodes", "-l", "eks.amazonaws.com/nodegroup=default,tier=web", "-o", "name"])
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(nodes().len(), 2);
    let update = aws(&format!("update-nodegroup-config {group} --scaling-config desiredSize=1"));
    let id = update["update"]["id"].as_str().unwrap();
    server.until(
        account,
        &["describe-update", "--name", "prod", "--nodegroup-name", "default", "--update-id", id],
        "/update/status",
        "Successful",
    );
    aws(&format!("wait nodegroup-active {group}"));
    let kept = nodes();
    assert_eq!(kept.len(), 1);
    aws(&format!("update-nodegroup-version {group}"));
    aws(&format!("wait nodegroup-active {group}"));
    let renewed = nodes();
    assert_ne!(renewed, kept, "a new version brings new nodes");
    aws(&format!("update-nodegroup-version {group}"));
    aws(&format!("wait nodegroup-active {group}"));
    assert_eq!(nodes(), renewed, "nodes of that version stay");

    let version =
        aws("describe-addon-versions --addon-name vpc-cni --kubernetes-version 1.35")["addons"][0]["addonVersions"][0]
            ["addonVersion"]
            .clone();
    let version = version.as_str().unwrap();
    aws(&format!("describe-addon-configuration --addon-name vpc-cni --addon-version {version}"));
    aws(&format!("update-addon --cluster-name prod --addon-name vpc-cni --addon-version {version}"));
    add_on("vpc-cni", "ACTIVE");
    let association = aws(
        "create-pod-identity-association --cluster-name prod --namespace shop --service-account web --role-arn arn:aws:iam::ACCOUNT:role/pod",
    );
    let id = association["association"]["associationId"].as_str().unwrap();
    aws(&format!("describe-pod-identity-association --cluster-name prod --association-id {id}"));
    aws(&format!("update-pod-identity-association --cluster-name prod --association-id {id} --disable-session-tags"));
    assert_eq!(
        aws("list-pod-identity-associations --cluster-name prod --namespace shop")["associations"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    aws(&format!("delete-pod-identity-association --cluster-name prod --association-id {id}"));

    let arn = "arn:aws:eks:eu-west-1:ACCOUNT:cluster/prod";
    aws(&format!("tag-resource --resource-arn {arn} --tags a=1"));
    aws(&format!("untag-resource --resource-arn {arn} --tag-keys team"));
    assert_eq!(aws(&format!("list-tags-for-resource --resource-arn {arn}")), json!({"tags": {"a": "1"}}));
    let update = aws(
        "update-cluster-config --name prod --resources-vpc-config endpointPrivateAccess=true,publicAccessCidrs=127.0.0.0/8",
    );
    let id = update["update"]["id"].as_str().unwrap();
    server.until(account, &["describe-update", "--name", "prod", "--update-id", id], "/update/status", "Successful");
    assert_eq!(aws("list-updates --name prod"), json!({"updateIds": [id]}));

    assert!(server.fails(account, &["delete-cluster", "--name", "prod"]).contains(
        "(ResourceInUseException) when calling the DeleteCluster operation: Cluster has nodegroups attached"
    ));
    aws(&format!("describe-nodegroup {group}"));
    assert_eq!(aws("list-nodegroups --cluster-name prod"), json!({"nodegroups": ["default"]}));
    aws(&format!("delete-nodegroup {group}"));
    aws(&format!("wait nodegroup-deleted {group}"));
    assert_eq!(nodes(), [""; 0]);
    aws("delete-addon --cluster-name prod --addon-name coredns");
    aws("wait addon-deleted --cluster-name prod --addon-name coredns");
    assert_eq!(aws("list-addons --cluster-name prod")["addons"].as_array().map(Vec::len), Some(5));
    aws("delete-cluster --name prod");
    aws("wait cluster-deleted --name prod");
    assert_eq!(server.violations(account), [""; 0]);
    assert!(server.eks.resources().iter().all(|resource| resource.account != account));
}

pub(crate) fn an_upgrade_is_seen_by_kubectl(server: &Server) {
    let account = "300000000002";
    let admin = Credentials::of(account);
    let kubeconfig = server.cluster(account, &[API, &["--kubernetes-version", "1.34"]].concat());
    server.kubectl(&kubeconfig, &admin, &["create", "namespace", "kept"]).unwrap();
    assert!(
        server
            .fails(account, &["update-cluster-version", "--name", "prod", "--kubernetes-version", "1.36"])
            .contains("Unsupported Kubernetes minor version update from 1.34 to 1.36")
    );
    server.aws(account, &["update-cluster-version", "--name", "prod", "--kubernetes-version", "1.35"]);
    server.aws(account, &["wait", "cluster-active", "--name", "prod"]);
    assert_eq!(server.aws(account, &["describe-cluster", "--name", "prod"])["cluster"]["version"], "1.35");
    assert_eq!(
        server.kubectl(&kubeconfig, &admin, &["get", "namespace", "kept", "-o", "name"]).as_deref(),
        Ok("namespace/kept")
    );
    assert_eq!(server.violations(account), [""; 0]);
}
