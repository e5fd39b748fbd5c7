//! The processes that hold a compartment: `keep` outside of it, `enter` which makes its namespaces, `init`, the first process in it.
//!
//! Each holds a pipe to the next and ends when its own breaks, so that the death of any of them, or of the sandbox, of whatever cause,
//! ends the compartment. The kernel ends the rest: what runs in a pid namespace dies with its first process, and mounts and links go
//! with the last process that sees them. Only cgroups have to be removed, which `keep` does.

#[cfg(target_os = "linux")]
mod cgroups;
#[cfg(target_os = "linux")]
mod enter;
#[cfg(target_os = "linux")]
mod init;
#[cfg(target_os = "linux")]
mod keep;
#[cfg(target_os = "linux")]
mod network;

use std::process::ExitCode;

/// What `sandbox-node` prints for the sandbox to read, a line each: this and a process id, when the namespaces exist.
pub(crate) const ENTERED: &str = "entered ";
/// When everything is mounted and every process was started once.
pub(crate) const READY: &str = "ready";
/// And a text, when it does not come to that.
pub(crate) const FAILED: &str = "failed ";

/// The program `sandbox-node STAGE SPEC`.
#[must_use]
pub fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (stage, file) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    match run(&stage, std::path::Path::new(&file)) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("{FAILED}{}", format!("{error:#}").replace('\n', " ")));
            ExitCode::FAILURE
        }
    }
}

#[cfg(target_os = "linux")]
fn run(stage: &str, file: &std::path::Path) -> anyhow::Result<ExitCode> {
    match stage {
        "keep" => keep::keep(file),
        "enter" => enter::enter(file),
        "init" => init::init(file),
        "try" => enter::attempt().map(|()| ExitCode::SUCCESS),
        "sweep" => cgroups::remove(&file.display().to_string()).map(|()| ExitCode::SUCCESS),
        "cgroup" => cgroups::attempt(&file.display().to_string()).map(|()| ExitCode::SUCCESS),
        _ => anyhow::bail!("sandbox-node is started by the sandbox: {stage:?} is none of its stages"),
    }
}

#[cfg(not(target_os = "linux"))]
fn run(_: &str, _: &std::path::Path) -> anyhow::Result<ExitCode> {
    anyhow::bail!("real nodes need Linux")
}

/// A line for the sandbox; when nobody listens any more, the broken pipe of standard input ends this process.
fn say(line: &str) {
    use std::io::Write as _;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).ok();
}

/// Ends this process when its standard input breaks: whoever started it is gone.
#[cfg(target_os = "linux")]
fn end_with_parent() {
    std::thread::spawn(|| {
        std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()).ok();
        std::process::exit(1);
    });
}

/// This program, for the next stage. The link stays right when a build replaces the file.
#[cfg(target_os = "linux")]
fn next_stage(stage: &str, file: &std::path::Path) -> std::process::Command {
    let mut command = std::process::Command::new("/proc/self/exe");
    command.arg(stage).arg(file).stdin(std::process::Stdio::piped());
    command
}
