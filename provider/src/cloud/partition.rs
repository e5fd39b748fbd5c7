//! AWS partitions: what differs between commercial AWS, China, GovCloud and the isolated ones. The only place with a literal
//! domain name of AWS.

use std::fmt;

/// The regions with EKS, by partition, as AWS lists them in July 2026.
const REGIONS: &[(&str, &[&str])] = &[
    (
        "aws",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("aws-cn", &["cn-north-1", "cn-northwest-1"]),
    ("aws-eusc", &["eusc-de-east-1"]),
    ("aws-iso", &["us-iso-east-1", "us-iso-west-1"]),
    ("aws-iso-b", &["us-isob-east-1", "us-isob-west-1"]),
    ("aws-iso-e", &["eu-isoe-west-1"]),
    ("aws-iso-f", &["us-isof-east-1", "us-isof-south-1"]),
    ("aws-us-gov", &["us-gov-east-1", "us-gov-west-1"]),
];

/// True for a region in which this version knows EKS to be.
pub fn is_known_region(region: &str) -> bool {
    REGIONS.iter().any(|(_, regions)| regions.contains(&region))
}

/// The known region that `region` is a slip of the pen for: one letter wrong, missing, too many, or two swapped.
pub fn similar_region(region: &str) -> Option<&'static str> {
    REGIONS
        .iter()
        .flat_map(|(_, regions)| *regions)
        .copied()
        .find(|known| edits(known, region) <= 1)
        .or_else(|| REGIONS.iter().flat_map(|(_, regions)| *regions).copied().find(|known| edits(known, region) == 2))
}

/// Edits that make one text of the other: insertions, deletions, substitutions.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

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

    /// The partition of a region. Of a region that this version does not know, the one its name suggests.
    pub fn of_region(region: &str) -> Partition {
        let known = REGIONS.iter().find(|(_, regions)| regions.contains(&region)).map(|(name, _)| *name);
        Partition::named(known.unwrap_or(match region {
            _ if region.starts_with("cn-") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ if region.starts_with("eusc-") => "aws-eusc",
            _ => "aws",
        }))
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

    /// The domain of those that answer over IPv6 too.
    fn dual_stack_suffix(&self) -> &'static str {
        match self.0.as_str() {
            "aws-cn" => "api.amazonwebservices.com.cn",
            "aws-eusc" => "api.amazonwebservices.eu",
            "aws-iso" => "api.aws.ic.gov",
            "aws-iso-b" => "api.aws.scloud",
            "aws-iso-e" => "api.cloud-aws.adc-e.uk",
            "aws-iso-f" => "api.aws.hci.ic.gov",
            _ => "api.aws",
        }
    }

    /// The address of a service of a region. In GovCloud the plain names are those with FIPS 140 cryptography.
    pub fn service_url(&self, service: &str, region: &str, fips: bool, dual_stack: bool) -> String {
        let fips = if fips && self.0 != "aws-us-gov" { "-fips" } else { "" };
        let suffix = if dual_stack { self.dual_stack_suffix() } else { self.dns_suffix() };
        format!("https://{service}{fips}.{region}.{suffix}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_read_from_an_arn_and_from_a_region() {
        assert_eq!(Partition::of_arn("arn:aws-cn:iam::111122223333:user/x"), Some(Partition::named("aws-cn")));
        assert_eq!(Partition::of_arn("prod"), None);
        assert_eq!(Partition::of_arn("arn:"), None);
        assert_eq!(Partition::of_region("us-gov-west-1").name(), "aws-us-gov");
        assert_eq!(Partition::of_region("cn-east-7").name(), "aws-cn");
        assert_eq!(Partition::of_region("eu-west-9").name(), "aws");
    }

    #[test]
    fn names_are_built_for_the_partition() {
        let china = Partition::named("aws-cn");
        assert_eq!(china.service_principal("ec2"), "ec2.amazonaws.com.cn");
        assert_eq!(china.service_principal("eks"), "eks.amazonaws.com");
        assert_eq!(china.service_url("ec2", "cn-north-1", false, false), "https://ec2.cn-north-1.amazonaws.com.cn");
        let (aws, gov) = (Partition::named("aws"), Partition::named("aws-us-gov"));
        assert_eq!(aws.service_url("logs", "us-east-1", true, true), "https://logs-fips.us-east-1.api.aws");
        assert_eq!(gov.service_url("ec2", "us-gov-east-1", true, false), "https://ec2.us-gov-east-1.amazonaws.com");
        assert_eq!(china.managed_policy("AmazonEKSClusterPolicy"), "arn:aws-cn:iam::aws:policy/AmazonEKSClusterPolicy");
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        assert_eq!(similar_region("eu-wets-1"), Some("eu-west-1"));
        assert_eq!(similar_region("us-esat-2"), Some("us-east-2"));
        assert_eq!(similar_region("somewhere"), None);
        assert!(is_known_region("eu-central-2") && !is_known_region("eu-west-9"));
    }
}
