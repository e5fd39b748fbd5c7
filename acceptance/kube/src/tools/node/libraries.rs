//! Which shared objects a program loads.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// What `ldd` finds for `program` when the loader looks into `folders` first; empty for a static program.
pub(super) fn of(program: &Path, folders: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let output = Command::new("ldd")
        .arg(program)
        .env("LC_ALL", "C")
        .env("LD_LIBRARY_PATH", search_path(folders)?)
        .stdin(Stdio::null())
        .output()
        .context("ldd, which tells a program's libraries, cannot be started: install it (Debian: libc-bin)")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    // ldd calls every text of its own a failure, and a static program none of its business.
    if !output.status.success() && !complaint.contains("not a dynamic executable") {
        anyhow::bail!("ldd {} failed with {}: {}", program.display(), output.status, complaint.trim());
    }
    parse(&said).with_context(|| format!("{} cannot be loaded", program.display()))
}

/// `folders` as LD_LIBRARY_PATH.
pub(super) fn search_path(folders: &[PathBuf]) -> anyhow::Result<std::ffi::OsString> {
    std::env::join_paths(folders).context("the cache's path holds a colon, which library folders may not")
}

/// Lines are `NAME => FILE (ADDRESS)`, `LOADER (ADDRESS)`, `NAME => not found` or, for what the kernel provides, `linux-vdso.so.1 (ADDRESS)`.
pub(super) fn parse(said: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for line in said.lines().map(str::trim) {
        let (name, file) = line.split_once(" => ").unwrap_or((line, line));
        anyhow::ensure!(!file.starts_with("not found"), "{name} is not on this machine");
        let file = file.split(" (").next().unwrap_or_default();
        if file.starts_with('/') {
            files.push(PathBuf::from(file));
        }
    }
    Ok(files)
}
