//! The call for the versions that EKS offers. Decides nothing.

use aws_sdk_eks::primitives::{DateTime, DateTimeFormat};
use aws_sdk_eks::types::{ClusterVersionInformation, VersionStatus};

use crate::cloud::aws::Aws;
use crate::cloud::error::CloudError;

use super::{Filter, Offered};

/// The versions that fit.
pub(in crate::cluster) async fn offered(aws: &Aws, filter: &Filter) -> Result<Vec<Offered>, CloudError> {
    let call = aws
        .eks
        .describe_cluster_versions()
        .set_version_status(filter.status.as_deref().map(VersionStatus::from))
        .set_default_only(filter.default_only.then_some(true));
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(version) = pages.next().await {
        all.extend(read(&version?));
    }
    Ok(all)
}

fn read(version: &ClusterVersionInformation) -> Option<Offered> {
    Some(Offered {
        version: version.cluster_version()?.to_owned(),
        is_default: version.default_version(),
        status: version.version_status().map_or("", VersionStatus::as_str).to_owned(),
        release: date(version.release_date()),
        end_of_standard_support: date(version.end_of_standard_support_date()),
        end_of_extended_support: date(version.end_of_extended_support_date()),
    })
}

fn date(date: Option<&DateTime>) -> Option<String> {
    date?.fmt(DateTimeFormat::DateTime).ok()
}
