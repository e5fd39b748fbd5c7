//! The calls to AWS that the provider's sources can make. What no trial happens to need, such as an upgrade of an add-on, must be
//! allowed too. Knows how calls are spelled in Rust; runs nothing.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use regex::Regex;

/// With which the names of operations begin; those of what values can do begin with others.
const VERBS: [&str; 16] = [
    "add_",
    "associate_",
    "attach_",
    "create_",
    "delete_",
    "describe_",
    "detach_",
    "disassociate_",
    "get_",
    "list_",
    "put_",
    "remove_",
    "start_",
    "tag_",
    "untag_",
    "update_",
];

/// Actions, as IAM calls them.
pub(super) fn calls() -> anyhow::Result<BTreeSet<String>> {
    // `eks.describe_cluster()` of a client, and `json(&LOGS, "CreateLogGroup"` or `(&EC2, "DeleteVolume"` without one.
    let client = Regex::new(r"\b(eks|iam)\s*\.\s*([a-z]+(?:_[a-z]+)+)\(\)")?;
    let signed = Regex::new(r#"&(EC2|ELB|ELB_CLASSIC|LOGS),\s*"([A-Z]\w+)""#)?;
    let mut found = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../provider/src");
    visit(&root, &mut |text| {
        let calls = client.captures_iter(text).filter(|call| VERBS.iter().any(|verb| call[2].starts_with(verb)));
        found.extend(calls.map(|call| format!("{}:{}", &call[1], action(&call[2]))));
        found.extend(signed.captures_iter(text).map(|call| format!("{}:{}", service(&call[1]), &call[2])));
    })?;
    Ok(found)
}

fn visit(folder: &Path, read: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_test {
            visit(&path, read)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            read(&std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// `describe_cluster` is DescribeCluster; IAM writes two abbreviations in capitals.
fn action(method: &str) -> String {
    let words = method.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
    words.collect::<String>().replace("OpenIdConnect", "OpenIDConnect").replace("ClientId", "ClientID")
}

fn service(name: &str) -> &'static str {
    match name {
        "EC2" => "ec2",
        "LOGS" => "logs",
        _ => "elasticloadbalancing",
    }
}
