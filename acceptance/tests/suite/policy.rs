//! The published IAM policy against what the provider called and can call: a call that is not in it fails the run. With
//! UPDATE_EXPECT=1 any run adds what the guide lacks, and a run of every trial removes what nobody needs. Knows the request log and
//! the guide; what stands in which statement is in `statements`.

mod sources;
mod statements;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use libtest_mimic::Arguments;
use serde_json::Value as Json;

use crate::world::World;
use statements::{STATEMENTS, Statement, WITHOUT_A_CALL, place};

/// The guide around the policy; `POLICY` and `STATEMENTS` stand for what is generated.
const GUIDE: &str = include_str!("policy/guide.md");

/// What needs no permission, or that of credentials which only assume a role.
const UNNEEDED: [&str; 2] = ["sts:GetCallerIdentity", "sts:AssumeRole"];
const HOW: &str =
    "Run the suite with UPDATE_EXPECT=1: any trial adds what is lacking, all of them remove what is needed no more.";

/// Compares the guide with the calls of all trials that ran.
pub(crate) fn check(world: &World, arguments: &Arguments) -> anyhow::Result<()> {
    let recorded = world.called_by_the_provider()?.into_iter().map(|(service, name)| format!("{service}:{name}"));
    let recorded: BTreeSet<String> = recorded.filter(|call| !UNNEEDED.contains(&call.as_str())).collect();
    let written = sources::calls()?;
    let calls: BTreeSet<String> = recorded.union(&written).cloned().collect();
    let homeless: Vec<&String> = calls.iter().filter(|call| place(call).is_none()).collect();
    ensure!(homeless.is_empty(), "no statement of the policy takes these calls of the provider: {homeless:?}");

    let path = guide_path();
    let guide = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let published = published(&guide)?;
    if arguments.filter.is_some() || !arguments.skip.is_empty() {
        return expect(&path, &guide, &rendered(&calls.union(&published).cloned().collect()));
    }
    ensure!(!recorded.is_empty(), "the log has no call of the provider");
    let unseen: Vec<&String> = written.difference(&recorded).collect();
    eprintln!("{} calls of the provider were recorded; no trial made {unseen:?}", recorded.len());
    expect(&path, &guide, &rendered(&calls))
}

fn expect(path: &Path, guide: &str, wanted: &str) -> anyhow::Result<()> {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return std::fs::write(path, wanted).context("the guide cannot be written");
    }
    let missing: Vec<String> = published(wanted)?.difference(&published(guide)?).cloned().collect();
    ensure!(guide == wanted, "{} is not what the provider calls; it lacks {missing:?}. {HOW}", path.display());
    Ok(())
}

fn guide_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides/iam-policy.md")
}

/// Every action of the policy in the guide.
fn published(guide: &str) -> anyhow::Result<BTreeSet<String>> {
    let policy =
        guide.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).context("no policy in the guide")?;
    let policy: Json = serde_json::from_str(policy).context("the policy in the guide is no JSON")?;
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let actions = statements.flat_map(|one| one["Action"].as_array().into_iter().flatten());
    Ok(actions.filter_map(Json::as_str).map(str::to_owned).collect())
}

/// The guide with the policy for these calls.
fn rendered(calls: &BTreeSet<String>) -> String {
    let without = WITHOUT_A_CALL.iter().map(|(action, _)| (*action).to_owned());
    let actions: BTreeSet<String> = calls.iter().cloned().chain(without).collect();
    let used = STATEMENTS.iter().map(|statement| (statement, of(statement, &actions)));
    let used: Vec<(&Statement, Vec<&String>)> = used.filter(|(_, actions)| !actions.is_empty()).collect();
    let statements: Vec<String> = used.iter().map(|(statement, actions)| json(statement, actions)).collect();
    let policy = format!("{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n{}\n  ]\n}}", statements.join(",\n"));
    let table: Vec<String> =
        used.iter().map(|(statement, _)| format!("| `{}` | {} |", statement.sid, statement.purpose)).collect();
    let silent: Vec<String> = WITHOUT_A_CALL.iter().map(|(action, reason)| format!("- `{action}`: {reason}")).collect();
    GUIDE
        .replace("STATEMENTS", &table.join("\n"))
        .replace("WITHOUT_A_CALL", &silent.join("\n"))
        .replace("POLICY", &policy)
}

fn of<'a>(statement: &Statement, actions: &'a BTreeSet<String>) -> Vec<&'a String> {
    actions.iter().filter(|action| place(action).is_some_and(|found| found.sid == statement.sid)).collect()
}

fn json(statement: &Statement, actions: &[&String]) -> String {
    let list = |all: &[String], indent: &str| {
        let lines: Vec<String> = all.iter().map(|one| format!("{indent}  \"{one}\"")).collect();
        format!("[\n{}\n{indent}]", lines.join(",\n"))
    };
    let actions: Vec<String> = actions.iter().map(|action| (*action).clone()).collect();
    let mut text = format!("    {{\n      \"Sid\": \"{}\",\n      \"Effect\": \"Allow\",\n", statement.sid);
    text += &format!("      \"Action\": {},\n", list(&actions, "      "));
    text += &format!("      \"Resource\": \"{}\"", statement.resource);
    if let Some((key, services)) = &statement.condition {
        let services: Vec<String> = services.iter().map(|service| (*service).to_owned()).collect();
        let services = list(&services, "          ");
        text += &format!(
            ",\n      \"Condition\": {{\n        \"StringEquals\": {{\n          \"{key}\": {services}\n        }}\n      }}"
        );
    }
    text + "\n    }"
}
