//! What a change of an app comes to: the planned state, and the steps of an apply. Pure.

#[cfg(test)]
mod tests;

use std::fmt;

use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Change, Planned};
use tfplugin_framework::schema::check::shown;

use super::model::App;
use super::render;
use crate::cloud::steps::Stage;
use crate::workload::place::Naming;
use crate::workload::plan::changes_pods;
use crate::workload::{self, Workload};

/// Refines what the generic planner made of an app.
pub fn refine(naming: &Naming, change: &Change<App>, private: &[u8], planned: &mut Planned<App>) {
    let prior = match change {
        Change::Create { .. } => None,
        Change::Update { prior, .. } => Some(prior),
        Change::Delete { .. } => return,
    };
    let app = &mut planned.state;
    let mut shared = app.shared();
    let outcome = workload::plan::refine(naming, prior.map(Workload::shared).as_ref(), &mut shared, private);
    app.set_shared(shared.clone());
    app.internal_url = match (&app.name, &app.namespace, &app.port) {
        (_, _, Attr::Null) => Attr::Null,
        (Attr::Known(name), Attr::Known(namespace), Attr::Known(port)) => {
            Attr::Known(render::internal_url(name, namespace, *port))
        }
        _ => Attr::Unknown,
    };
    match prior {
        Some(prior) if prior.port == app.port && !changes_pods(&prior.shared(), &shared) => {}
        _ => app.revision = Attr::Unknown,
    }
    planned.replaces.extend(outcome.replaces);
    if let Some(private) = outcome.private {
        planned.private = private;
    }
}

/// Rules between the attributes of an app.
pub fn validate(config: &App) -> Diagnostics {
    let shared = config.shared();
    let mut all = workload::plan::validate(&shared);
    if !config.port.is_null() && shared.name().starts_with(|c: char| c.is_ascii_digit()) {
        all.error_at(
            Path::attribute("name"),
            format!("name is {}, and the Service of an app with a port must begin with a letter", shown(shared.name())),
            "Begin the name with a letter, or leave out port.",
        );
    }
    all
}

/// One effect of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make the namespace, or put this app's claim on it.
    ClaimNamespace,
    /// Make or change the Service.
    ApplyService,
    /// Remove the Service: the app became a worker.
    DeleteService,
    /// Make or change the Deployment, marked as unfinished.
    ApplyDeployment,
    /// Wait until every replica of the new version is available.
    AwaitRollout,
    /// Learn the revision without waiting.
    ReadRevision,
    /// Mark the Deployment as finished.
    Finish,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::ClaimNamespace => "claim namespace",
            Step::ApplyService => "apply Service",
            Step::DeleteService => "delete Service",
            Step::ApplyDeployment => "apply Deployment",
            Step::AwaitRollout => "wait for rollout",
            Step::ReadRevision => "read revision",
            Step::Finish => "mark Deployment as finished",
        })
    }
}

/// The steps of a create, of one that is gone on with, and of an update: they are the same, because each begins with looking.
/// `had_service` says whether a Service of this app may be there.
pub fn steps(app: &App, had_service: bool) -> Vec<Stage<Step>> {
    let mut first = vec![Step::ApplyDeployment];
    let mut last = vec![Step::Finish];
    if app.port.is_null() {
        if had_service {
            last.insert(0, Step::DeleteService);
        }
    } else {
        first.insert(0, Step::ApplyService);
    }
    let rollout = if app.wait_for_rollout.or(true) { Step::AwaitRollout } else { Step::ReadRevision };
    let mut stages = vec![vec![Step::ClaimNamespace], first, vec![rollout]];
    stages.extend(last.into_iter().map(|step| vec![step]));
    stages
}
