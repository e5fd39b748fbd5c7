//! What this machine already has: programs on PATH, their versions, and the base tools without which nothing can be built.

use std::ffi::{OsStr, OsString};
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

/// What the parts of the cache need to know of this machine.
#[derive(Debug, Default)]
pub(super) struct Machine {
    /// PATH.
    pub(super) path: OsString,
    /// The folder of KUBEBUILDER_ASSETS.
    pub(super) assets: Option<PathBuf>,
    pub(super) go: Go,
}

/// The Go of this machine; empty when there is none.
#[derive(Debug, Default)]
pub(super) struct Go {
    pub(super) program: PathBuf,
    /// For example "go1.26.8".
    pub(super) version: String,
}

impl Machine {
    pub(super) fn here() -> Self {
        let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
        Self::with(std::env::var_os("PATH").unwrap_or_default(), assets)
    }

    pub(super) fn with(path: OsString, assets: Option<PathBuf>) -> Self {
        let go = go(&path).unwrap_or_default();
        Self { path, assets, go }
    }
}

fn go(path: &OsStr) -> Option<Go> {
    let program = on_path(path, "go")?;
    // GOTOOLCHAIN=local, as in the builds: otherwise a go.mod in the current folder could make Go fetch another one.
    let text = printed(Command::new(&program).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local"))?;
    Some(Go { program, version: text.trim().to_owned() })
}

/// The oldest Python that the pinned packages accept.
const PYTHON: Version = Version(3, 11);

/// A Python that is new enough.
pub(super) fn python(path: &OsStr) -> Option<PathBuf> {
    ["python3", "python3.14", "python3.13", "python3.12", "python3.11"]
        .iter()
        .filter_map(|name| on_path(path, name))
        .find(|python| Version::of(python, &["--version"]).is_some_and(|version| version >= PYTHON))
}

/// Why this machine's Go cannot build modules that ask for `oldest`, for example "1.26.8".
pub(super) fn go_lacks(machine: &Machine, oldest: &str) -> Option<String> {
    let found = &machine.go.version;
    if found.is_empty() {
        return Some(format!("go is not on PATH: install Go {oldest} or newer"));
    }
    (numbers(found) < numbers(oldest)).then(|| format!("go is {found}: install Go {oldest} or newer"))
}

/// The newest of what go.mod files ask for.
pub(super) fn newest<'a>(versions: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    versions.max_by_key(|version| numbers(version))
}

fn numbers(version: &str) -> Vec<u32> {
    version.trim_start_matches("go").split('.').map_while(|number| number.parse().ok()).collect()
}

/// Why this machine cannot make the Python environment.
pub(super) fn python_lacks(path: &OsStr) -> Option<String> {
    match python(path) {
        None => Some(
            "no python3 of 3.11 or newer is on PATH: install one, with its venv module (it runs moto and the AWS CLI)"
                .to_owned(),
        ),
        Some(python) if printed(Command::new(&python).args(["-c", "import venv, ensurepip"])).is_none() => {
            Some(format!("{} has no venv module: install it (Debian: apt-get install python3-venv)", python.display()))
        }
        Some(_) => None,
    }
}

/// One line for each base tool that is needed and missing or too old: `oldest_go` is what the builds need, if there are any.
pub(super) fn check(machine: &Machine, oldest_go: Option<&str>, python_wanted: bool) -> anyhow::Result<()> {
    let go = oldest_go.and_then(|oldest| go_lacks(machine, oldest));
    let go = go.map(|line| format!("{line} (it builds the Kubernetes binaries)"));
    let python = if python_wanted { python_lacks(&machine.path) } else { None };
    let missing: Vec<String> = go.into_iter().chain(python).collect();
    anyhow::ensure!(missing.is_empty(), "the sandbox cannot be built on this machine:\n  {}", missing.join("\n  "));
    Ok(())
}
