//! What a container does, told by its image. Pure.

use std::time::Duration;

/// The registry of the scenarios; an `.invalid` name can never be a real one.
const REGISTRY: &str = "sandbox.invalid/";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Any image that is not a scenario: starts, becomes ready, and in a Job completes at once.
    Works,
    /// Ends soon after its start: `crash:N` and, the same in words for jobs, `fail:N`; `oom`.
    Ends { exit_code: i32, reason: &'static str },
    /// `missing`: the registry does not know the image.
    Missing,
    /// `private`: the registry wants credentials.
    Private,
    /// `slow:SECONDS`: ready, or complete, after that time.
    Slow(Duration),
    /// `never-ready`: runs, and its readiness probe fails.
    NeverReady,
    /// `hang`: runs and never completes.
    Hangs,
}

/// Reads an image reference such as `sandbox.invalid/crash:3`.
pub(super) fn behaviour(image: &str) -> Behaviour {
    let Some(scenario) = image.strip_prefix(REGISTRY) else { return Behaviour::Works };
    let scenario = scenario.split('@').next().unwrap_or_default();
    let (name, tag) = scenario.split_once(':').unwrap_or((scenario, ""));
    let number = |default: u32| tag.parse().unwrap_or(default);
    match name {
        "crash" | "fail" => Behaviour::Ends { exit_code: number(1).clamp(1, 255) as i32, reason: "Error" },
        "oom" => Behaviour::Ends { exit_code: 137, reason: "OOMKilled" },
        "missing" => Behaviour::Missing,
        "private" => Behaviour::Private,
        "slow" => Behaviour::Slow(Duration::from_secs(u64::from(number(5)))),
        "never-ready" => Behaviour::NeverReady,
        "hang" => Behaviour::Hangs,
        _ => Behaviour::Works,
    }
}
