//! Which sandboxes there are on this machine: one small file for each, so that one can be found and cleared after a crash too.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sandbox_kube::cache_root;
use serde::{Deserialize, Serialize};

/// A sandbox and the process that it lives in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its folder.
    pub dir: PathBuf,
    /// The process.
    pub pid: i32,
    /// When that process began, as the system tells it: a later process of the same id is another one.
    pub started: String,
    /// Who ends it.
    pub owner: Owner,
}

/// Who ends a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// `cargo sandbox down`: its process is a daemon and does nothing else.
    User,
    /// Its process itself, which is a test or another program.
    Process,
}

/// Removes the entry when it goes.
#[derive(Debug)]
pub struct Registered(PathBuf);

impl Drop for Registered {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn folder() -> anyhow::Result<PathBuf> {
    Ok(cache_root()?.join("sandboxes"))
}

/// Writes down that this process has a sandbox in `dir`.
///
/// # Errors
/// When the entry cannot be written.
pub fn register(dir: &Path, owner: Owner) -> anyhow::Result<Registered> {
    let folder = folder()?;
    let pid = std::process::id();
    let pid_number = i32::try_from(pid).context("a process id does not fit")?;
    let entry = Entry {
        dir: dir.to_path_buf(),
        pid: pid_number,
        started: started(pid_number).context("this process has no start time")?,
        owner,
    };
    let name = format!("{pid}-{:016x}", fingerprint(dir));
    let (file, new) = (folder.join(format!("{name}.json")), folder.join(format!("{name}.new")));
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&new, serde_json::to_vec(&entry)?))
        .and_then(|()| std::fs::rename(&new, &file));
    written.with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(Registered(file))
}

/// Tells the folders of one process apart.
fn fingerprint(dir: &Path) -> u64 {
    use std::hash::{Hash as _, Hasher as _};
    let mut hasher = std::hash::DefaultHasher::new();
    dir.hash(&mut hasher);
    hasher.finish()
}

/// Every entry, with the file it stands in.
///
/// # Errors
/// When the folder cannot be read.
pub fn entries() -> anyhow::Result<Vec<(PathBuf, Entry)>> {
    let folder = folder()?;
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let files = std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let entry = |file: PathBuf| Some((file.clone(), serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?));
    Ok(files
        .flatten()
        .map(|file| file.path())
        .filter(|file| file.extension().is_some_and(|end| end == "json"))
        .filter_map(entry)
        .collect())
}

/// The process that has a sandbox in `dir`, if it lives.
///
/// # Errors
/// When the entries cannot be read.
pub fn living(dir: &Path) -> anyhow::Result<Option<Entry>> {
    Ok(entries()?.into_iter().map(|(_, entry)| entry).find(|entry| entry.dir == dir && entry.lives()))
}

impl Entry {
    /// Whether its process still runs.
    #[must_use]
    pub fn lives(&self) -> bool {
        started(self.pid).as_ref() == Some(&self.started)
    }

    /// Kills its process, if that is still the same one. All it has started goes with it.
    ///
    /// # Errors
    /// When the process belongs to somebody else.
    pub fn kill(&self) -> anyhow::Result<()> {
        match Pid::from_raw(self.pid).filter(|_| self.lives()) {
            Some(pid) => {
                kill_process(pid, Signal::KILL).with_context(|| format!("process {} cannot be killed", self.pid))
            }
            None => Ok(()),
        }
    }
}

/// When a process began, in whatever unit the system uses; None when there is no such process.
fn started(pid: i32) -> Option<String> {
    test_kill_process(Pid::from_raw(pid)?).ok()?;
    if let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        // The command's name comes second, in parentheses, and may hold spaces; the state follows it, and the start time is 19 further.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        return if fields.next()? == "Z" { None } else { fields.nth(18).map(str::to_owned) };
    }
    let output = std::process::Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}
