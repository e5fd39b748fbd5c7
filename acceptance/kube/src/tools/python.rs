//! The virtual environment with moto and the AWS CLI. Its scripts name their interpreter by absolute path, so it is built where it stays
//! and published by renaming a link to it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::cache::Cache;
use super::found;
use super::run::{Steps, step};

const REQUIREMENTS: &str = include_str!("../../../tools/python/requirements.txt");

#[derive(Debug)]
pub(super) struct Part {
    /// A link to the folder of the finished environment.
    link: PathBuf,
}

impl Part {
    pub(super) fn new(cache: &Cache) -> Self {
        Self { link: cache.part("python", &[REQUIREMENTS]) }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.link
    }

    /// Whether the environment is whole and the interpreter it was made with still exists.
    pub(super) fn is_ready(&self) -> bool {
        self.link.join("bin/python").exists() && self.link.join("bin/moto_server").is_file()
    }

    pub(super) fn build(&self, path: &OsStr, steps: &Steps<'_>) -> anyhow::Result<()> {
        if self.is_ready() {
            return Ok(());
        }
        steps.begin("installing moto and the AWS CLI", "30 s, with the downloads");
        self.remove_others()?;
        let python = found::python(path).context("no python3 of 3.11 or newer is on PATH")?;
        let folder = self.link.with_extension(format!("{}", std::process::id()));
        let log = folder.with_extension("log");
        step(Command::new(python).args(["-m", "venv"]).arg(&folder), "making a Python virtual environment", &log)?;
        let requirements = folder.join("requirements.txt");
        std::fs::write(&requirements, REQUIREMENTS)
            .with_context(|| format!("{} cannot be written", requirements.display()))?;
        let mut install = Command::new(folder.join("bin/python"));
        install
            .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements);
        step(&mut install, "installing moto and the AWS CLI", &log)?;
        let link = self.link.with_extension("link");
        std::os::unix::fs::symlink(&folder, &link).with_context(|| format!("{} cannot be made", link.display()))?;
        std::fs::rename(&link, &self.link).with_context(|| format!("{} cannot be made", self.link.display()))
    }

    /// Removes what killed builds of this environment left, and one whose interpreter is gone. The caller holds the lock.
    pub(super) fn remove_others(&self) -> anyhow::Result<()> {
        let (Some(parent), Some(name)) = (self.link.parent(), self.link.file_name().and_then(OsStr::to_str)) else {
            return Ok(());
        };
        for entry in std::fs::read_dir(parent).with_context(|| format!("{} cannot be read", parent.display()))? {
            let entry = entry.with_context(|| format!("{} cannot be read", parent.display()))?;
            if entry.file_name().to_str().is_some_and(|other| other.starts_with(name)) {
                let path = entry.path();
                let removed = if path.is_dir() && !path.is_symlink() {
                    std::fs::remove_dir_all(&path)
                } else {
                    std::fs::remove_file(&path)
                };
                removed.with_context(|| format!("the unfinished environment {} cannot be removed", path.display()))?;
            }
        }
        Ok(())
    }

    /// `SERVICE/VERSION` under botocore's data folder.
    pub(super) fn botocore_model(&self, service_and_version: &str) -> anyhow::Result<PathBuf> {
        let library = self.link.join("lib");
        let entries = std::fs::read_dir(&library).with_context(|| format!("{} cannot be read", library.display()))?;
        entries
            .flatten()
            .map(|entry| {
                entry.path().join("site-packages/botocore/data").join(service_and_version).join("service-2.json.gz")
            })
            .find(|file| file.is_file())
            .with_context(|| format!("botocore under {} has no model {service_and_version}", library.display()))
    }
}
