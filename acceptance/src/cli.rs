//! `cargo sandbox`: the command line. Knows arguments and what to print; the sandbox itself is `daemon`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::daemon::client::Control;
use crate::daemon::{ACCOUNT, Environment, REGION, place};

mod down;
mod enumerate;
mod fault;
mod golden;
mod pace;
mod report;
mod run;
#[cfg(test)]
mod tests;
mod up;

/// A stand-in for an AWS account on this machine: AWS's API, real Kubernetes control planes, real or simulated nodes.
#[derive(Debug, Parser)]
#[command(name = "cargo sandbox", bin_name = "cargo sandbox", version)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
    /// The sandbox's folder; the default serves one sandbox per user.
    #[arg(long, global = true)]
    dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Build what is missing and start a sandbox in the background.
    Up(up::Options),
    /// Print the variables under which terraform, tofu, aws and kubectl use the sandbox: eval "$(cargo sandbox env)".
    Env {
        /// Another account than the default one: 12 digits. Each is empty at first.
        #[arg(long, default_value = ACCOUNT)]
        account: String,
        /// The AWS region.
        #[arg(long, default_value = REGION)]
        region: String,
    },
    /// Say what runs and where.
    Status,
    /// Print every request that the sandbox got, one JSON line each.
    Log {
        /// Only those after this number (`n`).
        #[arg(long, default_value_t = 0)]
        since: u64,
        #[command(flatten)]
        of: Whose,
    },
    /// List what was created and still exists, in AWS and in Kubernetes; exit code 1 if anything does.
    Sweep(Whose),
    /// List requests that the sandbox could not serve as AWS would; exit code 1 if there are any.
    Errors(Whose),
    /// Print a URL at which an app answers from here, where nodes are real.
    Open(run::Open),
    /// Images that real nodes pull, beside the sandbox's own.
    Image {
        #[command(subcommand)]
        verb: run::Image,
    },
    /// Let a request go wrong.
    Fault {
        #[command(subcommand)]
        verb: fault::Verb,
    },
    /// Kill the provider before and after every call of an operation and print what comes of it, in a sandbox of its own;
    /// exit code 1 if anything is wrong.
    Enumerate(enumerate::Options),
    /// Write what a state of this release looks like into provider/tests/golden, for the tests of later ones.
    Golden,
    /// End the sandbox and remove its folder.
    Down {
        /// Every sandbox of this user, those of crashed processes too.
        #[arg(long)]
        all: bool,
    },
    /// The process behind `up`.
    #[command(hide = true)]
    Daemon(up::Options),
}

/// One account, or all.
#[derive(Debug, Args)]
struct Whose {
    /// Only this account.
    #[arg(long)]
    account: Option<String>,
}

impl Whose {
    fn query(&self) -> String {
        self.account.as_ref().map(|account| format!("&account={account}")).unwrap_or_default()
    }
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    let command = Command::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    runtime.block_on(run(command)).unwrap_or_else(|error| failed(&error))
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("Error: {error:#}");
    ExitCode::FAILURE
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let dir = match command.dir {
        Some(dir) => std::path::absolute(dir).context("this folder has no path")?,
        None => place::default_dir()?,
    };
    let control = Control::of(&dir);
    match command.verb {
        Verb::Up(options) => up::up(&dir, &options).await?,
        Verb::Daemon(options) => up::daemon(dir, &options).await?,
        Verb::Env { account, region } => {
            let environment: Environment =
                control.get(&format!("/environment?account={account}&region={region}")).await?;
            print(&environment.exports());
        }
        Verb::Status => print(&report::status(&control).await?),
        Verb::Log { since, of } => {
            print(&control.text("GET", &format!("/log?since={since}{}", of.query()), None).await?)
        }
        Verb::Sweep(of) => return report::sweep(&control, &of.query()).await,
        Verb::Errors(of) => return report::errors(&control, &of.query()).await,
        Verb::Open(wanted) => print(&run::open(&control, wanted).await?),
        Verb::Image { verb } => print(&run::image(&control, verb).await?),
        Verb::Fault { verb } => print(&fault::run(&control, verb).await?),
        Verb::Enumerate(options) => return enumerate::enumerate(&options).await,
        Verb::Golden => golden::golden().await?,
        Verb::Down { all: false } => down::down(&dir).await?,
        Verb::Down { all: true } => down::all().await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes to standard output; a reader that has seen enough is no error.
pub(crate) fn print(text: &str) {
    std::io::stdout().lock().write_all(text.as_bytes()).ok();
}
