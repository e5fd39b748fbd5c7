//! The provider block: what the user writes, and what of it cannot be right. Pure.

mod checks;
#[cfg(test)]
mod tests;

use tfplugin_framework::prelude::*;

pub(crate) use checks::MOST_TAGS;
use checks::{is_account_ids, is_owner, is_role_arn, is_session_duration, is_session_name, is_tags, is_tries, is_url};
pub use checks::{is_region_name, region_exists, validate};

model! {
    /// The provider block. Everything is optional: on a machine where `aws` works, an empty block works.
    pub struct Settings {
        /// The AWS region of clusters that do not name one themselves, such as `eu-west-1`.
        region: String = optional().check(is_region_name).otherwise("`AWS_REGION`, `AWS_DEFAULT_REGION`, then the profile's region"),
        /// The profile of the shared AWS configuration files to use.
        profile: String = optional().otherwise("`AWS_PROFILE`, then `default`"),
        /// A role to assume with the credentials found.
        assume_role: AssumeRole = optional(),
        /// Who owns what this configuration makes: a name that differs between configurations of one account which might
        /// use the same names. Up to 63 letters, digits, `.`, `_` and `-`.
        owner: String = optional().check(is_owner).otherwise("the empty owner"),
        /// Tags of every AWS object that this provider makes. A resource's own `tags` win.
        default_tags: Map<String> = optional().check(is_tags),
        /// Other addresses of AWS services, for VPC endpoints and for tests.
        endpoints: Endpoints = optional(),
        /// How often a call to AWS is tried before its error counts.
        max_retries: i64 = optional().check(is_tries).otherwise("25"),
        /// The only accounts that this configuration may touch. Any other is refused before the first change.
        allowed_account_ids: List<String> = optional().check(is_account_ids),
        /// Clusters that are reached through a kubeconfig file instead of EKS. The key is what `cluster` of an app or job names.
        kubeconfigs: Map<Kubeconfig> = optional(),
    }
}

model! {
    /// A role to assume.
    pub struct AssumeRole {
        /// Its ARN.
        role_arn: String = required().check(is_role_arn),
        /// The session's name, which CloudTrail shows.
        session_name: String = optional().check(is_session_name).otherwise("`terraform-paas`"),
        /// The external id that the role's trust policy asks for.
        external_id: String = optional(),
        /// How long a session lasts, from `15m` to `12h`; it is renewed by itself.
        duration: String = optional().check(is_session_duration).otherwise("one hour"),
    }
}

model! {
    /// Addresses of AWS services. Tokens for Kubernetes are always signed for AWS itself.
    pub struct Endpoints {
        /// Amazon EC2: what a destroy looks for besides the cluster itself.
        ec2: String = optional().check(is_url),
        /// Amazon EKS.
        eks: String = optional().check(is_url),
        /// Elastic Load Balancing: load balancers that workloads left behind.
        elasticloadbalancing: String = optional().check(is_url),
        /// AWS IAM.
        iam: String = optional().check(is_url),
        /// Amazon CloudWatch Logs.
        logs: String = optional().check(is_url),
        /// AWS STS, for the account check and for roles.
        sts: String = optional().check(is_url),
    }
}

model! {
    /// A cluster of a kubeconfig file.
    pub struct Kubeconfig {
        /// The file.
        path: String = required(),
        /// The context in it.
        context: String = optional().otherwise("the file's current context"),
    }
}
