//! Who may do what in a cluster, shown by kubectl with tokens of the AWS CLI.

use sandbox_eks::account::Credentials;

use crate::server::Server;

pub(crate) fn policies_hold_where_they_were_given(server: &Server) {
    let account = "300000000003";
    let (admin, viewer) = (Credentials::of(account), Credentials::viewer(account));
    let access = ["--access-config", "authenticationMode=API,bootstrapClusterCreatorAdminPermissions=false"];
    let kubeconfig = server.cluster(account, &access);
    let as_admin = |arguments: &[&str]| server.kubectl(&kubeconfig, &admin, arguments);
    let as_viewer = |arguments: &[&str]| server.kubectl(&kubeconfig, &viewer, arguments);
    let aws = |line: &str| server.aws(account, &line.replace("ACCOUNT", account).split(' ').collect::<Vec<_>>());
    let unauthorized =
        |outcome: Result<String, String>| outcome.is_err_and(|error| error.contains("must be logged in"));
    assert!(unauthorized(as_admin(&["get", "--raw", "/api/v1/namespaces"])), "nobody has an entry yet");

    let entry = "--cluster-name prod --principal-arn arn:aws:iam::ACCOUNT:user";
    let policy = "--policy-arn arn:aws:eks::aws:cluster-access-policy";
    aws(&format!("create-access-entry {entry}/sandbox"));
    aws(&format!(
        "associate-access-policy {entry}/sandbox {policy}/AmazonEKSClusterAdminPolicy --access-scope type=cluster"
    ));
    as_admin(&["create", "namespace", "shop"]).unwrap();
    as_admin(&["create", "configmap", "-n", "shop", "settings"]).unwrap();

    assert!(unauthorized(as_viewer(&["get", "--raw", "/api/v1/namespaces"])));
    aws(&format!("create-access-entry {entry}/viewer --kubernetes-groups watchers"));
    assert!(as_viewer(&["get", "pods"]).unwrap_err().contains("Forbidden"), "an entry alone allows nothing");
    aws(&format!(
        "associate-access-policy {entry}/viewer {policy}/AmazonEKSViewPolicy --access-scope type=namespace,namespaces=shop,dev-*"
    ));
    assert_eq!(
        as_viewer(&["get", "configmap", "settings", "-n", "shop", "-o", "name"]).as_deref(),
        Ok("configmap/settings")
    );
    for (arguments, why) in [
        (&["get", "secrets", "-n", "shop"][..], "a viewer sees no secrets"),
        (&["delete", "configmap", "settings", "-n", "shop"], "a viewer changes nothing"),
        (&["get", "configmaps", "-n", "default"], "not in other namespaces"),
    ] {
        assert!(as_viewer(arguments).is_err_and(|error| error.contains("Forbidden")), "{why}");
    }
    as_admin(&["create", "namespace", "dev-later"]).unwrap();
    let follows = (0..50).any(|_| as_viewer(&["get", "pods", "-n", "dev-later"]).is_ok());
    assert!(follows, "a pattern covers namespaces that come later");
    assert!(as_viewer(&["auth", "whoami", "-o", "jsonpath={.status.userInfo.groups}"]).unwrap().contains("watchers"));

    aws(&format!(
        "associate-access-policy {entry}/viewer {policy}/AmazonEKSAdminViewPolicy --access-scope type=cluster"
    ));
    as_viewer(&["get", "secrets", "-A"]).unwrap();
    aws(&format!("list-associated-access-policies {entry}/viewer"));
    aws(&format!("disassociate-access-policy {entry}/viewer {policy}/AmazonEKSAdminViewPolicy"));
    aws(&format!("update-access-entry {entry}/viewer --kubernetes-groups others"));
    aws(&format!("describe-access-entry {entry}/viewer"));
    aws(&format!("delete-access-entry {entry}/viewer"));
    aws("list-access-entries --cluster-name prod");
    aws("list-access-policies");
    assert_eq!(server.violations(account), [""; 0]);
}

pub(crate) fn a_request_outside_the_model_is_refused_and_recorded(server: &Server) {
    let account = "300000000004";
    let error = server.fails(account, &["list-fargate-profiles", "--cluster-name", "prod"]);
    assert!(error.contains("UnknownOperationException") && error.contains("eks:ListFargateProfiles"), "{error}");
    let long = "x".repeat(101);
    let create = ["create-cluster", "--name", &long, "--role-arn", "r", "--resources-vpc-config", "subnetIds=subnet-a"];
    let error = server.fails(account, &create);
    assert!(error.contains("Member must have length less than or equal to 100"), "{error}");
    let violations = server.violations(account);
    assert_eq!(violations.len(), 2, "{violations:?}");
    assert!(violations[0].starts_with("ListFargateProfiles Unknown: "), "{violations:?}");
}
