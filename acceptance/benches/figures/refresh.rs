//! What a refresh asks for, by what it is about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sandbox_gateway::log::Record;

use super::table;

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
    let mut all: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for record in records {
        let service = if record.call.service == "kubernetes" { "" } else { record.call.service.as_str() };
        let operation = format!("{service} {}", record.call.operation).trim_start().to_owned();
        *all.entry(about(record)).or_default().entry(operation).or_default() += 1;
    }
    for (what, operations) in all {
        let count: usize = operations.values().sum();
        let told: Vec<String> = operations.iter().map(|(name, count)| format!("{count} {name}")).collect();
        table::row(&format!("  for {what}"), &count.to_string(), "", &told.join(", "));
    }
}
