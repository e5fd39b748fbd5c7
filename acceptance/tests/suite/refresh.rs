//! What a refresh of a large cluster asks AWS.

use std::collections::BTreeMap;

use acceptance::configuration::{VARIABLES, cluster};
use acceptance::terraform::Core;
use anyhow::ensure;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::lifecycle::settle;
use crate::world::World;

/// Who we are, the control plane, its log group, and the list of associations, whose ids no state knows.
const FIXED: usize = 4;

/// Three node groups and eight add-ons: one call for each of them, for each role and association, and two for each access entry,
/// whose policies EKS tells in a call of their own.
pub(crate) fn asks_for_what_it_shows(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    let viewer = format!("arn:aws:iam::{}:user/viewer", account.id());
    let block = cluster("prod")
        .set(
            "node_groups",
            "{ a = { min = 1, desired = 1 }, b = { min = 1, desired = 1 }, c = { min = 1, desired = 1 } }",
        )
        .set("addons", "{ kube-state-metrics = {}, snapshot-controller = {} }")
        .set("access", &format!("{{ viewers = [\"{viewer}\"] }}"))
        .set("pod_identities", "{ \"apps/uploader\" = { policies = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"] } }");
    workspace.main(&format!("{VARIABLES}{block}"))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let before = account.calls_of_the_provider().len();
    let plan = workspace.plan(&[])?;
    ensure!(plan.code == 0, "the plan is not empty:\n{}", plan.output);
    let calls = account.calls_of_the_provider().split_off(before);
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &calls {
        *by_name.entry(record.call.operation.as_str()).or_default() += 1;
    }
    let count = |name: &str| by_name.get(name).copied().unwrap_or_default();
    ensure!(count("DescribeNodegroup") == 3 && count("DescribeAddon") == 8, "{by_name:?}");
    // Of the control plane, the nodes, the CNI, the EBS driver and the pods; entries of the creator and the viewer; associations
    // of two add-ons and the pods.
    let (roles, entries, associations) = (5, 2, 3);
    let expected = FIXED + 3 + 8 + roles + 2 * entries + associations;
    ensure!(calls.len() == expected, "expected {expected} calls and found {}: {by_name:?}", calls.len());
    eprintln!("a refresh of 3 node groups and 8 add-ons: {} calls, {by_name:?}", calls.len());

    let mut moments: Vec<(OffsetDateTime, i32)> = Vec::new();
    for record in &calls {
        let began = OffsetDateTime::parse(&record.time, &Rfc3339)?;
        moments.push((began, 1));
        moments.push((began + time::Duration::seconds_f64(record.duration_ms / 1000.0), -1));
    }
    moments.sort();
    let most = moments.iter().scan(0, |now, (_, change)| {
        *now += change;
        Some(*now)
    });
    let most = most.max().unwrap_or_default();
    ensure!(most <= 8, "{most} calls were under way at once");
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
