//! What a refresh asks for, by what it is about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sandbox_gateway::log::Record;

use super::{apply, table};

/// What a request is about: a cluster, apps, jobs, or the way to them.
fn about(record: &Record) -> &'static str {
    let (service, operation) = (record.call.service.as_str(), record.call.operation.as_str());
    match (service, operation.rsplit(['/', ' ']).next().unwrap_or_default()) {
        ("sts", _) => "who we are",
        ("kubernetes", "deployments" | "services") => "apps",
        ("kubernetes", "cronjobs" | "jobs" | "pods") => "jobs",
        ("kubernetes", _) => "the connection",
        _ => "the cluster",
    }
}

pub(crate) fn print(records: &[Arc<Record>], took: Duration) {
    let here = records.len().to_string();
    table::row(
        "API requests of a refresh: 1 cluster, 2 apps, 1 job",
        &here,
        "",
        &format!("plan in {:.2} s", took.as_secs_f64()),
    );
    by_concern(records, about);
}

/// The same for a cluster alone, with how many `[roles, entries, associations]` there are to look at.
pub(crate) fn print_cluster(records: &[Arc<Record>], [roles, entries, associations]: [usize; 3]) {
    let goal = format!("≤ {}", 15 + roles + entries + associations);
    let parts = format!("15 and {roles} roles, {entries} entries, {associations} associations");
    table::row("API requests of a refresh: 3 node groups, 8 add-ons", &records.len().to_string(), &goal, &parts);
    table::row("  at once, at the most", &at_once(records).to_string(), "≤ 8", "");
    by_concern(records, |record| match record.call.service.as_str() {
        "sts" => "who we are",
        "eks" => "EKS",
        "iam" => "roles",
        _ => "what else",
    });
}

/// The most requests that were under way at one moment.
fn at_once(records: &[Arc<Record>]) -> usize {
    let spans: Vec<(f64, f64)> = records.iter().filter_map(|one| apply::span(one)).collect();
    let at = |moment: f64| spans.iter().filter(|(from, to)| (*from..*to).contains(&moment)).count();
    spans.iter().map(|(from, _)| at(*from)).max().unwrap_or_default()
}

fn by_concern(records: &[Arc<Record>], concern: impl Fn(&Record) -> &'static str) {
    let mut all: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for record in records {
        let service = if record.call.service == "kubernetes" { "" } else { record.call.service.as_str() };
        let operation = format!("{service} {}", record.call.operation).trim_start().to_owned();
        *all.entry(concern(record)).or_default().entry(operation).or_default() += 1;
    }
    for (what, operations) in all {
        let count: usize = operations.values().sum();
        let told: Vec<String> = operations.iter().map(|(name, count)| format!("{count} {name}")).collect();
        table::row(&format!("  for {what}"), &count.to_string(), "", &told.join(", "));
    }
}
