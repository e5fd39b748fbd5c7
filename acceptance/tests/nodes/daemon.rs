//! A sandbox as its user has it: by its command line, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use acceptance::terraform::Workspace;
use anyhow::{Context as _, ensure};

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(60);

/// One folder, in which a sandbox runs or not.
pub(crate) struct Daemon {
    base: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

impl Daemon {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self { base: tempfile::Builder::new().prefix("paas-daemon-").tempdir()?, env: Vec::new() })
    }

    /// A variable of the commands.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.env.push((name, value.to_owned()));
        self
    }

    /// A folder beside the sandbox's.
    pub(crate) fn base(&self) -> &Path {
        self.base.path()
    }

    /// The sandbox's folder.
    pub(crate) fn place(&self) -> PathBuf {
        self.base.path().join("sandbox")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
        command.args(arguments).arg("--dir").arg(self.place());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn output(&self, arguments: &[&str]) -> anyhow::Result<(Output, String)> {
        let output = self.command(arguments).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((output, said))
    }

    /// Runs a command that works; answers its standard output.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let (output, said) = self.output(arguments)?;
        ensure!(output.status.success(), "{arguments:?}: {said}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a command that does not work; answers what it says.
    pub(crate) fn refused(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let (output, said) = self.output(arguments)?;
        ensure!(!output.status.success(), "{arguments:?} works");
        Ok(said)
    }

    /// A folder for terraform with this sandbox's variables.
    pub(crate) fn workspace(&self, world: &World) -> anyhow::Result<Workspace> {
        let exports = self.run(&["env"])?;
        let variables = exports.lines().filter_map(|line| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        });
        Workspace::new(&world.core()?, variables.filter(|(name, _)| name != "PATH").collect())
    }

    /// Processes whose command lines name this folder: their numbers and words.
    pub(crate) fn processes(&self) -> Vec<(String, Vec<String>)> {
        let base = self.base.path().display().to_string();
        processes().filter(|(_, words)| words.iter().any(|word| word.contains(&base))).collect()
    }

    /// SIGKILL to the daemon.
    pub(crate) fn kill(&self) -> anyhow::Result<()> {
        let daemon = self.processes().into_iter().find(|(_, words)| words.get(1).is_some_and(|word| word == "daemon"));
        let (pid, _) = daemon.context("no daemon runs")?;
        ensure!(Command::new("kill").args(["-9", &pid]).status()?.success(), "the daemon cannot be killed");
        Ok(())
    }

    /// Waits until no process names this folder.
    pub(crate) fn ended(&self) -> anyhow::Result<()> {
        until("every process ends", || self.processes().is_empty())
    }
}

/// Every process of this machine: its number and the words of its command line.
pub(crate) fn processes() -> impl Iterator<Item = (String, Vec<String>)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.map(|entry| {
        let pid = entry.file_name().to_string_lossy().into_owned();
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        (pid, line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect())
    })
}

/// Waits for a condition.
pub(crate) fn until(what: &str, reached: impl Fn() -> bool) -> anyhow::Result<()> {
    let asked = Instant::now();
    while !reached() {
        ensure!(asked.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
