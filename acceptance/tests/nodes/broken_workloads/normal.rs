//! Takes out of Kubernetes' texts what is another one every time.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value as Json;

/// Names that controllers made up, longest first, with what stands for them.
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    /// Those of Pods and ReplicaSets that are somebody's, and of the nodes they are on.
    pub(super) fn of(objects: &[Json]) -> Names {
        let mut names: Vec<(String, String)> = Vec::new();
        for object in objects {
            let meta = &object["metadata"];
            let (kind, name) = (object["kind"].as_str().unwrap_or_default(), meta["name"].as_str().unwrap_or_default());
            if let Some(owner) = meta["ownerReferences"][0]["name"].as_str()
                && ["Pod", "ReplicaSet"].contains(&kind)
            {
                names.push((name.to_owned(), format!("{owner}-…")));
            }
            if let Some(node) = object["spec"]["nodeName"].as_str() {
                names.push((node.to_owned(), "NODE".to_owned()));
            }
        }
        // A Job deletes its Pod at a deadline: what is left of it is what was told of it.
        for event in objects.iter().filter(|object| object["kind"] == "Event") {
            let about = &event["involvedObject"];
            let (kind, name) = (about["kind"].as_str().unwrap_or_default(), about["name"].as_str().unwrap_or_default());
            let exists = objects.iter().any(|object| object["kind"] == kind && object["metadata"]["name"] == name);
            if kind == "Pod"
                && !exists
                && let Some((owner, _)) = name.rsplit_once('-')
            {
                names.push((name.to_owned(), format!("{owner}-…")));
            }
        }
        // A Pod of a Deployment is named after its ReplicaSet, whose own name is replaced after it.
        names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        names.dedup();
        Names(names)
    }

    /// A text that is the same every time.
    pub(super) fn normal(&self, text: &str) -> String {
        let named = self.0.iter().fold(text.to_owned(), |text, (name, stands)| text.replace(name, stands));
        VARIES.iter().fold(named, |text, (pattern, stands)| pattern.replace_all(&text, *stands).into_owned())
    }
}

static VARIES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
        (r"\b[0-9a-f]{64}\b", "ID"),
        (r"/\S*/io\.containerd\.runtime\.v2\.task/", "…/io.containerd.runtime.v2.task/"),
        (r"\b10\.244\.\d+\.\d+\b", "POD_IP"),
        (r"127\.0\.0\.1:\d+->", "127.0.0.1:PORT->"),
        (r"POD_IP:\d+->", "POD_IP:PORT->"),
        (
            r"\bin [\d.]+m?s \([\d.]+m?s including waiting\)\. Image size: \d+ bytes",
            "in TIME (TIME including waiting). Image size: N bytes",
        ),
        (r"back-off \S+ restarting", "back-off TIME restarting"),
        (r"\b0/\d+ nodes", "0/N nodes"),
        (r"\b\d+ (Insufficient|node\(s\)|Preemption)", "N $1"),
        (r"\btook longer than \S+", "took longer than TIME"),
        (
            "image can't be pulled|trying and failing to pull image",
            "image can't be pulled, or: trying and failing to pull image",
        ),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    ];
    patterns.into_iter().filter_map(|(pattern, stands)| Some((Regex::new(pattern).ok()?, stands))).collect()
});
