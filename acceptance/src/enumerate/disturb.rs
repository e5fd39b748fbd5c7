//! One run with any number of faults from its first call on, for what does not belong to a single call: throttling, tokens
//! that expire, watches that are too old.

use anyhow::ensure;
use sandbox_gateway::fault::{Armed, Fault};

use super::ground::Ground;
use super::{Bench, Subject, Task, run};

/// What a run under faults came to, once it ended as it should.
#[derive(Clone, Debug)]
pub struct Disturbance {
    /// The faults, with how many calls each struck.
    pub faults: Vec<Armed>,
    /// The errors of the first run; empty if it needed no second.
    pub errors: Vec<String>,
}

/// Arms `faults` for the account of one run of `subject` and lets core run it at most twice, the second time without them.
///
/// # Errors
/// If it does not end as an undisturbed run does.
pub async fn disturbed(bench: &Bench, subject: Subject, faults: &[Fault]) -> anyhow::Result<Disturbance> {
    let ground = Ground::prepare(bench, subject).await?;
    let (_, [_, expected]) = run::undisturbed(&ground).await?;
    let gateway = bench.sandbox.gateway();
    let mut stage = ground.stage().await?;
    let mut ids = Vec::new();
    for fault in faults {
        let fault = Fault { account: Some(stage.account().to_owned()), ..fault.clone() };
        ids.push(gateway.arm(fault).map_err(anyhow::Error::msg)?);
    }
    let first = stage.run(stage.object()).await;
    let faults: Vec<Armed> = gateway.faults().into_iter().filter(|armed| ids.contains(&armed.id)).collect();
    for id in ids {
        gateway.disarm(Some(id), None);
    }
    let first = first?;
    let made = stage.made().await?;
    let errors = first.errors.clone();
    let ended = if errors.is_empty() {
        first
    } else {
        stage.restart().await?;
        stage.run(first.object).await?
    };
    run::concluded(&mut stage, &Task { expected, reverts: false, sabotage: None }, &made, ended).await?;
    stage.left_nothing().await?;
    stage.close().await?;
    ensure!(faults.iter().all(|armed| armed.applied > 0), "a fault struck nothing: {faults:?}");
    ground.clear().await?;
    Ok(Disturbance { faults, errors })
}
