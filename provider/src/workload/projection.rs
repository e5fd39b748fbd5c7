//! From a live container to the shared attributes. Pure.
//!
//! After a create, a read shows only what we render: what others add (a variable, a sidecar) is neither ours nor drift. An
//! import has no such knowledge and takes everything that an attribute can say.

#[cfg(test)]
mod tests;

use serde_json::Value as Json;
use tfplugin_framework::prelude::*;

use super::attributes::{Resources, Shared};
use super::{quantity, render};

/// What a live object is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// What the state said before this read.
    Before(&'a Shared),
    /// Nothing: an import. Variables that the provider sets by itself are passed over if they have this value.
    Nothing {
        /// Such as `PORT`.
        extra: &'a [(&'static str, String)],
    },
}

/// Sets in `shared` what the live `container` says.
pub fn project(known: Known<'_>, container: &Json, shared: &mut Shared) {
    let prior = match known {
        Known::Before(prior) => Some(prior),
        Known::Nothing { .. } => None,
    };
    shared.image = container["image"].as_str().map_or(Attr::Null, Attr::from);
    shared.command = words(prior.map(|prior| &prior.command), &container["command"]);
    shared.args = words(prior.map(|prior| &prior.args), &container["args"]);
    shared.env = env(known, &container["env"]);
    shared.resources = resources(prior.map(|prior| &prior.resources), &container["resources"]);
}

/// Words that we did not render are not ours to show.
fn words(prior: Option<&Attr<List<String>>>, live: &Json) -> Attr<List<String>> {
    if prior.is_some_and(Attr::is_null) {
        return Attr::Null;
    }
    let live: Option<List<String>> =
        live.as_array().map(|all| all.iter().filter_map(Json::as_str).map(Attr::from).collect());
    match (prior, live) {
        // The server drops empty lists.
        (Some(Attr::Known(before)), None) if before.is_empty() => Attr::Known(Vec::new()),
        (_, live) => live.into(),
    }
}

fn env(known: Known<'_>, live: &Json) -> Attr<Map<String>> {
    let plain =
        |one: &Json| Some((one["name"].as_str()?.to_owned(), one["value"].as_str().unwrap_or_default().to_owned()));
    let is_plain = |one: &&Json| one["valueFrom"].is_null();
    let live: Map<String> = live
        .as_array()
        .into_iter()
        .flatten()
        .filter(is_plain)
        .filter_map(plain)
        .map(|(name, value)| (name, value.into()))
        .collect();
    match known {
        Known::Before(prior) => match &prior.env {
            Attr::Known(before) => {
                Attr::Known(live.into_iter().filter(|(name, _)| before.contains_key(name)).collect())
            }
            other => other.clone(),
        },
        Known::Nothing { extra } => {
            let ours = |name: &str, value: &Attr<String>| {
                extra.iter().any(|(own, set)| *own == name && value.known() == Some(set))
            };
            let others: Map<String> = live.into_iter().filter(|(name, value)| !ours(name, value)).collect();
            if others.is_empty() { Attr::Null } else { Attr::Known(others) }
        }
    }
}

/// Amounts keep the user's spelling while they mean the same, and stay unset while they are the default.
fn resources(prior: Option<&Attr<Resources>>, live: &Json) -> Attr<Resources> {
    let before = prior.and_then(Attr::known).cloned().unwrap_or_default();
    let amount = |set: &Attr<String>, default: Option<&str>, live: &Json| match (
        set.known().map(String::as_str).or(default),
        live.as_str(),
    ) {
        (Some(wanted), Some(live)) if quantity::same(wanted, live) => set.clone(),
        (None, _) if prior.is_some() => Attr::Null,
        (_, live) => live.map(str::to_owned).into(),
    };
    let memory = before.memory.or(render::MEMORY.to_owned());
    let read = Resources {
        cpu: amount(&before.cpu, Some(render::CPU), &live["requests"]["cpu"]),
        memory: amount(&before.memory, Some(render::MEMORY), &live["requests"]["memory"]),
        cpu_limit: amount(&before.cpu_limit, None, &live["limits"]["cpu"]),
        memory_limit: match &live["requests"]["memory"] {
            // An import: what equals the request is the default.
            Json::String(request) if prior.is_none() => amount(&Attr::Null, Some(request), &live["limits"]["memory"]),
            _ => amount(&before.memory_limit, Some(&memory), &live["limits"]["memory"]),
        },
    };
    let unset = prior.is_none_or(Attr::is_null) && read == Resources::default();
    if unset { Attr::Null } else { Attr::Known(read) }
}
