//! Programs of a pinned Go module: built one by one into the cache, or taken from this machine where their versions fit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::cache::{Cache, staging};
use super::found::{self, Machine, Version};
use super::run::{Steps, step};
use super::whole::is_whole;

/// What is built from, and how it is linked.
#[derive(Debug)]
pub(super) struct Module {
    /// Names its folder in the cache.
    pub(super) name: &'static str,
    /// What `go build` finds in its folder, by file name; go.mod comes first.
    pub(super) files: &'static [(&'static str, &'static str)],
    pub(super) tags: &'static str,
    /// Module archives carry no version, so most programs learn theirs from the linker.
    pub(super) linker_flags: fn(&Self) -> String,
}

impl Module {
    /// What go.mod says after `word` in the first line that starts with it: a module's version, or Go's.
    pub(super) fn pinned(&self, word: &str) -> &'static str {
        let go_mod = self.files.first().map_or("", |(_, text)| text);
        go_mod
            .lines()
            .filter_map(|line| line.trim().strip_prefix(word)?.strip_prefix(' '))
            .find_map(|rest| rest.split_whitespace().next())
            .unwrap_or_default()
    }

    /// `go build` of one of its main packages; its files are in `folder`.
    fn build(&self, go: &Path, folder: &Path, package: &str, output: &Path) -> Command {
        let mut command = Command::new(go);
        command
            .current_dir(folder)
            .envs([
                ("CGO_ENABLED", "0"),
                ("GOTOOLCHAIN", "local"),
                ("GOFLAGS", "-mod=readonly -trimpath -buildvcs=false"),
                ("GOWORK", "off"),
            ])
            .args(["build", "-tags", self.tags, "-ldflags", &(self.linker_flags)(self), "-o"])
            .arg(output)
            .arg(package);
        command
    }
}

/// A binary, its Go package, and how long a first build takes.
#[derive(Debug)]
pub(super) struct Program {
    name: &'static str,
    package: &'static str,
    takes: &'static str,
    installed: Option<Installed>,
}

/// How an installed program tells its version, and which versions fit what the sandbox asks of it.
#[derive(Debug)]
struct Installed {
    version: &'static [&'static str],
    fits: fn(Version) -> bool,
}

impl Program {
    /// One that is always built.
    pub(super) const fn built(name: &'static str, package: &'static str, takes: &'static str) -> Self {
        Self { name, package, takes, installed: None }
    }

    /// The same, unless this machine has one of a version that fits.
    pub(super) const fn or_installed(self, version: &'static [&'static str], fits: fn(Version) -> bool) -> Self {
        Self { installed: Some(Installed { version, fits }), ..self }
    }
}

/// Some programs of a module: where each is, or will be.
#[derive(Debug)]
pub(super) struct Part {
    module: &'static Module,
    programs: &'static [Program],
    go: PathBuf,
    folder: PathBuf,
    /// Binaries of this machine that are used instead of ours.
    foreign: BTreeMap<&'static str, PathBuf>,
}

impl Part {
    /// What KUBEBUILDER_ASSETS holds is the user's explicit choice, so it comes before the cache; PATH comes after it.
    pub(super) fn new(cache: &Cache, module: &'static Module, programs: &'static [Program], machine: &Machine) -> Self {
        let mut ingredients: Vec<&str> = module.files.iter().map(|(_, text)| *text).collect();
        ingredients.push(&machine.go.version);
        let folder = cache.part(module.name, &ingredients);
        let mut foreign = BTreeMap::new();
        for program in programs {
            let Some(installed) = &program.installed else { continue };
            let fits =
                |file: &PathBuf| file.is_file() && Version::of(file, installed.version).is_some_and(installed.fits);
            let asset = machine.assets.as_ref().map(|folder| folder.join(program.name)).filter(fits);
            let other = || {
                if folder.join(program.name).is_file() {
                    None
                } else {
                    found::on_path(&machine.path, program.name).filter(fits)
                }
            };
            if let Some(file) = asset.or_else(other) {
                foreign.insert(program.name, file);
            }
        }
        Self { module, programs, go: machine.go.program.clone(), folder, foreign }
    }

    /// Where those of its programs are that are always built.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The oldest Go that can build it.
    pub(super) fn oldest_go(&self) -> &'static str {
        self.module.pinned("go")
    }

    fn missing(&self) -> Vec<&'static Program> {
        self.programs
            .iter()
            .filter(|program| !self.foreign.contains_key(program.name) && !is_whole(&self.folder.join(program.name)))
            .collect()
    }

    /// How many builds are left.
    pub(super) fn left(&self) -> usize {
        self.missing().len()
    }

    pub(super) fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        let file = self.foreign.get(name).cloned().unwrap_or_else(|| self.folder.join(name));
        anyhow::ensure!(
            file.is_file(),
            "{name} is missing at {}: was the cache removed during the build?",
            file.display()
        );
        Ok(file)
    }

    /// Builds what is missing. Each binary appears under its name only when it is whole, so a killed build loses one binary at most.
    /// The caller holds the lock.
    pub(super) fn build(&self, steps: &Steps<'_>) -> anyhow::Result<()> {
        let missing = self.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let staging = staging(&self.folder)?;
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {} cannot be made", self.folder.display()))?;
        for (name, text) in self.module.files {
            std::fs::write(staging.join(name), text).with_context(|| format!("{name} cannot be written"))?;
        }
        for program in missing {
            let what = format!("building {}", program.name);
            steps.begin(&what, program.takes);
            let built = staging.join("built");
            step(&mut self.module.build(&self.go, &staging, program.package, &built), &what, &staging.join("log"))?;
            std::fs::rename(&built, self.folder.join(program.name))
                .with_context(|| format!("{} cannot be moved into the cache", program.name))?;
        }
        std::fs::remove_dir_all(&staging).with_context(|| format!("{} cannot be removed", staging.display()))
    }
}
