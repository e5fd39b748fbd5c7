//! A cache that a killed build or a lost power supply left unfinished: the next `up` makes it whole.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use sandbox_kube::{NodeTools, cache_root};

use crate::daemon::Daemon;
use crate::world::World;

pub(crate) fn is_repaired(_: &World) -> anyhow::Result<()> {
    let daemon = Daemon::new()?;
    let cache = daemon.base().join("cache");
    let daemon = daemon.with("XDG_CACHE_HOME", &cache.display().to_string()).with("GOCACHE", &go_cache()?);
    let part = copy(&cache.join("terraform-provider-paas"))?;

    std::fs::remove_file(part.join("loopback"))?;
    let mut up = daemon.command(&["up", "--nodes", "real"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let said = BufReader::new(up.stderr.take().context("no standard error")?).lines();
    let building = said.map_while(Result::ok).find(|line| line.contains("building loopback"));
    ensure!(building.as_deref() == Some("building loopback (1 of 1, 2 s)"), "{building:?}");
    up.kill()?;
    up.wait()?;
    daemon.ended()?;
    ensure!(!part.join("loopback").exists(), "the build was not killed in time");

    let ptp = part.join("ptp");
    let half = std::fs::metadata(&ptp)?.len() / 2;
    std::fs::File::options().write(true).open(&ptp)?.set_len(half)?;
    let output = daemon.command(&["up", "--nodes", "real"]).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    let built: Vec<&str> = said.lines().filter(|line| line.starts_with("building ")).collect();
    ensure!(built == ["building ptp (1 of 2, 3 s)", "building loopback (2 of 2, 2 s)"], "{said}");
    ensure!(!part.with_extension("building").exists(), "the unfinished build stays");
    daemon.run(&["down"])?;
    daemon.ended()
}

/// The cache as it is, with a copy of containerd's part; answers where that is. A cache may hold those of other releases too.
fn copy(own: &Path) -> anyhow::Result<std::path::PathBuf> {
    std::fs::create_dir_all(own)?;
    let used = NodeTools::prepare(&|line| eprintln!("{line}"))?.cni_bin;
    let mut copied = None;
    for entry in std::fs::read_dir(cache_root()?)?.flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let at = own.join(&name);
        if path == used {
            std::fs::create_dir(&at)?;
            for program in std::fs::read_dir(&path)?.flatten() {
                std::fs::copy(program.path(), at.join(program.file_name()))?;
            }
            copied = Some(at);
        } else if path.is_dir() && name.contains('-') {
            symlink(path, at)?;
        }
    }
    copied.context("containerd is not in the cache")
}

/// Go's own cache, which it looks for in the same folder as the sandbox.
fn go_cache() -> anyhow::Result<String> {
    let output = Command::new("go").args(["env", "GOCACHE"]).output().context("go cannot be started")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
