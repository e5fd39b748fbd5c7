//! Who we are to AWS: configuration and credentials found, roles assumed, and one question to STS whose they are. Knows the
//! provider block and the environment; must not know a resource.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::origin::Origin;
use tfplugin_framework::attr::Attr;
use tfplugin_framework::timeouts::duration_or;

use super::credentials::{self, Kept};
use super::signed::Signed;
use super::{Caller, intercept, wire};
use crate::cloud::environment::Environment;
use crate::cloud::error::{CloudError, innermost};
use crate::cloud::partition::Partition;
use crate::cloud::settings::{AssumeRole, Settings};

const TRIES: u32 = 25;

/// Configuration, credentials and caller, without a region.
#[derive(Clone, Debug)]
pub(in crate::cloud) struct Session {
    pub(super) sdk: SdkConfig,
    pub(super) credentials: SharedCredentialsProvider,
    pub(super) retries: RetryPartition,
    pub(super) endpoints: Endpoints,
    pub(super) partition: Partition,
    pub(super) account_id: String,
    pub(super) caller: Caller,
}

/// Addresses from the provider block.
#[derive(Clone, Debug, Default)]
pub(super) struct Endpoints {
    pub(super) ec2: Option<String>,
    pub(super) eks: Option<String>,
    pub(super) elasticloadbalancing: Option<String>,
    pub(super) iam: Option<String>,
    pub(super) logs: Option<String>,
    pub(super) sts: Option<String>,
}

/// The value of an attribute of the provider block that is needed now.
fn needed<'a, T>(attribute: &'static str, value: &'a Attr<T>) -> Result<Option<&'a T>, CloudError> {
    match value {
        Attr::Unknown => Err(CloudError::Unknown { attribute }),
        other => Ok(other.known()),
    }
}

impl Session {
    /// Finds credentials and asks STS whose they are.
    pub(in crate::cloud) async fn open(
        settings: &Settings,
        environment: &Environment,
        user_agent: String,
        region: &str,
    ) -> Result<Session, CloudError> {
        let profile = needed("profile", &settings.profile)?;
        let endpoints = endpoints(settings)?;
        let allowed = allowed(settings)?;
        let http = match environment.stand_in() {
            Some(other) => wire::over(user_agent, other.http.clone(), other.http.clone()),
            None => wire::client(user_agent, environment.certificate_authorities()?),
        };
        let region = Region::new(region.to_owned());
        let tries = needed("max_retries", &settings.max_retries)?;
        let tries = tries.and_then(|tries| u32::try_from(*tries).ok()).unwrap_or(TRIES);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(tries).with_max_backoff(Duration::from_secs(20)))
            .timeout_config(timeouts());
        if let Ok(name) = AppName::new("terraform-provider-paas") {
            loader = loader.app_name(name);
        }
        if let Some(given) = environment.stand_in() {
            loader = loader.credentials_provider(given.credentials.clone());
        } else if let Some(profile) = profile {
            // It wins over keys in the environment, which the default search would find first.
            let found_by = ProviderConfig::without_region().with_http_client(http).with_region(Some(region));
            let file = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&found_by).build();
            loader = loader.profile_name(profile).credentials_provider(file);
        }
        let sdk = loader.load().await;
        let tried = credentials::sources(profile.map(String::as_str), &environment.profile());
        let found = sdk
            .credentials_provider()
            .ok_or(CloudError::NoCredentials { tried: tried.clone(), reason: String::new() })?;
        let mut kept = SharedCredentialsProvider::new(Kept::new(found));
        kept.provide_credentials().await.map_err(|error| credentials::missing(&error, tried))?;
        if let Some(role) = needed("assume_role", &settings.assume_role)? {
            kept = assume(&sdk, &endpoints, kept, role).await?;
        }
        let sdk = sdk.into_builder().credentials_provider(kept.clone()).build();
        let retries = RetryPartition::custom("terraform-provider-paas").token_bucket(TokenBucket::unlimited()).build();
        let mut session = Session {
            sdk,
            credentials: kept,
            retries,
            endpoints,
            partition: Partition::named("aws"),
            account_id: String::new(),
            caller: Caller::default(),
        };
        session.identify(&allowed).await?;
        Ok(session)
    }

    /// Asks STS whose the credentials are: the one call that says so for the whole process.
    async fn identify(&mut self, allowed: &[String]) -> Result<(), CloudError> {
        let mut sts = aws_sdk_sts::config::Builder::from(&self.sdk)
            .interceptor(intercept::AroundTries)
            .retry_partition(self.retries.clone());
        if let Some(url) = &self.endpoints.sts {
            sts = sts.endpoint_url(url);
        }
        let answer = aws_sdk_sts::Client::from_conf(sts.build()).get_caller_identity().send().await?;
        let arn = answer.arn().unwrap_or_default();
        self.account_id = answer.account().unwrap_or_default().to_owned();
        self.partition = Partition::of_arn(arn).unwrap_or_else(|| Partition::named("aws"));
        if !allowed.is_empty() && !allowed.contains(&self.account_id) {
            return Err(CloudError::WrongAccount {
                account: self.account_id.clone(),
                principal: arn.to_owned(),
                allowed: allowed.to_vec(),
            });
        }
        self.caller = self.principal(arn).await;
        Ok(())
    }

    /// The role behind an assumed role. Its path is not in the session's ARN, so IAM is asked; who may not ask gets the ARN
    /// of a role without a path, which is right for most.
    async fn principal(&self, arn: &str) -> Caller {
        let Some((role, session)) = assumed(arn) else {
            return Caller { arn: arn.to_owned(), principal_arn: arn.to_owned(), session: None };
        };
        let asked = self.iam().get_role().role_name(role).send().await.map_err(CloudError::from);
        let principal_arn = match asked {
            Ok(answer) => answer.role().map(|role| role.arn().to_owned()),
            Err(error) => {
                tracing::info!("the path of role {role} is not known: {error}");
                None
            }
        };
        let pathless = || format!("arn:{}:iam::{}:role/{role}", self.partition, self.account_id);
        Caller {
            arn: arn.to_owned(),
            principal_arn: principal_arn.unwrap_or_else(pathless),
            session: Some(session.to_owned()),
        }
    }

    /// A client for IAM.
    pub(super) fn iam(&self) -> aws_sdk_iam::Client {
        let mut iam = aws_sdk_iam::config::Builder::from(&self.sdk)
            .interceptor(intercept::AroundTries)
            .retry_partition(self.retries.clone());
        if let Some(url) = &self.endpoints.iam {
            iam = iam.endpoint_url(url);
        }
        aws_sdk_iam::Client::from_conf(iam.build())
    }

    /// A client for EKS in `region`.
    pub(super) fn eks(&self, region: &str) -> aws_sdk_eks::Client {
        let mut eks = aws_sdk_eks::config::Builder::from(&self.sdk)
            .region(Region::new(region.to_owned()))
            .interceptor(intercept::AroundTries)
            .retry_classifier(intercept::RequestLimit)
            .retry_partition(self.retries.clone());
        if let Some(url) = &self.endpoints.eks {
            eks = eks.endpoint_url(url);
        }
        aws_sdk_eks::Client::from_conf(eks.build())
    }

    /// What calls services without an SDK crate in `region`.
    pub(super) fn signed(&self, region: &str) -> Signed {
        Signed::new(self, region)
    }
}

/// Role and session of `arn:…:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
fn assumed(arn: &str) -> Option<(&str, &str)> {
    arn.split_once(":assumed-role/")?.1.split_once('/')
}

/// Every wait has an end: the SDK itself bounds only the connecting.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .read_timeout(Duration::from_secs(20))
        .operation_attempt_timeout(Duration::from_secs(30))
        .operation_timeout(Duration::from_secs(300))
        .build()
}

fn endpoints(settings: &Settings) -> Result<Endpoints, CloudError> {
    let Some(set) = needed("endpoints", &settings.endpoints)? else { return Ok(Endpoints::default()) };
    Ok(Endpoints {
        ec2: needed("endpoints.ec2", &set.ec2)?.cloned(),
        eks: needed("endpoints.eks", &set.eks)?.cloned(),
        elasticloadbalancing: needed("endpoints.elasticloadbalancing", &set.elasticloadbalancing)?.cloned(),
        iam: needed("endpoints.iam", &set.iam)?.cloned(),
        logs: needed("endpoints.logs", &set.logs)?.cloned(),
        sts: needed("endpoints.sts", &set.sts)?.cloned(),
    })
}

fn allowed(settings: &Settings) -> Result<Vec<String>, CloudError> {
    let listed = needed("allowed_account_ids", &settings.allowed_account_ids)?.map_or(Cow::default(), Cow::Borrowed);
    let ids = listed.iter().map(|id| needed("allowed_account_ids", id).map(|id| id.cloned()));
    Ok(ids.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

async fn assume(
    sdk: &SdkConfig,
    endpoints: &Endpoints,
    source: SharedCredentialsProvider,
    role: &AssumeRole,
) -> Result<SharedCredentialsProvider, CloudError> {
    let arn = needed("assume_role.role_arn", &role.role_arn)?.cloned().unwrap_or_default();
    let name = needed("assume_role.session_name", &role.session_name)?;
    let mut assuming = AssumeRoleProvider::builder(&arn).session_name(name.map_or("terraform-paas", String::as_str));
    if let Some(id) = needed("assume_role.external_id", &role.external_id)? {
        assuming = assuming.external_id(id);
    }
    if needed("assume_role.duration", &role.duration)?.is_some() {
        assuming = assuming.session_length(duration_or(&role.duration, Duration::from_secs(3600)));
    }
    let mut sdk = sdk.to_builder();
    if let Some(url) = &endpoints.sts {
        sdk.insert_origin("endpoint_url", Origin::shared_config());
        sdk = sdk.endpoint_url(url);
    }
    let assumed = assuming.configure(&sdk.build()).build_from_provider(source).await;
    let kept = SharedCredentialsProvider::new(Kept::new(SharedCredentialsProvider::new(assumed)));
    kept.provide_credentials().await.map_err(|error| CloudError::Told {
        code: String::new(),
        headline: format!("role {arn} could not be assumed"),
        detail: format!(
            "{}\n\nDoes the role exist, does its trust policy name these credentials, and does it want an external id \
             (assume_role.external_id)?",
            refusal(&error)
        ),
    })?;
    Ok(kept)
}

/// What STS said, or why it could not be asked.
fn refusal(error: &(dyn Error + 'static)) -> String {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<AssumeRoleError>() {
            let (code, message) = (refused.code().unwrap_or_default(), refused.message().unwrap_or_default());
            return format!("AWS says: {message} ({code})");
        }
        cause = error.source();
    }
    innermost(error)
}

#[cfg(test)]
mod tests {
    use super::assumed;

    #[test]
    fn a_session_is_told_from_its_role() {
        assert_eq!(assumed("arn:aws:sts::111122223333:assumed-role/deploy/ci-7"), Some(("deploy", "ci-7")));
        assert_eq!(assumed("arn:aws:iam::111122223333:user/sandbox"), None);
        assert_eq!(assumed("arn:aws:iam::111122223333:role/deploy"), None);
    }
}
