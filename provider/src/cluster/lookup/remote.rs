//! The call for what EKS knows of an upgrade of any cluster. Decides nothing.

use aws_sdk_eks::types::{Category, InsightSummary, InsightsFilter};

use crate::cloud::error::CloudError;
use crate::cluster::remote::Remote;

use super::model::FoundInsight;

impl Remote {
    /// Every insight about upgrades, whatever it says.
    pub(in crate::cluster) async fn readiness(&self) -> Result<Vec<FoundInsight>, CloudError> {
        let filter = InsightsFilter::builder().categories(Category::UpgradeReadiness).build();
        Ok(self.listed_insights(filter).await?.into_iter().map(read).collect())
    }
}

fn read(insight: InsightSummary) -> FoundInsight {
    let status = insight.insight_status();
    FoundInsight {
        status: status.and_then(|status| status.status()).map(|status| status.as_str().to_owned()).into(),
        reason: status.and_then(|status| status.reason()).map(str::to_owned).into(),
        id: insight.id.into(),
        name: insight.name.into(),
        kubernetes_version: insight.kubernetes_version.into(),
    }
}
