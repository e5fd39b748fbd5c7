//! What a container does, told by its image. Pure.

use std::time::Duration;

use k8s_openapi::api::core::v1::Container;
use sandbox_images::{Name, Reference, Refusal};

/// The registry of the scenarios; an `.invalid` name can never be a real one.
const REGISTRY: &str = "sandbox.invalid";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Any image that is none of the others: starts, listens, becomes ready, and in a Job completes at once.
    Works,
    /// Ends soon after its start: `crash:N` and, the same in words for jobs, `fail:N`; `oom`.
    Ends { exit_code: i32, reason: &'static str },
    /// Its registry does not give it to the nodes.
    Refused(Refusal),
    /// `slow:SECONDS`: listens, or completes, after that time.
    Slow(Duration),
    /// `never-ready`: runs and listens nowhere.
    NeverReady,
    /// `hang`: the same; as a job it never completes.
    Hangs,
}

/// What the image of a container does.
pub(super) fn behaviour(container: &Container) -> Behaviour {
    named(container.image.as_deref().unwrap_or_default())
}

/// Reads an image reference such as `sandbox.invalid/crash:3`.
pub(super) fn named(image: &str) -> Behaviour {
    let Ok(name) = image.parse::<Name>() else { return Behaviour::Works };
    if let Some(refusal) = Refusal::of(&name) {
        return Behaviour::Refused(refusal);
    }
    if name.registry != REGISTRY {
        return Behaviour::Works;
    }
    let number = |default: u32| match &name.reference {
        Reference::Tag(tag) => tag.parse().unwrap_or(default),
        Reference::Digest(_) => default,
    };
    match name.repository.as_str() {
        "crash" | "fail" => Behaviour::Ends { exit_code: number(1).clamp(1, 255) as i32, reason: "Error" },
        "oom" => Behaviour::Ends { exit_code: 137, reason: "OOMKilled" },
        "slow" => Behaviour::Slow(Duration::from_secs(u64::from(number(5)))),
        "never-ready" => Behaviour::NeverReady,
        "hang" => Behaviour::Hangs,
        _ => Behaviour::Works,
    }
}
