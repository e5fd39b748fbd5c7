//! OpenTofu, built from its pinned Go module where this machine has no CLI of its own or a caller wants both.

use std::path::PathBuf;

use anyhow::Context as _;

use super::cache::{Cache, staging};
use super::kubernetes::go_build;
use super::run::step;

const GO_MOD: &str = include_str!("../../../tools/opentofu/go.mod");
const GO_SUM: &str = include_str!("../../../tools/opentofu/go.sum");
/// Without `version.dev=no` the program calls itself a development build.
const LINKER_FLAGS: &str = "-s -w -X github.com/opentofu/opentofu/version.dev=no";

#[derive(Debug)]
pub(super) struct Part {
    folder: PathBuf,
}

impl Part {
    pub(super) fn new(cache: &Cache, go: &str) -> Self {
        Self { folder: cache.part("opentofu", &[GO_MOD, GO_SUM, go]) }
    }

    pub(super) fn tofu(&self) -> PathBuf {
        self.folder.join("tofu")
    }

    pub(super) fn is_ready(&self) -> bool {
        self.tofu().is_file()
    }

    pub(super) fn build(&self, progress: &dyn Fn(&str)) -> anyhow::Result<()> {
        if self.is_ready() {
            return Ok(());
        }
        progress("building tofu (2 to 4 min on 2 cores, with the downloads)");
        let staging = staging(&self.folder)?;
        std::fs::write(staging.join("go.mod"), GO_MOD)
            .and_then(|()| std::fs::write(staging.join("go.sum"), GO_SUM))
            .context("go.mod cannot be written")?;
        let built = staging.join("tofu");
        let package = "github.com/opentofu/opentofu/cmd/tofu";
        step(&mut go_build(&staging, &built, LINKER_FLAGS, package), "building tofu", &staging.join("log"))?;
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {} cannot be made", self.folder.display()))?;
        std::fs::rename(&built, self.tofu()).context("tofu cannot be moved into the cache")?;
        std::fs::remove_dir_all(&staging).with_context(|| format!("{} cannot be removed", staging.display()))
    }
}
