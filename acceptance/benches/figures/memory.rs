//! Memory of a process and all that it has started, by program. A page that several processes share counts once: each has its
//! part of it (`Pss`). Pages mapped from a program's file are counted too, though the kernel may drop them when memory is short.

use std::collections::BTreeMap;
use std::fs::read_to_string;

/// In kB.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) processes: usize,
    pub(crate) all: u64,
    /// Of it what is written by the process, not mapped from a file.
    pub(crate) own: u64,
}

impl Memory {
    pub(crate) fn and(self, other: Memory) -> Memory {
        Memory { processes: self.processes + other.processes, all: self.all + other.all, own: self.own + other.own }
    }
}

/// Processes that descend from `root`, itself included.
pub(crate) fn family(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut family = vec![root];
    let mut next = 0;
    while let Some(pid) = family.get(next) {
        family.extend(children.remove(pid).unwrap_or_default());
        next += 1;
    }
    family
}

/// What a process that still lives was started by.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name may hold anything, a parenthesis too.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    (fields.next()? != "Z").then(|| fields.next()?.parse().ok())?
}

/// By program, the largest first.
pub(crate) fn by_program(pids: &[u32]) -> Vec<(String, Memory)> {
    let mut programs: BTreeMap<String, Memory> = BTreeMap::new();
    for pid in pids {
        let (Some(name), Some(memory)) = (name(*pid), of(*pid)) else { continue };
        let sum = programs.entry(name).or_default();
        *sum = sum.and(memory);
    }
    let mut programs: Vec<_> = programs.into_iter().collect();
    programs.sort_by_key(|(_, memory)| std::cmp::Reverse(memory.all));
    programs
}

/// The file that runs. The kernel's own name of a process is cut off after 15 letters.
fn name(pid: u32) -> Option<String> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let mut words = line.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let file = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let program = file(&words.next()?);
    match program.as_str() {
        // sandbox-node's stages call themselves by this link.
        "exe" => Some("sandbox-node".to_owned()),
        "python" | "python3" => Some(file(&words.next()?).trim_end_matches(".py").replace("launch_moto", "moto")),
        _ => Some(program),
    }
}

fn of(pid: u32) -> Option<Memory> {
    let rollup = read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let field =
        |name: &str| rollup.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    Some(Memory { processes: 1, all: field("Pss:")?, own: field("Pss_Anon:").unwrap_or_default() })
}
