//! Upgrade insights: what EKS knows of that will break at the next version, and whether an upgrade may go on. Pure; `remote` has the
//! calls.

pub(crate) mod remote;
#[cfg(test)]
mod tests;

use tfplugin_framework::diagnostic::{Diagnostics, Path};

use crate::cloud::error::CloudError;

use super::control_plane::blocks::Upgrade;
use super::model::texts;

/// An insight that EKS has not found to be passing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Insight {
    pub id: String,
    pub name: String,
    /// `ERROR`, `WARNING`, `UNKNOWN` or `PASSING`.
    pub status: String,
    /// Why it has this status.
    pub reason: String,
    /// What EKS recommends.
    pub recommendation: String,
    /// The objects concerned, as EKS names them.
    pub objects: Vec<String>,
}

impl Insight {
    /// EKS refuses an upgrade while there is one of these.
    fn blocks(&self) -> bool {
        self.status == "ERROR"
    }
}

/// Whether an upgrade to `version` has to be forced, since everything in its way may stay as it is.
///
/// # Errors
/// The insights that are in the way, in EKS's words.
pub(crate) fn is_forced(
    insights: &[Insight],
    version: &str,
    force: bool,
    ignored: &[String],
) -> Result<bool, CloudError> {
    let blocking: Vec<&Insight> = insights.iter().filter(|one| one.blocks()).collect();
    let unsolved: Vec<&&Insight> = blocking.iter().filter(|one| !ignored.contains(&one.name)).collect();
    if force || unsolved.is_empty() {
        return Ok(force || !blocking.is_empty());
    }
    let names: Vec<String> = unsolved.iter().map(|one| format!("{:?}", one.name)).collect();
    let said: Vec<String> = unsolved.iter().map(|one| told(one)).collect();
    Err(CloudError::Told {
        code: "UpgradeInsights".to_owned(),
        headline: format!("EKS knows of something that breaks on Kubernetes {version}"),
        detail: format!(
            "{}\n\nSolve that and apply again; EKS looks again within a day, or at once on `aws eks start-insights-refresh`. To \
             upgrade all the same: `upgrade = {{ ignore_insights = [{}] }}` for these, `upgrade = {{ force = true }}` for any.",
            said.join("\n\n"),
            names.join(", "),
        ),
    })
}

/// The same at a plan: an error of `kubernetes_version`, before anything was touched.
pub(crate) fn refusal(insights: &[Insight], version: &str, upgrade: &Upgrade, object: &str) -> Diagnostics {
    let mut all = Diagnostics::none();
    if let Err(CloudError::Told { headline, detail, .. }) =
        is_forced(insights, version, upgrade.force.or(false), &texts(&upgrade.ignore_insights))
    {
        let path = Path::attribute("kubernetes_version");
        all.error_at(path, format!("{object} cannot be upgraded to {version}: {headline}"), detail);
    }
    all
}

fn told(insight: &Insight) -> String {
    let mut text = format!("  {}: {}", insight.name, insight.reason);
    for object in &insight.objects {
        text.push_str(&format!("\n    {object}"));
    }
    if !insight.recommendation.is_empty() {
        text.push_str(&format!("\n  {}", insight.recommendation));
    }
    text
}
