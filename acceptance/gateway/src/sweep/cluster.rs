//! What exists in one live cluster and carries our label, of every kind that the API server can list. Less what controllers derived from it.

use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use futures::future::join_all;
use kube::api::{DynamicObject, ListParams};
use kube::core::discovery::verbs;
use kube::discovery::Discovery;
use kube::{Api, Client, Config, ResourceExt};
use rustls::pki_types::{CertificateDer, pem::PemObject};

use super::Resource;
use crate::front::{ClusterName, Front};

/// What the provider puts on everything it makes.
const LABEL: &str = "app.kubernetes.io/managed-by=terraform-paas";
/// Made by controllers from labelled objects, labels included, without an owner reference.
const DERIVED: &[&str] = &["Endpoints", "Event"];

/// The labelled objects behind a front, read from the API server itself.
pub(crate) async fn labelled(front: &Front) -> anyhow::Result<Vec<Resource>> {
    let name = &front.server.name;
    let client = admin(front)?;
    let discovery = Discovery::new(client.clone())
        .run()
        .await
        .with_context(|| format!("cluster {} does not tell its kinds", name.cluster))?;
    let kinds = discovery.groups().flat_map(|group| group.recommended_resources());
    let kinds = kinds.filter(|(kind, capabilities)| {
        capabilities.supports_operation(verbs::LIST) && !DERIVED.contains(&kind.kind.as_str())
    });
    let lists = kinds.map(|(kind, _)| {
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &kind);
        async move {
            let listed = api
                .list(&ListParams::default().labels(LABEL))
                .await
                .with_context(|| format!("{} cannot be listed", kind.plural))?;
            let kind = if kind.group.is_empty() { kind.kind } else { format!("{}/{}", kind.group, kind.kind) };
            let own = listed.items.into_iter().filter(|object| object.owner_references().is_empty());
            Ok(own.map(|object| resource(name, &kind, &object)).collect())
        }
    });
    let found: anyhow::Result<Vec<Vec<Resource>>> = join_all(lists).await.into_iter().collect();
    Ok(found?.concat())
}

fn resource(name: &ClusterName, kind: &str, object: &DynamicObject) -> Resource {
    let id = [Some(name.cluster.clone()), object.namespace(), Some(object.name_any())]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("/");
    Resource {
        account: name.account.clone(),
        service: "kubernetes".into(),
        kind: kind.to_owned(),
        id,
        tags: object.labels().clone(),
        created: object.uid().unwrap_or_default(),
    }
}

/// A client with all rights, by a certificate of the cluster's own authority; past the front, so that faults and log stay out of it.
pub(crate) fn admin(front: &Front) -> anyhow::Result<Client> {
    let issued = front.server.authority.issue_client("sandbox-sweep", Some("system:masters"))?;
    let mut config = Config::new(format!("https://{}", front.server.address).parse()?);
    let root = CertificateDer::from_pem_slice(front.server.authority.pem().as_bytes())
        .context("the cluster's authority is not PEM")?;
    config.root_cert = Some(vec![root.to_vec()]);
    config.auth_info.client_certificate_data = Some(BASE64_STANDARD.encode(issued.chain_pem));
    config.auth_info.client_key_data = Some(BASE64_STANDARD.encode(issued.key_pem).into());
    Ok(Client::try_from(config)?)
}
