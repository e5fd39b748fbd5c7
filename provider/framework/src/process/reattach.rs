//! Debug mode: a person starts the process and tells any core where it is. Knows the form of TF_REATTACH_PROVIDERS.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

/// Terraform and OpenTofu each put the host of their own registry before a source without one.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Prints what a core needs in its environment to use this process.
pub(crate) fn announce(address: &str, socket: &Path) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "The provider runs. A terraform or tofu with this variable in its environment uses it:\n")?;
    writeln!(stdout, "TF_REATTACH_PROVIDERS='{}'\n", variable(address, socket, std::process::id()))?;
    writeln!(stdout, "Ctrl-C ends it.")?;
    stdout.flush()
}

/// The variable's value. `Test` keeps the core from ending a process that is not its own.
fn variable(address: &str, socket: &Path, process: u32) -> Value {
    let reattach = json!({
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": process,
        "Test": true,
        "Addr": { "Network": "unix", "String": socket },
    });
    REGISTRIES.iter().map(|host| (format!("{host}/{address}"), reattach.clone())).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests;
