//! Events about a few objects. Asked for only when something does not go well: a namespace of many apps has thousands.

use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::ListParams;

use crate::cloud::kube::Kube;

/// The events about the objects with these UIDs; none about those that could not be asked for.
pub async fn about(kube: &Kube, namespace: &str, uids: &[String]) -> Vec<Event> {
    let api: Api<Event> = Api::namespaced(kube.client(), namespace);
    let mut all = Vec::new();
    for uid in uids {
        let params = ListParams::default().fields(&format!("involvedObject.uid={uid}")).limit(100);
        match api.list(&params).await {
            Ok(found) => all.extend(found.items),
            Err(error) => {
                let error = kube.told(format!("list events in namespace {namespace}"), error);
                tracing::info!("no events: {}", error.headline());
                return all;
            }
        }
    }
    all
}
