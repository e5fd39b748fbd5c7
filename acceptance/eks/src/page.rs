//! Lists in pages. Knows `maxResults` and `nextToken`; nothing of what is listed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::ApiError;

/// Which page a list request asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Page {
    /// At most so many items; AWS's default is 100.
    pub max_results: Option<usize>,
    /// What the page before answered.
    pub next_token: Option<String>,
}

/// The page of `items` under `member`, and the token of the next one when there is more.
///
/// # Errors
/// `InvalidParameterException` for a token that no page answered.
pub(crate) fn answer(member: &str, items: Vec<Value>, page: &Page) -> Result<Value, ApiError> {
    let start = match &page.next_token {
        None => 0,
        Some(token) => {
            position(token, items.len()).ok_or_else(|| ApiError::parameter("The nextToken provided is invalid."))?
        }
    };
    let size = page.max_results.unwrap_or(100).max(1);
    let end = items.len().min(start + size);
    let mut body = Map::new();
    if end < items.len() {
        body.insert("nextToken".to_owned(), Value::from(STANDARD.encode(format!("position:{end}"))));
    }
    let items = items.into_iter().skip(start).take(end - start).collect();
    body.insert(member.to_owned(), Value::Array(items));
    Ok(Value::Object(body))
}

fn position(token: &str, length: usize) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    text.strip_prefix("position:")?.parse().ok().filter(|position| *position <= length)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let items: Vec<Value> = (0..5).map(Value::from).collect();
        let mut page = Page { max_results: Some(2), next_token: None };
        let mut seen = Vec::new();
        loop {
            let body = answer("items", items.clone(), &page).expect("a page");
            seen.push(body["items"].clone());
            match body["nextToken"].as_str() {
                Some(token) => page.next_token = Some(token.to_owned()),
                None => break,
            }
        }
        assert_eq!(seen, [json!([0, 1]), json!([2, 3]), json!([4])]);
    }

    #[test]
    fn an_invented_token_is_refused() {
        for token in ["x", "cG9zaXRpb246OQ==", ""] {
            let page = Page { max_results: None, next_token: Some(token.to_owned()) };
            assert!(answer("items", vec![json!(1)], &page).is_err(), "{token}");
        }
    }
}
