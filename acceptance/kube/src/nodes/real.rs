//! Real nodes: a room for the cluster, and what its kubelets need of the control plane.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::Api;
use kube::api::{Patch, PatchParams};
use sandbox_node::{Egress, GATEWAY, NodeFiles, Programs, RealNode, Room, RoomSpec};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::balancer::Balancer;
use super::{NodeSpec, Plane, lifecycle};

/// What real nodes are made of.
#[derive(Debug, Clone)]
pub struct RealNodes {
    /// Their programs.
    pub programs: Programs,
    /// Answers their pulls.
    pub registry: axum::Router,
}

/// Where the cluster's DNS answers, as on EKS.
pub(crate) const DNS: Ipv4Addr = Ipv4Addr::new(172, 20, 0, 10);
/// Until the cluster's cloud controller, which EKS runs and here is this module, has looked at a node.
const UNINITIALIZED: &str = "node.cloudprovider.kubernetes.io/uninitialized";

#[derive(Debug)]
pub(crate) struct Real {
    nodes: RealNodes,
    /// Made with the first node.
    room: Arc<OnceCell<Arc<Room>>>,
    balancer: OnceCell<Arc<Balancer>>,
    _egress: Egress,
}

impl Real {
    /// Ready for nodes; the API server is to be started with the selector in `dir`.
    pub(crate) fn new(nodes: RealNodes, dir: &Path) -> anyhow::Result<Self> {
        let room = Arc::new(OnceCell::new());
        let socket = dir.join("egress.sock");
        let selector = sandbox_node::selector(&socket).to_string();
        std::fs::write(selector_file(dir), selector).context("the egress selector cannot be written")?;
        let egress = Egress::start(socket, Arc::clone(&room))?;
        Ok(Self { nodes, room, balancer: OnceCell::new(), _egress: egress })
    }

    /// The ways to its Services, once a node has been added.
    pub(crate) fn balancer(&self) -> Option<&Arc<Balancer>> {
        self.balancer.get()
    }

    pub(super) async fn add(&self, plane: &Plane<'_>, spec: &NodeSpec) -> anyhow::Result<()> {
        let room = self.room.get_or_try_init(|| self.open(plane)).await?;
        self.balancer.get_or_init(|| std::future::ready(Balancer::start(plane.admin, room))).await;
        let nodes: Api<Node> = Api::all(plane.admin.clone());
        if room.has(&spec.name) {
            return lifecycle::change(&nodes, spec).await;
        }
        room.add(&real(spec, plane)?).await?;
        let log = "the logs in its cluster's folder";
        lifecycle::ready(&nodes, &spec.name, log).await?;
        lifecycle::networked(plane.admin, &spec.name).await?;
        lifecycle::change(&nodes, spec).await
    }

    async fn open(&self, plane: &Plane<'_>) -> anyhow::Result<Arc<Room>> {
        let dir = plane.dir.join("room");
        std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        let hash = Sha256::digest(dir.as_os_str().as_encoded_bytes());
        let name: String = hash.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
        let room = Room::start(RoomSpec {
            dir,
            name: format!("paas-{name}"),
            programs: self.nodes.programs.clone(),
            api_server: plane.api_server,
            registry: self.nodes.registry.clone(),
        });
        let room = room.await.context("the network of the cluster's nodes cannot be made")?;
        publish_api_server(plane.admin).await?;
        Ok(room)
    }

    pub(super) async fn remove(&self, name: &str) -> anyhow::Result<()> {
        match self.room.get() {
            Some(room) => room.remove(name).await,
            None => Ok(()),
        }
    }

    pub(super) async fn end(&self) {
        if let Some(room) = self.room.get() {
            room.end().await;
        }
    }
}

pub(crate) fn selector_file(dir: &Path) -> std::path::PathBuf {
    dir.join("egress-selector.json")
}

/// The Service `kubernetes`, at which pods look for the API server, leads into the room.
async fn publish_api_server(admin: &kube::Client) -> anyhow::Result<()> {
    let slices: Api<EndpointSlice> = Api::namespaced(admin.clone(), "default");
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [GATEWAY], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": 443, "protocol": "TCP"}],
    });
    slices
        .patch("kubernetes", &PatchParams::apply("sandbox").force(), &Patch::Apply(slice))
        .await
        .context("the API server cannot be published to pods")?;
    Ok(())
}

fn real(spec: &NodeSpec, plane: &Plane<'_>) -> anyhow::Result<RealNode> {
    let authority = plane.authority;
    let address = spec.address();
    let client = authority.issue_client(&format!("system:node:{}", spec.name), Some("system:nodes"))?;
    let serving = authority.issue_server(&[&spec.name, &address.to_string(), "127.0.0.1"])?;
    let taints = spec.taints.iter().map(|taint| (taint.key.clone(), taint.value.clone(), taint.effect.clone()));
    let instance = spec.instance();
    Ok(RealNode {
        name: spec.name.clone(),
        address,
        provider_id: spec.provider_id(),
        taints: taints.chain([(UNINITIALIZED.to_owned(), "true".to_owned(), "NoSchedule".to_owned())]).collect(),
        pods: instance.pods,
        allocatable: instance.allocatable(),
        dns: DNS,
        files: NodeFiles {
            authority: authority.pem(),
            client: (client.chain_pem, client.key_pem),
            serving: (serving.chain_pem, serving.key_pem),
        },
    })
}
