//! `down`: ends sandboxes so that no process, socket or folder is left, after a crash too.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::daemon::client::Control;
use crate::daemon::register::Owner;
use crate::daemon::{place, register};

/// How long a daemon may take to end by itself; then it is killed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn down(dir: &Path) -> anyhow::Result<()> {
    let living = register::living(dir)?;
    if living.is_none() && !place::is_ours(dir) {
        eprintln!("no sandbox runs in {}", dir.display());
        return Ok(());
    }
    if let Some(entry) = living {
        anyhow::ensure!(
            entry.owner == Owner::User,
            "process {} has a sandbox in {} and ends it by itself",
            entry.pid,
            entry.dir.display()
        );
        if Control::of(dir).text("POST", "/shutdown", None).await.is_ok() {
            let asked = Instant::now();
            while entry.lives() && asked.elapsed() < PATIENCE {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        // Its processes end with it, however it ends.
        entry.kill()?;
        while entry.lives() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    place::remove(dir)?;
    forget(dir)?;
    eprintln!("the sandbox in {} is gone", dir.display());
    Ok(())
}

/// Ends every daemon and clears what dead processes left. A sandbox inside a running test is the test's.
pub(super) async fn all() -> anyhow::Result<()> {
    for (file, entry) in register::entries()? {
        if entry.lives() && entry.owner == Owner::Process {
            eprintln!("process {} has a sandbox in {} and ends it by itself", entry.pid, entry.dir.display());
        } else if entry.lives() || register::living(&entry.dir)?.is_none() {
            down(&entry.dir).await?;
            std::fs::remove_file(file).ok();
        }
    }
    down(&place::default_dir()?).await
}

/// Removes the entries of dead processes for this folder.
fn forget(dir: &Path) -> anyhow::Result<()> {
    for (file, entry) in register::entries()? {
        if entry.dir == dir && !entry.lives() {
            std::fs::remove_file(file).ok();
        }
    }
    Ok(())
}
