//! The unix socket that the core connects to. Knows paths and permissions; must not know what is spoken on it.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::net::UnixListener;

use super::StartError;

/// The longest path of a socket in bytes, without the final NUL: 104 of macOS less one (Linux has 108).
const LONGEST_PATH: usize = 103;
/// Where the socket goes if the wished path is too long.
const SHORT_FOLDER: &str = "/tmp";

/// A socket in a folder of its own that only this user may enter. Both vanish with this value.
#[derive(Debug)]
pub(crate) struct Socket {
    folder: TempDir,
    path: PathBuf,
    listener: StdListener,
}

impl Socket {
    /// Opens a socket in a fresh folder below `wished` (or the system's temporary folder) and listens.
    pub(crate) fn open(wished: Option<&Path>) -> Result<Socket, StartError> {
        let parent = wished.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let open = |parent: &Path| Socket::open_in(parent).map_err(|source| error(parent, source));
        let folder = open(&parent)?;
        let folder = if fits(folder.path()) { folder } else { open(Path::new(SHORT_FOLDER))? };
        let path = folder.path().join("socket");
        let listener = listen_privately(&path).map_err(|source| error(&path, source))?;
        Ok(Socket { folder, path, listener })
    }

    fn open_in(parent: &Path) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("tfplugin-").permissions(Permissions::from_mode(0o700)).tempdir_in(parent)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that goes when the socket goes.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The listener for the runtime that is entered.
    pub(crate) fn listen(&self) -> Result<UnixListener, StartError> {
        let listener = self.listener.try_clone().and_then(UnixListener::from_std);
        listener.map_err(|source| error(&self.path, source))
    }
}

fn listen_privately(path: &Path) -> io::Result<StdListener> {
    let listener = StdListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Whether a socket in this folder has a path that the kernel takes and that the handshake line can carry.
fn fits(folder: &Path) -> bool {
    folder
        .to_str()
        .is_some_and(|text| text.len() + "/socket".len() <= LONGEST_PATH && !text.contains(['|', '\n', '\r']))
}

fn error(path: &Path, source: io::Error) -> StartError {
    StartError::Socket { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests;
