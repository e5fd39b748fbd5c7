//! The sandbox's own images: which one a name stands for, and what is in it.

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::image::{Image, Start};
use crate::layer::{Contents, Layer};
use crate::name::{Name, Reference};

/// The registry of the scenarios; an `.invalid` name can never be a real one.
const SCENARIOS: &str = "sandbox.invalid";

/// The names under which the demo program is found in `/app/bin`, each a role of it.
const ROLES: [&str; 8] = ["job", "migrate", "pause", "rails", "release", "server", "web", "worker"];

/// The programs of busybox that a look into a container needs.
const BUSYBOX: [&str; 58] = [
    "awk", "base64", "basename", "cat", "chmod", "chown", "clear", "cp", "cut", "date", "dd", "df", "dirname", "du",
    "echo", "env", "expr", "false", "find", "free", "grep", "gunzip", "gzip", "head", "hostname", "id", "ip", "kill",
    "less", "ln", "ls", "mkdir", "mount", "mv", "nc", "netstat", "nslookup", "ping", "printf", "ps", "pwd", "rm",
    "sed", "seq", "sh", "sleep", "sort", "stat", "stty", "tail", "tar", "top", "touch", "true", "tty", "vi", "wc",
    "wget",
];

const PASSWD: &str =
    "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/app:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
const GROUP: &str = "root:x:0:\napp:x:1000:\nnogroup:x:65534:\n";

/// The layer that all demo images share.
#[derive(Debug, Clone)]
pub struct Demo {
    layer: Layer,
}

impl Demo {
    /// `program` is what `go build` makes of `acceptance/tools/demo`. With `busybox`, a static one, containers have a shell. Both files have to stay.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn new(program: &Path, busybox: Option<&Path>) -> anyhow::Result<Self> {
        let mut contents = Contents::new()
            .folder("tmp", 0o1777)
            .folder("var/tmp", 0o1777)
            .folder("root", 0o700)
            .folder("run", 0o755)
            .folder("usr/bin", 0o755)
            .folder("sbin", 0o755)
            .text("etc/passwd", PASSWD, 0o644)
            .text("etc/group", GROUP, 0o644)
            .file(program, "app/bin/demo", 0o755);
        for role in ROLES {
            contents = contents.link(format!("app/bin/{role}"), "demo");
        }
        if let Some(busybox) = busybox {
            contents = contents.file(busybox, "bin/busybox", 0o755);
            for program in BUSYBOX {
                contents = contents.link(format!("bin/{program}"), "busybox");
            }
        }
        Ok(Self { layer: contents.layer()? })
    }

    /// The image of any name. It knows its own name, so that images with different tags differ and an answer shows which one gave it.
    pub(crate) fn image(&self, name: &Name) -> Image {
        let env = |name: &str, value: String| (name.to_owned(), value);
        if name.registry == SCENARIOS && name.repository == "pause" {
            return self.started("/app/bin/pause", Vec::new());
        }
        let mut more = vec![env("DEMO_IMAGE", name.familiar())];
        if let Some(scenario) = scenario(name) {
            more.push(env("DEMO_SCENARIO", scenario));
        }
        if name.repository.contains("worker") {
            more.push(env("DEMO_ROLE", "worker".to_owned()));
        }
        self.started("/app/bin/demo", more)
    }

    fn started(&self, program: &str, more: Vec<(String, String)>) -> Image {
        let mut env = vec![("PATH".to_owned(), "/app/bin:/bin:/usr/bin:/sbin".to_owned())];
        env.extend(more);
        let start =
            Start { entrypoint: vec![program.to_owned()], arguments: Vec::new(), env, folder: "/app".to_owned() };
        Image::new(std::slice::from_ref(&self.layer), &start)
    }
}

/// What the demo program is to do for an image such as `sandbox.invalid/crash:3`. The numbers are read as simulated nodes read them.
fn scenario(name: &Name) -> Option<String> {
    if name.registry != SCENARIOS {
        return None;
    }
    let number = |default: u32| match &name.reference {
        Reference::Tag(tag) => tag.parse().unwrap_or(default),
        Reference::Digest(_) => default,
    };
    match name.repository.as_str() {
        scenario @ ("crash" | "fail") => Some(format!("{scenario}:{}", number(1).clamp(1, 255))),
        "slow" => Some(format!("slow:{}", number(5))),
        scenario @ ("oom" | "never-ready" | "hang") => Some(scenario.to_owned()),
        _ => None,
    }
}
