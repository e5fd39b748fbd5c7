//! The committed table: how it is written, and what it says of one workload. Knows no cluster.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;

use super::workload::Workload;

pub(super) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nodes/broken_workloads.md");

const HEAD: &str = "# What Kubernetes shows of broken workloads

Written by `UPDATE_EXPECT=1 cargo test -p acceptance --test nodes -- broken_workloads`, from real containers on the sandbox's
real nodes (Kubernetes 1.36, containerd 2.3). Each workload is shown when it shows what its manifest's comment `shows:` names
and no longer changes. Of those marked so, simulated nodes show the same, which `simulated_nodes` compares with this table.

Replaced, because it varies: names that controllers make up, ids, digests, addresses, ports of clients, times, sizes, counts
of nodes; the two sentences between which a kubelet alternates where an image has no log. Events are sorted and stand once,
however often they were seen. The log of a container that waits to be started again is that of the run that ended.

Left out: what depends on the moment, where a comment `not always:` says so; the events `Pulled` and `Created`, which say nothing
that `Pulling`, `Started` or `Failed` beside them does not say.
";

/// One section as it is compared and written.
pub(super) fn section(workload: &Workload, told: &str) -> String {
    format!("{}\n{told}", workload.head())
}

/// The table of all workloads, told in their order.
pub(super) fn table(workloads: &[(&str, Vec<Workload>)], sections: Vec<String>) -> String {
    let mut table = HEAD.to_owned();
    let mut sections = sections.into_iter();
    for (title, workloads) in workloads {
        // Writing into a String cannot fail.
        write!(table, "\n## {title}\n").ok();
        for section in sections.by_ref().take(workloads.len()) {
            write!(table, "\n{section}").ok();
        }
    }
    table
}

/// The sections of the committed table by the workloads' names.
pub(super) fn sections() -> anyhow::Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(FILE).with_context(|| format!("{FILE} cannot be read"))?;
    let sections = text.split("\n### ").skip(1).map(|section| {
        let section = section.split_once("\n## ").map_or(section, |(section, _)| section).trim_end();
        let name = section.lines().next().unwrap_or_default();
        (name.to_owned(), format!("### {section}\n"))
    });
    Ok(sections.collect())
}
