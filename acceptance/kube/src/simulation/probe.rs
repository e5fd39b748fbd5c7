//! Readiness probes of containers in which nothing listens: what the kubelet says of them, and how often it asks. Pure. Knows neither
//! startup nor liveness probes: of a simulated container nobody asks those.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, Pod};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::behaviour::{Behaviour, behaviour};
use super::container::{Event, warning};
use super::pod::address;

/// A probe that fails as long as its container's state stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failing {
    pub(super) container: String,
    /// From the container's start.
    pub(super) first: Duration,
    pub(super) period: Duration,
    pub(super) event: Event,
}

/// The failing probes of a pod's containers that run and do not listen.
pub(super) fn failing(pod: &Pod) -> Vec<Failing> {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    let deaf = |name: &str| {
        statuses.clone().any(|status| {
            let runs = status.state.as_ref().is_some_and(|state| state.running.is_some());
            status.name == name && runs && !status.ready
        })
    };
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers
        .filter(|container| deaf(&container.name) && behaviour(container) != Behaviour::Works)
        .filter_map(|container| {
            let probe = container.readiness_probe.as_ref()?;
            let seconds = |value: Option<i32>, default: u64| {
                Duration::from_secs(value.and_then(|value| u64::try_from(value).ok()).unwrap_or(default))
            };
            Some(Failing {
                container: container.name.clone(),
                first: seconds(probe.initial_delay_seconds, 0),
                period: seconds(probe.period_seconds.filter(|period| *period > 0), 10),
                event: refused(container, &address(pod))?,
            })
        })
        .collect()
}

/// What the first probe finds of a container that ends at once, where that probe does not wait.
pub(super) fn at_once(container: &Container, address: &str) -> Option<Event> {
    let waits = container.readiness_probe.as_ref()?.initial_delay_seconds.unwrap_or(0) > 0;
    if waits { None } else { refused(container, address) }
}

/// What a connection to a port says at which nothing listens. What a command or a gRPC service would say is not told by an image's name.
fn refused(container: &Container, address: &str) -> Option<Event> {
    let probe = container.readiness_probe.as_ref()?;
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => {
            let ports = container.ports.iter().flatten();
            ports.into_iter().find(|port| port.name.as_deref() == Some(name)).map(|port| port.container_port)
        }
    };
    let dial = |host: &str, port: i32| format!("dial tcp {host}:{port}: connect: connection refused");
    let said = if let Some(tcp) = &probe.tcp_socket {
        dial(tcp.host.as_deref().unwrap_or(address), port(&tcp.port)?)
    } else {
        let http = probe.http_get.as_ref()?;
        let (host, port) = (http.host.as_deref().unwrap_or(address), port(&http.port)?);
        let scheme = http.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
        let path = http.path.as_deref().unwrap_or("/").trim_start_matches('/');
        format!("Get \"{scheme}://{host}:{port}/{path}\": {}", dial(host, port))
    };
    Some(warning("Unhealthy", format!("Readiness probe failed: {said}")))
}
