//! Clusters through the gateway: the AWS CLI makes them, kubectl comes in through their fronts with the CLI's tokens.

use std::path::PathBuf;
use std::process::{Command, Output};

use libtest_mimic::Trial;
use sandbox_eks::account::Credentials;
use sandbox_gateway::fault::{Action, Fault, Match, When};
use serde_json::Value;

use crate::sandbox::{Sandbox, answer, trials};

pub(crate) fn all(sandbox: &'static Sandbox) -> Vec<Trial> {
    trials!(
        sandbox,
        a_cluster_is_made_reached_and_removed,
        pods_are_reached_through_the_front,
        faults_reach_kubernetes_too
    )
}

/// A cluster of its own in an account of its own.
struct Cluster<'a> {
    sandbox: &'a Sandbox,
    account: &'a str,
    kubeconfig: PathBuf,
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

const NAMESPACE: &str = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","labels":{"app.kubernetes.io/managed-by":"terraform-paas"}}}"#;

/// Waits until a cluster or node group is there. The CLI's own waiter, which asks every 30 s, has the last word.
fn active(sandbox: &Sandbox, account: &str, which: &[&str]) {
    let (kind, rest) = which.split_first().unwrap();
    let describe = format!("describe-{kind}");
    while sandbox.aws(account, &[&["eks", &describe], rest].concat())[kind]["status"] == "CREATING" {}
    sandbox.aws(account, &[&["eks", "wait", &format!("{kind}-active")], rest].concat());
}

impl<'a> Cluster<'a> {
    /// Makes cluster `prod` and a kubeconfig for it.
    fn new(sandbox: &'a Sandbox, account: &'a str) -> Self {
        let subnets = sandbox.aws(account, &["ec2", "describe-subnets"]);
        let subnets: Vec<_> =
            subnets["Subnets"].as_array().unwrap().iter().map(|subnet| subnet["SubnetId"].as_str().unwrap()).collect();
        let role = ["iam", "create-role", "--role-name", "cluster", "--assume-role-policy-document", TRUST];
        let role = sandbox.aws(account, &role)["Role"]["Arn"].as_str().unwrap().to_owned();
        let policy = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";
        sandbox.aws(account, &["iam", "attach-role-policy", "--role-name", "cluster", "--policy-arn", policy]);
        let network = format!("subnetIds={}", subnets.join(","));
        let access = "authenticationMode=API,bootstrapClusterCreatorAdminPermissions=true";
        let create = [
            "eks",
            "create-cluster",
            "--name",
            "prod",
            "--role-arn",
            &role,
            "--resources-vpc-config",
            &network,
            "--access-config",
            access,
        ];
        sandbox.aws(account, &create);
        active(sandbox, account, &["cluster", "--name", "prod"]);
        let kubeconfig = sandbox.path(account);
        let update = ["eks", "update-kubeconfig", "--name", "prod", "--kubeconfig", kubeconfig.to_str().unwrap()];
        sandbox.aws(account, &update);
        Self { sandbox, account, kubeconfig }
    }

    fn kubectl_as(&self, credentials: &Credentials, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.sandbox.kubectl);
        self.sandbox.environment(&mut command, Some((&credentials.access_key, &credentials.secret, None)));
        command.env("KUBECONFIG", &self.kubeconfig).args(arguments).output().unwrap()
    }

    fn kubectl(&self, arguments: &[&str]) -> Value {
        answer(self.kubectl_as(&Credentials::of(self.account), arguments))
    }

    fn kubectl_fails(&self, arguments: &[&str]) -> String {
        let output = self.kubectl_as(&Credentials::of(self.account), arguments);
        assert!(!output.status.success(), "{arguments:?} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }

    fn arm(&self, action: Action) -> u64 {
        let matching = Match { service: Some("kubernetes".into()), cluster: Some("prod".into()), ..Match::default() };
        self.sandbox.gateway.arm(Fault::new(self.account, matching, When::Before, action)).unwrap()
    }
}

fn a_cluster_is_made_reached_and_removed(sandbox: &Sandbox) {
    let account = "200000000001";
    let cluster = Cluster::new(sandbox, account);
    assert_eq!(cluster.kubectl(&["get", "namespace", "default", "-o", "json"])["metadata"]["name"], "default");
    let manifest = sandbox.path("shop.json");
    std::fs::write(&manifest, NAMESPACE).unwrap();
    cluster.kubectl(&["apply", "-f", manifest.to_str().unwrap()]);
    let log = sandbox.gateway.log(0, Some(account));
    let created = log.iter().find(|record| record.call.operation == "create namespaces").unwrap();
    assert_eq!(
        (created.call.key.as_deref(), created.call.cluster.as_deref(), created.status),
        (Some("shop"), Some("prod"), Some(201))
    );
    assert_eq!(created.source.as_ref().unwrap().program, "kubectl");

    let stranger = cluster.kubectl_as(&Credentials::viewer(account), &["get", "namespaces"]);
    assert!(String::from_utf8_lossy(&stranger.stderr).contains("Unauthorized"), "{stranger:?}");

    let found = sandbox.sweep(account);
    let cluster_arn = "eks cluster arn:aws:eks:eu-west-1:200000000001:cluster/prod".to_owned();
    assert!(found.contains(&cluster_arn) && found.contains(&"kubernetes Namespace prod/shop".to_owned()), "{found:?}");
    let security_groups =
        |found: &[String]| found.iter().filter(|line| line.starts_with("ec2 security-group ")).count();
    assert_eq!(security_groups(&found), 1);
    sandbox.aws(account, &["eks", "delete-cluster", "--name", "prod"]);
    while !sandbox.aws(account, &["eks", "list-clusters"])["clusters"].as_array().unwrap().is_empty() {}
    sandbox.aws(account, &["eks", "wait", "cluster-deleted", "--name", "prod"]);
    assert_eq!(sandbox.sweep(account), ["iam role cluster"]);
    let problems = sandbox.gateway.violations(Some(account));
    assert!(problems.is_empty(), "{problems:?}");
}

const NODE_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn pods_are_reached_through_the_front(sandbox: &Sandbox) {
    let account = "200000000003";
    let cluster = Cluster::new(sandbox, account);
    let role = ["iam", "create-role", "--role-name", "node", "--assume-role-policy-document", NODE_TRUST];
    let role = sandbox.aws(account, &role)["Role"]["Arn"].as_str().unwrap().to_owned();
    for policy in ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"] {
        let policy = format!("arn:aws:iam::aws:policy/{policy}");
        sandbox.aws(account, &["iam", "attach-role-policy", "--role-name", "node", "--policy-arn", &policy]);
    }
    let subnets = sandbox.aws(account, &["ec2", "describe-subnets"]);
    let subnet = subnets["Subnets"][0]["SubnetId"].as_str().unwrap();
    let group = ["--cluster-name", "prod", "--nodegroup-name", "default"];
    let create = [
        "eks",
        "create-nodegroup",
        "--node-role",
        &role,
        "--subnets",
        subnet,
        "--scaling-config",
        "minSize=1,maxSize=1,desiredSize=1",
    ];
    sandbox.aws(account, &[&create[..], &group].concat());
    active(sandbox, account, &[&["nodegroup"][..], &group].concat());

    cluster.kubectl(&["run", "api", "--image", "shop/api:41"]);
    cluster.kubectl(&["wait", "--for", "condition=Ready", "pod/api", "--timeout", "60s"]);
    cluster.kubectl(&["logs", "api"]);
    // Containers of simulated nodes do not run; the node's own answer comes through all the same.
    assert!(cluster.kubectl_fails(&["exec", "api", "--", "true"]).contains("simulated"));
    let log = sandbox.gateway.log(0, Some(account));
    for operation in ["watch pods", "get pods/log", "connect pods/exec"] {
        assert!(log.iter().any(|record| record.call.operation == operation), "{operation} is not in the log");
    }
    let secrets = log.iter().any(|record| record.path.contains("command=true"));
    assert!(!secrets, "the command of exec is in the log");
}

fn faults_reach_kubernetes_too(sandbox: &Sandbox) {
    let cluster = Cluster::new(sandbox, "200000000002");
    cluster.arm(Action::Status { http: 403, code: "Forbidden".into(), message: "not today".into() });
    assert!(cluster.kubectl_fails(&["get", "--raw", "/api/v1/namespaces"]).contains("not today"));
    let id = cluster.arm(Action::Unreachable);
    let unreachable = cluster.kubectl_fails(&["get", "--raw", "/version", "--request-timeout", "500ms"]);
    assert!(unreachable.contains("timeout") || unreachable.contains("deadline exceeded"), "{unreachable}");
    sandbox.gateway.disarm(Some(id), None);
    assert_eq!(cluster.kubectl(&["get", "--raw", "/version"])["major"], "1");
}
