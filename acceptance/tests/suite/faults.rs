//! Faults that do not kill: AWS and the API server throttle, tokens run out, watches are too old, two applies run at once.
//! Driven by the scripted core.

use acceptance::enumerate::{Disturbance, Subject, contended, disturbed};
use anyhow::{Context, ensure};
use sandbox_gateway::fault::Fault;
use serde_json::{Value as Json, json};

use crate::enumerate::on_its_bench;
use crate::world::World;

fn read(faults: &[Json]) -> anyhow::Result<Vec<Fault>> {
    let read = |fault: &Json| serde_json::from_value(fault.clone()).with_context(|| format!("{fault} is no fault"));
    faults.iter().map(read).collect()
}

fn under(world: &World, subject: Subject, faults: &[Json]) -> anyhow::Result<Disturbance> {
    let faults = read(faults)?;
    on_its_bench(world, subject, async |bench| disturbed(bench, subject, &faults).await)
}

fn at_once(disturbance: &Disturbance, what: &str) -> anyhow::Result<()> {
    ensure!(disturbance.errors.is_empty(), "{what}: an apply failed: {}", disturbance.errors.join("; "));
    Ok(())
}

/// Half of all requests, whichever they are.
fn throttling(seed: u64) -> Json {
    json!({ "do": "throttle", "times": "always", "probability": 0.5, "seed": seed })
}

/// A cluster comes up in the first apply although AWS refuses every other request.
pub(crate) fn of_throttling_do_not_fail_a_cluster(world: &World) -> anyhow::Result<()> {
    at_once(&under(world, Subject::CLUSTER_CREATE, &[throttling(7)])?, "throttling")
}

/// Upgrades, a change of the mode and a destroy go through in the first run although AWS refuses every other request.
pub(crate) fn of_throttling_do_not_fail_a_change(world: &World) -> anyhow::Result<()> {
    let subjects = [Subject::VERSION_UPDATE, Subject::MODE_CHANGE, Subject::NODE_GROUP_SWAP, Subject::CLUSTER_DESTROY];
    on_its_bench(world, Subject::VERSION_UPDATE, async |bench| {
        let runs = (13..).zip(subjects).map(|(seed, subject)| async move {
            at_once(&disturbed(bench, subject, &read(&[throttling(seed)])?).await?, subject.name())
        });
        futures::future::try_join_all(runs).await.map(drop)
    })
}

/// An app comes up in the first apply although the API server refuses every other request.
pub(crate) fn of_throttling_do_not_fail_an_app(world: &World) -> anyhow::Result<()> {
    at_once(&under(world, Subject::APP_CREATE, &[throttling(11)])?, "throttling")
}

/// The API server refuses the token in the middle of a wait, and says that a watch is too old: both are opened again.
pub(crate) fn of_a_watch_do_not_fail_an_app(world: &World) -> anyhow::Result<()> {
    let watch = |resource: &str, fault: Json| json!({ "match": { "service": "kubernetes", "operation": format!("watch {resource}") }, "do": fault });
    let gone = json!({ "status": { "http": 410, "code": "Expired", "message": "too old resource version: 1 (2)" } });
    let faults = [watch("apps/deployments", json!("expired_token")), watch("pods", gone)];
    at_once(&under(world, Subject::APP_CREATE, &faults)?, "a watch that ended")
}

/// The token is refused once at every kind of request that follows the first.
pub(crate) fn of_a_token_are_mended_by_a_new_one(world: &World) -> anyhow::Result<()> {
    let refused = |operation: &str| json!({ "match": { "service": "kubernetes", "operation": operation }, "do": "expired_token" });
    let faults = ["get apps/deployments", "apply apps/deployments", "apply services"].map(refused);
    at_once(&under(world, Subject::APP_CREATE, &faults)?, "a refused token")
}

/// Two applies of one configuration at once make one cluster. One of them has it; the other has it too, with a warning, or
/// says who has.
pub(crate) fn of_two_applies_at_once_make_one_cluster(world: &World) -> anyhow::Result<()> {
    let subject = Subject::CLUSTER_CREATE;
    let contention = on_its_bench(world, subject, async |bench| contended(bench, subject).await)?;
    let said: Vec<String> =
        contention.runs.iter().flat_map(|run| run.errors.iter().chain(&run.warnings)).cloned().collect();
    ensure!(said.iter().any(|text| text.starts_with("cluster prod")), "nobody was told of the other: {said:?}");
    Ok(())
}
