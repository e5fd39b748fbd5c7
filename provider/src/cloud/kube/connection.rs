//! How a connection to an API server is made: from what EKS says of a cluster, or from a kubeconfig file, and from nothing
//! else: no default file, no current context of the user's, no in-cluster environment, no `localhost`.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::client::ClientBuilder;
use kube::config::{
    AuthInfo, Cluster, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext,
};
use kube::{Client, Config};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower::buffer::BufferLayer;
use tower::filter::AsyncFilterLayer;

use super::error::{KubeError, Way};
use super::token::Tokens;
use super::{IN_FLIGHT, Kind, Kube, Lives};
use crate::cloud::aws::Aws;
use crate::cloud::reference::{ClusterArn, is_cluster_name};
use crate::cloud::{Cloud, KubeconfigRef};

/// For one attempt to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(5);
/// For the first answer, all attempts together: a cluster that became active a moment ago refuses connections at first.
const FIRST_ANSWER: Duration = Duration::from_secs(12);

pub(super) fn other_account(wanted: &ClusterArn, aws: &Aws) -> KubeError {
    KubeError::OtherAccount {
        arn: wanted.to_string(),
        account: aws.account_id.clone(),
        principal: aws.caller.principal_arn.clone(),
    }
}

pub(super) async fn open_eks(cloud: &Cloud, region: &str, name: &str) -> Result<Arc<Kube>, KubeError> {
    if !is_cluster_name(name) {
        return Err(KubeError::BadName(name.to_owned()));
    }
    let aws = cloud.aws(region).await?;
    let described = aws.eks.describe_cluster().name(name).send().await;
    let cluster = match described.map_err(crate::cloud::error::CloudError::from) {
        Ok(described) => described.cluster,
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error.into()),
    };
    let Some(cluster) = cluster else {
        return Err(KubeError::NoCluster {
            name: name.to_owned(),
            region: region.to_owned(),
            account: aws.account_id.clone(),
        });
    };
    let status = cluster.status().map_or("UNKNOWN", |status| status.as_str()).to_owned();
    let authority = cluster.certificate_authority().and_then(|authority| authority.data());
    let arn = cluster.arn().and_then(|arn| ClusterArn::parse(arn).ok());
    let (Some(endpoint), Some(authority), Some(arn), true) =
        (cluster.endpoint(), authority, arn, status != "DELETING" && status != "CREATING")
    else {
        return Err(KubeError::NotActive { name: name.to_owned(), status });
    };
    let public = cluster
        .resources_vpc_config()
        .and_then(|network| network.endpoint_public_access().then(|| network.public_access_cidrs().to_vec()));
    let kubeconfig = Kubeconfig {
        clusters: vec![NamedCluster {
            name: name.to_owned(),
            cluster: Some(Cluster {
                server: Some(endpoint.to_owned()),
                certificate_authority_data: Some(authority.to_owned()),
                ..Cluster::default()
            }),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: name.to_owned(),
            auth_info: Some(AuthInfo::default()),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: name.to_owned(),
            context: Some(Context { cluster: name.to_owned(), user: Some(name.to_owned()), ..Context::default() }),
            ..NamedContext::default()
        }],
        ..Kubeconfig::default()
    };
    let way = Way { endpoint: endpoint.to_owned(), public: Some(public) };
    let garbage = |reason: String| KubeError::Garbage { action: format!("describe cluster {name}"), reason };
    let config = configured(kubeconfig, Some(name), &cloud.user_agent()).await.map_err(garbage)?;
    let tokens = Arc::new(Tokens::new(aws, name));
    let signing = tokens.clone();
    let sign = AsyncFilterLayer::new(move |request| signing.clone().sign(request));
    let client = ClientBuilder::try_from(config)
        .map_err(|error| garbage(error.to_string()))?
        .with_layer(&BufferLayer::new(2 * IN_FLIGHT))
        .with_layer(&sign)
        .build();
    answering(Kube {
        lives: Lives::Eks(arn),
        way,
        client,
        tokens: Some(tokens),
        permits: Semaphore::new(IN_FLIGHT),
        lists: super::lists::Lists::default(),
    })
    .await
}

pub(super) async fn open_kubeconfig(key: &str, entry: &KubeconfigRef, agent: &str) -> Result<Arc<Kube>, KubeError> {
    let wrong =
        |reason: String| KubeError::Kubeconfig { key: key.to_owned(), path: entry.path.display().to_string(), reason };
    let kubeconfig = Kubeconfig::read_from(&entry.path).map_err(|error| wrong(innermost(&error)))?;
    let config = configured(kubeconfig, entry.context.as_deref(), agent).await.map_err(wrong)?;
    let way = Way { endpoint: config.cluster_url.to_string(), public: None };
    let client = Client::try_from(config).map_err(|error| wrong(innermost(&error)))?;
    let mut kube = Kube {
        lives: Lives::Kubeconfig { key: key.to_owned(), uid: String::new() },
        way,
        client,
        tokens: None,
        permits: Semaphore::new(IN_FLIGHT),
        lists: super::lists::Lists::default(),
    };
    kube = Arc::into_inner(answering(kube).await?).ok_or_else(|| wrong("it was opened twice".to_owned()))?;
    let system = kube.get(Kind::Namespace, None, "kube-system").await?;
    let uid = system.and_then(|system| Some(system["metadata"]["uid"].as_str()?.to_owned()));
    let uid = uid.ok_or_else(|| wrong("the cluster has no namespace kube-system".to_owned()))?;
    kube.lives = Lives::Kubeconfig { key: key.to_owned(), uid };
    Ok(Arc::new(kube))
}

async fn configured(kubeconfig: Kubeconfig, context: Option<&str>, agent: &str) -> Result<Config, String> {
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| innermost(&error))?;
    config.connect_timeout = Some(CONNECT);
    config.default_retry = false;
    config.headers.push((USER_AGENT, HeaderValue::from_str(agent).map_err(|error| error.to_string())?));
    Ok(config)
}

/// Waits for the first answer, whatever it is, so that what comes later fails for reasons of its own.
async fn answering(kube: Kube) -> Result<Arc<Kube>, KubeError> {
    let deadline = Instant::now() + FIRST_ANSWER;
    loop {
        match kube.version(deadline).await {
            Ok(()) => return Ok(Arc::new(kube)),
            Err(error) if error.is_busy() || matches!(error, KubeError::Unreachable { .. }) => {
                let next = Instant::now() + Duration::from_millis(500);
                if next >= deadline {
                    return Err(error);
                }
                tracing::info!("cluster {} is asked again: {}", kube.name(), error.headline());
                tokio::time::sleep_until(next).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The last cause of an error, which says what the ones around it only repeat.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
