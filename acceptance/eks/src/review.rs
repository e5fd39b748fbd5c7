//! TokenReview: from a token to a Kubernetes user. Pure; the caller finds the signer's secret.

use serde_json::{Value, json};

use crate::cloud::Session;
use crate::effects::entry_group;
use crate::state::ClusterState;

/// Who signed a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signer {
    /// As GetCallerIdentity answers.
    pub arn: String,
    /// The user's or role's ARN, as access entries name it.
    pub principal: String,
    pub account: String,
    pub access_key: String,
    pub user_id: String,
}

/// The role and session names of `arn:…:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
pub(crate) fn assumed_role(arn: &str) -> Option<(&str, &str)> {
    let (_, resource) = arn.split_once(":assumed-role/")?;
    resource.split_once('/')
}

impl From<Session> for Signer {
    fn from(session: Session) -> Self {
        let account = session.arn.split(':').nth(4).unwrap_or_default().to_owned();
        Self {
            principal: session.arn.clone(),
            arn: session.arn,
            account,
            access_key: String::new(),
            user_id: session.user_id,
        }
    }
}

/// The user that a signer is in a cluster; none without an access entry.
pub(crate) fn user(cluster: &ClusterState, signer: &Signer) -> Option<Value> {
    let session = assumed_role(&signer.arn).map_or("", |(_, session)| session);
    let mode = cluster.cluster.access_config.authentication_mode.as_str();
    let (username, mut groups) = match cluster.access_entries.get(&signer.principal) {
        Some(entry) if mode != "CONFIG_MAP" => {
            let mut groups = entry.kubernetes_groups.clone();
            if entry.r#type == "STANDARD" {
                // Also while no policy is associated: API servers remember a user for a while, and policies come later.
                groups.push(entry_group(&entry.principal_arn));
            }
            // Colons separate nothing in Kubernetes user names, and AWS's authenticator replaces @ in session names.
            (entry.username.replace("{{SessionName}}", &session.replace('@', "-")), groups)
        }
        _ if mode == "CONFIG_MAP" && cluster.bootstrap_admin && cluster.creator == signer.principal => {
            ("kubernetes-admin".to_owned(), vec!["system:masters".to_owned()])
        }
        _ => return None,
    };
    groups.push("system:authenticated".to_owned());
    Some(json!({
        "username": username,
        "uid": format!("aws-iam-authenticator:{}:{}", signer.account, signer.user_id.split(':').next().unwrap_or_default()),
        "groups": groups,
        "extra": {
            "accessKeyId": [signer.access_key],
            "arn": [signer.arn],
            "canonicalArn": [signer.principal],
            "principalId": [signer.user_id.split(':').next().unwrap_or_default()],
            "sessionName": [session],
        },
    }))
}

/// The answer to a TokenReview, in the version that was asked in.
pub(crate) fn answer(review: &Value, user: Result<Value, String>) -> Value {
    let version = review["apiVersion"].as_str().unwrap_or("authentication.k8s.io/v1");
    let status = match user {
        Ok(user) => json!({"authenticated": true, "user": user}),
        Err(error) => json!({"authenticated": false, "error": error}),
    };
    json!({"apiVersion": version, "kind": "TokenReview", "status": status})
}
