//! What only containers that really run can show: kubelet, containerd and runc under the provider, terraform and kubectl.
//! On a machine that cannot have real nodes every trial but the one of simulated nodes is reported as ignored, with the reason.

mod broken_workloads;
mod cycles;
mod drain;
mod failures;
mod traces;
mod world;

use std::sync::Arc;

use anyhow::Context as _;
use libtest_mimic::{Arguments, Trial};
use world::World;

type Test = fn(&World) -> anyhow::Result<()>;

/// In this order: the first two compare the whole machine, so nothing else may run yet.
const TESTS: [(&str, Test); 5] = [
    ("cycles_leave_nothing", cycles::leave_nothing),
    ("cycles_of_a_killed_sandbox_leave_nothing", cycles::of_a_killed_sandbox_leave_nothing),
    ("broken_workloads", broken_workloads::show_what_the_table_says),
    ("drain_respects_a_budget_and_loses_no_request", drain::respects_a_budget_and_loses_no_request),
    ("failures_as_the_user_reads_them", failures::are_told_as_written),
];

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::from_args();
    // Dozens of containers at a time are enough for two cores.
    arguments.test_threads = Some(arguments.test_threads.unwrap_or(1));
    let world = if arguments.list { None } else { World::open()?.map(Arc::new) };
    let possible = arguments.list || world.is_some();
    let trials = TESTS.map(|(name, test)| {
        let world = world.clone();
        let run = move || match &world {
            Some(world) => test(world).map_err(|error| format!("{error:#}").into()),
            None => Err("listed only".into()),
        };
        let kind = if possible { "" } else { "no real nodes on this machine" };
        Trial::test(name, run).with_kind(kind).with_ignored_flag(!possible)
    });
    let simulated = Trial::test("simulated_nodes_show_what_the_table_says", || {
        broken_workloads::simulated_nodes_show_what_the_table_says().map_err(|error| format!("{error:#}").into())
    });
    let conclusion = libtest_mimic::run(&arguments, trials.into_iter().chain([simulated]).collect());
    if let Some(world) = world {
        Arc::into_inner(world).context("a test still holds the world")?.close()?;
    }
    conclusion.exit()
}
