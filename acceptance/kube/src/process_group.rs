//! Child processes that never outlive their owner. Knows nothing of what they are.
//!
//! A tiny shell, the keeper, leads a process group and reads from a pipe whose other end only the owner holds. When the owner ends, however it
//! ends, the keeper reads end-of-file and kills its own group. Unlike a parent-death signal this survives the end of the spawning thread.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;

const KEEPER: &str = "trap '' HUP INT TERM; while read -r _; do :; done; kill -KILL 0";

/// A set of child processes that are killed together: by [`ProcessGroup::kill`], on drop, or when this process dies of anything, SIGKILL included.
#[derive(Debug)]
pub struct ProcessGroup {
    id: i32,
    members: Mutex<Members>,
}

#[derive(Debug)]
struct Members {
    keeper: Child,
    children: Vec<(String, Child)>,
}

impl ProcessGroup {
    /// An empty group.
    ///
    /// # Errors
    /// When `sh` cannot be started.
    pub fn start() -> anyhow::Result<Self> {
        use std::os::unix::process::CommandExt as _;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .context("sh, which watches over the sandbox's processes, cannot be started")?;
        let id = i32::try_from(keeper.id()).context("a process id does not fit")?;
        Ok(Self { id, members: Mutex::new(Members { keeper, children: Vec::new() }) })
    }

    /// Starts `command` as a member, with its output appended to `log` and nothing to read. Returns its pid.
    ///
    /// # Errors
    /// When the program or the log file cannot be opened.
    pub fn spawn(&self, name: &str, command: &mut Command, log: &Path) -> anyhow::Result<u32> {
        use std::os::unix::process::CommandExt as _;
        let output = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("the log file {} cannot be opened", log.display()))?;
        let errors = output.try_clone().with_context(|| format!("the log file {} cannot be opened", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(self.id)
            .spawn()
            .with_context(|| format!("{name} ({}) cannot be started", command.get_program().display()))?;
        let pid = child.id();
        self.members().children.push((name.to_owned(), child));
        Ok(pid)
    }

    /// The id of the process group.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.id
    }

    /// The members' names and pids; the keeper is not among them.
    #[must_use]
    pub fn pids(&self) -> Vec<(String, u32)> {
        self.members().children.iter().map(|(name, child)| (name.clone(), child.id())).collect()
    }

    /// Waits until a member has ended, and takes it out of the group.
    ///
    /// # Errors
    /// When no member has this name.
    pub fn wait(&self, name: &str) -> anyhow::Result<std::process::ExitStatus> {
        let mut child = {
            let members = &mut self.members().children;
            let index = members.iter().position(|(other, _)| other == name);
            members.remove(index.with_context(|| format!("{name} was not started"))?).1
        };
        child.wait().with_context(|| format!("{name} cannot be waited for"))
    }

    /// Kills one member and waits until it is gone. A name that no member has is fine.
    pub fn end(&self, name: &str) {
        let mut members = self.members();
        let (ending, staying) = std::mem::take(&mut members.children).into_iter().partition(|(other, _)| other == name);
        members.children = staying;
        for (_, mut child) in Vec::<(String, Child)>::into_iter(ending) {
            child.kill().ok();
            child.wait().ok();
        }
    }

    /// The first member that has ended on its own, and how.
    #[must_use]
    pub fn ended(&self) -> Option<(String, std::process::ExitStatus)> {
        self.members().children.iter_mut().find_map(|(name, child)| Some((name.clone(), child.try_wait().ok()??)))
    }

    /// Kills every member and waits until the kernel has let go of them (milliseconds). Afterwards the group is of no use.
    pub fn kill(&self) {
        let mut members = self.members();
        drop(members.keeper.stdin.take());
        for child in members
            .children
            .drain(..)
            .map(|(_, child)| child)
            .collect::<Vec<_>>()
            .iter_mut()
            .chain([&mut members.keeper])
        {
            child.wait().ok();
        }
    }

    fn members(&self) -> std::sync::MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests;
