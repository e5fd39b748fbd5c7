//! Running a build step: quiet when it works, its last lines when it fails. A step ends with this process, so that a killed build does not
//! go on writing into a cache that the next one repairs.

use std::cell::Cell;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::process_group::ProcessGroup;

/// Lines of a failed command's output that are worth showing.
const SHOWN: usize = 15;

/// Runs `command` to its end; the error holds its last lines. Its output goes to `log`, which is removed when it worked.
pub(super) fn step(command: &mut Command, what: &str, log: &Path) -> anyhow::Result<()> {
    std::fs::remove_file(log).ok();
    let group = ProcessGroup::start()?;
    group.spawn(what, command, log)?;
    let status = group.wait(what)?;
    let text = std::fs::read(log).with_context(|| format!("{} cannot be read", log.display()))?;
    std::fs::remove_file(log).with_context(|| format!("{} cannot be removed", log.display()))?;
    if status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(SHOWN)..].join("\n  ");
    anyhow::bail!("{what} failed with {status}:\n  {tail}")
}

/// What `command` prints, or None when it cannot run or fails.
pub(super) fn printed(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Tells how far a preparation is: one line for each step, as it begins.
pub(super) struct Steps<'a> {
    progress: &'a dyn Fn(&str),
    total: usize,
    begun: Cell<usize>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(progress: &'a dyn Fn(&str), total: usize) -> Self {
        Self { progress, total, begun: Cell::new(0) }
    }

    /// `takes` is the estimate of a first run on 2 cores.
    pub(super) fn begin(&self, what: &str, takes: &str) {
        self.begun.set(self.begun.get() + 1);
        (self.progress)(&format!("{what} ({} of {}, {takes})", self.begun.get(), self.total));
    }
}
