//! How an upgrade goes: each object in the order in which its change began, and how long that took.

use super::objects::Passage;
use super::table;

/// Prints the changes of versions, and how much longer all of it took than, for each minor, the control plane, the slowest add-on and
/// the slowest node group together.
pub(crate) fn print([from, to]: [&str; 2], factor: f64, (first, last): (f64, f64), passages: &[Passage]) {
    let changes: Vec<&Passage> = passages.iter().filter(|one| one.versions[0] != one.versions[1]).collect();
    let (took, path) = (last - first, critical(&changes));
    table::row(
        &format!("upgrade {from} → {to} above its critical path at aws:{factor}"),
        &format!("{:+.1} %", 100.0 * (took - path) / path),
        "",
        &format!("{took:.2} s; {} changes of versions", changes.len()),
    );
    table::line(&format!("    {:<34} {:<22} {:<22} {:>8} {:>8}", "what", "from", "to", "begins", "takes"));
    for one in changes {
        let what = match one.kind {
            "cluster" => "control plane".to_owned(),
            "nodegroup" => format!("node group {}", one.name),
            _ => format!("add-on {}", one.name),
        };
        let [before, after] = &one.versions;
        let times = format!("{:>6.2} s {:>6.2} s", one.from - first, one.seconds());
        table::line(&format!("    {what:<34} {before:<22} {after:<22} {times}"));
    }
}

/// The sum, over the minors, of the control plane, the slowest add-on and the slowest node group.
fn critical(changes: &[&Passage]) -> f64 {
    let mut sum = 0.0;
    let begins: Vec<usize> = (0..changes.len()).filter(|at| changes[*at].kind == "cluster").collect();
    for (nth, begin) in begins.iter().enumerate() {
        let minor = &changes[*begin..begins.get(nth + 1).copied().unwrap_or(changes.len())];
        for kind in ["cluster", "addon", "nodegroup"] {
            sum += minor.iter().filter(|one| one.kind == kind).map(|one| one.seconds()).fold(0.0, f64::max);
        }
    }
    sum
}
