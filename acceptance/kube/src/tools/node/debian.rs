//! Programs from Debian's packages, extracted into the cache and never installed; or this machine's, where their versions fit.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::libraries;
use crate::tools::cache::{Cache, staging};
use crate::tools::found::{Machine, Version, on_path};
use crate::tools::run::{Steps, step};
use crate::tools::whole::is_whole;

/// A program, the packages that hold it and whatever of its libraries a small Debian or Ubuntu lacks.
#[derive(Debug)]
struct Program {
    name: &'static str,
    packages: &'static [&'static str],
    fits: fn(&Path) -> bool,
    /// What to install where there is no apt-get, in words.
    install: &'static str,
}

const PROGRAMS: [Program; 3] = [
    // Its one library, libseccomp2, is there wherever apt is: apt itself needs it.
    Program {
        name: "runc",
        packages: &["runc"],
        fits: |file| Version::of(file, &["--version"]).is_some_and(|version| version >= Version(1, 1)),
        install: "runc 1.1 or newer",
    },
    Program {
        name: "nft",
        packages: &[
            "nftables",
            "libnftables1",
            "libnftnl11",
            "libmnl0",
            "libxtables12",
            "libjansson4",
            "libgmp10",
            "libedit2",
            "libbsd0",
            "libmd0",
        ],
        fits: |file| Version::of(file, &["--version"]).is_some_and(|version| version >= Version(1, 0)),
        install: "nft 1.0 or newer (package nftables)",
    },
    Program {
        name: "busybox",
        packages: &["busybox-static"],
        // It goes into images that hold no libraries.
        fits: |file| libraries::of(file, &[]).is_ok_and(|libraries| libraries.is_empty()),
        install: "a static busybox (package busybox-static)",
    },
];

/// Where each program is, or will be.
#[derive(Debug)]
pub(super) struct Part {
    folder: PathBuf,
    path: OsString,
    /// Programs of this machine that are used instead of ours.
    foreign: BTreeMap<&'static str, PathBuf>,
}

impl Part {
    pub(super) fn new(cache: &Cache, machine: &Machine) -> Self {
        let packages: Vec<&str> = PROGRAMS.iter().flat_map(|program| program.packages).copied().collect();
        let folder = cache.part("debian", &packages);
        let mut part = Self { folder, path: machine.path.clone(), foreign: BTreeMap::new() };
        for program in &PROGRAMS {
            if part.extracted(program.name).is_none()
                && let Some(file) = on_path(&machine.path, program.name).filter(|file| (program.fits)(file))
            {
                part.foreign.insert(program.name, file);
            }
        }
        part
    }

    fn missing(&self) -> Vec<&'static Program> {
        PROGRAMS
            .iter()
            .filter(|program| !self.foreign.contains_key(program.name) && self.extracted(program.name).is_none())
            .collect()
    }

    /// How many programs are still to be fetched.
    pub(super) fn left(&self) -> usize {
        self.missing().len()
    }

    fn extracted(&self, name: &str) -> Option<PathBuf> {
        program_in(&self.folder.join(name), name)
    }

    pub(super) fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        self.foreign
            .get(name)
            .cloned()
            .or_else(|| self.extracted(name))
            .with_context(|| format!("{name} is missing in the cache: was it removed during the build?"))
    }

    /// The shared objects that `name` loads.
    pub(super) fn libraries(&self, name: &str) -> anyhow::Result<Vec<PathBuf>> {
        let folders =
            if self.foreign.contains_key(name) { Vec::new() } else { library_folders(&self.folder.join(name)) };
        libraries::of(&self.program(name)?, &folders)
    }

    /// What a user can install instead of what is missing, in words.
    pub(super) fn to_install(&self) -> String {
        self.missing().iter().map(|program| program.install).collect::<Vec<_>>().join(", ")
    }

    /// Why this machine cannot fetch what is missing.
    pub(super) fn lacks(&self) -> Option<String> {
        let tool = ["apt-get", "dpkg-deb"].into_iter().find(|tool| on_path(&self.path, tool).is_none())?;
        let wanted = self.to_install();
        (!wanted.is_empty()).then(|| format!("{tool}, which would fetch programs, is not on PATH: install {wanted}"))
    }

    /// Fetches what is missing. Each program appears under its name only when it is whole. The caller holds the lock.
    pub(super) fn fetch(&self, steps: &Steps<'_>) -> anyhow::Result<()> {
        let missing = self.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let staging = staging(&self.folder)?;
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {} cannot be made", self.folder.display()))?;
        let mut archive = Archive { path: &self.path, folder: staging.clone(), own_lists: false };
        for program in missing {
            steps.begin(&format!("fetching {} from Debian's packages", program.name), "5 s; extracted, not installed");
            let whole = staging.join(program.name);
            archive.extract(program, &whole)?;
            anyhow::ensure!(
                program_in(&whole, program.name).is_some(),
                "the packages {} hold no program {}",
                program.packages.join(", "),
                program.name
            );
            let published = self.folder.join(program.name);
            if published.exists() {
                std::fs::remove_dir_all(&published)
                    .with_context(|| format!("{} cannot be removed", published.display()))?;
            }
            std::fs::rename(&whole, &published)
                .with_context(|| format!("{} cannot be moved into the cache", program.name))?;
        }
        std::fs::remove_dir_all(&staging).with_context(|| format!("{} cannot be removed", staging.display()))
    }
}

/// Debian's archive as apt-get of this machine is configured to reach it.
struct Archive<'a> {
    path: &'a OsString,
    /// For downloads, for logs and for package lists of our own.
    folder: PathBuf,
    own_lists: bool,
}

impl Archive<'_> {
    /// All packages of `program` on top of each other in `target`.
    fn extract(&mut self, program: &Program, target: &Path) -> anyhow::Result<()> {
        let downloads = self.folder.join(format!("{}-packages", program.name));
        std::fs::create_dir_all(&downloads)
            .with_context(|| format!("the folder {} cannot be made", downloads.display()))?;
        let mut download = self.apt_get(&downloads, "download");
        let first = self.run(download.args(program.packages), program.name);
        if let Err(first) = first {
            if self.own_lists {
                return Err(first);
            }
            // The machine's lists are missing or too old; they stay as they are, and a fresh set is read into a folder of our own.
            self.own_lists = true;
            let lists = self.folder.join("lists/partial");
            std::fs::create_dir_all(&lists)
                .with_context(|| format!("the folder {} cannot be made", lists.display()))?;
            self.run(&mut self.apt_get(&self.folder, "update"), program.name)?;
            let mut again = self.apt_get(&downloads, "download");
            self.run(again.args(program.packages), program.name)?;
        }
        for entry in
            std::fs::read_dir(&downloads).with_context(|| format!("{} cannot be read", downloads.display()))?.flatten()
        {
            let mut extract = Command::new(on_path(self.path, "dpkg-deb").context("dpkg-deb is not on PATH")?);
            self.run(extract.arg("-x").arg(entry.path()).arg(target), program.name)?;
        }
        Ok(())
    }

    fn apt_get(&self, folder: &Path, command: &str) -> Command {
        // Where apt-get is not on PATH the caller has said so already.
        let mut apt_get = Command::new(on_path(self.path, "apt-get").unwrap_or_else(|| "apt-get".into()));
        // Root's downloads would go through a user who may not enter the cache.
        apt_get.current_dir(folder).args(["-q", "-o", "APT::Sandbox::User=root"]);
        if self.own_lists {
            for (key, name) in [("Dir::State::lists", "lists"), ("Dir::Cache", "cache")] {
                apt_get.arg("-o").arg(format!("{key}={}", self.folder.join(name).display()));
            }
        }
        apt_get.arg(command);
        apt_get
    }

    fn run(&self, command: &mut Command, name: &str) -> anyhow::Result<()> {
        step(command, &format!("fetching {name}"), &self.folder.join("log"))
    }
}

fn program_in(root: &Path, name: &str) -> Option<PathBuf> {
    ["usr/bin", "usr/sbin", "bin", "sbin"].iter().map(|folder| root.join(folder).join(name)).find(|file| is_whole(file))
}

/// `lib` and `usr/lib` with their folders for one architecture, where there are any.
fn library_folders(root: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for base in [root.join("lib"), root.join("usr/lib")] {
        let inner = std::fs::read_dir(&base).into_iter().flatten().flatten().map(|entry| entry.path());
        folders.extend(inner.filter(|path| path.is_dir()));
        if base.is_dir() {
            folders.push(base);
        }
    }
    folders
}
