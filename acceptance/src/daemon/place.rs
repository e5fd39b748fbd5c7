//! The folder of one sandbox: where it is by default, what lies in it, and that it is nobody else's.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sandbox_kube::cache_root;

/// In every sandbox's folder from its first moment; a folder without it is not ours to remove.
const MARK: &str = ".paas-sandbox";
/// What fits into the address of a unix socket on every system.
const LONGEST_SOCKET_PATH: usize = 100;

/// `sandbox` in the cache. Not in XDG_RUNTIME_DIR, which is memory: etcd's data and the logs grow.
///
/// # Errors
/// When there is no place for a cache.
pub fn default_dir() -> anyhow::Result<PathBuf> {
    Ok(cache_root()?.join("sandbox"))
}

/// The socket of the gateway's own interface.
#[must_use]
pub fn control_socket(dir: &Path) -> PathBuf {
    dir.join("control.sock")
}

/// The images that were loaded.
#[must_use]
pub fn images(dir: &Path) -> PathBuf {
    dir.join("images")
}

/// What the daemon says and why it ended.
#[must_use]
pub fn daemon_log(dir: &Path) -> PathBuf {
    dir.join("daemon.log")
}

/// Whether `dir` is the folder of a sandbox, running or not.
#[must_use]
pub fn is_ours(dir: &Path) -> bool {
    dir.join(MARK).is_file()
}

/// Makes the folder, for its owner alone. One that holds something else is left alone.
///
/// # Errors
/// When it cannot be made, is in use by something else, or its path is too long for a socket.
pub fn make(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let socket = control_socket(dir);
    anyhow::ensure!(
        socket.as_os_str().len() <= LONGEST_SOCKET_PATH,
        "the path {} is too long for a socket: choose a folder with a shorter one",
        socket.display()
    );
    let empty = !dir.exists()
        || std::fs::read_dir(dir).with_context(|| format!("{} cannot be read", dir.display()))?.next().is_none();
    anyhow::ensure!(
        empty || is_ours(dir),
        "{} is not empty and not a sandbox's folder: choose another one",
        dir.display()
    );
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.and_then(|()| std::fs::write(dir.join(MARK), ""))
        .with_context(|| format!("the folder {} cannot be made", dir.display()))
}

/// Removes a sandbox's folder; anything else stays.
///
/// # Errors
/// When it cannot be removed.
pub fn remove(dir: &Path) -> anyhow::Result<()> {
    if !is_ours(dir) {
        return Ok(());
    }
    std::fs::remove_dir_all(dir).with_context(|| format!("the folder {} cannot be removed", dir.display()))
}
