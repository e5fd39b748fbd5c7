//! What this machine already has: programs on PATH, their versions, and the base tools without which nothing can be built.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::printed;

/// A program's major and minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) u32, pub(super) u32);

impl Version {
    /// The first `MAJOR.MINOR` in a text such as "Kubernetes v1.36.3" or "etcd Version: 3.6.14".
    pub(super) fn first_in(text: &str) -> Option<Self> {
        text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
            let mut numbers = word.split('.');
            Some(Self(numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
        })
    }

    /// What `program ARGUMENTS` says of itself.
    pub(super) fn of(program: &Path, arguments: &[&str]) -> Option<Self> {
        Self::first_in(&printed(Command::new(program).args(arguments))?)
    }
}

/// The first `name` in the folders of `path`.
pub(super) fn on_path(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The oldest Go that the pinned modules accept.
const GO: Version = Version(1, 26);
/// The oldest Python that the pinned packages accept.
const PYTHON: Version = Version(3, 11);

/// The Go version, for example "go1.26.8".
pub(super) fn go(path: &OsStr) -> Option<String> {
    // GOTOOLCHAIN=local, as in the builds: otherwise a go.mod in the current folder could make Go fetch another one.
    let text = printed(Command::new(on_path(path, "go")?).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local"))?;
    Some(text.trim().to_owned())
}

/// A Python that is new enough.
pub(super) fn python(path: &OsStr) -> Option<PathBuf> {
    ["python3", "python3.14", "python3.13", "python3.12", "python3.11"]
        .iter()
        .filter_map(|name| on_path(path, name))
        .find(|python| Version::of(python, &["--version"]).is_some_and(|version| version >= PYTHON))
}

/// One line for each base tool that is needed and missing or too old.
pub(super) fn check(path: &OsStr, go_wanted: bool, python_wanted: bool) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    if go_wanted {
        match go(path) {
            Some(found) if Version::first_in(&found).is_some_and(|version| version >= GO) => {}
            Some(found) => {
                missing.push(format!("go is {found}: install Go 1.26 or newer (it builds the Kubernetes binaries)"))
            }
            None => missing
                .push("go is not on PATH: install Go 1.26 or newer (it builds the Kubernetes binaries)".to_owned()),
        }
    }
    if python_wanted {
        match python(path) {
            None => missing.push("no python3 of 3.11 or newer is on PATH: install one, with its venv module (it runs moto and the AWS CLI)".to_owned()),
            Some(python) if printed(Command::new(&python).args(["-c", "import venv, ensurepip"])).is_none() => {
                missing.push(format!("{} has no venv module: install it (Debian: apt-get install python3-venv)", python.display()));
            }
            Some(_) => {}
        }
    }
    anyhow::ensure!(missing.is_empty(), "the sandbox cannot be built on this machine:\n  {}", missing.join("\n  "));
    Ok(())
}
