//! `cargo sandbox` as a user runs it: as a process, from start to nothing left.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, ensure};
use libtest_mimic::{Arguments, Trial};
use sandbox_kube::{Tools, Wanted, cache_root};

type Test = fn(&Machine) -> anyhow::Result<()>;

const TESTS: [(&str, Test); 4] = [
    ("a_sandbox_comes_and_goes", comes_and_goes),
    ("a_killed_sandbox_takes_its_processes_along_and_is_cleared", killed),
    ("a_folder_of_something_else_is_refused", foreign_folder),
    ("a_wrong_argument_is_told_before_anything_is_built", wrong_arguments),
];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    if !arguments.list {
        Tools::prepare(&|line| eprintln!("{line}"), Wanted::AnyCli)?;
    }
    let trials = TESTS.map(|(name, test)| {
        Trial::test(name, move || {
            Machine::new().and_then(|machine| test(&machine)).map_err(|error| format!("{error:#}").into())
        })
    });
    libtest_mimic::run(&arguments, trials.into()).exit()
}

/// A cache of its own, so that `down --all` reaches the sandboxes of one test and no others; the tools in it are the real ones.
struct Machine {
    cache: tempfile::TempDir,
}

impl Machine {
    fn new() -> anyhow::Result<Self> {
        let cache = tempfile::Builder::new().prefix("paas-cli-").tempdir()?;
        let own = cache.path().join("terraform-provider-paas");
        std::fs::create_dir(&own)?;
        for part in std::fs::read_dir(cache_root()?)?.flatten() {
            if ["kubernetes-", "python-", "opentofu-"]
                .iter()
                .any(|name| part.file_name().to_string_lossy().starts_with(name))
            {
                std::os::unix::fs::symlink(part.path(), own.join(part.file_name()))?;
            }
        }
        Ok(Self { cache })
    }

    fn dir(&self) -> PathBuf {
        self.cache.path().join("s")
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
        command.args(arguments).arg("--dir").arg(self.dir()).env("XDG_CACHE_HOME", self.cache.path());
        command.output().context("the sandbox's program cannot be started")
    }

    /// What a successful command prints to standard output and standard error.
    fn says(&self, arguments: &[&str]) -> anyhow::Result<(String, String)> {
        let output = self.run(arguments)?;
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        ensure!(output.status.success(), "{arguments:?} ended with {}: {out}{err}", output.status);
        Ok((out, err))
    }

    /// The last line of a failed command.
    fn refuses(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.run(arguments)?;
        ensure!(!output.status.success(), "{arguments:?} succeeded");
        Ok(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }

    /// Processes that have this machine's folder in their arguments.
    fn processes(&self) -> anyhow::Result<Vec<String>> {
        let output = Command::new("ps").args(["-A", "-o", "pid=,args="]).output().context("ps cannot be started")?;
        let folder = self.dir().display().to_string();
        Ok(String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter(|line| line.contains(&folder))
            .map(str::to_owned)
            .collect())
    }

    /// Waits until no such process is left: the kernel takes a moment to end those of a killed daemon.
    fn until_no_process(&self) -> anyhow::Result<()> {
        for _ in 0..1000 {
            if self.processes()?.is_empty() {
                return Ok(());
            }
            std::thread::yield_now();
        }
        anyhow::bail!("still there: {:?}", self.processes()?)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.run(&["down"]).ok();
    }
}

fn comes_and_goes(machine: &Machine) -> anyhow::Result<()> {
    let (_, said) = machine.says(&["up", "--nodes", "simulated", "--pace", "aws:0.5"])?;
    ensure!(
        said.contains("the sandbox is ready after") && said.contains("eval \"$(cargo sandbox --dir"),
        "it said {said}"
    );
    let (status, _) = machine.says(&["status"])?;
    ensure!(status.contains("pace      aws:0.5\n") && status.contains("cluster   none\n"), "the status is {status}");

    let (first, _) = machine.says(&["env", "--account", "000000000001"])?;
    let (second, _) = machine.says(&["env", "--account", "000000000002"])?;
    ensure!(first.contains("export AWS_ACCESS_KEY_ID='AKIA000000000001SAND'\n"), "the variables are {first}");
    ensure!(
        first.contains("export TF_VAR_subnet_ids='[\"subnet-") && first != second,
        "two accounts are one: {second}"
    );
    let caller = Command::new("sh")
        .args(["-c", &format!("{first}aws sts get-caller-identity --query Arn --output text")])
        .output()?;
    let arn = String::from_utf8_lossy(&caller.stdout).trim().to_owned();
    ensure!(
        arn == "arn:aws:iam::000000000001:user/sandbox",
        "the caller is {arn}: {}",
        String::from_utf8_lossy(&caller.stderr)
    );
    let refused = machine.refuses(&["env", "--account", "1234"])?;
    ensure!(refused == "Error: \"1234\" is not an account: it takes 12 digits", "it said {refused}");

    let (log, _) = machine.says(&["log", "--account", "000000000001"])?;
    ensure!(log.lines().count() == 1 && log.contains("\"operation\":\"GetCallerIdentity\""), "the log is {log}");
    ensure!(
        machine.says(&["log", "--account", "000000000002"])?.0.is_empty(),
        "the second account has made no request"
    );
    machine.says(&["sweep"])?;
    machine.says(&["errors"])?;

    let (armed, _) = machine.says(&["fault", "arm", r#"{"match": {"service": "eks"}, "do": "throttle"}"#])?;
    ensure!(armed.contains("\"id\":"), "it said {armed}");
    ensure!(machine.says(&["fault", "list"])?.0.contains("throttle"), "the fault is not listed");
    machine.says(&["fault", "clear"])?;
    ensure!(!machine.says(&["fault", "list"])?.0.contains("throttle"), "the fault is still listed");
    let refused = machine.refuses(&["fault", "arm", "throttle"])?;
    ensure!(refused.starts_with("Error: the argument is not JSON"), "it said {refused}");

    let (_, again) = machine.says(&["up", "--nodes", "simulated", "--pace", "aws:0.5"])?;
    ensure!(again.contains("a sandbox runs in") && again.contains("already"), "it said {again}");
    let refused = machine.refuses(&["up", "--nodes", "simulated"])?;
    ensure!(
        refused.contains("with other options (--pace aws:0.5 --nodes simulated): cargo sandbox down ends it"),
        "it said {refused}"
    );

    machine.says(&["down"])?;
    ensure!(!machine.dir().exists(), "the folder is still there");
    machine.until_no_process()?;
    let (_, nothing) = machine.says(&["down"])?;
    ensure!(nothing.starts_with("no sandbox runs in"), "it said {nothing}");
    let refused = machine.refuses(&["status"])?;
    ensure!(refused.ends_with("start one with cargo sandbox up"), "it said {refused}");
    Ok(())
}

fn killed(machine: &Machine) -> anyhow::Result<()> {
    machine.says(&["up", "--nodes", "simulated"])?;
    let (status, _) = machine.says(&["status"])?;
    let pid = status
        .lines()
        .find_map(|line| line.strip_prefix("process   ")?.split(',').next())
        .context("no process")?
        .to_owned();
    // In the middle of the start of its first control plane.
    ensure!(Command::new("kill").args(["-KILL", &pid]).status()?.success(), "the daemon cannot be killed");
    machine.until_no_process()?;
    ensure!(machine.dir().exists(), "nobody was there to remove the folder");
    machine.says(&["down", "--all"])?;
    ensure!(!machine.dir().exists(), "the folder is still there");
    let register = machine.cache.path().join("terraform-provider-paas/sandboxes");
    ensure!(std::fs::read_dir(register)?.next().is_none(), "the register still has an entry");
    Ok(())
}

fn foreign_folder(machine: &Machine) -> anyhow::Result<()> {
    let file = machine.dir().join("thesis.txt");
    std::fs::create_dir(machine.dir())?;
    std::fs::write(&file, "years of work")?;
    let refused = machine.refuses(&["up", "--nodes", "simulated"])?;
    ensure!(refused.ends_with("is not empty and not a sandbox's folder: choose another one"), "it said {refused}");
    machine.says(&["down"])?;
    machine.says(&["down", "--all"])?;
    ensure!(Path::new(&file).exists(), "somebody's file is gone");
    Ok(())
}

fn wrong_arguments(machine: &Machine) -> anyhow::Result<()> {
    let refused = machine.refuses(&["up", "--pace", "slow"])?;
    ensure!(
        refused == "Error: --pace slow: it is fast, or aws:FACTOR such as aws:0.01 (1 is as slow as AWS)",
        "it said {refused}"
    );
    ensure!(!machine.dir().exists(), "a folder was made");
    Ok(())
}
