//! The table of what others change, on the page of `paas_cluster`: each row is done with `aws` behind the provider's back, and the
//! next plan and apply do what the row says. What others add stays. A row of the table that no case has fails the trial.

mod cases;

use acceptance::configuration::VARIABLES;
use acceptance::terraform::{Core, Workspace};
use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};
use terraform_provider_paas::provider::Paas;
use tfplugin_framework::provider::Provider;

use crate::changes::plan::{Planned, at};
use crate::eye::{Eye, Look, sorted};
use crate::givens::Givens;
use crate::world::{Account, World};

const CLUSTER: &str = "paas_cluster.main";
/// How often a command is given again while EKS is busy with the one before.
const TRIES: u32 = 20;

/// Something that somebody does.
struct Case {
    /// How the row of the docs begins.
    of: &'static str,
    done: Vec<Vec<&'static str>>,
    fate: Fate,
    /// What a look shows after the next apply.
    proof: Vec<(Look, Json)>,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// The plan shows it at these places, and the apply puts it back.
    Shown(&'static [&'static str]),
    /// The plan does not show it, and the apply puts it back.
    Unseen,
    /// It stays.
    Left,
}

/// Every row of the table, in one cluster.
pub(crate) fn is_shown_and_put_back(world: &World) -> anyhow::Result<()> {
    let rounds = [cases::of_others(), cases::of_ours(), cases::of_what_is_gone()];
    is_complete(&rounds)?;
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    let mut givens = cases::givens(&account)?;
    let mut config = cases::base();
    write(&workspace, &givens, &config)?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    is_empty(&workspace)?;
    let made = account.describe_cluster("prod")?;
    let state = workspace.attributes(CLUSTER)?;
    cases::name(&mut givens, &account, &state)?;
    for round in &rounds {
        let names: Vec<&str> = round.iter().map(|case| case.of).collect();
        tried(&account, &workspace, &givens, round).with_context(|| names.join("; "))?;
    }
    ensure!(made["createdAt"] == account.describe_cluster("prod")?["createdAt"], "the cluster is another one");
    forward(&account, &workspace, &givens, &mut config)?;
    deleted(&account, &workspace, &givens, &made)?;
    config["deletion_protection"] = json!(false);
    write(&workspace, &givens, &config)?;
    workspace.apply(&[])?.succeeded()?;
    workspace.destroy(&[])?.succeeded()?;
    givens.clear(&account)?;
    account.left_nothing()
}

/// The rows that [`forward`] and [`deleted`] try.
const ELSEWHERE: [&str; 3] = ["an upgrade of the control plane", "the mode of authentication", "the cluster deleted"];

fn is_complete(rounds: &[Vec<Case>]) -> anyhow::Result<()> {
    let offer = Paas::new().offer();
    let cluster = offer.resources.iter().find(|one| one.type_name() == "paas_cluster").context("no paas_cluster")?;
    let rows = cluster.drift();
    ensure!(rows.len() > 15, "the docs have {} rows", rows.len());
    let cases: Vec<&Case> = rounds.iter().flatten().collect();
    for row in rows {
        let of_it: Vec<&&Case> = cases.iter().filter(|case| row.what.starts_with(case.of)).collect();
        ensure!(
            !of_it.is_empty() || ELSEWHERE.contains(&row.what),
            "no case tries what the docs say of this: {}",
            row.what
        );
        for case in of_it {
            let is_shown = matches!(case.fate, Fate::Shown(_));
            ensure!(is_shown != row.plan.contains("does not show"), "{}: {} and {:?}", row.what, row.plan, case.fate);
            let is_left = case.fate == Fate::Left;
            ensure!(is_left == row.apply.starts_with("leaves"), "{}: {} and {:?}", row.what, row.apply, case.fate);
        }
    }
    let strays: Vec<&str> =
        cases.iter().map(|case| case.of).filter(|of| !rows.iter().any(|row| row.what.starts_with(of))).collect();
    ensure!(strays.is_empty(), "the docs have no rows for {strays:?}");
    Ok(())
}

fn write(workspace: &Workspace, givens: &Givens, config: &Json) -> anyhow::Result<()> {
    workspace.main(VARIABLES)?;
    let file = json!({"resource": {"paas_cluster": {"main": givens.filled(config)}}});
    workspace.write("cluster.tf.json", &serde_json::to_string_pretty(&file)?)
}

fn is_empty(workspace: &Workspace) -> anyhow::Result<()> {
    let plan = workspace.plan(&[])?;
    ensure!(plan.code == 0, "the plan is not empty:\n{}", plan.output);
    Ok(())
}

/// Gives a command, again while EKS is busy.
fn act(account: &Account, command: &[String]) -> anyhow::Result<()> {
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    for _ in 0..TRIES {
        match account.client("aws", &command) {
            Err(error) if error.to_string().contains("ResourceInUse") => {
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
            done => return done.map(drop),
        }
    }
    account.client("aws", &command).map(drop)
}

/// One round: all of it is done, one plan shows it, one apply puts it back.
fn tried(account: &Account, workspace: &Workspace, givens: &Givens, round: &[Case]) -> anyhow::Result<()> {
    for command in round.iter().flat_map(|case| &case.done) {
        act(account, &command.iter().map(|word| givens.fill(word)).collect::<Vec<_>>())?;
    }
    account.client("aws", &["eks", "wait", "cluster-active", "--name", "prod"])?;
    if round.iter().all(|case| case.fate == Fate::Left) {
        is_empty(workspace)?;
    } else {
        let planned = Planned::of(workspace)?;
        ensure!(planned.change["actions"] == json!(["update"]), "{}: {}", planned.change["actions"], planned.prose);
        let shown = round.iter().filter_map(|case| match case.fate {
            Fate::Shown(places) => Some((case.of, places)),
            _ => None,
        });
        for (of, place) in shown.flat_map(|(of, places)| places.iter().map(move |place| (of, place))) {
            ensure!(planned.changes(place), "{of}: {place} is not shown: {}", planned.prose);
        }
        workspace.run(&["apply", "-no-color", "-input=false", "planned"])?.succeeded()?;
        is_empty(workspace)?;
    }
    let eye = Eye::new(account, givens, workspace.attributes(CLUSTER)?);
    for case in round {
        for (look, expected) in &case.proof {
            let (is, expected) = (sorted(look(&eye)?), sorted(givens.filled(expected)));
            ensure!(is == expected, "{}: it is {is} and not {expected}", case.of);
        }
    }
    Ok(())
}

/// What goes one way only: the plan refuses to take it back, and a configuration that says what is true has nothing to do.
fn forward(account: &Account, workspace: &Workspace, givens: &Givens, config: &mut Json) -> anyhow::Result<()> {
    act(
        account,
        &words(&["eks", "update-cluster-config", "--name", "prod", "--access-config", "authenticationMode=API"]),
    )?;
    workspace.plan(&[])?.failed()?.says(&["cannot take access.authentication_mode back from API"])?;
    config["access"]["authentication_mode"] = json!("API");
    write(workspace, givens, config)?;
    is_empty(workspace)?;
    act(account, &words(&["eks", "update-cluster-version", "--name", "prod", "--kubernetes-version", "1.36"]))?;
    account.client("aws", &["eks", "wait", "cluster-active", "--name", "prod"])?;
    workspace.plan(&[])?.failed()?.says(&["cannot go back from Kubernetes 1.36 to 1.35"])?;
    config["kubernetes_version"] = json!("1.36");
    if let Some(group) = config["node_groups"]["web"].as_object_mut() {
        // A release is one of a version.
        group.remove("release_version");
    }
    write(workspace, givens, config)?;
    // Nodes are behind, which is drift of its own.
    workspace.apply(&[])?.succeeded()?;
    is_empty(workspace)
}

/// A cluster that is gone is planned anew, whole, and none of its outputs is that of the old one.
fn deleted(account: &Account, workspace: &Workspace, givens: &Givens, made: &Json) -> anyhow::Result<()> {
    let of = ["--cluster-name", "prod"];
    let listed = account.aws(&[&["eks", "list-nodegroups"], &of[..]].concat())?;
    for name in listed["nodegroups"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        let group = [&of[..], &["--nodegroup-name", name]].concat();
        act(account, &words(&[&["eks", "delete-nodegroup"], &group[..]].concat()))?;
        account.client("aws", &[&["eks", "wait", "nodegroup-deleted"], &group[..]].concat())?;
    }
    act(account, &words(&["eks", "update-cluster-config", "--name", "prod", "--no-deletion-protection"]))?;
    account.client("aws", &["eks", "wait", "cluster-active", "--name", "prod"])?;
    act(account, &words(&["eks", "delete-cluster", "--name", "prod"]))?;
    account.client("aws", &["eks", "wait", "cluster-deleted", "--name", "prod"])?;

    let planned = Planned::of(workspace)?;
    for output in ["oidc_issuer", "api_endpoint", "certificate_authority_data", "kubeconfig", "ready"] {
        ensure!(
            *at(&planned.change["after_unknown"], output) == json!(true),
            "{output} of a cluster that is to be made is known: {}",
            planned.prose
        );
    }
    workspace.run(&["apply", "-no-color", "-input=false", "planned"])?.succeeded()?;
    is_empty(workspace)?;
    let eye = Eye::new(account, givens, workspace.attributes(CLUSTER)?);
    let live = eye.cluster()?;
    ensure!(live["createdAt"] != made["createdAt"], "the cluster is the old one");
    ensure!(
        eye.state["oidc_issuer"] == live["identity"]["oidc"]["issuer"],
        "the state has an issuer of another cluster"
    );
    Ok(())
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|word| (*word).to_owned()).collect()
}
