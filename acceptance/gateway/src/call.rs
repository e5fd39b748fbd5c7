//! What a request asks for, in words that the log and the faults share. Knows how requests of AWS and Kubernetes look; sends nothing and keeps nothing.

pub mod aws;
pub mod kubernetes;
pub mod rest;
pub mod signature;

use serde::{Deserialize, Serialize};

/// The service name under which calls to API servers are logged and matched.
pub const KUBERNETES: &str = "kubernetes";

/// One call, named. Two requests with equal calls ask for the same thing of the same object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The 12-digit account of the caller (AWS) or of the cluster's owner (Kubernetes). Empty when the request does not tell.
    pub account: String,
    /// The AWS region of the credential scope, or that of the cluster.
    pub region: String,
    /// The signing name of the AWS service, or [`KUBERNETES`].
    pub service: String,
    /// `CreateCluster`, or a verb with its resource as in `apply apps/deployments`, `get pods/log`.
    pub operation: String,
    /// The object's name where the request tells it: a role's name, a cluster's; `namespace/name` in Kubernetes.
    pub key: Option<String>,
    /// Kubernetes only: the cluster whose API server is asked.
    pub cluster: Option<String>,
    /// Whether the call changes something when it succeeds.
    pub mutating: bool,
    /// How answers to this call are written.
    #[serde(skip)]
    pub protocol: Protocol,
}

/// How a service writes its answers: decides the form of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// IAM, STS, RDS: form in, XML out.
    #[default]
    Query,
    /// EC2's dialect of the query protocol.
    Ec2,
    /// `X-Amz-Target` in, JSON out.
    Json,
    /// Method and path in, JSON out: EKS.
    RestJson,
    /// Method and path in, XML out: Route 53, S3.
    RestXml,
    /// A Kubernetes `Status`.
    Kubernetes,
}

#[cfg(test)]
mod tests;
