//! `paas_app`: a long-running service or worker on a cluster.

pub mod model;
pub mod plan;
pub mod projection;
pub mod remote;
pub mod render;
pub mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::resource::{Change, Context, IdentityAttribute, ImportBy, Journal, Planned, Resource, Stored};

use crate::cloud::Cloud;
use crate::workload::remote::open::naming;
use crate::workload::{Workload, lifecycle};
use model::App;

/// The resource `paas_app`.
#[derive(Clone, Debug)]
pub struct PaasApp {
    cloud: Arc<Cloud>,
}

impl PaasApp {
    /// Of this provider.
    pub fn new(cloud: Arc<Cloud>) -> PaasApp {
        PaasApp { cloud }
    }
}

#[async_trait]
impl Resource for PaasApp {
    type Model = App;

    fn type_name(&self) -> &'static str {
        "paas_app"
    }

    fn doc(&self) -> &'static str {
        "A long-running service or worker on a cluster. An apply waits until every replica of the new version is available; if \
         they do not become so, it fails and says why: what the program wrote, what Kubernetes said, which attribute to \
         change. The version before goes on serving meanwhile."
    }

    fn identity_attributes(&self) -> &'static [IdentityAttribute] {
        lifecycle::IDENTITY
    }

    fn identity(&self, state: &App) -> Option<BTreeMap<String, String>> {
        lifecycle::identity(&state.shared())
    }

    fn validate(&self, config: &App) -> Diagnostics {
        plan::validate(config)
    }

    async fn plan(
        &self,
        _context: &Context,
        change: &Change<App>,
        private: &[u8],
        planned: &mut Planned<App>,
    ) -> Diagnostics {
        let prior = match change {
            Change::Update { prior, .. } => Some(prior.shared()),
            _ => None,
        };
        let naming = naming(&self.cloud, prior.iter().chain([&planned.state.shared()]));
        plan::refine(&naming, change, private, planned);
        Diagnostics::none()
    }

    async fn read(&self, _context: &Context, stored: Stored<App>) -> (Option<Stored<App>>, Diagnostics) {
        lifecycle::read(&self.cloud, stored).await
    }

    async fn apply(
        &self,
        context: &Context,
        change: Change<App>,
        private: &[u8],
        journal: &Journal<App>,
    ) -> (Option<Stored<App>>, Diagnostics) {
        lifecycle::apply(&self.cloud, context, change, private, journal).await
    }

    async fn import(&self, _context: &Context, by: ImportBy) -> (Option<Stored<App>>, Diagnostics) {
        lifecycle::import(&self.cloud, by).await
    }
}
