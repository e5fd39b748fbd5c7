//! AWS partitions: what differs between commercial AWS, China, GovCloud and the isolated ones. The only place with a literal
//! domain name of AWS.

use std::fmt;

/// A partition, by its name in ARNs: `aws`, `aws-cn`, `aws-us-gov` …
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Partition(String);

impl Partition {
    /// The partition called `name`.
    pub fn named(name: &str) -> Partition {
        Partition(name.to_owned())
    }

    /// The partition of an ARN.
    pub fn of_arn(arn: &str) -> Option<Partition> {
        let mut parts = arn.split(':');
        (parts.next() == Some("arn")).then(|| parts.next())?.filter(|name| !name.is_empty()).map(Partition::named)
    }

    /// Its name in ARNs.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The domain of its services.
    pub fn dns_suffix(&self) -> &'static str {
        match self.0.as_str() {
            "aws-cn" => "amazonaws.com.cn",
            "aws-eusc" => "amazonaws.eu",
            "aws-iso" => "c2s.ic.gov",
            "aws-iso-b" => "sc2s.sgov.gov",
            "aws-iso-e" => "cloud.adc-e.uk",
            "aws-iso-f" => "csp.hci.ic.gov",
            _ => "amazonaws.com",
        }
    }

    /// The principal of a service in trust policies: `eks` is the same everywhere, `ec2` has China's own domain there.
    pub fn service_principal(&self, service: &str) -> String {
        match (service, self.0.as_str()) {
            ("ec2", "aws-cn") => format!("{service}.{}", self.dns_suffix()),
            _ => format!("{service}.amazonaws.com"),
        }
    }

    /// The ARN of something of AWS itself in IAM, such as the managed policy `service-role/AmazonEBSCSIDriverPolicy`.
    pub fn managed_policy(&self, name: &str) -> String {
        format!("arn:{self}:iam::aws:policy/{name}")
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
