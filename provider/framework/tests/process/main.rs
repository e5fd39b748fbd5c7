//! The process around a provider, over a real socket: the tests play the core, and start this very binary again as the
//! provider and as a core that dies.

mod core;
mod debug;
mod end;
mod fake;
mod wire;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    match std::env::var("FRAMEWORK_TEST_ROLE").as_deref() {
        Ok("provider") => fake::main(),
        Ok("core") => core::main(),
        _ => {
            // A provider that a test ends by force leaves its socket; all of them lie here.
            let folder = tempfile::tempdir().expect("a folder");
            core::FOLDER.set(folder.path().to_path_buf()).expect("set once");
            let trials = [wire::trials(), end::trials(), debug::trials()].into_iter().flatten().collect();
            libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
        }
    }
}

/// A test on a runtime of its own. The limit only turns a hang into a failure.
fn trial<F: Future<Output = ()>>(name: &str, test: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let limit = std::time::Duration::from_secs(120);
        runtime
            .block_on(async { tokio::time::timeout(limit, test()).await })
            .map_err(|_| Failed::from(format!("hangs: not over after {limit:?}")))
    })
}
