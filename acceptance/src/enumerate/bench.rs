//! Where runs take place: a sandbox, the provider's binary, and accounts that nobody has used.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use sandbox_eks::{Pace, Planes};
use sandbox_kube::Tools;
use terraform_provider_paas::provider::Paas;
use tfplugin_framework::attr::Field;
use tfplugin_framework::model::Model;
use tfplugin_framework::provider::Provider;
use tfplugin_framework::schema::Schema;

use super::Subject;
use super::subject::schema;
use crate::core::{Plugin, Session};
use crate::daemon::{Built, REGION, Sandbox, SandboxSpec};

/// What every run needs.
#[derive(Clone)]
pub struct Bench {
    /// The sandbox.
    pub sandbox: Arc<Sandbox>,
    /// The provider's binary, among others.
    pub built: Built,
    /// The number of the next account.
    pub accounts: Arc<AtomicU64>,
}

impl Bench {
    /// A bench with a sandbox of its own in the empty folder `dir`, with as much behind clusters as `subject` needs.
    /// The slower its pace, the more of what was struck is still under way when the next run looks.
    ///
    /// # Errors
    /// If the sandbox does not start.
    pub async fn open(
        dir: &Path,
        subject: Subject,
        pace: Pace,
        tools: Arc<Tools>,
        built: &Built,
    ) -> anyhow::Result<Bench> {
        let planes = if subject.needs_kubernetes() { Planes::Real } else { Planes::Hollow };
        let dir = dir.join("sandbox");
        let spec = SandboxSpec { planes, pace, ..SandboxSpec::at(dir) };
        let sandbox = Arc::new(Sandbox::start_with(spec, tools, built).await?);
        Ok(Bench { sandbox, built: built.clone(), accounts: Arc::new(AtomicU64::new(200_000_000_000)) })
    }

    /// Ends the sandbox.
    ///
    /// # Errors
    /// If somebody still uses it, or its folder cannot be removed.
    pub async fn close(self) -> anyhow::Result<()> {
        Arc::into_inner(self.sandbox).context("a run still holds the sandbox")?.shutdown().await
    }

    /// A fresh account of the sandbox: its id and the environment of its credentials.
    pub(super) async fn account(&self) -> anyhow::Result<(String, Vec<(String, String)>)> {
        let id = self.accounts.fetch_add(1, Ordering::Relaxed).to_string();
        let environment = self.sandbox.environment(&id, REGION).await?;
        Ok((id, environment.variables()))
    }

    /// A provider of its own for one resource type, configured by `env` and its `owner` alone.
    pub(super) async fn provider(
        &self,
        env: &[(String, String)],
        owner: Option<&str>,
        type_name: &str,
    ) -> anyhow::Result<Session> {
        type Block = <Paas as Provider>::Model;
        let provider = Schema { version: 0, doc: String::new(), attributes: Block::attributes() };
        let config = Block { owner: owner.map(str::to_owned).into(), ..Block::default() }.to_value();
        let mut env = env.to_vec();
        env.push(("TF_DISABLE_PLUGIN_TLS".to_owned(), "1".to_owned()));
        let plugin = Plugin::start(&self.built.provider, &env).await?;
        Session::open(plugin, &provider, &config, type_name, schema(type_name)?).await
    }
}
