//! The cache folder: one subfolder per part, named by a hash of what the part is made from, so that an old one is never mistaken for a new one.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

/// `$XDG_CACHE_HOME/terraform-provider-paas`, else `~/.cache/terraform-provider-paas`.
///
/// # Errors
/// When neither XDG_CACHE_HOME nor HOME is set.
pub fn root() -> anyhow::Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let home = std::env::var_os("HOME").context(
                "neither XDG_CACHE_HOME nor HOME is set, so there is no place for the sandbox's cache: set one",
            )?;
            PathBuf::from(home).join(".cache")
        }
    };
    Ok(base.join("terraform-provider-paas"))
}

#[derive(Debug)]
pub(super) struct Cache {
    root: PathBuf,
}

impl Cache {
    pub(super) fn open(root: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&root)
            .with_context(|| format!("the cache folder {} cannot be made", root.display()))?;
        Ok(Self { root })
    }

    /// The folder of a part; it exists only when something of the part was built.
    pub(super) fn part(&self, name: &str, ingredients: &[&str]) -> PathBuf {
        let mut hash = Sha256::new();
        for ingredient in ingredients {
            hash.update((ingredient.len() as u64).to_be_bytes());
            hash.update(ingredient.as_bytes());
        }
        let key: String = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        self.root.join(format!("{name}-{key}"))
    }

    /// Waits until no other process builds, and says whom it waits for. The lock ends with the value, or with this process.
    pub(super) fn lock(&self, progress: &dyn Fn(&str)) -> anyhow::Result<Lock> {
        let path = self.root.join("lock");
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .with_context(|| format!("the lock file {} cannot be opened", path.display()))?;
        if file.try_lock().is_err() {
            let mut owner = String::new();
            file.read_to_string(&mut owner).ok();
            progress(&format!("waiting for process {}, which is building into {}", owner.trim(), self.root.display()));
            file.lock().with_context(|| format!("the lock file {} cannot be locked", path.display()))?;
        }
        file.set_len(0)
            .and_then(|()| write!(&file, "{}", std::process::id()))
            .with_context(|| format!("the lock file {} cannot be written", path.display()))?;
        Ok(Lock { _file: file })
    }
}

/// Held while this process builds into the cache.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// A new, empty folder beside `part`, for work that a rename publishes. What earlier, killed builds left there goes first.
/// The caller holds the lock.
pub(super) fn staging(part: &Path) -> anyhow::Result<PathBuf> {
    let folder = part.with_extension("building");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("the unfinished build {} cannot be removed", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    Ok(folder)
}
