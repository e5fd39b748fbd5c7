//! SigV4 credential scopes: the key, region and service that a request was signed for. Verifies no signature and knows no account.

use http::HeaderMap;

/// The credential scope of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The id of the access key.
    pub access_key: String,
    /// The region.
    pub region: String,
    /// Lower-case signing name, `eks` for instance.
    pub service: String,
}

/// Reads the scope of the `Authorization` header, or of a presigned query; `None` for an unsigned request.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
pub fn scope(headers: &HeaderMap, query: Option<&str>) -> Option<Scope> {
    if let Some(header) = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok()) {
        let fields = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let credential = fields.split(',').find_map(|field| field.trim().strip_prefix("Credential="))?;
        return parse(credential);
    }
    let credential = form_urlencoded::parse(query?.as_bytes()).find(|(name, _)| name == "X-Amz-Credential")?.1;
    parse(&credential)
}

fn parse(credential: &str) -> Option<Scope> {
    let mut parts = credential.split('/');
    let access_key = parts.next()?.to_owned();
    let _date = parts.next()?;
    let region = parts.next()?.to_owned();
    let service = parts.next()?.to_lowercase();
    (parts.next()? == "aws4_request" && parts.next().is_none()).then_some(Scope { access_key, region, service })
}
