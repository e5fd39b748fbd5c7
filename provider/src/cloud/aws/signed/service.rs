//! The services that are called without an SDK crate: their names, and where they answer. Knows no call.

use aws_types::service_config::ServiceConfigKey;

use super::super::session::{Endpoints, Session};

/// A service of AWS.
#[derive(Debug)]
pub(crate) struct Service {
    /// The name by which requests are signed, IAM calls its actions and the provider block its address.
    pub(crate) name: &'static str,
    /// Of the API: a date; of a JSON API what stands before an action.
    pub(super) version: &'static str,
    /// What AWS's configuration files and variables call it: `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`.
    pub(super) id: &'static str,
    set: fn(&Endpoints) -> Option<&String>,
}

/// Amazon EC2.
pub(crate) static EC2: Service =
    Service { name: "ec2", version: "2016-11-15", id: "EC2", set: |endpoints| endpoints.ec2.as_ref() };

/// Elastic Load Balancing: application, network and gateway load balancers.
pub(crate) static ELB: Service = Service {
    name: "elasticloadbalancing",
    version: "2015-12-01",
    id: "Elastic Load Balancing v2",
    set: |endpoints| endpoints.elasticloadbalancing.as_ref(),
};

/// Elastic Load Balancing: classic load balancers.
pub(crate) static ELB_CLASSIC: Service = Service {
    name: "elasticloadbalancing",
    version: "2012-06-01",
    id: "Elastic Load Balancing",
    set: |endpoints| endpoints.elasticloadbalancing.as_ref(),
};

/// Amazon CloudWatch Logs.
pub(crate) static LOGS: Service =
    Service { name: "logs", version: "Logs_20140328", id: "CloudWatch Logs", set: |endpoints| endpoints.logs.as_ref() };

impl Service {
    /// Where it answers in `region`: as the provider block says, as the environment or the profile say, or at AWS.
    pub(super) fn address(&self, session: &Session, region: &str) -> String {
        if let Some(url) = (self.set)(&session.endpoints) {
            return url.clone();
        }
        let key = ServiceConfigKey::builder().service_id(self.id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        let own = session.sdk.service_config().zip(key.build().ok()).and_then(|(files, key)| files.load_config(key));
        if let Some(url) = own.as_deref().or(session.sdk.endpoint_url()) {
            return url.to_owned();
        }
        let sdk = &session.sdk;
        session.partition.service_url(
            self.name,
            region,
            sdk.use_fips().unwrap_or_default(),
            sdk.use_dual_stack().unwrap_or_default(),
        )
    }
}
