//! `paas_job`: a task on a cluster, by schedule or on demand.

pub mod model;
pub mod plan;
pub mod projection;
pub mod remote;
pub mod render;
pub mod schedule;
pub mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::resource::{Change, Context, IdentityAttribute, ImportBy, Journal, Planned, Resource, Stored};

use crate::cloud::Cloud;
use crate::workload::remote::open::naming;
use crate::workload::{Workload, lifecycle};
use model::Job;

/// The resource `paas_job`.
#[derive(Clone, Debug)]
pub struct PaasJob {
    cloud: Arc<Cloud>,
}

impl PaasJob {
    /// Of this provider.
    pub fn new(cloud: Arc<Cloud>) -> PaasJob {
        PaasJob { cloud }
    }
}

#[async_trait]
impl Resource for PaasJob {
    type Model = Job;

    fn type_name(&self) -> &'static str {
        "paas_job"
    }

    fn doc(&self) -> &'static str {
        "A task that runs to its end on a cluster: by a schedule, when `run_triggers` change, or by hand \
         (`kubectl create job --from=cronjob/NAME`). A run that an apply started and that fails makes the apply fail, with its \
         exit code and the last lines that it wrote; the next apply runs it again. A run that succeeded is never repeated for \
         the same `run_triggers`."
    }

    fn identity_attributes(&self) -> &'static [IdentityAttribute] {
        lifecycle::IDENTITY
    }

    fn identity(&self, state: &Job) -> Option<BTreeMap<String, String>> {
        lifecycle::identity(&state.shared())
    }

    fn validate(&self, config: &Job) -> Diagnostics {
        plan::validate(config)
    }

    async fn plan(
        &self,
        _context: &Context,
        change: &Change<Job>,
        private: &[u8],
        planned: &mut Planned<Job>,
    ) -> Diagnostics {
        let prior = match change {
            Change::Update { prior, .. } => Some(prior.shared()),
            _ => None,
        };
        let naming = naming(&self.cloud, prior.iter().chain([&planned.state.shared()]));
        plan::refine(&naming, change, private, planned);
        Diagnostics::none()
    }

    async fn read(&self, _context: &Context, stored: Stored<Job>) -> (Option<Stored<Job>>, Diagnostics) {
        lifecycle::read(&self.cloud, stored).await
    }

    async fn apply(
        &self,
        context: &Context,
        change: Change<Job>,
        private: &[u8],
        journal: &Journal<Job>,
    ) -> (Option<Stored<Job>>, Diagnostics) {
        lifecycle::apply(&self.cloud, context, change, private, journal).await
    }

    async fn import(&self, _context: &Context, by: ImportBy) -> (Option<Stored<Job>>, Diagnostics) {
        lifecycle::import(&self.cloud, by).await
    }
}
