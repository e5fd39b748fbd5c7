//! What the API server shows of one workload: conditions, its Pods' states and every object's events.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::normal::Names;
use super::workload::Workload;

/// The objects of one workload as they were at one moment.
pub(super) struct Shown<'a> {
    workload: &'a Workload,
    owner: Option<&'a Json>,
    pods: Vec<&'a Json>,
    events: Vec<&'a Json>,
}

/// Reasons of events that tell nothing that a neighbour does not tell.
const QUIET: [&str; 2] = ["Pulled", "Created"];

impl<'a> Shown<'a> {
    pub(super) fn of(workload: &'a Workload, objects: &'a [Json]) -> Shown<'a> {
        let root = objects
            .iter()
            .find(|one| text(&one["kind"]) == workload.kind && text(&one["metadata"]["name"]) == workload.name);
        let mut uids: BTreeSet<&str> = root.map(|root| text(&root["metadata"]["uid"])).into_iter().collect();
        // A Deployment owns ReplicaSets, which own Pods.
        for _ in 0..2 {
            let owned = objects.iter().filter(|one| uids.contains(text(&one["metadata"]["ownerReferences"][0]["uid"])));
            let owned: Vec<&str> = owned.map(|one| text(&one["metadata"]["uid"])).collect();
            uids.extend(owned);
        }
        let is = |one: &&Json, kind: &str| text(&one["kind"]) == kind;
        let pods =
            objects.iter().filter(|one| is(one, "Pod") && uids.contains(text(&one["metadata"]["uid"]))).collect();
        // The Pod of a Job may be gone; its events are told by its name.
        let child = format!("{}-", workload.name);
        let about = |event: &&Json| {
            let object = &event["involvedObject"];
            uids.contains(text(&object["uid"]))
                || workload.kind == "Job"
                    && text(&object["name"]).strip_prefix(&child).is_some_and(|end| end.len() == 5)
        };
        let events = objects.iter().filter(|one| is(one, "Event")).filter(about).collect();
        Shown { workload, owner: root.filter(|root| !is(root, "Pod")), pods, events }
    }

    /// Whether it shows that: words of a state, or `event` and words of one.
    pub(super) fn has(&self, wanted: &str) -> bool {
        let has_all = |line: &str, words: &str| words.split(' ').all(|word| line.contains(word));
        match wanted.strip_prefix("event ") {
            Some(words) => self.event_lines().iter().any(|line| has_all(line, words)),
            None => self.state_lines().iter().any(|line| has_all(line, wanted)),
        }
    }

    /// What the table says of it. `log` is asked for a pod's container, and whether for the run before.
    pub(super) fn told(&self, names: &Names, log: &dyn Fn(&str, &str, bool) -> String) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut add = |line: String| {
            let line = names.normal(&line);
            if !lines.contains(&line) {
                lines.push(line);
            }
        };
        self.state_lines().into_iter().filter(|line| self.always(line)).for_each(&mut add);
        let mut events: Vec<String> = self.event_lines().iter().map(|line| names.normal(line)).collect();
        events.sort();
        events.into_iter().for_each(&mut add);
        for pod in &self.pods {
            for container in statuses(pod) {
                let name = text(&container["name"]);
                // By the time it is asked, what waits may run again, and has written half of its lines.
                let previous =
                    container["state"]["waiting"].is_object() && container["lastState"]["terminated"].is_object();
                let log = log(text(&pod["metadata"]["name"]), name, previous);
                log.lines()
                    .map(|line| format!("log {name}: {line}"))
                    .filter(|line| self.always(line))
                    .for_each(&mut add);
            }
        }
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        format!("```\n{lines}```\n")
    }

    fn state_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(owner) = self.owner {
            for condition in array(&owner["status"]["conditions"]) {
                let kind = text(&owner["kind"]);
                lines.push(condition_line(&format!("{} ", kind.to_lowercase()), condition));
            }
        }
        for pod in &self.pods {
            let status = &pod["status"];
            lines.push(words(["pod", text(&status["phase"]), text(&status["reason"]), text(&status["message"])]));
            let conditions = array(&status["conditions"]);
            lines.extend(
                conditions.iter().filter(|one| one["status"] == "False").map(|one| condition_line("pod ", one)),
            );
            for container in statuses(pod) {
                let name = text(&container["name"]);
                lines.push(format!("{name}: {}{}", state(&container["state"]), flags(container)));
                let last = state(&container["lastState"]);
                if !last.is_empty() {
                    lines.push(format!("{name}, before: {last}"));
                }
            }
        }
        lines
    }

    fn event_lines(&self) -> BTreeSet<String> {
        let line = |event: &&Json| {
            let (about, message) = (text(&event["involvedObject"]["kind"]).to_lowercase(), text(&event["message"]));
            words([&format!("event {about}"), text(&event["type"]), text(&event["reason"]), message.trim_end()])
        };
        let told = self.events.iter().filter(|event| !QUIET.contains(&text(&event["reason"])));
        told.map(line).filter(|line| self.always(line)).collect()
    }

    /// Whether the line does not depend on the moment.
    fn always(&self, line: &str) -> bool {
        !self.workload.not_always.iter().any(|words| words.split(' ').all(|word| line.contains(word)))
    }
}

fn condition_line(whose: &str, condition: &Json) -> String {
    let [kind, status, reason, message] = ["type", "status", "reason", "message"].map(|key| text(&condition[key]));
    words([&format!("{whose}{kind}"), status, reason, message])
}

fn statuses(pod: &Json) -> impl Iterator<Item = &Json> {
    array(&pod["status"]["initContainerStatuses"]).iter().chain(array(&pod["status"]["containerStatuses"]))
}

/// `waiting CrashLoopBackOff "…"`
fn state(state: &Json) -> String {
    let Some((kind, detail)) = state.as_object().and_then(|state| state.iter().next()) else { return String::new() };
    let code = detail["exitCode"].as_i64().map(|code| format!("exit code {code}")).unwrap_or_default();
    let message = match text(&detail["message"]) {
        "" => String::new(),
        message => format!("{message:?}"),
    };
    words([kind.as_str(), text(&detail["reason"]), &code, &message])
}

fn flags(container: &Json) -> String {
    let flags =
        [(container["ready"] == true, ", ready"), (container["restartCount"].as_i64().unwrap_or(0) > 0, ", restarted")];
    flags.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect()
}

fn words<const N: usize>(words: [&str; N]) -> String {
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ").replace('\n', "\\n")
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

fn array(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}
