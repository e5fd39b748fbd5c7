//! Runs the steps of a plan: stage after stage, the steps of a stage side by side, and folds what each one found into what
//! is known of the object. Knows order, deadline and stop; must not know what a step is.

#[cfg(test)]
mod tests;

use std::fmt::Display;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tfplugin_framework::diagnostic::Diagnostics;

use super::error::CloudError;
use super::limit::Limit;

/// Steps that may run side by side. They begin when all steps of the stage before have ended.
pub type Stage<S> = Vec<S>;

/// How a run of steps ended.
#[derive(Debug)]
pub enum Ended<S> {
    /// Every step is done.
    Done,
    /// Core asked to stop; what was done until then is folded.
    Stopped,
    /// These steps failed. The others of their stage ended and are folded; later stages did not begin.
    Failed(Vec<(S, CloudError)>),
}

/// Runs `stages`. `run` makes one step's effect and decides nothing; `fold` takes note of its outcome in the partial state
/// (and in the journal) as soon as it is there.
///
/// `S` displays as what it does, for the log and for errors: `create node group default`.
pub async fn drive<S, O, F, Fut>(limit: &Limit, stages: Vec<Stage<S>>, run: F, mut fold: impl FnMut(&S, O)) -> Ended<S>
where
    S: Clone + Display,
    F: Fn(S) -> Fut,
    Fut: Future<Output = Result<O, CloudError>>,
{
    for stage in stages {
        if limit.is_stopped() {
            return Ended::Stopped;
        }
        let mut failed = Vec::new();
        let mut stopped = false;
        let mut running: FuturesUnordered<_> = stage
            .into_iter()
            .map(|step| {
                let effect = run(step.clone());
                async move {
                    tracing::info!("{step}");
                    let ended = match limit.finish(effect).await {
                        Ok(ended) => ended,
                        Err(CloudError::Deadline { elapsed, .. }) => {
                            Err(CloudError::deadline(&format!("`{step}`"), elapsed, ""))
                        }
                        Err(stopped) => Err(stopped),
                    };
                    (step, ended)
                }
            })
            .collect();
        while let Some((step, ended)) = running.next().await {
            match ended {
                Ok(outcome) => fold(&step, outcome),
                Err(CloudError::Stopped) => stopped = true,
                Err(error) => failed.push((step, error)),
            }
        }
        if !failed.is_empty() {
            return Ended::Failed(failed);
        }
        if stopped {
            return Ended::Stopped;
        }
    }
    Ended::Done
}

/// Beside the state of a create that core asked to stop: a warning, because an error would taint the object. `object` is
/// how errors name it: `cluster prod`.
pub fn stopped_create(object: &str) -> Diagnostics {
    let mut all = Diagnostics::none();
    all.warning(
        format!("{object} is not finished, because the apply was stopped"),
        "What exists is in the state. The next apply continues it.",
    );
    all
}

/// Beside the true state of an update or a delete that core asked to stop.
pub fn stopped_change(object: &str) -> Diagnostics {
    Diagnostics::of_error(
        format!("{object} is not fully changed, because the apply was stopped"),
        "The state says what is true now. The next apply does the rest.",
    )
}
