//! One function per rule: what in a source breaks it.

use crate::sources::Source;

/// The lines of product code in which one of `words` stands.
fn lines_with(source: &Source, words: &[&str]) -> Vec<String> {
    let wrong = source.code().filter(|(_, line)| words.iter().any(|word| line.contains(word)));
    wrong.map(|(number, line)| format!("{number}: {}", line.trim())).collect()
}

/// Clients of AWS and Kubernetes belong to `cloud` and to the `remote` of a resource.
pub(crate) fn clients(source: &Source) -> Vec<String> {
    let modules = source.modules();
    let effects = modules.first() == Some(&"cloud") || modules.contains(&"remote");
    if !source.path.starts_with("provider/src/") || effects || source.is_test() {
        return Vec::new();
    }
    lines_with(source, &["aws_sdk_", "aws_config::", "kube::Client", "kube::Api", "kube::client", "use kube::"])
        .into_iter()
        .filter(|line| !line.contains("crate::cloud::kube"))
        .collect()
}

/// What a resource decides, it decides without waiting for anything.
pub(crate) fn deciding(source: &Source) -> Vec<String> {
    let modules = source.modules();
    let decides = modules.iter().any(|module| matches!(*module, "model" | "plan" | "render" | "verdict"));
    let pure = decides || source.path.contains("/cloud/ownership");
    if pure && source.path.starts_with("provider/src/") && !source.is_test() {
        lines_with(source, &["async ", ".await", "SystemTime::now", "Instant::now"])
    } else {
        Vec::new()
    }
}

/// A provider is written with the framework's words.
pub(crate) fn protocol(source: &Source) -> Vec<String> {
    if !source.path.starts_with("provider/src/") {
        return Vec::new();
    }
    lines_with(source, &["tonic", "prost", "tfplugin_proto", "tfplugin6"])
}

/// ARNs and domains are built for the partition; the table of domains is the one place that has them. An example in an
/// error's words has the account of AWS's own examples.
pub(crate) fn partitions(source: &Source) -> Vec<String> {
    let product = source.path.starts_with("provider/") && !source.is_test();
    if !product || source.path == "provider/src/cloud/partition.rs" {
        return Vec::new();
    }
    let mut wrong = lines_with(source, &["arn:aws:", "amazonaws.com"]);
    // Tags of controllers are called the same in every partition.
    wrong.retain(|line| !line.contains("111122223333") && !line.contains("k8s.amazonaws.com/"));
    wrong
}

/// The first line of a module says what it knows. Tests know what they test.
pub(crate) fn head(source: &Source) -> Vec<String> {
    if source.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let first = source.lines().next().unwrap_or_default();
    if first.starts_with("//! ") { Vec::new() } else { vec![format!("begins with {first:?}")] }
}

pub(crate) fn length(source: &Source) -> Vec<String> {
    let lines = source.lines().count();
    if lines > 500 { vec![format!("has {lines} lines")] } else { Vec::new() }
}

/// No stub and no test that does not run.
pub(crate) fn unfinished(source: &Source) -> Vec<String> {
    if source.path.starts_with("provider/tests/tidy/") {
        return Vec::new();
    }
    lines_with(source, &["todo!(", "unimplemented!(", "#[ignore", "unsafe_code)]", "FIXME", "TODO"])
        .into_iter()
        .filter(|line| !line.contains("#![") && !line.contains("allow(unsafe_code"))
        .collect()
}
