//! One broken workload as its file describes it.

use anyhow::{Context as _, ensure};

/// A manifest and the comments above it.
pub(super) struct Workload {
    pub(super) name: String,
    pub(super) kind: String,
    /// In a sentence.
    what: String,
    /// What the cluster shows of it once it has settled: words of its states and conditions, `event` and words of events.
    pub(super) shows: Vec<String>,
    /// Words of lines that are there now and then.
    pub(super) not_always: Vec<String>,
    /// Whether simulated nodes play it.
    pub(super) simulated: bool,
    pub(super) manifest: String,
}

/// The documents of one file.
pub(super) fn read(text: &str) -> anyhow::Result<Vec<Workload>> {
    text.split("---\n").map(one).collect()
}

fn one(document: &str) -> anyhow::Result<Workload> {
    let comments: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("# ")).collect();
    let after = |key: &str| comments.iter().find_map(|line| line.strip_prefix(key));
    let list = |key: &str| after(key).into_iter().flat_map(|words| words.split(", ")).map(str::to_owned).collect();
    let manifest: String =
        document.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let field = |start: &str, end: char| {
        let rest = manifest.split_once(start)?.1;
        Some(rest.split(end).next()?.trim().to_owned())
    };
    let workload = Workload {
        name: field("metadata: {name: ", '}').with_context(|| format!("no name in:\n{document}"))?,
        kind: field("kind: ", '\n').with_context(|| format!("no kind in:\n{document}"))?,
        what: (*comments.first().with_context(|| format!("no comment above:\n{document}"))?).to_owned(),
        shows: list("shows: "),
        not_always: list("not always: "),
        simulated: comments.contains(&"on simulated nodes too"),
        manifest,
    };
    ensure!(!workload.shows.is_empty(), "{} does not say what it shows", workload.name);
    Ok(workload)
}

impl Workload {
    /// Its heading, what it is, and the part of its manifest that matters.
    pub(super) fn head(&self) -> String {
        let spec = self.manifest.find("spec:").map_or("", |at| &self.manifest[at..]);
        let spec: Vec<&str> = spec.lines().collect();
        // What a Deployment has around its Pod is the same for all.
        let template = spec.iter().position(|line| line.trim_start() == "spec:" && line.starts_with(' '));
        let (lines, indent) = match (template, spec.as_slice()) {
            (Some(at), _) => (spec[at + 1..].to_vec(), 6),
            (None, [only]) => (vec![only.trim_start_matches("spec: ")], 0),
            (None, _) => (spec[1..].to_vec(), 2),
        };
        let lines: String = lines.iter().map(|line| format!("{}\n", line.get(indent..).unwrap_or(line))).collect();
        let mut not_always = String::new();
        if !self.not_always.is_empty() {
            not_always = format!("\nNot always, and left out: {}.\n", self.not_always.join(", "));
        }
        let simulated = if self.simulated { ", on simulated nodes too" } else { "" };
        format!("### {}\n\n{} ({}{simulated})\n{not_always}\n```yaml\n{lines}```\n", self.name, self.what, self.kind)
    }
}
