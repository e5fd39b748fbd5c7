//! What only containers that really run can show: kubelet, containerd and runc under the provider, terraform and kubectl.
//! On a machine that cannot have real nodes every trial but the one of simulated nodes is reported as ignored, with the reason.

mod balancer;
mod broken_workloads;
mod cycles;
mod daemon;
mod drain;
mod failed_start;
mod failures;
mod half_built;
mod killed;
mod own_image;
mod traces;
mod world;

use std::sync::Arc;

use anyhow::Context as _;
use libtest_mimic::{Arguments, Trial};
use world::World;

type Test = fn(&World) -> anyhow::Result<()>;

/// In this order: the first five compare the whole machine, so nothing else may run yet.
const TESTS: [(&str, Test); 10] = [
    ("cycles_leave_nothing", cycles::leave_nothing),
    ("a_killed_sandbox_leaves_nothing", killed::with_a_cluster_leaves_nothing),
    ("a_sandbox_killed_in_its_start_leaves_nothing_and_starts_again", killed::leaves_nothing_and_starts_again),
    ("a_failed_start_of_a_node_leaves_nothing", failed_start::leaves_nothing),
    ("an_image_of_our_own_is_loaded_and_answers", own_image::is_loaded_and_answers),
    ("a_half_built_cache_is_repaired", half_built::is_repaired),
    ("broken_workloads", broken_workloads::show_what_the_table_says),
    ("load_balancers_follow_services_and_taken_ports", balancer::follows_services_and_taken_ports),
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
