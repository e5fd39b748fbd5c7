//! Why a workload does not run, as a value, and how it is told. Pure. One variant per thing that a user can fix.

use std::fmt::{self, Write};

use super::attributes::Shared;
use super::render;

/// Why it does not run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The image reference is none.
    ImageName,
    /// The registry has no such image.
    ImageNotFound,
    /// The registry does not let the nodes have it.
    ImageDenied,
    /// The program cannot be started: not found, not executable, none named.
    Start(String),
    /// The kernel killed it for its memory.
    OutOfMemory,
    /// It ends with an error, again and again.
    Crash(i32),
    /// It ends without one, again and again.
    Ends,
    /// The container cannot be set up.
    Config(String),
    /// A quota is used up.
    Quota(String),
    /// The namespace's Pod Security level does not admit it.
    PodSecurity(String),
    /// Something else in the cluster refuses its Pods.
    Refused(String),
    /// No node can take it.
    Unschedulable(String),
    /// A volume cannot be mounted.
    Mount(String),
    /// The image cannot be pulled at the moment.
    ImagePull,
    /// It runs and does not become ready.
    NotReady(String),
    /// It took longer than this attribute allows.
    TooSlow(&'static str),
    /// None of the above; what was awaited last.
    NoProgress(String),
}

/// One line of proof: an event or a line of the program's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// `10:41:07`, if known.
    pub time: String,
    /// The Pod, or the reason of an event.
    pub source: String,
    /// What it says.
    pub text: String,
}

/// Whose output helps to understand a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The Pod.
    pub pod: String,
    /// Its container.
    pub container: String,
    /// True for that of the container before its last restart.
    pub previous: bool,
}

/// A failure to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// What was seen, in sentences; may be empty.
    pub seen: String,
    /// Events that prove it.
    pub evidence: Vec<Evidence>,
    /// Whose output to add.
    pub output: Option<Output>,
    /// What this leaves behind: `revision 7 still serves 3 of 3`.
    pub aftermath: String,
}

/// What the text of a failure says about the workload itself.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its attributes.
    pub shared: &'a Shared,
    /// What fails, in words: `the new version`, `the run`.
    pub what: &'a str,
    /// `app` or `job`.
    pub kind: &'a str,
}

impl Failure {
    /// The first line, which stands alone: what happened and what it leaves behind.
    pub fn headline(&self, subject: Subject<'_>) -> String {
        let Subject { shared, what, .. } = subject;
        let image = shared.image.known().map_or("", String::as_str);
        let namespace = shared.namespace();
        let told = match &self.cause {
            Cause::ImageName => format!("{what} cannot start: {image:?} is no image"),
            Cause::ImageNotFound => format!("{what} cannot start: image {image} was not found"),
            Cause::ImageDenied => format!("{what} cannot start: the nodes may not pull image {image}"),
            Cause::ImagePull => format!("{what} cannot start: image {image} could not be pulled"),
            Cause::Start(_) => format!("{what} cannot start: its program could not be run"),
            Cause::OutOfMemory => {
                format!("{what} was killed: it needs more memory than its limit of {}", limit(shared))
            }
            Cause::Crash(code) if subject.kind == "job" => format!("{what} failed with exit code {code}"),
            Cause::Crash(code) => format!("{what} keeps crashing (exit code {code})"),
            Cause::Ends => format!("{what} ends by itself (exit code 0)"),
            Cause::Config(_) => format!("{what} cannot start: its container could not be set up"),
            Cause::Quota(_) => format!("{what} cannot start: a quota of namespace {namespace} is used up"),
            Cause::PodSecurity(_) => format!("{what} cannot start: namespace {namespace} does not admit its Pods"),
            Cause::Refused(_) => format!("{what} cannot start: the cluster refuses its Pods"),
            Cause::Unschedulable(_) => format!("{what} cannot start: no node can take it"),
            Cause::Mount(_) => format!("{what} cannot start: a volume could not be mounted"),
            Cause::NotReady(_) => format!("{what} runs but does not become ready"),
            Cause::TooSlow(attribute) => format!("{what} took longer than {attribute} allows"),
            Cause::NoProgress(_) => format!("{what} was not available in time"),
        };
        if self.aftermath.is_empty() { told } else { format!("{told}; {}", self.aftermath) }
    }

    /// What was seen, the proof, the program's `output` and what to do.
    pub fn detail(&self, subject: Subject<'_>, output: &[Evidence]) -> String {
        let mut text = String::new();
        for part in [self.seen.as_str(), self.said()] {
            if !part.is_empty() {
                let _ = writeln!(text, "{part}\n");
            }
        }
        for lines in [&self.evidence, output] {
            let width = lines.iter().map(|line| line.source.len()).max().unwrap_or(0);
            for Evidence { time, source, text: said } in lines {
                let mut first = true;
                for line in said.lines() {
                    let (time, source) = if first { (time.as_str(), source.as_str()) } else { ("", "") };
                    let _ = writeln!(text, "  {time:8}  {source:width$}  {line}");
                    first = false;
                }
            }
            if !lines.is_empty() {
                text.push('\n');
            }
        }
        text.push_str(&self.remedy(subject));
        text
    }

    /// What Kubernetes says about it, where that is not among the events.
    fn said(&self) -> &str {
        let said = match &self.cause {
            Cause::Start(said)
            | Cause::Config(said)
            | Cause::Quota(said)
            | Cause::PodSecurity(said)
            | Cause::Refused(said)
            | Cause::Unschedulable(said)
            | Cause::Mount(said)
            | Cause::NotReady(said)
            | Cause::NoProgress(said) => said.as_str(),
            _ => "",
        };
        if self.evidence.iter().any(|line| line.text.contains(said)) { "" } else { said }
    }

    fn remedy(&self, subject: Subject<'_>) -> String {
        let Subject { shared, kind, .. } = subject;
        let words = match &self.cause {
            Cause::ImageName => "Correct `image`: registry/repository:tag, in lower case.".to_owned(),
            Cause::ImageNotFound => "Has the image been pushed, under this very tag, for this registry and the nodes' \
                architecture? Correct `image`, or push it and apply again."
                .to_owned(),
            Cause::ImageDenied => "Is the repository spelled right? A registry answers the same for one that does not exist. \
                For ECR in another account, allow the nodes' role in the repository's policy; for other private registries, \
                mirror the image into ECR. Then correct `image`, or apply again."
                .to_owned(),
            Cause::ImagePull => "The registry is busy, limits this cluster or cannot be reached from the nodes. Apply again \
                later; an image that is mirrored into ECR (`image`) does not depend on it."
                .to_owned(),
            Cause::Start(_) => start_remedy(shared),
            Cause::OutOfMemory => {
                format!("Raise `resources.memory` (now {}), or find out what takes the memory.", limit(shared))
            }
            Cause::Crash(code) => crash_remedy(*code),
            Cause::Ends if kind == "app" => "An app must run on. If this is a task that runs to its end, use paas_job; if \
                the program goes into the background, let it stay in the foreground (`command`, `args`)."
                .to_owned(),
            Cause::Ends => String::new(),
            Cause::Config(said) if said.contains("runAsNonRoot") => "The cluster demands that images run as another user \
                than root: add a USER with a number to the image."
                .to_owned(),
            Cause::Config(_) => "Something in the cluster changes its Pods and refers to what is not there: apps of this \
                provider refer to no Secret or ConfigMap."
                .to_owned(),
            Cause::Quota(_) => "Lower `resources` or `replicas`, or raise the ResourceQuota of the namespace. A rollout \
                needs a quarter more than what runs."
                .to_owned(),
            Cause::PodSecurity(_) => "Use another `namespace`, or lower its label pod-security.kubernetes.io/enforce to \
                baseline."
                .to_owned(),
            Cause::Refused(_) => "An admission webhook or policy of the cluster refuses them; the text above is its own.".to_owned(),
            Cause::Unschedulable(said) if said.contains("Insufficient") => {
                "Lower `resources` or `replicas`, or give the cluster more or larger nodes (`node_groups`).".to_owned()
            }
            Cause::Unschedulable(said) if said.contains("no nodes available") => {
                "The cluster has no nodes: look at its node group.".to_owned()
            }
            Cause::Unschedulable(_) => "Give the cluster nodes that can take it.".to_owned(),
            Cause::Mount(_) => "Something in the cluster adds a volume to its Pods that is not there.".to_owned(),
            Cause::NotReady(_) => "Does the program listen on the port that `port` (and the variable PORT) says, on all \
                addresses and not only on 127.0.0.1? If it needs longer to start, raise `timeouts`."
                .to_owned(),
            Cause::TooSlow(attribute) => format!("Raise `{attribute}`, or find out what takes the time."),
            Cause::NoProgress(_) => "Apply again to go on waiting, or raise `timeouts`.".to_owned(),
        };
        if kind == "app" {
            format!(
                "{words}\n\nNothing was rolled back: the Deployment holds this version. Fix the cause and apply again."
            )
            .trim()
            .to_owned()
        } else {
            format!("{words}\n\nFix the cause and apply again: run_triggers count as changed until a run succeeds.")
                .trim()
                .to_owned()
        }
    }
}

fn start_remedy(shared: &Shared) -> String {
    let own = if shared.command.is_null() { "the image's entry point" } else { "`command`" };
    format!(
        "Correct {own}: the program must be in the image, executable and of the nodes' architecture. A shell's words \
         (`a && b`) need a shell: command = [\"sh\", \"-c\", \"a && b\"]."
    )
}

fn crash_remedy(code: i32) -> String {
    let meaning = match code {
        126 => "Exit code 126 usually means that a program was found but not executable. Look at `command` and `args`.",
        127 => "Exit code 127 usually means that a shell did not find a program. Look at `command` and `args`.",
        134 => "Exit code 134 means that it aborted itself (SIGABRT).",
        137 => {
            "Exit code 137 means that it was killed (SIGKILL); with too little memory, by the kernel. Look at `resources.memory`."
        }
        139 => {
            "Exit code 139 means an access to memory that is not its own (SIGSEGV); also a binary of another architecture."
        }
        143 => "Exit code 143 means that it was asked to end (SIGTERM).",
        _ => {
            "Its output says why. Is every variable in `env` that it needs, and do the addresses in them answer from the cluster?"
        }
    };
    meaning.to_owned()
}

fn limit(shared: &Shared) -> String {
    let resources = shared.resources.known().cloned().unwrap_or_default();
    resources.memory_limit.or(resources.memory.or(render::MEMORY.to_owned()))
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.time, self.source, self.text)
    }
}

/// Lines of a program's output with the timestamps that Kubernetes puts before them.
pub fn output_lines(pod: &str, text: &str) -> Vec<Evidence> {
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    all[all.len().saturating_sub(20)..]
        .iter()
        .map(|line| {
            let stamp = line.split_once(' ').filter(|(stamp, _)| stamp.len() >= 20 && stamp.as_bytes()[10] == b'T');
            let (time, said) = stamp.map_or(("", *line), |(stamp, said)| (stamp.get(11..19).unwrap_or(""), said));
            Evidence {
                time: time.to_owned(),
                source: pod.to_owned(),
                text: said.chars().filter(|c| !c.is_control() || *c == '\t').take(400).collect(),
            }
        })
        .collect()
}
