//! Which process holds a TCP connection, and its end. Reads /proc; kills nothing but providers.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, getpgid, getpgrp, kill_process_group, pidfd_open, pidfd_send_signal};

use super::Source;

/// Only programs whose name begins so are ever killed.
const PROVIDER: &str = "terraform-provider";

/// Why a process was not killed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no process of this machine holds the other end of the connection")]
    Nobody,
    #[error("process {} ({}) at the other end is not a Terraform provider", .0.pid, .0.program)]
    Foreign(Source),
    #[error("process {} ({}) cannot be signalled: {errno}", .caller.pid, .caller.program)]
    Failed { caller: Source, errno: Errno },
    #[error("process {0} cannot be interrupted: {1}")]
    Interrupt(i32, &'static str),
}

/// The process whose connection has `peer` as its own address and `local` as its target.
pub(super) fn owner(peer: SocketAddr, local: SocketAddr) -> Option<Source> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let table = std::fs::read_to_string(table).ok()?;
        inode_of(&table, peer, local)
    })?;
    let link = format!("socket:[{inode}]");
    std::fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let holds = std::fs::read_dir(entry.path().join("fd")).ok()?.flatten();
        let holds =
            holds.into_iter().any(|fd| std::fs::read_link(fd.path()).is_ok_and(|target| target == Path::new(&link)));
        holds.then(|| Source { pid, program: program(pid) })
    })
}

/// The inode of a connection in the table of `/proc/net/tcp` or `tcp6`.
fn inode_of(table: &str, own: SocketAddr, target: SocketAddr) -> Option<u64> {
    let (own, target) = (hex(own), hex(target));
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let matched = own.contains(&fields.next()?.to_owned()) && target.contains(&fields.next()?.to_owned());
        let inode: u64 = fields.nth(6)?.parse().ok()?;
        (matched && inode != 0).then_some(inode)
    })
}

/// An address as the kernel prints it: words in the machine's byte order. An IPv4 address also in its IPv6 spelling.
fn hex(address: SocketAddr) -> Vec<String> {
    let port = address.port();
    let words = |octets: &[u8]| -> String {
        let words = octets.chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap_or_default()));
        words.map(|word| format!("{word:08X}")).collect()
    };
    match address.ip() {
        IpAddr::V4(ip) => vec![
            format!("{}:{port:04X}", words(&ip.octets())),
            format!("{}:{port:04X}", words(&ip.to_ipv6_mapped().octets())),
        ],
        IpAddr::V6(ip) => vec![format!("{}:{port:04X}", words(&ip.octets()))],
    }
}

/// The file name of a process's executable.
fn program(pid: i32) -> String {
    let exe = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    let name = exe.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // A program that was rebuilt while it ran.
    name.trim_end_matches(" (deleted)").to_owned()
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
