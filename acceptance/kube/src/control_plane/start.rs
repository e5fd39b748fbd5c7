//! The order of start: what waits for what, and what a failed start says.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::files::Files;
use super::flags::{self, Ports, Presented};
use super::{ControlPlane, ControlPlaneSpec};
use crate::certificates::CertificateAuthority;
use crate::nodes::{Nodes, Real};
use crate::process_group::ProcessGroup;
use crate::tools::Tools;

/// Far more than a loaded machine needs; a start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);
/// Go collects garbage at 1.5 times the live heap instead of twice: a fifth less memory for a little more CPU.
const GARBAGE_COLLECTION: &str = "50";
/// Beside real nodes, which need memory themselves: 25 MB less for a seventh more CPU.
const GARBAGE_COLLECTION_WITH_REAL_NODES: &str = "30";

pub(super) async fn start(tools: &Tools, spec: &ControlPlaneSpec, minor: u32) -> anyhow::Result<ControlPlane> {
    let authority = Arc::new(CertificateAuthority::new("kubernetes")?);
    let files = Files::write(&spec.dir, &authority, spec.token_webhook.as_deref())?;
    let ports = free_ports()?;
    let address = SocketAddr::from(([127, 0, 0, 1], ports.apiserver));
    files.write_kubeconfigs(address)?;
    let processes = ProcessGroup::start()?;
    let nodes = match spec.real_nodes.clone() {
        Some(real) => Nodes::Real(Real::new(real, &spec.dir)?),
        None => Nodes::Simulated(tokio::sync::OnceCell::new()),
    };
    let admin = client(&files.kubeconfig("admin")).await?;
    let plane = ControlPlane {
        spec: spec.clone(),
        authority,
        address,
        files,
        admin,
        processes,
        tools: tools.clone(),
        ports,
        version: RwLock::new(spec.kubernetes_version.clone()),
        nodes,
    };
    // The API server waits for etcd by itself.
    plane.spawn("etcd", &tools.etcd, flags::etcd(&plane.files, ports))?;
    start_kubernetes(&plane, minor).await?;
    Ok(plane)
}

/// Ends what depends on the presented minor and starts it again.
pub(super) async fn restart(plane: &ControlPlane, minor: u32) -> anyhow::Result<()> {
    for name in ["kube-scheduler", "kube-controller-manager", "kube-apiserver"] {
        plane.processes.end(name);
    }
    start_kubernetes(plane, minor).await
}

async fn start_kubernetes(plane: &ControlPlane, minor: u32) -> anyhow::Result<()> {
    let ControlPlane { spec, files, tools, ports, .. } = plane;
    let presented = Presented {
        minor,
        binary_minor: Tools::KUBERNETES_MINOR,
        token_webhook: spec.token_webhook.is_some(),
        real_nodes: spec.real_nodes.is_some(),
        service_account_issuer: spec.service_account_issuer.as_deref().unwrap_or("https://kubernetes.default.svc"),
    };
    let deadline = Instant::now() + PATIENCE;
    plane.spawn("kube-apiserver", &tools.kube_apiserver, flags::apiserver(files, *ports, presented))?;
    // The status counts, not the text: a failing /readyz also has lines that end in "ok". A controller-manager that starts before the
    // bootstrap roles exist gives up, so it has to wait for this.
    until(deadline, plane, "the API server to be ready", || is_ready(plane.admin())).await?;
    plane.spawn(
        "kube-controller-manager",
        &tools.kube_controller_manager,
        flags::controller_manager(files, *ports, presented),
    )?;
    plane.spawn("kube-scheduler", &tools.kube_scheduler, flags::scheduler(files, *ports, presented))?;
    until(deadline, plane, "the default service account", || has_default_account(plane.admin())).await
}

impl ControlPlane {
    fn spawn(&self, name: &str, program: &Path, arguments: Vec<String>) -> anyhow::Result<()> {
        let mut command = Command::new(program);
        let real = self.spec.real_nodes.is_some();
        let garbage_collection = if real { GARBAGE_COLLECTION_WITH_REAL_NODES } else { GARBAGE_COLLECTION };
        command.args(arguments).current_dir(&self.spec.dir).env("GOGC", garbage_collection);
        self.processes.spawn(name, &mut command, &self.files.log(name)).map(drop)
    }
}

/// A client from a kubeconfig file.
async fn client(kubeconfig: &Path) -> anyhow::Result<kube::Client> {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).context("the admin kubeconfig cannot be read")?;
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .context("the admin kubeconfig cannot be used")?;
    // A 429 is an answer here: an eviction that a disruption budget forbids.
    config.default_retry = false;
    kube::Client::try_from(config).context("a Kubernetes client cannot be made")
}

async fn is_ready(admin: kube::Client) -> bool {
    let Ok(request) = http::Request::get("/readyz").body(Vec::new()) else { return false };
    admin.request_text(request).await.is_ok()
}

async fn has_default_account(admin: kube::Client) -> bool {
    let accounts: Api<ServiceAccount> = Api::namespaced(admin, "default");
    matches!(accounts.get_opt("default").await, Ok(Some(_)))
}

/// Polls `done`; ends early when a process of the group has ended.
async fn until<Answer: Future<Output = bool>>(
    deadline: Instant,
    plane: &ControlPlane,
    what: &str,
    done: impl Fn() -> Answer,
) -> anyhow::Result<()> {
    let ControlPlane { processes, files, .. } = plane;
    while !done().await {
        if let Some((name, status)) = processes.ended() {
            anyhow::bail!("{name} ended with {status} before it was ready:\n  {}", last_lines(&files.log(&name)));
        }
        anyhow::ensure!(
            Instant::now() < deadline,
            "still waiting for {what} after {} s; the logs are in {}",
            PATIENCE.as_secs(),
            files.path("").display()
        );
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n  ")
}

/// Ports that are free now, all different.
fn free_ports() -> anyhow::Result<Ports> {
    let listeners: Vec<TcpListener> = (0..5)
        .map(|_| TcpListener::bind(("127.0.0.1", 0)))
        .collect::<Result<_, _>>()
        .context("no free port on 127.0.0.1")?;
    let ports: Vec<u16> = listeners
        .iter()
        .map(|listener| listener.local_addr().map(|address| address.port()))
        .collect::<Result<_, _>>()
        .context("a port has no number")?;
    Ok(Ports {
        etcd: ports[0],
        etcd_peer: ports[1],
        apiserver: ports[2],
        controller_manager: ports[3],
        scheduler: ports[4],
    })
}
