//! Running a build step: quiet when it works, its last lines when it fails.

use std::process::{Command, Stdio};

use anyhow::Context as _;

/// Lines of a failed command's output that are worth showing.
const SHOWN: usize = 15;

/// Runs `command` to its end; the error holds its last lines.
pub(super) fn step(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{what}: {} cannot be started", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(SHOWN)..].join("\n  ");
    anyhow::bail!("{what} failed with {}:\n  {tail}", output.status)
}

/// What `command` prints, or None when it cannot run or fails.
pub(super) fn printed(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
