//! The gateway as its clients see it. With a harness of its own: a first build of the tools takes minutes and is to be seen, and what was
//! started is to be stopped.

mod aws_cli;
mod clusters;
mod control;
mod sandbox;

use libtest_mimic::Arguments;
use sandbox::Sandbox;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let sandbox: &'static Sandbox = Box::leak(Box::new(Sandbox::start()?));
    let trials = aws_cli::all(sandbox).into_iter().chain(control::all(sandbox)).chain(clusters::all(sandbox)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    sandbox.stop()?;
    conclusion.exit()
}
