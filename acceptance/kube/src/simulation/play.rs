//! Plays the scenario pods: watches them, and when a step is due patches the status and records the events.

use std::collections::{BTreeMap, HashMap};
use std::pin::pin;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{Event as KubernetesEvent, Pod};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams, PostParams};
use kube::runtime::watcher;
use kube::{Api, ResourceExt as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::container::Event;
use super::pod::{is_scenario, step, stopping};
use super::probe::failing;

/// A pod as last seen, since when its containers are so, when its next step and the next probe of each container are due, and how often
/// each of its events happened.
struct Scene {
    pod: Pod,
    containers: String,
    since: Instant,
    due: Option<Instant>,
    probes: BTreeMap<String, Instant>,
    counts: HashMap<String, u32>,
}

impl Scene {
    fn next(&self) -> Option<Instant> {
        self.probes.values().copied().chain(self.due).min()
    }
}

/// Runs until it is dropped.
pub(super) async fn play(client: kube::Client) {
    let pods: Api<Pod> = Api::all(client.clone());
    let mut watch = pin!(watcher::watcher(pods, watcher::Config::default().fields("spec.nodeName!=")));
    let mut scenes: BTreeMap<String, Scene> = BTreeMap::new();
    loop {
        let due = scenes.iter().filter_map(|(uid, scene)| Some((scene.next()?, uid.clone()))).min();
        let timer = async {
            match &due {
                Some((at, _)) => tokio::time::sleep_until(*at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = watch.next() => match event {
                Some(Ok(watcher::Event::Apply(pod) | watcher::Event::InitApply(pod))) => {
                    if let Some(scene) = observe(&mut scenes, pod) {
                        for event in stopping(&scene.pod) {
                            record(&client, scene, &event).await;
                        }
                    }
                }
                Some(Ok(watcher::Event::Delete(pod))) => drop(scenes.remove(&pod.uid().unwrap_or_default())),
                Some(Ok(watcher::Event::Init | watcher::Event::InitDone)) => {}
                // The watcher lists again by itself; at the end of a control plane there is nothing to list.
                Some(Err(_)) => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
                None => return,
            },
            () = timer => {
                if let Some(scene) = due.and_then(|(_, uid)| scenes.get_mut(&uid)) {
                    if scene.due.take_if(|due| *due <= Instant::now()).is_some() {
                        perform(&client, scene).await;
                    }
                    ask(&client, scene).await;
                }
            }
        }
    }
}

/// Remembers a pod of ours; returns it when it has just been deleted.
fn observe(scenes: &mut BTreeMap<String, Scene>, pod: Pod) -> Option<&mut Scene> {
    let uid = pod.uid().unwrap_or_default();
    if !is_scenario(&pod) {
        return None;
    }
    let goes = pod.metadata.deletion_timestamp.is_some();
    let status = pod.status.as_ref();
    let containers =
        json!(status.map(|status| (&status.container_statuses, &status.init_container_statuses))).to_string();
    let now = Instant::now();
    let before = scenes.remove(&uid);
    let left = before.as_ref().is_some_and(|scene| scene.pod.metadata.deletion_timestamp.is_none());
    let (since, asked, counts) = match before {
        // Somebody else's change of the pod does not start its clocks again.
        Some(scene) if scene.containers == containers => (scene.since, scene.probes, scene.counts),
        Some(scene) => (now, BTreeMap::new(), scene.counts),
        None => (now, BTreeMap::new(), HashMap::new()),
    };
    let due = step(&pod, Timestamp::now()).map(|step| since + step.after);
    let probes = if goes { Vec::new() } else { failing(&pod) };
    let probes = probes.into_iter().map(|probe| {
        let due = asked.get(&probe.container).copied().unwrap_or(since + probe.first);
        (probe.container, due)
    });
    let probes = probes.collect();
    let scene = scenes.entry(uid).insert_entry(Scene { pod, containers, since, due, probes, counts }).into_mut();
    (goes && left).then_some(scene)
}

/// Says what the probes find that are due.
async fn ask(client: &kube::Client, scene: &mut Scene) {
    let now = Instant::now();
    for probe in failing(&scene.pod) {
        if scene.probes.get(&probe.container).is_some_and(|due| *due <= now) {
            record(client, scene, &probe.event).await;
            scene.probes.insert(probe.container, now + probe.period);
        }
    }
}

/// Does the step that is due, with the times of now. A pod that is gone or another one by now is none of ours.
async fn perform(client: &kube::Client, scene: &mut Scene) {
    let (namespace, name) = (scene.pod.namespace().unwrap_or_default(), scene.pod.name_any());
    let Some(step) = step(&scene.pod, Timestamp::now()) else { return };
    for event in &step.events {
        record(client, scene, event).await;
    }
    let patch = json!({"metadata": {"uid": scene.pod.uid()}, "status": step.status});
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    if let Err(error) = pods.patch_status(&name, &PatchParams::default(), &Patch::Strategic(patch)).await
        && !matches!(&error, kube::Error::Api(status) if status.code == 404 || status.code == 409)
    {
        tracing::warn!(pod = %format!("{namespace}/{name}"), %error, "the simulated kubelet cannot report the pod's status");
    }
}

/// Records an event, or counts one more of an equal one, as the kubelet's recorder does.
async fn record(client: &kube::Client, scene: &mut Scene, event: &Event) {
    let pod = &scene.pod;
    let (namespace, name) = (pod.namespace().unwrap_or_default(), pod.name_any());
    let hash = Sha256::digest(format!("{}/{}/{}", pod.uid().unwrap_or_default(), event.reason, event.message));
    let event_name = format!("{name}.{}", hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>());
    let count = scene.counts.entry(event_name.clone()).or_default();
    *count += 1;
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let events: Api<KubernetesEvent> = Api::namespaced(client.clone(), &namespace);
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
    let recorded = if *count > 1 {
        events
            .patch(&event_name, &PatchParams::default(), &Patch::Merge(json!({"count": *count, "lastTimestamp": now})))
            .await
            .map(drop)
    } else {
        let object = json!({
            "metadata": {"name": event_name, "namespace": namespace},
            "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": name, "uid": pod.uid(), "resourceVersion": pod.resource_version()},
            "type": if event.warning { "Warning" } else { "Normal" },
            "reason": event.reason, "message": event.message, "count": 1, "firstTimestamp": now, "lastTimestamp": now,
            "source": {"component": "kubelet", "host": node}, "reportingComponent": "kubelet", "reportingInstance": node,
        });
        match serde_json::from_value(object) {
            Ok(object) => events.create(&PostParams::default(), &object).await.map(drop),
            Err(error) => Err(kube::Error::SerdeError(error)),
        }
    };
    if let Err(error) = recorded {
        // A namespace that is being deleted refuses events; the pod goes with it.
        tracing::debug!(pod = %format!("{namespace}/{name}"), %error, "the simulated kubelet cannot record an event");
    }
}
