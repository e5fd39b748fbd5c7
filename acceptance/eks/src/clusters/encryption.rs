//! AssociateEncryptionConfig: a key for Secrets, once. Pure.

use serde::Deserialize;
use serde_json::{Value, json};

use super::config::begin;
use crate::effects::Effect;
use crate::error::ApiError;
use crate::pace::Phase;
use crate::state::{ClusterState, Context};
use crate::updates::parameter;

/// The input of AssociateEncryptionConfig.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssociateEncryptionConfig {
    encryption_config: Vec<Value>,
}

/// One provider of keys, whose key is named by its ARN.
///
/// # Errors
/// `InvalidParameterException` in AWS's words.
pub(crate) fn check(configs: &[Value]) -> Result<(), ApiError> {
    let [config] = configs else {
        return Err(ApiError::parameter("Only one encryption config can be specified"));
    };
    let key = config["provider"]["keyArn"].as_str().unwrap_or_default();
    let parts: Vec<&str> = key.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "kms", _, _, key] if key.starts_with("key/") => Ok(()),
        _ => Err(ApiError::parameter(format!("Invalid keyArn: {key}"))),
    }
}

pub(crate) fn associate(
    cluster: &mut ClusterState,
    context: &Context,
    request: &AssociateEncryptionConfig,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let name = cluster.cluster.name.clone();
    check(&request.encryption_config).map_err(|error| error.cluster(&name))?;
    if cluster.cluster.encryption_config.is_some() {
        let text = "Encryption is already enabled on cluster";
        return Err(ApiError::parameter(text).cluster(&name));
    }
    let config = json!(request.encryption_config);
    let params = vec![parameter("EncryptionConfig", config.clone())];
    begin(
        cluster,
        context,
        "AssociateEncryptionConfig",
        Phase::ClusterConfig,
        params,
        json!({"encryptionConfig": config}),
    )
}
