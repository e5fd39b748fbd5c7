//! `cargo bench -p acceptance`: what the provider costs, each figure next to its goal and to what users of other providers
//! know. Prints, and asserts nothing: a figure depends on the machine.

mod apply;
mod cluster;
mod docs;
mod memory;
mod nodes;
mod objects;
mod observe;
mod refresh;
mod schema;
mod start;
mod table;
mod upgrade;

use std::process::ExitCode;
use std::sync::Arc;

use acceptance::daemon::mirror;
use anyhow::Context;
use clap::{Parser, ValueEnum};
use sandbox_kube::{Tools, Wanted};

/// Prints figures next to their goals.
#[derive(Parser)]
struct Options {
    /// Only these.
    figures: Vec<Figures>,
    /// Also a create at three tenths of AWS's latencies, which takes four minutes.
    #[arg(long)]
    slow: bool,
    /// Measures the provider as `cargo build` makes it, without the ten minutes of the release build.
    #[arg(long)]
    dev: bool,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What figures are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Figures {
    /// The binary, its start and its memory.
    Start,
    /// Schemas and documentation.
    Schema,
    /// The quickstart.
    Apply,
    /// Create, refresh and upgrade of a cluster.
    Cluster,
    /// The sandbox with real nodes.
    Nodes,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nError: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    let wants = |figures: Figures| options.figures.is_empty() || options.figures.contains(&figures);
    let runtime = tokio::runtime::Runtime::new()?;
    // The tools first: what is missing on this machine is told before minutes of compiling.
    let tools = Arc::new(Tools::prepare(&|line| eprintln!("{line}"), Wanted::AnyCli)?);
    let built = if options.dev { mirror::build()? } else { mirror::build_release()? };
    let provider = &built.provider;
    table::head();
    if options.dev {
        table::line("  with the provider as `cargo build` makes it, which is larger and slower than what users get");
    }
    if wants(Figures::Start) {
        let bytes = std::fs::metadata(provider).context("the provider that was built is gone")?.len();
        let size = format!("{:.1} MB", bytes as f64 / 1e6);
        let what = if options.dev { "development binary" } else { "release binary, stripped" };
        table::row(what, &size, "≤ 25 MB", "hashicorp/aws 707 MB");
        start::print(provider)?;
        runtime.block_on(start::print_idle(provider))?;
    }
    if wants(Figures::Schema) {
        schema::print();
        docs::print()?;
    }
    if wants(Figures::Apply) {
        apply::print(&runtime, &tools, &built)?;
    }
    if wants(Figures::Cluster) {
        cluster::print(&runtime, &tools, &built)?;
        if options.slow {
            cluster::print_slow(&runtime, &tools, &built)?;
        }
    }
    if wants(Figures::Nodes) {
        nodes::print(&runtime, &tools, &built)?;
    }
    Ok(())
}
