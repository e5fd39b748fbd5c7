//! What is behind EKS in the tests: nothing that runs.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use sandbox_kube::CertificateAuthority;
use serde_json::{Value, json};

use super::{ACCOUNT, Fake, REGION};
use crate::cloud::{IamView, LaunchTemplate, Role, Session, Subnet};
use crate::fronts::{EndpointAccess, FrontSpec, Fronts};
use crate::node_groups::nodes::Node;
use crate::planes::{ControlPlane, ControlPlanes, Grant};

pub(super) struct Planes(pub(super) Arc<Fake>);

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

    /// `lt-1` has three versions.
    async fn launch_template(&self, _: &str, _: &str, id: &str) -> Option<LaunchTemplate> {
        let known = LaunchTemplate { id: "lt-1".to_owned(), name: "nodes".to_owned(), default: 1, latest: 3 };
        (id == known.id).then_some(known)
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
