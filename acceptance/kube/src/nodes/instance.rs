//! What a node of an EC2 instance type offers, by the rules its name follows. Pure. Close to EC2's figures, not a copy of its tables.

/// The size of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) cpus: u32,
    /// What the kernel sees, in MiB: EC2 keeps a few percent.
    pub(crate) memory_mib: u32,
    /// One address for each pod, by the network interfaces of the size.
    pub(crate) pods: u32,
    /// "amd64" or "arm64".
    pub(crate) architecture: &'static str,
}

/// Reads a name such as `m7i-flex.large`: family letter, generation, options, size.
pub(crate) fn instance(instance_type: &str) -> Instance {
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
    pub(crate) fn allocatable(self) -> (u32, u32) {
        let reserved_cpu =
            (1..=self.cpus).map(|cpu| [600, 100, 50, 50].get(cpu as usize - 1).copied().unwrap_or(25)).sum::<u32>()
                / 10;
        let reserved_memory = 255 + 11 * self.pods + 100;
        (1000 * self.cpus - reserved_cpu, self.memory_mib.saturating_sub(reserved_memory))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn instance_types_size_their_nodes() {
        let row = |name: &str| {
            let instance = instance(name);
            format!(
                "{name}: {} cpus, {} MiB, {} pods, {}; allocatable {:?}\n",
                instance.cpus,
                instance.memory_mib,
                instance.pods,
                instance.architecture,
                instance.allocatable()
            )
        };
        let rows: String = [
            "m7i-flex.large",
            "m6i.large",
            "t3.medium",
            "t4g.small",
            "c7g.xlarge",
            "r6a.2xlarge",
            "g4dn.xlarge",
            "m5.4xlarge",
        ]
        .iter()
        .map(|name| row(name))
        .collect();
        expect![[r#"
            m7i-flex.large: 2 cpus, 7865 MiB, 29 pods, amd64; allocatable (1930, 7191)
            m6i.large: 2 cpus, 7865 MiB, 29 pods, amd64; allocatable (1930, 7191)
            t3.medium: 2 cpus, 3933 MiB, 17 pods, amd64; allocatable (1930, 3391)
            t4g.small: 2 cpus, 1967 MiB, 11 pods, arm64; allocatable (1930, 1491)
            c7g.xlarge: 4 cpus, 7865 MiB, 58 pods, arm64; allocatable (3920, 6872)
            r6a.2xlarge: 8 cpus, 62915 MiB, 58 pods, amd64; allocatable (7910, 61922)
            g4dn.xlarge: 4 cpus, 15729 MiB, 58 pods, amd64; allocatable (3920, 14736)
            m5.4xlarge: 16 cpus, 62915 MiB, 234 pods, amd64; allocatable (15890, 59986)
        "#]]
        .assert_eq(&rows);
    }
}
