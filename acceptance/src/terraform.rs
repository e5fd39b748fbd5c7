//! The real `terraform` and `tofu`, each run in a folder of its own against the sandbox. Knows their command lines and
//! exit codes; nothing of what the configurations mean.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value as Json;

/// Which command line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// HashiCorp's `terraform`.
    Terraform,
    /// OpenTofu's `tofu`.
    OpenTofu,
}

impl Core {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Core {
        match self {
            Core::Terraform => Core::OpenTofu,
            Core::OpenTofu => Core::Terraform,
        }
    }
}

impl fmt::Display for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Core::Terraform => "terraform",
            Core::OpenTofu => "tofu",
        })
    }
}

/// A folder with a configuration and the CLI that works in it.
pub struct Workspace {
    binary: PathBuf,
    dir: Arc<tempfile::TempDir>,
    env: Vec<(String, String)>,
}

/// How one command ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// The command, for messages.
    pub command: String,
    /// The exit code; -1 if a signal ended it.
    pub code: i32,
    /// Standard output and standard error, in this order.
    pub output: String,
    /// How long it took.
    pub took: Duration,
}

impl Run {
    /// The output without boxes, colours and line breaks, as a reader takes it in.
    pub fn prose(&self) -> String {
        prose(&self.output)
    }

    /// The run, if it succeeded.
    ///
    /// # Errors
    /// With the whole output, if it failed.
    pub fn succeeded(self) -> anyhow::Result<Run> {
        ensure!(self.code == 0, "{} ended with {}:\n{}", self.command, self.code, self.output);
        Ok(self)
    }

    /// The run, if it failed.
    ///
    /// # Errors
    /// With the whole output, if it succeeded.
    pub fn failed(self) -> anyhow::Result<Run> {
        ensure!(self.code != 0, "{} was expected to fail and did not:\n{}", self.command, self.output);
        Ok(self)
    }

    /// The run, if its output has all of `texts`, whatever the line breaks.
    ///
    /// # Errors
    /// With the whole output, if one is missing.
    pub fn says(self, texts: &[&str]) -> anyhow::Result<Run> {
        let read = self.prose();
        for text in texts {
            ensure!(read.contains(&prose(text)), "{} does not say {text:?}:\n{}", self.command, self.output);
        }
        Ok(self)
    }
}

fn prose(text: &str) -> String {
    let plain = text.replace(['│', '╷', '╵'], " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Workspace {
    /// An empty folder for `binary`, whose commands run with `env` on top of this process's environment.
    ///
    /// # Errors
    /// If there is no room for a temporary folder.
    pub fn new(binary: &Path, env: Vec<(String, String)>) -> anyhow::Result<Workspace> {
        let dir = tempfile::Builder::new().prefix("paas-acceptance-").tempdir()?;
        Ok(Workspace { binary: binary.to_owned(), dir: Arc::new(dir), env })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Sets a variable of the environment for every command from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(set, _)| set != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// Writes `main.tf`, below the block that names the provider.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn main(&self, configuration: &str) -> anyhow::Result<()> {
        const PROVIDER: &str =
            "terraform {\n  required_providers {\n    paas = { source = \"terraform-paas/paas\" }\n  }\n}\n\n";
        self.write("main.tf", &format!("{PROVIDER}{configuration}"))
    }

    /// Writes a file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        std::fs::write(self.path().join(name), text).with_context(|| format!("cannot write {name}"))
    }

    /// Copies every `.tf` file of a folder.
    ///
    /// # Errors
    /// If the folder has none or a file cannot be copied.
    pub fn copy(&self, from: &Path) -> anyhow::Result<()> {
        let mut copied = 0;
        for entry in std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "tf") {
                std::fs::copy(&path, self.path().join(path.file_name().context("a file without a name")?))?;
                copied += 1;
            }
        }
        ensure!(copied > 0, "{} holds no configuration", from.display());
        Ok(())
    }

    /// The command, ready to run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(self.path())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Run> {
        let started = Instant::now();
        let output =
            self.command(arguments).output().with_context(|| format!("cannot start {}", self.binary.display()))?;
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Ok(Run {
            command: self.named(arguments),
            code: output.status.code().unwrap_or(-1),
            output: text,
            took: started.elapsed(),
        })
    }

    /// Runs another program in the same folder and environment.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn run_program(&self, program: &Path, arguments: &[&str]) -> anyhow::Result<Run> {
        let other = Workspace { binary: program.to_owned(), dir: self.dir.clone(), env: self.env.clone() };
        other.run(arguments)
    }

    /// Leaves the folder where it is; answers its path.
    pub fn keep(self) -> PathBuf {
        let path = self.path().to_owned();
        if let Some(dir) = Arc::into_inner(self.dir) {
            let _ = dir.keep();
        }
        path
    }

    fn named(&self, arguments: &[&str]) -> String {
        let name = self.binary.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        format!("{name} {}", arguments.join(" "))
    }

    /// Starts the command in a process group of its own, as a terminal would, with its output in `apply.log`.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(&self, arguments: &[&str]) -> anyhow::Result<Child> {
        use std::os::unix::process::CommandExt;
        let log = std::fs::File::create(self.path().join("apply.log"))?;
        let mut command = self.command(arguments);
        command.process_group(0).stdout(log.try_clone()?).stderr(log);
        command.spawn().with_context(|| format!("cannot start {}", self.binary.display()))
    }

    /// `init`.
    ///
    /// # Errors
    /// With its output, if it failed.
    pub fn init(&self) -> anyhow::Result<Run> {
        self.run(&["init", "-no-color", "-input=false"])?.succeeded()
    }

    /// `apply`, whatever comes of it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn apply(&self, more: &[&str]) -> anyhow::Result<Run> {
        self.run(&[&["apply", "-no-color", "-input=false", "-auto-approve"], more].concat())
    }

    /// `destroy`, whatever comes of it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn destroy(&self, more: &[&str]) -> anyhow::Result<Run> {
        self.run(&[&["destroy", "-no-color", "-input=false", "-auto-approve"], more].concat())
    }

    /// `plan`, whatever comes of it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn plan(&self, more: &[&str]) -> anyhow::Result<Run> {
        self.run(&[&["plan", "-no-color", "-input=false", "-detailed-exitcode"], more].concat())
    }

    /// Plans twice, without and with a refresh, and refuses any change.
    ///
    /// # Errors
    /// With the plan, if it is not empty.
    pub fn plan_is_empty(&self, more: &[&str]) -> anyhow::Result<()> {
        for refresh in ["-refresh=false", "-refresh=true"] {
            let run = self.plan(&[&[refresh], more].concat())?;
            ensure!(
                run.code == 0,
                "the plan after an apply is not empty ({refresh}, exit code {}):\n{}",
                run.code,
                run.output
            );
        }
        // Terraform's exit code of a refresh-only plan is 2 now and then although it says that nothing changed (its issues
        // 36403 and 37406); what it says is right.
        let drift = self.run(&[&["plan", "-no-color", "-input=false", "-refresh-only"], more].concat())?.succeeded()?;
        ensure!(drift.output.contains("No changes."), "a refresh changed the state:\n{}", drift.output);
        Ok(())
    }

    /// The planned action of every resource that would change, as `address: create,delete`.
    ///
    /// # Errors
    /// With the output, if there is no plan.
    pub fn planned_actions(&self, more: &[&str]) -> anyhow::Result<Vec<String>> {
        let run = self.run(&[&["plan", "-no-color", "-input=false", "-out=planned"], more].concat())?.succeeded()?;
        let shown = self.json(&["show", "-json", "planned"]).with_context(|| run.output.clone())?;
        let changes = shown["resource_changes"].as_array().cloned().unwrap_or_default();
        Ok(changes
            .iter()
            .filter_map(|one| {
                let actions: Vec<&str> = one["change"]["actions"].as_array()?.iter().filter_map(Json::as_str).collect();
                (actions != ["no-op"] && actions != ["read"])
                    .then(|| format!("{}: {}", one["address"].as_str().unwrap_or("?"), actions.join(",")))
            })
            .collect())
    }

    /// The attributes of one resource in state.
    ///
    /// # Errors
    /// If it is not there.
    pub fn attributes(&self, address: &str) -> anyhow::Result<Json> {
        let state = self.json(&["show", "-json"])?;
        let resources = state["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        match resources.into_iter().find(|one| one["address"] == address) {
            Some(mut found) => Ok(found["values"].take()),
            None => bail!("{address} is not in the state"),
        }
    }

    /// True if the resource is in state and marked as tainted.
    ///
    /// # Errors
    /// If there is no state.
    pub fn tainted(&self, address: &str) -> anyhow::Result<bool> {
        let state = self.json(&["show", "-json"])?;
        let resources = state["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        Ok(resources.iter().any(|one| one["address"] == address && one["tainted"] == true))
    }

    /// The addresses in state.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn addresses(&self) -> anyhow::Result<Vec<String>> {
        let run = self.run(&["state", "list"])?;
        Ok(if run.code == 0 { run.output.lines().map(str::to_owned).collect() } else { Vec::new() })
    }

    fn json(&self, arguments: &[&str]) -> anyhow::Result<Json> {
        let run = self.run(arguments)?.succeeded()?;
        serde_json::from_str(&run.output)
            .with_context(|| format!("{} did not print JSON:\n{}", run.command, run.output))
    }
}
