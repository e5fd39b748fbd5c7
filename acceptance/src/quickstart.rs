//! `cargo quickstart`: what a newcomer would type, typed for them, on a machine without an AWS account. Knows the story;
//! every step is a command that they can repeat.

mod figures;
pub mod requests;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum as _};
use sandbox_eks::Wanted;

use crate::cli::print;
use crate::daemon::client::Control;
use crate::daemon::nodes::Nodes;
use crate::daemon::serve::About;
use crate::daemon::{Environment, place};
use crate::terraform::{Run, Workspace};
use figures::{Figures, Phase};
use requests::Requests;

/// One cluster, a web app, a worker and a migration job: made, changed and destroyed, on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo quickstart", bin_name = "cargo quickstart", version)]
struct Options {
    /// Leave everything running, and say what to type next.
    #[arg(long)]
    keep: bool,
    /// How fast AWS moves: fast, or aws:FACTOR, AWS's own latencies times FACTOR.
    #[arg(long, default_value = "fast")]
    pace: String,
    /// What nodes are: real ones run what is deployed, which needs root; auto takes them where this machine can have them.
    #[arg(long, value_enum, default_value_t = Nodes::Auto)]
    nodes: Nodes,
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    let options = Options::parse();
    let ended = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| run(&options, &runtime));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nError: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Ends the sandbox of a quickstart that is not kept, however it ends.
struct Started {
    dir: PathBuf,
    keep: bool,
}

impl Started {
    fn end(mut self) -> anyhow::Result<()> {
        self.keep = true;
        sandbox(&["down", "--dir", &self.dir.display().to_string()])
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if !self.keep {
            // A failure is on its way to the user already.
            let _ = sandbox(&["down", "--dir", &self.dir.display().to_string()]);
        }
    }
}

/// `cargo sandbox …`, with its progress on this terminal.
fn sandbox(arguments: &[&str]) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", "acceptance", "--bin", "sandbox", "--"]).args(arguments);
    let ended = command.current_dir(repository()?).status().context("cargo cannot be started")?;
    ensure!(ended.success(), "cargo sandbox {} failed", arguments.join(" "));
    Ok(())
}

fn repository() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("this crate stands in no workspace")?;
    Ok(here.to_owned())
}

fn step(text: &str) {
    print(&format!("\n== {text}\n"));
}

fn shown(command: &str) {
    print(&format!("   $ {command}\n"));
}

/// The lines of terraform that tell the story; the plan itself stays out.
fn telling(output: &str) {
    const TOLD: [&str; 8] = [
        "Creation complete",
        "Modifications complete",
        "Destruction complete",
        "Apply complete",
        "Destroy complete",
        "No changes",
        "Plan:",
        "Warning:",
    ];
    for line in output.lines().filter(|line| TOLD.iter().any(|told| line.contains(told))) {
        print(&format!("     {}\n", line.trim()));
    }
}

fn told(run: Run) -> anyhow::Result<Run> {
    let run = run.succeeded()?;
    telling(&run.output);
    Ok(run)
}

fn run(options: &Options, runtime: &tokio::runtime::Runtime) -> anyhow::Result<()> {
    let began = Instant::now();
    step("a sandbox that stands in for AWS (the first time builds what is missing)");
    shown("cargo sandbox up");
    let dir = if options.keep { place::default_dir()? } else { own_dir()? };
    let nodes = options.nodes.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    sandbox(&["up", "--dir", &dir.display().to_string(), "--pace", &options.pace, "--nodes", &nodes])?;
    let started = Started { dir: dir.clone(), keep: options.keep };
    let control = Control::of(&dir);
    let about: About = runtime.block_on(control.get("/about"))?;
    let environment: Environment = runtime.block_on(control.get("/environment"))?;
    let terraform = ["terraform", "tofu"].map(|name| crate::daemon::mirror::bin(&dir).join(name));
    let terraform =
        terraform.iter().find(|path| path.exists()).context("the sandbox has neither terraform nor tofu")?;
    let name = terraform.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let up = began.elapsed();

    let workspace = Workspace::new(terraform, environment.variables())?;
    workspace.copy(&repository()?.join("examples/quickstart"))?;
    let mut figures = Figures::new(&control, runtime);

    step("one apply: a cluster, a migration, a web app, a worker (examples/quickstart)");
    shown(&format!("{name} init"));
    workspace.init()?;
    shown(&format!("{name} apply"));
    figures.phase(Phase::Create, || told(workspace.apply(&[])?))?;

    step("the plan after an apply is empty");
    shown(&format!("{name} plan -detailed-exitcode"));
    figures.phase(Phase::Plan, || told(workspace.plan(&[])?))?;

    step("what runs");
    look(&workspace, &dir, &["get", "deployments,cronjobs,jobs,services", "-n", "shop"])?;
    let url = if about.real_nodes { Some(answers(&workspace, &dir, &control, runtime)?) } else { None };

    step("one variable changes, in place");
    shown(&format!("{name} apply -var greeting=\"good day\""));
    let requests = url.as_deref().map(Requests::start);
    figures.phase(Phase::Change, || told(workspace.apply(&["-var", "greeting=good day"])?))?;
    if let (Some(requests), Some(url)) = (requests, &url) {
        rolled(requests, url)?;
    }
    workspace.plan_is_empty(&["-var", "greeting=good day"])?;

    if options.keep {
        let folder = workspace.keep();
        figures.print(up, began.elapsed());
        print(&format!(
            "\nIt goes on running. What to type next:\n\n  cd {}\n  eval \"$(cargo sandbox env)\"   # from the repository\n  \
             {name} plan\n  kubectl get pods -n shop\n  {name} destroy\n  cargo sandbox down\n",
            folder.display()
        ));
        return Ok(());
    }

    step("one destroy, and nothing is left");
    shown(&format!("{name} destroy"));
    figures.phase(Phase::Destroy, || told(workspace.destroy(&["-var", "greeting=good day"])?))?;
    shown("cargo sandbox sweep");
    sandbox(&["sweep", "--dir", &dir.display().to_string()])?;
    sandbox(&["errors", "--dir", &dir.display().to_string()])?;
    figures.print(up, began.elapsed());
    started.end()
}

/// A folder that no other sandbox has.
fn own_dir() -> anyhow::Result<PathBuf> {
    let dir = tempfile::Builder::new().prefix("paas-quickstart-").tempdir()?;
    // `up` makes it and `down` removes it; only the name is wanted.
    Ok(dir.path().to_owned())
}

/// Runs kubectl, with the kubeconfig that the AWS CLI writes, and prints what it says.
fn look(workspace: &Workspace, dir: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let bin = crate::daemon::mirror::bin(dir);
    let update = ["eks", "update-kubeconfig", "--name", "quickstart"];
    workspace.run_program(&bin.join("aws"), &update)?.succeeded()?;
    shown(&format!("kubectl {}", arguments.join(" ")));
    let run = workspace.run_program(&bin.join("kubectl"), arguments)?.succeeded()?;
    run.output.lines().for_each(|line| print(&format!("     {line}\n")));
    Ok(())
}

/// The app answers, the worker works, the migration has migrated. Returns where the app answers.
fn answers(
    workspace: &Workspace,
    dir: &Path,
    control: &Control,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<String> {
    shown("cargo sandbox open web");
    let wanted = Wanted { service: "web".to_owned(), ..Wanted::default() };
    let url = format!("http://{}", runtime.block_on(control.open(&wanted))?);
    shown(&format!("curl {url}"));
    print(&format!("     {}\n", requests::get(&url)?));
    look(workspace, dir, &["logs", "-n", "shop", "deployment/worker", "--tail", "3"])?;
    look(workspace, dir, &["logs", "-n", "shop", "-l", "app.kubernetes.io/component=job", "--tail", "3"])?;
    Ok(url)
}

/// What a loop of requests saw of the rollout.
fn rolled(requests: Requests, url: &str) -> anyhow::Result<()> {
    let count = requests.end()?;
    let first = count.failures.first().map(|why| format!(", the first: {why}")).unwrap_or_default();
    print(&format!(
        "     requests during the rollout: {} answered, {} failed{first}\n",
        count.answered,
        count.failures.len()
    ));
    ensure!(count.failures.is_empty(), "{} requests failed during the rollout{first}", count.failures.len());
    shown(&format!("curl {url}"));
    let answer = requests::get(url)?;
    print(&format!("     {answer}\n"));
    ensure!(answer.contains("good day"), "the app does not answer with its new variable: {answer}");
    Ok(())
}
