//! A sandbox in this process: the tools, a folder, the gateway, a mirror with the provider, the environment of an account.
//! Knows nothing of the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use sandbox_eks::{Pace, Planes};
use sandbox_gateway::{Gateway, GatewaySpec};
use sandbox_images::Store;
use sandbox_kube::{Tools, Wanted};

pub mod client;
mod environment;
pub mod mirror;
pub mod nodes;
pub mod place;
pub mod register;
pub mod serve;
mod subnets;
#[cfg(test)]
mod tests;

pub use environment::Environment;
pub use mirror::Built;

/// The region of the variables that a sandbox prints; any other works as well.
pub const REGION: &str = "eu-west-1";
/// The account of a user who names none.
pub const ACCOUNT: &str = "111122223333";

/// What a sandbox is to be.
#[derive(Debug, Clone)]
pub struct SandboxSpec {
    /// Its folder. It is made, and removed at shutdown with all that it then holds.
    pub dir: PathBuf,
    /// What is behind clusters; hollow ones are for tests of EKS's API alone.
    pub planes: Planes,
    /// Whether nodes are real; else they are simulated.
    pub real_nodes: bool,
    /// How fast AWS moves.
    pub pace: Pace,
    /// Whether API servers without a public endpoint are unreachable, as they are on AWS from outside of the VPC.
    pub private_unreachable: bool,
    /// Where ids come from.
    pub seed: u64,
}

impl SandboxSpec {
    /// In an empty `dir`: control planes, simulated nodes, and an AWS that moves fast.
    #[must_use]
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        Self { dir, planes: Planes::Real, real_nodes: false, pace: Pace::Fast, private_unreachable: false, seed: 1 }
    }
}

/// A sandbox that runs in this process. One serves many tests, each in an account of its own.
pub struct Sandbox {
    spec: SandboxSpec,
    tools: Arc<Tools>,
    gateway: Arc<Gateway>,
    images: Option<Arc<Store>>,
    _registered: register::Registered,
}

impl Sandbox {
    /// Finds or builds the tools and the provider, with progress on standard error, and starts a sandbox (1 s when all is built).
    /// Its processes end with this one, however that ends.
    ///
    /// # Errors
    /// When a tool cannot be built, the folder holds something else, or a process does not start.
    pub async fn start(spec: SandboxSpec, wanted: Wanted) -> anyhow::Result<Self> {
        let (tools, built) = prepare(wanted).await?;
        Self::start_with(spec, tools, &built).await
    }

    /// As [`Sandbox::start`], with tools and a provider that are there already.
    ///
    /// # Errors
    /// When the folder holds something else, or a process does not start.
    pub async fn start_with(spec: SandboxSpec, tools: Arc<Tools>, built: &Built) -> anyhow::Result<Self> {
        Self::start_for(register::Owner::Process, spec, tools, built).await
    }

    /// As [`Sandbox::start_with`], telling `cargo sandbox down` whether it may end this process.
    pub(crate) async fn start_for(
        owner: register::Owner,
        spec: SandboxSpec,
        tools: Arc<Tools>,
        built: &Built,
    ) -> anyhow::Result<Self> {
        place::make(&spec.dir)?;
        let registered = register::register(&spec.dir, owner)?;
        mirror::write(&spec.dir, &tools, &built.provider)?;
        let (nodes, images) = if spec.real_nodes {
            let (nodes, images) = nodes::prepare(&place::images(&spec.dir), &built.sandbox_node)?;
            (Some(nodes), Some(images))
        } else {
            (None, None)
        };
        let gateway = Gateway::start(GatewaySpec {
            tools: Arc::clone(&tools),
            dir: spec.dir.clone(),
            planes: spec.planes,
            nodes,
            pace: spec.pace,
            private_unreachable: spec.private_unreachable,
            seed: spec.seed,
        })
        .await
        .context("the sandbox's gateway did not start")?;
        Ok(Self { spec, tools, gateway, images, _registered: registered })
    }

    /// The gateway: requests, faults, sweep.
    #[must_use]
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// The programs.
    #[must_use]
    pub fn tools(&self) -> &Arc<Tools> {
        &self.tools
    }

    /// What the nodes' registry serves, where nodes are real.
    #[must_use]
    pub fn images(&self) -> Option<&Arc<Store>> {
        self.images.as_ref()
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.spec.dir
    }

    /// What a shell or a test sets to work in an account (12 digits) and region: endpoint, credentials, CLI configuration, subnets.
    ///
    /// # Errors
    /// When the account is not one, or its default VPC cannot be read.
    pub async fn environment(&self, account: &str, region: &str) -> anyhow::Result<Environment> {
        environment::of(&self.spec.dir, &self.gateway, account, region).await
    }

    /// Ends every cluster and process, and removes the folder.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub async fn shutdown(self) -> anyhow::Result<()> {
        self.gateway.shutdown().await;
        place::remove(&self.spec.dir)
    }
}

/// Tools and this workspace's programs, found or built with progress on standard error.
///
/// # Errors
/// When something cannot be built.
pub async fn prepare(wanted: Wanted) -> anyhow::Result<(Arc<Tools>, Built)> {
    let build = move || {
        let tools = Tools::prepare(&|line| eprintln!("{line}"), wanted)?;
        anyhow::Ok((Arc::new(tools), mirror::build()?))
    };
    tokio::task::spawn_blocking(build).await.context("the build was interrupted")?
}
