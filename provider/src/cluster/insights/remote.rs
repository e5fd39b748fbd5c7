//! The calls for insights. Decides nothing.

use aws_sdk_eks::types::{Category, InsightStatusValue, InsightSummary, InsightsFilter};

use crate::cloud::error::CloudError;
use crate::cluster::remote::{Remote, unless_absent};

use super::Insight;

impl Remote {
    /// What EKS found of an upgrade to `version`, with the details of what does not pass.
    pub(in crate::cluster) async fn insights(&self, version: &str) -> Result<Vec<Insight>, CloudError> {
        let filter = InsightsFilter::builder()
            .categories(Category::UpgradeReadiness)
            .kubernetes_versions(version)
            .statuses(InsightStatusValue::Error)
            .build();
        let mut all = Vec::new();
        for id in self.listed_insights(filter).await?.into_iter().filter_map(|summary| summary.id) {
            all.extend(self.insight(&id).await?);
        }
        Ok(all)
    }

    /// The insights that pass a filter, without their details.
    pub(in crate::cluster) async fn listed_insights(
        &self,
        filter: InsightsFilter,
    ) -> Result<Vec<InsightSummary>, CloudError> {
        let call = self.aws.eks.list_insights().cluster_name(&self.place.name).filter(filter);
        let mut pages = call.into_paginator().items().send();
        let mut all = Vec::new();
        while let Some(summary) = pages.next().await {
            all.push(summary?);
        }
        Ok(all)
    }

    async fn insight(&self, id: &str) -> Result<Option<Insight>, CloudError> {
        let call = self.aws.eks.describe_insight().cluster_name(&self.place.name).id(id);
        let Some(found) = unless_absent(call.send().await.map_err(CloudError::from))? else { return Ok(None) };
        let Some(insight) = found.insight else { return Ok(None) };
        let status = insight.insight_status();
        let object = |one: &aws_sdk_eks::types::InsightResourceDetail| {
            one.kubernetes_resource_uri().or(one.arn()).map(str::to_owned)
        };
        Ok(Some(Insight {
            status: status.and_then(|status| status.status()).map_or("", |status| status.as_str()).to_owned(),
            reason: status.and_then(|status| status.reason()).unwrap_or_default().to_owned(),
            objects: insight.resources().iter().filter_map(object).collect(),
            id: insight.id.unwrap_or_default(),
            name: insight.name.unwrap_or_default(),
            recommendation: insight.recommendation.unwrap_or_default(),
        }))
    }
}
