//! `cargo bench -p acceptance`: what the provider costs, each figure next to its goal and to what users of other providers
//! know. Prints, and asserts nothing: a figure depends on the machine.

mod apply;
mod memory;
mod nodes;
mod observe;
mod refresh;
mod schema;
mod start;
mod table;

use std::process::ExitCode;
use std::sync::Arc;

use acceptance::daemon::mirror;
use anyhow::Context;
use sandbox_kube::{Tools, Wanted};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nError: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    // The tools first: what is missing on this machine is told before minutes of compiling.
    let tools = Arc::new(Tools::prepare(&|line| eprintln!("{line}"), Wanted::AnyCli)?);
    let built = mirror::build_release()?;
    let provider = &built.provider;
    table::head();
    let bytes = std::fs::metadata(provider).context("the provider that was built is gone")?.len();
    table::row("release binary, stripped", &format!("{:.1} MB", bytes as f64 / 1e6), "≤ 25 MB", "hashicorp/aws 707 MB");
    start::print(provider)?;
    runtime.block_on(start::print_idle(provider))?;
    schema::print();
    apply::print(&runtime, &tools, &built)?;
    nodes::print(&runtime, &tools, &built)
}
