//! The last lines that a program wrote.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;

use crate::cloud::kube::Kube;
use crate::workload::failure::{Evidence, Output, output_lines};

/// A kubelet that does not answer must not hold up the error.
const PATIENCE: Duration = Duration::from_secs(5);

/// The last lines of a container, or of the one before its restart. The kubelet may have removed either: then the other's,
/// and at last none.
pub async fn last_lines(kube: &Kube, namespace: &str, output: &Output) -> Vec<Evidence> {
    let api: Api<Pod> = Api::namespaced(kube.client(), namespace);
    for previous in [output.previous, !output.previous] {
        let params = LogParams {
            container: Some(output.container.clone()),
            previous,
            tail_lines: Some(20),
            limit_bytes: Some(64 * 1024),
            timestamps: true,
            ..LogParams::default()
        };
        match tokio::time::timeout(PATIENCE, api.logs(&output.pod, &params)).await {
            Ok(Ok(text)) => {
                let lines = output_lines(&output.pod, &text);
                if !lines.is_empty() {
                    return lines;
                }
            }
            Ok(Err(error)) => tracing::debug!("no output of {}: {error}", output.pod),
            Err(_) => return Vec::new(),
        }
    }
    Vec::new()
}
