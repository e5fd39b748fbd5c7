//! What ends the process from outside: its parent's death and signals. Knows the operating system alone.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getppid, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

use super::environment::Start;
use super::{GRACE_AFTER_DEATH, Stop};

/// How often the parent is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long after the parent's death the process is over, come what may: its last words and a little more.
const LAST_RESORT: Duration = GRACE_AFTER_DEATH.saturating_add(Duration::from_secs(1));

/// Why the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The core said so.
    Shutdown,
    /// The core died.
    CoreGone,
    /// The person at the terminal said so (debug mode).
    Interrupted,
    /// The gRPC server gave up.
    ServerFailed,
}

/// A core dump would hold every secret that passed through.
pub(crate) fn forbid_core_dumps() {
    // Not worth refusing to start: a system that forbids the call has its own policy on core dumps.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Watches the parent from a thread of its own (a runtime whose workers are all blocked would not notice). Polling,
/// because Linux's signal for this (PR_SET_PDEATHSIG) also comes when the parent's starting thread ends, and macOS has none.
pub(crate) fn watch_parent(stop: Stop, ends: UnboundedSender<End>, socket_folder: PathBuf) -> io::Result<()> {
    let parent = getppid();
    let watch = move || {
        while getppid() == parent {
            std::thread::sleep(LOOK_EVERY);
        }
        stop.stop();
        let _ = ends.send(End::CoreGone);
        std::thread::sleep(LAST_RESORT);
        let _ = std::fs::remove_dir_all(socket_folder);
        std::process::exit(1);
    };
    std::thread::Builder::new().name("parent-watch".to_owned()).stack_size(64 << 10).spawn(watch)?;
    Ok(())
}

/// Answers signals. Under a core none ends the process: Ctrl-C reaches the whole process group, and core itself decides
/// what is to be stopped. SIGTERM and SIGHUP reach core too or are meant for us alone; either way running calls come to
/// their end early, and the process ends with Shutdown or the parent's death. In debug mode SIGINT and SIGTERM end it.
pub(crate) fn watch_signals(start: &Start, stop: &Stop, ends: &UnboundedSender<End>) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let (reattached, stop, ends) = (*start == Start::Reattach, stop.clone(), ends.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => if !reattached { continue },
                _ = terminate.recv() => {},
                _ = hang_up.recv() => {},
            }
            stop.stop();
            if reattached {
                let _ = ends.send(End::Interrupted);
            }
        }
    });
    Ok(())
}
