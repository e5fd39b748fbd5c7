//! An EKS without processes for the tests: control planes that only remember, an account that has what a test says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request};
use sandbox_kube::CertificateAuthority;
use serde_json::{Value, json};

use crate::cloud::{IamView, Role, Session, Subnet};
use crate::eks::{Caller, Eks, Parts};
use crate::fronts::{EndpointAccess, FrontSpec, Fronts};
use crate::node_groups::nodes::Node;
use crate::pace::Pace;
use crate::planes::{ControlPlane, ControlPlanes, Grant};

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

struct Planes(Arc<Fake>);

struct Plane(Arc<Fake>, Arc<CertificateAuthority>);

#[async_trait]
impl ControlPlanes for Planes {
    async fn take(&self, _: &str) -> anyhow::Result<Arc<dyn ControlPlane>> {
        Ok(Arc::new(Plane(Arc::clone(&self.0), Arc::new(CertificateAuthority::new("test")?))))
    }

    async fn shutdown(&self) {}
}

#[async_trait]
impl ControlPlane for Plane {
    fn id(&self) -> &str {
        "plane"
    }

    fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], 6443).into()
    }

    fn authority(&self) -> Arc<CertificateAuthority> {
        Arc::clone(&self.1)
    }

    async fn server_version(&self) -> Value {
        json!({})
    }

    async fn grant(&self, grants: Vec<Grant>) -> anyhow::Result<()> {
        self.0.seen.lock().expect("seen").grants = grants;
        Ok(())
    }

    async fn join(&self, node: &Node) -> anyhow::Result<()> {
        self.0.seen.lock().expect("seen").nodes.insert(node.name.clone(), node.clone());
        Ok(())
    }

    async fn remove(&self, node: &str) -> anyhow::Result<()> {
        self.0.seen.lock().expect("seen").nodes.remove(node);
        Ok(())
    }

    async fn upgrade(&self, _: &str) -> anyhow::Result<()> {
        Ok(())
    }

    async fn stop(&self) {
        self.0.seen.lock().expect("seen").stopped += 1;
    }
}

#[async_trait]
impl Fronts for Fake {
    async fn open(&self, front: FrontSpec) -> anyhow::Result<String> {
        let endpoint = format!("https://127.0.0.1/{}", front.cluster);
        self.seen.lock().expect("seen").fronts.insert(endpoint.clone(), front.access);
        Ok(endpoint)
    }

    async fn update(&self, endpoint: &str, access: EndpointAccess, _: Value) {
        self.seen.lock().expect("seen").fronts.insert(endpoint.to_owned(), access);
    }

    async fn close(&self, endpoint: &str) {
        self.seen.lock().expect("seen").fronts.remove(endpoint);
    }
}

#[async_trait]
impl IamView for Fake {
    async fn role(&self, _: &str, name: &str) -> Option<Role> {
        self.roles.lock().expect("roles").get(name).cloned()
    }

    async fn user(&self, account: &str, name: &str) -> Option<String> {
        ["sandbox", "viewer"].contains(&name).then(|| format!("arn:aws:iam::{account}:user/{name}"))
    }

    /// `subnet-a` to `subnet-c` are in zones a to c of one VPC; `subnet-a2` is in zone a too, `subnet-x` in another VPC.
    async fn subnets(&self, _: &str, _: &str, ids: &[String]) -> Vec<Subnet> {
        let subnet = |id: &str| {
            let (zone, vpc) = match id {
                "subnet-a" | "subnet-a2" => ("a", "vpc-1"),
                "subnet-b" => ("b", "vpc-1"),
                "subnet-c" => ("c", "vpc-1"),
                "subnet-x" => ("b", "vpc-2"),
                _ => return None,
            };
            let number = u32::from(zone.as_bytes()[0] - b'a');
            Some(Subnet {
                id: id.to_owned(),
                vpc: vpc.to_owned(),
                zone: format!("{REGION}{zone}"),
                zone_id: format!("euw1-az{}", number + 1),
                cidr: format!("10.0.{}.0/20", number * 16),
            })
        };
        ids.iter().filter_map(|id| subnet(id)).collect()
    }

    async fn security_groups(&self, _: &str, _: &str, ids: &[String]) -> Vec<String> {
        ids.iter().filter(|id| id.starts_with("sg-known")).cloned().collect()
    }

    async fn create_cluster_security_group(&self, _: &str, _: &str, _: &str, cluster: &str) -> Option<String> {
        Some(format!("sg-{cluster}"))
    }

    async fn delete_cluster_security_group(&self, _: &str, _: &str, _: &str) {}

    async fn session(&self, access_key: &str) -> Option<Session> {
        (access_key == "ASIASESSION").then(|| Session {
            secret: "session-secret".to_owned(),
            arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci@example"),
            user_id: "AROADEPLOYER:ci@example".to_owned(),
        })
    }
}

/// A role as CreateRole and AttachRolePolicy make it.
pub(crate) fn role(name: &str, service: &str, policies: &[&str]) -> Role {
    Role {
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
