//! CloudWatch Logs: log groups, how long they keep what is written to them, and their tags. Knows one call each; must not know
//! whose log groups they are.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Aws;
use super::signed::LOGS;
use crate::cloud::error::CloudError;

/// A log group that exists.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LogGroup {
    /// Its name, such as `/aws/eks/prod/cluster`.
    pub name: String,
    /// Its ARN, without the `:*` that AWS appends in places.
    pub arn: String,
    /// After how many days it forgets; none if it never does.
    pub retention_days: Option<i64>,
}

impl Aws {
    /// Makes a log group.
    ///
    /// # Errors
    /// [`CloudError::is_conflict`] if there is one of that name.
    pub async fn create_log_group(&self, name: &str, tags: &BTreeMap<String, String>) -> Result<(), CloudError> {
        let mut body = json!({ "logGroupName": name });
        // AWS refuses an empty map.
        if !tags.is_empty() {
            body["tags"] = json!(tags);
        }
        self.signed.json(&LOGS, "CreateLogGroup", &body).await.map(drop)
    }

    /// The log group of exactly this name.
    ///
    /// # Errors
    /// As of every call to AWS; none of that name is no error.
    pub async fn log_group(&self, name: &str) -> Result<Option<LogGroup>, CloudError> {
        let mut body = json!({ "logGroupNamePrefix": name });
        loop {
            let answer = self.signed.json(&LOGS, "DescribeLogGroups", &body).await?;
            let mut groups = answer["logGroups"].as_array().into_iter().flatten();
            if let Some(found) = groups.find(|group| group["logGroupName"] == name) {
                return Ok(Some(read(found)));
            }
            match answer["nextToken"].as_str() {
                Some(next) => body["nextToken"] = json!(next),
                None => return Ok(None),
            }
        }
    }

    /// Sets after how many days it forgets; none: never.
    ///
    /// # Errors
    /// [`CloudError::is_not_found`] if there is none of that name.
    pub async fn set_log_retention(&self, name: &str, days: Option<i64>) -> Result<(), CloudError> {
        let ask = match days {
            Some(days) => {
                let body = json!({ "logGroupName": name, "retentionInDays": days });
                self.signed.json(&LOGS, "PutRetentionPolicy", &body).await
            }
            None => self.signed.json(&LOGS, "DeleteRetentionPolicy", &json!({ "logGroupName": name })).await,
        };
        ask.map(drop)
    }

    /// Deletes a log group with all that was written to it.
    ///
    /// # Errors
    /// [`CloudError::is_not_found`] if there is none of that name.
    pub async fn delete_log_group(&self, name: &str) -> Result<(), CloudError> {
        self.signed.json(&LOGS, "DeleteLogGroup", &json!({ "logGroupName": name })).await.map(drop)
    }

    /// The tags of a log group, by its ARN.
    ///
    /// # Errors
    /// [`CloudError::is_not_found`] if there is no such group.
    pub async fn log_group_tags(&self, arn: &str) -> Result<BTreeMap<String, String>, CloudError> {
        let answer = self.signed.json(&LOGS, "ListTagsForResource", &json!({ "resourceArn": arn })).await?;
        let tags = answer["tags"].as_object().into_iter().flatten();
        Ok(tags.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect())
    }

    /// Sets tags of a log group and removes others, by its ARN.
    ///
    /// # Errors
    /// [`CloudError::is_not_found`] if there is no such group.
    pub async fn tag_log_group(
        &self,
        arn: &str,
        set: &BTreeMap<String, String>,
        remove: &[String],
    ) -> Result<(), CloudError> {
        if !set.is_empty() {
            self.signed.json(&LOGS, "TagResource", &json!({ "resourceArn": arn, "tags": set })).await?;
        }
        if !remove.is_empty() {
            self.signed.json(&LOGS, "UntagResource", &json!({ "resourceArn": arn, "tagKeys": remove })).await?;
        }
        Ok(())
    }
}

fn read(group: &Value) -> LogGroup {
    let text = |name: &str| group[name].as_str().unwrap_or_default().to_owned();
    LogGroup {
        name: text("logGroupName"),
        arn: text("arn").trim_end_matches(":*").to_owned(),
        retention_days: group["retentionInDays"].as_i64(),
    }
}
