//! What a node of an EC2 instance type offers, by the rules its name follows. Pure. Close to EC2's figures, not a copy of its tables.

/// The size of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) cpus: u32,
    /// What the kernel sees, in MiB: EC2 keeps a few percent.
    pub(super) memory_mib: u32,
    /// One address for each pod, by the network interfaces of the size.
    pub(super) pods: u32,
    /// "amd64" or "arm64".
    pub(super) architecture: &'static str,
}

/// Reads a name such as `m7i-flex.large`: family letter, generation, options, size.
pub(super) fn instance(instance_type: &str) -> Instance {
    let (family, size) = instance_type.split_once('.').unwrap_or((instance_type, "large"));
    let burstable = family.starts_with('t');
    let cpus = match size {
        "nano" | "micro" | "small" => 2,
        "medium" if burstable => 2,
        "medium" => 1,
        "large" => 2,
        "xlarge" => 4,
        _ if size.starts_with("metal") => 96,
        _ => size.strip_suffix("xlarge").and_then(|times| times.parse::<u32>().ok()).map_or(2, |times| 4 * times),
    };
    let gib_per_cpu = match family.chars().next() {
        Some('c') => 2,
        Some('r') => 8,
        Some('x' | 'u') => 16,
        _ => 4,
    };
    let mib = match size {
        "nano" => 512,
        "micro" => 1024,
        "small" => 2048,
        "medium" if burstable => 4096,
        _ => cpus * gib_per_cpu * 1024,
    };
    let pods = match (size, cpus) {
        ("nano" | "micro", _) => 4,
        ("small", _) => 11,
        ("medium", _) if burstable => 17,
        ("medium", _) => 8,
        ("large", _) if burstable => 35,
        ("large", _) => 29,
        (_, ..=8) => 58,
        _ => 234,
    };
    let options = family
        .trim_start_matches(|letter: char| letter.is_ascii_alphabetic())
        .trim_start_matches(|digit: char| digit.is_ascii_digit());
    let architecture = if options.starts_with('g') || family.starts_with("a1") { "arm64" } else { "amd64" };
    Instance { cpus, memory_mib: mib - mib / 25, pods, architecture }
}

impl Instance {
    /// What the kubelet leaves for pods, by the formula of EKS's node image: (millicores, MiB).
    pub(super) fn allocatable(self) -> (u32, u32) {
        let reserved_cpu =
            (1..=self.cpus).map(|cpu| [600, 100, 50, 50].get(cpu as usize - 1).copied().unwrap_or(25)).sum::<u32>()
                / 10;
        let reserved_memory = 255 + 11 * self.pods + 100;
        (1000 * self.cpus - reserved_cpu, self.memory_mib.saturating_sub(reserved_memory))
    }
}
