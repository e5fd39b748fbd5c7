//! The acceptance tests: the real terraform and tofu, aws and kubectl, against one sandbox. Each test has an AWS account
//! of its own, so that they run side by side. A harness of its own shows progress where a first build takes minutes.

mod access;
mod addons;
mod bad_input;
mod changes;
mod crash;
mod deploy;
mod destroy;
mod drift;
mod enumerate;
mod examples;
mod eye;
mod faithful;
mod faults;
mod givens;
mod hashicorp;
mod lifecycle;
mod node_groups;
mod policy;
mod refresh;
mod settings;
mod stop;
mod strangers;
mod taint;
mod upgrade;
mod world;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use acceptance::terraform::Core;
use anyhow::Context;
use libtest_mimic::{Arguments, Trial};
use world::{AWS_PROVIDER, World};

type Test = fn(&World) -> anyhow::Result<()>;
type Boxed = Box<dyn Fn(&World) -> anyhow::Result<()> + Send>;
type TestOnCore = fn(&World, Core) -> anyhow::Result<()>;

/// Needs a provider that is on few machines, and that is far too large to fetch for one trial.
const HASHICORP: &str = "hashicorp::aws_takes_it_for_eks";

/// About EKS, IAM and what else is AWS's: a control plane behind each cluster would cost a processor for seconds and show nothing.
const HOLLOW: &[(&str, Test)] = &[
    ("drift::is_shown_and_put_back", drift::is_shown_and_put_back),
    ("changes::of_every_attribute", changes::of_every_attribute),
    ("addons::and_pod_identities_change_in_place", addons::and_pod_identities_change_in_place),
    ("addons::changed_elsewhere_are_put_back", addons::changed_elsewhere_are_put_back),
    ("addons::that_cannot_be_are_explained", addons::that_cannot_be_are_explained),
    ("bad_input::of_two_megabytes_is_not_repeated", bad_input::of_two_megabytes_is_not_repeated),
    ("bad_input::of_another_account_is_named", bad_input::of_another_account_is_named),
    ("lifecycle::of_a_protected_cluster", lifecycle::of_a_protected_cluster),
    ("settings::of_a_control_plane_change_in_place", settings::of_a_control_plane_change_in_place),
    ("settings::of_a_new_control_plane_are_all_there", settings::of_a_new_control_plane_are_all_there),
    ("settings::of_ipv6_come_with_their_policy", settings::of_ipv6_come_with_their_policy),
    ("settings::of_the_mode_bring_what_it_needs", settings::of_the_mode_bring_what_it_needs),
    ("refresh::asks_for_what_it_shows", refresh::asks_for_what_it_shows),
    ("upgrade::goes_through_each_minor", upgrade::goes_through_each_minor),
    ("node_groups::of_every_attribute", node_groups::of_every_attribute),
    ("node_groups::that_do_not_come_up_are_explained", node_groups::that_do_not_come_up_are_explained),
    ("destroy::is_finished_after_a_kill", destroy::is_finished_after_a_kill),
    ("destroy::of_nodes_of_others", destroy::of_nodes_of_others),
    ("access::changes_in_place", access::changes_in_place),
    ("access::shares_entries_of_others", access::shares_entries_of_others),
    ("access::uses_roles_that_are_given", access::uses_roles_that_are_given),
    ("faults::of_throttling_do_not_fail_a_cluster", faults::of_throttling_do_not_fail_a_cluster),
    ("faults::of_throttling_do_not_fail_a_change", faults::of_throttling_do_not_fail_a_change),
    ("faults::of_two_applies_at_once_make_one_cluster", faults::of_two_applies_at_once_make_one_cluster),
];

const ONCE: &[(&str, Test)] = &[
    (HASHICORP, hashicorp::aws_takes_it_for_eks),
    ("strangers::of_eksctl_are_imported", strangers::of_eksctl_are_imported),
    ("strangers::of_the_aws_module_are_imported", strangers::of_the_aws_module_are_imported),
    ("bad_input::is_refused_before_anything_is_touched", bad_input::is_refused_before_anything_is_touched),
    ("lifecycle::of_a_replaced_cluster", lifecycle::of_a_replaced_cluster),
    ("examples::of_a_minimal_cluster", examples::of_a_minimal_cluster),
    ("examples::of_a_complete_cluster", examples::of_a_complete_cluster),
    ("examples::of_an_upgrade", examples::of_an_upgrade),
    ("examples::of_auto_mode", examples::of_auto_mode),
    ("deploy::of_an_app_is_explained", deploy::of_an_app_is_explained),
    ("deploy::of_a_new_version_leaves_the_old_one_serving", deploy::of_a_new_version_leaves_the_old_one_serving),
    ("deploy::of_a_job_is_explained_and_runs_again", deploy::of_a_job_is_explained_and_runs_again),
    ("deploy::by_hand_is_drift_only_where_it_is_ours", deploy::by_hand_is_drift_only_where_it_is_ours),
    ("destroy::of_what_workloads_left", destroy::of_what_workloads_left),
    ("faithful::to_the_aws_cli_and_kubectl", faithful::to_the_aws_cli_and_kubectl),
    ("access::is_what_kubectl_can_do", access::is_what_kubectl_can_do),
    ("crash::in_every_operation_of_a_create", crash::in_every_operation_of_a_create),
    ("crash::in_every_operation_of_a_destroy", crash::in_every_operation_of_a_destroy),
    ("enumerate::of_a_cluster_create", enumerate::of_a_cluster_create),
    ("enumerate::of_a_cluster_destroy", enumerate::of_a_cluster_destroy),
    ("enumerate::of_a_node_group_swap", enumerate::of_a_node_group_swap),
    ("enumerate::of_a_change_of_addons", enumerate::of_a_change_of_addons),
    ("enumerate::of_a_change_of_access", enumerate::of_a_change_of_access),
    ("enumerate::of_an_upgrade", enumerate::of_an_upgrade),
    ("enumerate::of_a_change_of_mode", enumerate::of_a_change_of_mode),
    ("enumerate::of_stops_of_a_cluster", enumerate::of_stops_of_a_cluster),
    ("enumerate::of_an_app_create", enumerate::of_an_app_create),
    ("enumerate::of_a_job_create", enumerate::of_a_job_create),
    ("enumerate::of_lost_answers_to_a_cluster_create", enumerate::of_lost_answers_to_a_cluster_create),
    ("enumerate::of_lost_answers_to_an_app_create", enumerate::of_lost_answers_to_an_app_create),
    ("enumerate::of_hidden_parts_of_a_cluster", enumerate::of_hidden_parts_of_a_cluster),
    ("enumerate::finds_what_is_wrong", enumerate::finds_what_is_wrong),
    ("faults::of_throttling_do_not_fail_an_app", faults::of_throttling_do_not_fail_an_app),
    ("faults::of_a_watch_do_not_fail_an_app", faults::of_a_watch_do_not_fail_an_app),
    ("faults::of_a_token_are_mended_by_a_new_one", faults::of_a_token_are_mended_by_a_new_one),
];

/// What core itself decides is shown with both.
const ON_BOTH: &[(&str, TestOnCore)] = &[
    ("lifecycle::of_everything", lifecycle::of_everything),
    ("taint::is_continued", taint::is_continued),
    ("taint::is_continued_before_destroy", taint::is_continued_before_destroy),
    ("taint::is_continued_for_a_dependant", taint::is_continued_for_a_dependant),
    ("taint::with_prevent_destroy_is_untainted_first", taint::with_prevent_destroy_is_untainted_first),
    ("taint::and_renamed_leaves_nothing", taint::and_renamed_leaves_nothing),
    ("taint::and_abandoned_leaves_nothing", taint::and_abandoned_leaves_nothing),
    ("stop::in_a_cluster_continues_it", stop::in_a_cluster_continues_it),
    ("stop::in_a_control_plane_continues_it", stop::in_a_control_plane_continues_it),
];

/// The same without control planes.
const HOLLOW_ON_BOTH: &[(&str, TestOnCore)] =
    &[("crash::in_every_operation_of_an_update", crash::in_every_operation_of_an_update)];

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::from_args();
    // One more than there are processors, since some trials wait for what was made to fail.
    let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    arguments.test_threads = Some(arguments.test_threads.unwrap_or(processors + 1));
    if arguments.list {
        libtest_mimic::run(&arguments, trials(None)).exit();
    }
    let world = Arc::new(World::open()?);
    let hollow = Arc::new(world.without_planes()?);
    let conclusion = libtest_mimic::run(&arguments, trials(Some((&world, &hollow))));
    print_slowest();
    let [world, hollow] = [world, hollow].map(Arc::into_inner);
    let world = world.context("a test still holds the world")?;
    world.absorb(hollow.context("a test still holds the world without control planes")?)?;
    let policy = policy::check(&world, &arguments);
    world.close()?;
    if !conclusion.has_failed() {
        policy.context("the published IAM policy")?;
    }
    conclusion.exit()
}

/// How long each trial took.
static TIMES: Mutex<Vec<(Duration, String)>> = Mutex::new(Vec::new());
/// How many of the slowest are told.
const SLOWEST: usize = 12;

/// What to look at when the suite takes too long.
fn print_slowest() {
    let mut times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
    times.sort_by(|one, other| other.cmp(one));
    let all: Vec<String> =
        times.iter().take(SLOWEST).map(|(took, name)| format!("{:.0} s {name}", took.as_secs_f64())).collect();
    eprintln!("the slowest: {}", all.join(", "));
}

/// The trials in these worlds: one with control planes and one without; where there are none, they can only be listed.
fn trials(worlds: Option<(&Arc<World>, &Arc<World>)>) -> Vec<Trial> {
    let (world, hollow) = worlds.unzip();
    let trial = |name: String, world: Option<&Arc<World>>, test: Boxed| {
        let world = world.cloned();
        let told = name.clone();
        Trial::test(name, move || {
            let world = world.ok_or("listed only")?;
            let began = Instant::now();
            let tested = test(&world);
            TIMES.lock().unwrap_or_else(PoisonError::into_inner).push((began.elapsed(), told));
            tested.map_err(|error| format!("{error:#}").into())
        })
    };
    let lacks_aws = world.is_some_and(|world| !world.has_aws_provider());
    let missing = format!("no hashicorp/aws {AWS_PROVIDER} on this machine");
    if lacks_aws {
        eprintln!(
            "{HASHICORP} is ignored: {missing}, neither where terraform looks for plugins nor unpacked below /opt"
        );
    }
    let alone = HOLLOW.iter().map(|(name, test)| trial((*name).to_owned(), hollow, Box::new(*test)));
    let once = ONCE.iter().map(|(name, test)| match trial((*name).to_owned(), world, Box::new(*test)) {
        trial if lacks_aws && *name == HASHICORP => trial.with_kind(&missing).with_ignored_flag(true),
        trial => trial,
    });
    let on_both = |(name, test): &(&str, TestOnCore), world: Option<&Arc<World>>| {
        let test = *test;
        [Core::Terraform, Core::OpenTofu]
            .map(|core| trial(format!("{name}::{core}"), world, Box::new(move |world: &World| test(world, core))))
    };
    let both = ON_BOTH.iter().flat_map(|one| on_both(one, world));
    let hollow_both = HOLLOW_ON_BOTH.iter().flat_map(|one| on_both(one, hollow));
    alone.chain(once).chain(both).chain(hollow_both).collect()
}
