//! Which crate may depend on which.

use std::fs;

use crate::sources::root;

/// The crates from the bottom to the top, and what their dependencies must not begin with.
const CRATES: [(&str, &[&str]); 4] = [
    ("proto", &["tfplugin-", "terraform-provider-", "sandbox-", "acceptance", "aws-", "kube", "k8s-"]),
    ("provider/framework", &["terraform-provider-", "sandbox-", "acceptance", "aws-", "kube", "k8s-"]),
    ("provider", &["tfplugin-proto", "tonic", "prost", "sandbox-", "acceptance", "aws-sdk-ec2"]),
    ("acceptance", &["aws-sdk-ec2"]),
];

/// Dependencies that point upwards or sideways. aws-lc is cryptography, not AWS.
pub(crate) fn wrong_ways() -> Vec<String> {
    let mut wrong = Vec::new();
    for (folder, forbidden) in CRATES {
        let path = root().join(folder).join("Cargo.toml");
        let manifest = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let names = dependencies(&manifest);
        assert!(!names.is_empty(), "{folder} has no dependencies at all");
        for name in names {
            if forbidden.iter().any(|prefix| name.starts_with(prefix)) && !name.starts_with("aws-lc") {
                wrong.push(format!("{folder} depends on {name}"));
            }
        }
    }
    wrong
}

/// The names of everything that a manifest depends on, for tests and builds too.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim_matches(['[', ']']).ends_with("dependencies");
        } else if inside && let Some((name, _)) = line.split_once(['.', '=', ' ']) {
            names.push(name);
        }
    }
    names.retain(|name| !name.is_empty() && !name.starts_with('#'));
    names
}
