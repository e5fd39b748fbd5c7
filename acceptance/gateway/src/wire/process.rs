//! Signals to the processes behind connections. Kills nothing but providers.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, getpgid, getpgrp, kill_process_group, pidfd_open, pidfd_send_signal};

use super::Source;
use super::owner::program;

/// Only programs whose name begins so are ever killed.
const PROVIDER: &str = "terraform-provider";

/// Why a process was not killed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The process is gone, or on another machine.
    #[error("no process of this machine holds the other end of the connection")]
    Nobody,
    /// Only providers are killed.
    #[error("process {} ({}) at the other end is not a Terraform provider", .0.pid, .0.program)]
    Foreign(Source),
    /// The kernel refused.
    #[error("process {} ({}) cannot be signalled: {errno}", .caller.pid, .caller.program)]
    Failed { caller: Source, errno: Errno },
    /// The process that was to be interrupted, and why it was not.
    #[error("process {0} cannot be interrupted: {1}")]
    Interrupt(i32, &'static str),
}

pub(super) async fn kill_provider(source: &Source) -> Result<(), Refusal> {
    let failed = |errno| Refusal::Failed { caller: source.clone(), errno };
    let pid = Pid::from_raw(source.pid).ok_or(Refusal::Nobody)?;
    let process = pidfd_open(pid, PidfdFlags::empty()).map_err(failed)?;
    // Asked again with the process held, so that no later owner of the number is hit.
    if !source.program.starts_with(PROVIDER) || program(source.pid) != source.program {
        return Err(Refusal::Foreign(source.clone()));
    }
    pidfd_send_signal(&process, Signal::KILL).map_err(failed)?;
    // A process's descriptor is readable when the process is gone.
    let gone = tokio::task::spawn_blocking(move || poll(&mut [PollFd::new(&process, PollFlags::IN)], None)).await;
    gone.unwrap_or(Err(Errno::CANCELED)).map(drop).map_err(failed)
}

/// SIGINT to the process group of `pid`, as a terminal sends it at Ctrl-C.
///
/// # Errors
/// When the process is gone, or is in the sandbox's own group.
pub fn interrupt_group(pid: i32) -> Result<(), Refusal> {
    let refused = |why| Refusal::Interrupt(pid, why);
    let process = Pid::from_raw(pid).filter(|_| pid > 1).ok_or_else(|| refused("it is not a process of a test"))?;
    let group = getpgid(Some(process)).map_err(|_| refused("it is gone"))?;
    if group == getpgrp() || group.as_raw_nonzero().get() == 1 {
        return Err(refused("it is in the sandbox's own process group; start it in one of its own"));
    }
    kill_process_group(group, Signal::INT).map_err(|_| refused("its group is gone"))
}
