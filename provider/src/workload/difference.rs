//! What differs between an object as we render it and as it is. Looks only at paths that we render, so what the server
//! fills in and what others add is no difference. Paths are spelled as in Kubernetes' conflicts of server-side apply.

#[cfg(test)]
mod tests;

use std::fmt::{self, Write};

use serde_json::Value as Json;

use super::quantity;
use crate::cloud::kube::error::Conflict;
use crate::cloud::ownership::{CLAIM, HASH, OWNER, READY};

/// A field that is not as we render it.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// `.spec.template.spec.containers[name="web"].image`
    pub path: String,
    /// What we render.
    pub wanted: Json,
    /// What is there, if anything.
    pub live: Option<Json>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.live {
            Some(live) => write!(f, "{} is {live} instead of {}", self.path, self.wanted),
            None => write!(f, "{} is gone; it was {}", self.path, self.wanted),
        }
    }
}

/// Lists whose elements Kubernetes tells apart by keys; all others are compared and replaced as a whole.
fn keys(list: &str, parent: &str) -> Option<&'static [&'static str]> {
    Some(match list {
        "containers" | "initContainers" | "env" | "volumes" => &["name"],
        "ports" if parent.ends_with(']') => &["containerPort", "protocol"],
        "ports" => &["port", "protocol"],
        "topologySpreadConstraints" => &["topologyKey", "whenUnsatisfiable"],
        "ownerReferences" => &["uid"],
        _ => return None,
    })
}

/// Every difference, in the order of the rendered object. What a mark says is judged elsewhere.
pub fn differences(wanted: &Json, live: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", "", wanted, Some(live), &mut found);
    found
}

fn compare(path: &str, name: &str, wanted: &Json, live: Option<&Json>, found: &mut Vec<Difference>) {
    let differs = || Difference { path: path.to_owned(), wanted: wanted.clone(), live: live.cloned() };
    let Some(there) = live.filter(|there| !there.is_null()) else {
        found.push(Difference { live: None, ..differs() });
        return;
    };
    match (wanted, there) {
        (Json::Object(wanted), Json::Object(there)) => {
            for (key, value) in wanted.iter().filter(|(key, _)| !is_mark(key)) {
                compare(&format!("{path}.{key}"), key, value, there.get(key), found);
            }
        }
        (Json::Array(wanted), Json::Array(there)) if keys(name, parent(path)).is_some() => {
            let keys = keys(name, parent(path)).unwrap_or_default();
            for one in wanted {
                let same = there.iter().find(|other| keys.iter().all(|key| one[*key] == other[*key]));
                compare(&format!("{path}{}", element(one, keys)), "", one, same, found);
            }
        }
        (Json::String(a), Json::String(b)) if is_amount(path) && quantity::same(a, b) => {}
        (wanted, there) if wanted == there => {}
        _ => found.push(differs()),
    }
}

fn is_mark(key: &str) -> bool {
    [CLAIM, HASH, OWNER, READY].contains(&key) || key == "apiVersion" || key == "kind"
}

fn is_amount(path: &str) -> bool {
    path.contains(".resources.requests.") || path.contains(".resources.limits.")
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

fn element(one: &Json, keys: &[&str]) -> String {
    let mut text = String::from("[");
    for (at, key) in keys.iter().enumerate() {
        let _ = write!(text, "{}{key}={}", if at == 0 { "" } else { "," }, one[*key]);
    }
    text.push(']');
    text
}

/// True if `object` has something at `path`, as [`differences`] and Kubernetes spell it.
pub fn has(object: &Json, path: &str) -> bool {
    let mut paths = Vec::new();
    every_path("", "", object, &mut paths);
    paths.iter().any(|one| one == path)
}

fn every_path(path: &str, name: &str, value: &Json, paths: &mut Vec<String>) {
    paths.push(path.to_owned());
    match value {
        Json::Object(all) => all.iter().for_each(|(key, one)| every_path(&format!("{path}.{key}"), key, one, paths)),
        Json::Array(all) => {
            if let Some(keys) = keys(name, parent(path)) {
                all.iter().for_each(|one| every_path(&format!("{path}{}", element(one, keys)), "", one, paths));
            }
        }
        _ => {}
    }
}

/// Those of `conflicts` that must not be overruled. One may be only if the plan showed it: we rendered the field at the last
/// read (`prior`), and what is `live` now is what was read then or is named in `drift`, which the plan sets back.
pub fn not_shown<'a>(
    conflicts: &'a [Conflict],
    prior: Option<&Json>,
    live: &Json,
    drift: &[String],
) -> Vec<&'a Conflict> {
    let Some(prior) = prior else { return conflicts.iter().collect() };
    let changed = differences(prior, live);
    let overlaps = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
    conflicts
        .iter()
        .filter(|conflict| {
            let since: Vec<&Difference> = changed.iter().filter(|one| overlaps(&one.path, &conflict.path)).collect();
            let known = |one: &&Difference| drift.iter().any(|shown| shown.ends_with(&one.to_string()));
            !has(prior, &conflict.path) || !since.iter().all(known)
        })
        .collect()
}
