//! Who is who: callers, roles, signers of tokens. Reads what IAM and the state say; changes nothing.

use serde_json::Value;

use super::{Caller, Inner, lock, now};
use crate::access::{Known, Principal};
use crate::account::Credentials;
use crate::cloud::{Role, Session};
use crate::pace::Phase;
use crate::review::{self, Signer};
use crate::state::Place;
use crate::token::Token;

impl Inner {
    /// The user's or role's ARN that access entries name: for a session, the role's own, with its path.
    pub(super) async fn principal(&self, caller: &Caller) -> String {
        self.canonical(&caller.account, &caller.arn).await
    }

    async fn canonical(&self, account: &str, arn: &str) -> String {
        match review::assumed_role(arn) {
            None => arn.to_owned(),
            Some((role, _)) => match self.iam.role(account, role).await {
                Some(role) => role.arn,
                None => arn
                    .replace(":sts:", ":iam:")
                    .split(":assumed-role/")
                    .next()
                    .map(|start| format!("{start}:role/{role}"))
                    .unwrap_or_default(),
            },
        }
    }

    /// The role of this ARN, once it is old enough for EKS to see it.
    pub(crate) async fn role(&self, place: &Place, arn: &str) -> Option<Role> {
        let principal =
            Principal::parse(arn).filter(|principal| principal.kind == "role" && principal.account == place.account)?;
        let role = self.iam.role(&place.account, principal.name).await.filter(|role| role.arn == arn)?;
        let age = lock(&self.role_age).unwrap_or_else(|| self.pace.of(Phase::RolePropagation));
        (age.is_zero() || role.created_at + age.as_secs_f64() <= now()).then_some(role)
    }

    /// Whether IAM knows a principal, as far as EKS sees it. Principals of other accounts are taken on trust, as AWS's are not checked either.
    pub(crate) async fn known(&self, place: &Place, arn: &str) -> Known {
        let exists = |exists| Known { exists, role_id: None };
        match Principal::parse(arn) {
            None => exists(false),
            Some(principal) if principal.account != place.account => exists(true),
            Some(Principal { kind: "role", .. }) => {
                let role = self.role(place, arn).await;
                Known { exists: role.is_some(), role_id: role.map(|role| role.id) }
            }
            Some(principal) => {
                exists(self.iam.user(&place.account, principal.name).await.is_some_and(|user| user == arn))
            }
        }
    }

    pub(super) async fn authenticate(&self, plane: &str, token: &str) -> Result<Value, String> {
        let key =
            self.running_clusters().iter().find(|(_, running)| running.plane.id() == plane).map(|(key, _)| key.clone());
        let key = key.ok_or_else(|| format!("no cluster has the control plane {plane}"))?;
        let token =
            Token::parse(token, &key.place.region, &self.sts, now() as i64).map_err(|refusal| refusal.to_string())?;
        let (secret, mut signer) = self
            .signer(&token.access_key)
            .await
            .ok_or_else(|| format!("nobody has the access key {}", token.access_key))?;
        if !token.is_signed(&secret, &key.name) {
            return Err(format!("the signature is not {}'s for cluster {}", signer.arn, key.name));
        }
        signer.principal = self.canonical(&signer.account, &signer.arn).await;
        let mut state = self.state();
        let cluster = state.cluster(&key).ok_or_else(|| format!("cluster {} is gone", key.name))?;
        review::user(cluster, &signer)
            .ok_or_else(|| format!("{} has no access entry on cluster {}", signer.principal, key.name))
    }

    async fn signer(&self, access_key: &str) -> Option<(String, Signer)> {
        let session = match Credentials::find(access_key) {
            Some(known) => Session { secret: known.secret, arn: known.arn, user_id: known.user_id },
            None => self.iam.session(access_key).await?,
        };
        let secret = session.secret.clone();
        Some((secret, Signer { access_key: access_key.to_owned(), ..Signer::from(session) }))
    }
}
