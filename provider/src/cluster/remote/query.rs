//! What the services with query protocols are asked, of EC2 and Elastic Load Balancing: lists, filters, pages. Decides nothing.

use crate::cloud::aws::signed::{EC2, Element, Service};
use crate::cloud::error::CloudError;

use super::Remote;

/// Members of a query.
pub(in crate::cluster) type Members = Vec<(String, String)>;

/// `NAME.1`, `NAME.2` and so on: how a query has a list.
pub(in crate::cluster) fn listed(name: &str, texts: impl IntoIterator<Item = impl Into<String>>) -> Members {
    texts.into_iter().enumerate().map(|(at, text)| (format!("{name}.{}", at + 1), text.into())).collect()
}

/// Filters of EC2: each a name and the values of which one has to match.
pub(in crate::cluster) fn filters(all: &[(String, Vec<String>)]) -> Members {
    let one = |(at, (name, values)): (usize, &(String, Vec<String>))| {
        let filter = format!("Filter.{}", at + 1);
        let named = (format!("{filter}.Name"), name.clone());
        std::iter::once(named).chain(listed(&format!("{filter}.Value"), values.clone())).collect::<Members>()
    };
    all.iter().enumerate().flat_map(one).collect()
}

/// The text of the first element called `name`, empty where there is none.
pub(in crate::cluster) fn own(one: &Element, name: &str) -> String {
    one.text(name).unwrap_or_default().to_owned()
}

impl Remote {
    /// Every entry of the list `entries` in the pages of an answer.
    pub(in crate::cluster) async fn pages(
        &self,
        service: &'static Service,
        action: &'static str,
        members: Members,
        entries: &str,
    ) -> Result<Vec<Element>, CloudError> {
        let (ask, told) = if service.name == EC2.name { ("NextToken", "nextToken") } else { ("Marker", "NextMarker") };
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let more = next.iter().map(|next| (ask.to_owned(), next.as_str()));
            let all = members.iter().map(|(name, text)| (name.clone(), text.as_str())).chain(more);
            let answer = self.aws.signed.query(service, action, all).await?;
            found.extend(answer.list(entries).cloned());
            next = answer.text(told).map(str::to_owned);
            if next.is_none() {
                return Ok(found);
            }
        }
    }
}
