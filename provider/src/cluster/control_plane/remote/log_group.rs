//! The calls for the control plane's log group. Decides nothing.

use crate::cloud::error::CloudError;
use crate::cluster::control_plane::log_group::{self, LiveLogGroup};
use crate::cluster::observed::Seen;
use crate::cluster::parts::Tags;
use crate::cluster::remote::{Remote, unless_absent};

impl Remote {
    /// The log group of the cluster's name. A caller who may not look at log groups has none to show.
    pub(in crate::cluster) async fn log_group(&self) -> Result<Option<LiveLogGroup>, CloudError> {
        let found = self.aws.log_group(&log_group::name(&self.place)).await?;
        Ok(found.map(|group| LiveLogGroup { arn: group.arn, days: group.retention_days, tags: Tags::new() }))
    }

    /// The same with its tags.
    pub(in crate::cluster) async fn tagged_log_group(&self) -> Result<Option<LiveLogGroup>, CloudError> {
        let Some(group) = self.log_group().await? else { return Ok(None) };
        let tags = unless_absent(self.aws.log_group_tags(&group.arn).await)?;
        Ok(tags.map(|tags| LiveLogGroup { tags, ..group }))
    }

    /// Makes it, or takes the one that an earlier cluster of the name left.
    pub(in crate::cluster) async fn create_log_group(
        &self,
        days: Option<i64>,
        tags: &Tags,
    ) -> Result<Seen, CloudError> {
        match self.aws.create_log_group(&log_group::name(&self.place), tags).await {
            Err(error) if !error.is_conflict() => Err(error),
            _ => self.set_retention(days).await,
        }
    }

    pub(in crate::cluster) async fn set_retention(&self, days: Option<i64>) -> Result<Seen, CloudError> {
        self.aws.set_log_retention(&log_group::name(&self.place), days).await?;
        Ok(Seen::LogGroup(Some(LiveLogGroup { days, ..LiveLogGroup::default() })))
    }

    pub(in crate::cluster) async fn delete_log_group(&self) -> Result<Seen, CloudError> {
        unless_absent(self.aws.delete_log_group(&log_group::name(&self.place)).await)?;
        Ok(Seen::LogGroup(None))
    }
}
