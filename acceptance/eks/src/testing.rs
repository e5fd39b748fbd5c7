//! An EKS without processes for the tests: control planes that only remember, an account that has what a test says.

mod fakes;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::cloud::{IamView, Role};
use crate::eks::{Caller, Eks, Parts};
use crate::fronts::{EndpointAccess, Fronts};
use crate::node_groups::nodes::Node;
use crate::pace::Pace;
use crate::planes::Grant;
use fakes::Planes;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";

/// What the fakes were told, to be looked at.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub nodes: BTreeMap<String, Node>,
    pub grants: Vec<Grant>,
    pub stopped: usize,
    pub fronts: BTreeMap<String, EndpointAccess>,
}

pub(crate) struct Fake {
    pub seen: Mutex<Seen>,
    pub roles: Mutex<BTreeMap<String, Role>>,
}

/// An EKS and what is behind it.
pub(crate) struct Harness {
    pub eks: Eks,
    pub fake: Arc<Fake>,
}

/// A role as CreateRole and AttachRolePolicy make it.
pub(crate) fn role(name: &str, service: &str, policies: &[&str]) -> Role {
    Role {
        id: format!("AROA{name}"),
        arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        trust: json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]}),
        attached_policies: policies.iter().map(|policy| format!("arn:aws:iam::aws:policy/{policy}")).collect(),
        created_at: 0.0,
    }
}

impl Harness {
    /// An EKS with the roles `cluster`, `node`, `pod` and `deployer`, at AWS's own pace: tests pause the clock, which then jumps.
    pub(crate) fn new() -> Self {
        let nodes = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"];
        let roles = [
            role("cluster", "eks.amazonaws.com", &["AmazonEKSClusterPolicy"]),
            role("node", "ec2.amazonaws.com", &nodes),
            role("pod", "pods.eks.amazonaws.com", &[]),
            role("deployer", "ec2.amazonaws.com", &[]),
        ];
        let roles = roles.map(|role| (role.arn.rsplit('/').next().unwrap_or_default().to_owned(), role));
        let fake = Arc::new(Fake { seen: Mutex::default(), roles: Mutex::new(roles.into()) });
        let parts = Parts {
            pace: Pace::Aws { factor: 1.0 },
            seed: 1,
            fronts: Arc::clone(&fake) as Arc<dyn Fronts>,
            iam: Arc::clone(&fake) as Arc<dyn IamView>,
            sts: "http://127.0.0.1:4566".to_owned(),
        };
        let eks = Eks::over(Arc::new(Planes(Arc::clone(&fake))), parts, None);
        Self { eks, fake }
    }

    /// Sends a request as the account's first user; the status and the body.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/sandbox");
        self.call_as(&arn, method, path, body).await
    }

    pub(crate) async fn call_as(&self, arn: &str, method: Method, path: &str, body: Value) -> (u16, Value) {
        let caller = Caller {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            arn: arn.to_owned(),
            access_key: String::new(),
        };
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).body(body).expect("a request");
        let response = self.eks.call(&caller, request).await;
        let status = response.status().as_u16();
        let mut body: Value = serde_json::from_slice(response.body()).expect("JSON");
        if let Some(code) = response.headers().get("x-amzn-errortype") {
            body["code"] = json!(code.to_str().expect("text"));
        }
        (status, body)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, Value::Null).await.1
    }

    /// A POST that must be accepted.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::POST, path, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// A POST that must be refused: `CODE: sentence`.
    pub(crate) async fn refused(&self, path: &str, body: Value) -> String {
        refusal(self.call(Method::POST, path, body).await)
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, Value::Null).await
    }

    /// Polls until the value at `pointer` of an object is `wanted`. The clock is paused, so this takes no time.
    pub(crate) async fn until(&self, path: &str, pointer: &str, wanted: &str) -> Value {
        for _ in 0..10_000 {
            let answer = self.get(path).await;
            if answer.pointer(pointer).and_then(Value::as_str) == Some(wanted) || answer["code"] == wanted {
                return answer;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        panic!("{path} never had {wanted} at {pointer}: {}", self.get(path).await)
    }

    /// An ACTIVE cluster `prod` in API mode.
    pub(crate) async fn with_cluster() -> Self {
        let harness = Self::new();
        harness.post("/clusters", cluster("prod")).await;
        harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
        harness
    }

    /// The same with an ACTIVE add-on `vpc-cni` and node group `default` of two nodes.
    pub(crate) async fn with_nodes() -> Self {
        let harness = Self::with_cluster().await;
        harness.post("/clusters/prod/addons", json!({"addonName": "vpc-cni"})).await;
        harness.post("/clusters/prod/node-groups", node_group("default")).await;
        harness.until("/clusters/prod/node-groups/default", "/nodegroup/status", "ACTIVE").await;
        harness
    }
}

/// The code and sentence of a refused call.
pub(crate) fn refusal((status, body): (u16, Value)) -> String {
    assert!(status >= 400, "accepted: {body}");
    format!("{}: {}", body["code"].as_str().unwrap_or_default(), body["message"].as_str().unwrap_or_default())
}

/// The input of CreateCluster.
pub(crate) fn cluster(name: &str) -> Value {
    json!({
        "name": name,
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/cluster"),
        "resourcesVpcConfig": {"subnetIds": ["subnet-a", "subnet-b"]},
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": false},
        "bootstrapSelfManagedAddons": false,
    })
}

/// The input of CreateNodegroup.
pub(crate) fn node_group(name: &str) -> Value {
    json!({
        "nodegroupName": name,
        "nodeRole": format!("arn:aws:iam::{ACCOUNT}:role/node"),
        "subnets": ["subnet-a", "subnet-b"],
        "scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 2},
    })
}

/// `base` with members replaced.
pub(crate) fn with(mut base: Value, changes: Value) -> Value {
    for (member, value) in changes.as_object().expect("an object") {
        base[member] = value.clone();
    }
    base
}
