//! A plan of one cluster as the CLI shows it in JSON, and places in it.

use acceptance::terraform::Workspace;
use serde_json::{Value as Json, json};

/// What changes of the cluster, and what is said.
pub(crate) struct Planned {
    pub change: Json,
    pub prose: String,
}

impl Planned {
    /// Plans, into the file `planned`.
    pub(crate) fn of(workspace: &Workspace) -> anyhow::Result<Planned> {
        let plan = workspace.run(&["plan", "-no-color", "-input=false", "-out=planned"])?.succeeded()?;
        let shown = workspace.run(&["show", "-json", "planned"])?.succeeded()?;
        let mut shown: Json = serde_json::from_str(&shown.output)?;
        Ok(Planned { change: shown["resource_changes"][0]["change"].take(), prose: plan.prose() })
    }

    /// Whether what is at a path becomes something else, or may.
    pub(crate) fn changes(&self, path: &str) -> bool {
        let (before, after) = (at(&self.change["before"], path), at(&self.change["after"], path));
        before != after || *at(&self.change["after_unknown"], path) == json!(true)
    }
}

/// `policies[0]` is a name and an index.
pub(crate) fn segment(text: &str) -> (&str, Option<usize>) {
    match text.split_once('[') {
        Some((name, index)) => (name, index.trim_end_matches(']').parse().ok()),
        None => (text, None),
    }
}

/// The value at a path; null if there is none.
pub(crate) fn at<'j>(value: &'j Json, path: &str) -> &'j Json {
    path.split('.').fold(value, |value, part| match segment(part) {
        (name, Some(index)) => &value[name][index],
        (name, None) => &value[name],
    })
}
