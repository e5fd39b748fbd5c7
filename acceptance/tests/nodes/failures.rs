//! Deploys that fail on real nodes: cause, evidence and the attribute to change. `failures.md` beside this file shows each text whole.

use std::fmt::Write as _;

use acceptance::configuration::{Block, app, job};
use anyhow::ensure;

use crate::world::World;

const HEAD: &str = "# Deploys that fail, as the user reads them

Written by `UPDATE_EXPECT=1 cargo test -p acceptance --test nodes -- failures`, from terraform on the sandbox's real nodes. Times,
names of pods and numbers of restarts are those of that run; the test compares what does not vary.
";

/// What is deployed, and what its error must say.
type Case = (&'static str, Block, &'static [&'static str]);

fn cases() -> Vec<Case> {
    let web = || app("web").set("timeouts", r#"{ create = "60s", update = "60s" }"#);
    let migrate = || job("migrate").set("command", r#"["bin/migrate"]"#).set("run_triggers", r#"{ version = "1" }"#);
    vec![
        (
            "an app that crashes at its start",
            web().text("image", "sandbox.invalid/crash:3"),
            &["app shop/web", "crash", "exit code 3", "ETIMEDOUT 10.0.3.4:5432", "/app/db.js:14"],
        ),
        (
            "an image that is not there",
            web().text("image", "sandbox.invalid/missing:1"),
            &["app shop/web", "sandbox.invalid/missing:1", "not found", "image"],
        ),
        (
            "a registry that wants credentials",
            web().text("image", "sandbox.invalid/private:1"),
            &["app shop/web", "sandbox.invalid/private:1", "image"],
        ),
        (
            "more memory than any node has",
            web().set("resources", r#"{ memory = "900Gi" }"#),
            &["app shop/web", "Insufficient memory", "Lower `resources`"],
        ),
        (
            "a program that takes more memory than it may",
            web().text("image", "sandbox.invalid/oom:1").set("resources", r#"{ memory = "64Mi" }"#),
            &["app shop/web", "memory"],
        ),
        (
            "an app that never listens, until the deadline",
            app("web").text("image", "sandbox.invalid/never-ready:1").set("timeouts", r#"{ create = "25s" }"#),
            &["app shop/web", "port", "8080"],
        ),
        (
            "a program that is not in the image",
            web().set("command", r#"["bin/nosuch"]"#),
            &["app shop/web", "bin/nosuch", "command"],
        ),
        ("a run that fails", migrate().text("image", "sandbox.invalid/fail:4"), &["job shop/migrate", "exit code 4"]),
        (
            "a run that takes too long",
            migrate().text("image", "sandbox.invalid/hang:1").set("timeout_seconds", "8"),
            &["job shop/migrate", "timeout_seconds"],
        ),
    ]
}

pub(crate) fn are_told_as_written(world: &World) -> anyhow::Result<()> {
    let cluster = world.new_cluster()?;
    let (mut shown, mut wrong) = (HEAD.to_owned(), Vec::new());
    for (what, block, says) in cases() {
        cluster.with(std::slice::from_ref(&block))?;
        let run = cluster.workspace().apply(&[])?.failed()?;
        let text = run.prose();
        let error = run.output.find("Error:").map_or(run.output.as_str(), |start| &run.output[start..]);
        writeln!(shown, "\n## {what}\n\n```hcl\n{}\n```\n\n```\n{}\n```", block.to_string().trim(), error.trim())?;
        let unsaid: Vec<&&str> = says.iter().filter(|said| !text.contains(**said)).collect();
        if !unsaid.is_empty() || text.contains("context deadline exceeded") {
            wrong.push(format!("{what}: the error does not say {unsaid:?}:\n{error}"));
        }
    }
    cluster.with(&[])?;
    cluster.workspace().apply(&[])?.succeeded()?;
    cluster.workspace().destroy(&[])?.succeeded()?;
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nodes/failures.md"), &shown)?;
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    Ok(())
}
