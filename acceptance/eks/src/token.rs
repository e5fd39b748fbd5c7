//! EKS tokens: a presigned GetCallerIdentity in base64. Knows the rules of aws-iam-authenticator; nothing of who may do what.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

const PREFIX: &str = "k8s-aws-v1.";
/// The longest token that the authenticator reads, in bytes.
const LONGEST: usize = 4096;
/// A token is good for so many seconds after the moment it was signed, whatever it says itself.
const LIFETIME: i64 = 15 * 60;
const PARAMETERS: [&str; 9] = [
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];
/// What SigV4 leaves as it is in a query.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A token whose form is right; its signature has not been looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Who says to have signed it.
    pub access_key: String,
    host: String,
    /// Decoded, in the order of the URL.
    query: Vec<(String, String)>,
    scope: String,
    date: String,
    signed_headers: String,
    signature: String,
}

/// Why a token is refused: a sentence for the API server's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The token itself is wrong.
    #[error("{0}")]
    Format(&'static str),
    /// A parameter is not one of those that STS needs.
    #[error("non-whitelisted query parameter {0:?}")]
    Parameter(String),
    /// The URL is not one of STS in this region.
    #[error("unexpected hostname {0:?} in pre-signed URL")]
    Host(String),
    /// Signed too long ago, or in the future.
    #[error("X-Amz-Date parameter is expired ({LIFETIME} s expiration) {0}")]
    Expired(String),
}

impl Token {
    /// Takes a token apart and applies every rule but the signature's. `now` is in seconds since the epoch; `sandbox` is the address that
    /// stands for STS here, `http://127.0.0.1:PORT`, which is where clients sign for that follow `AWS_ENDPOINT_URL`.
    pub(crate) fn parse(token: &str, region: &str, sandbox: &str, now: i64) -> Result<Self, Refusal> {
        use Refusal::Format;
        if token.len() > LONGEST {
            return Err(Format("token is too large"));
        }
        let encoded = token.strip_prefix(PREFIX).ok_or(Format("token is missing expected \"k8s-aws-v1.\" prefix"))?;
        let url = URL_SAFE_NO_PAD
            .decode(encoded)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or(Format("token is not base64"))?;
        let (scheme, rest) = url.split_once("://").ok_or(Format("unexpected scheme in pre-signed URL"))?;
        let (host, rest) = rest.split_once('/').ok_or(Format("unexpected path in pre-signed URL"))?;
        let query = rest.strip_prefix('?').ok_or(Format("unexpected path in pre-signed URL"))?;
        if sandbox.split_once("://") != Some((scheme, host)) {
            if scheme != "https" {
                return Err(Format("unexpected scheme in pre-signed URL"));
            }
            if !hosts(region).iter().any(|known| known == host) {
                return Err(Refusal::Host(host.to_owned()));
            }
        }
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut seen: Vec<String> = Vec::new();
        for (name, _) in &query {
            let name = name.to_ascii_lowercase();
            if !PARAMETERS.contains(&name.as_str()) {
                return Err(Refusal::Parameter(name));
            }
            if seen.contains(&name) {
                return Err(Format("query parameter with multiple values not supported"));
            }
            seen.push(name);
        }
        let value = |wanted: &str| {
            query.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map_or("", |(_, value)| value.as_str())
        };
        if value("action") != "GetCallerIdentity" {
            return Err(Format("unexpected action parameter in pre-signed URL"));
        }
        if !value("x-amz-signedheaders").split(';').any(|header| header.eq_ignore_ascii_case("x-k8s-aws-id")) {
            return Err(Format("client did not sign the x-k8s-aws-id header in the pre-signed URL"));
        }
        if !value("x-amz-expires").parse::<u32>().is_ok_and(|expires| expires <= 900) {
            return Err(Format("invalid X-Amz-Expires parameter in pre-signed URL"));
        }
        let date = value("x-amz-date");
        let signed_at = epoch(date).ok_or(Format("error parsing X-Amz-Date parameter"))?;
        if now - signed_at > LIFETIME || signed_at - now > LIFETIME {
            return Err(Refusal::Expired(date.to_owned()));
        }
        let (access_key, scope) =
            value("x-amz-credential").split_once('/').ok_or(Format("X-Amz-Credential has no scope"))?;
        Ok(Self {
            access_key: access_key.to_owned(),
            host: host.to_owned(),
            scope: scope.to_owned(),
            date: date.to_owned(),
            signed_headers: value("x-amz-signedheaders").to_owned(),
            signature: value("x-amz-signature").to_owned(),
            query,
        })
    }

    /// Whether the holder of `secret` signed it, for this cluster. STS is sent the headers `host` and `x-k8s-aws-id` and no others, so
    /// a token that signed more cannot be right.
    pub(crate) fn is_signed(&self, secret: &str, cluster: &str) -> bool {
        let mut headers = String::new();
        for header in self.signed_headers.split(';') {
            let value = match header {
                "host" => &self.host,
                "x-k8s-aws-id" => cluster,
                _ => return false,
            };
            headers.push_str(&format!("{header}:{value}\n"));
        }
        let mut query: Vec<String> = self
            .query
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("x-amz-signature"))
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        query.sort();
        let expected = signature(secret, &self.date, &self.scope, &query.join("&"), &headers, &self.signed_headers);
        self.scope.split('/').nth(2) == Some("sts") && expected == self.signature
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// SigV4 over `GET /?QUERY` without a body.
fn signature(secret: &str, date: &str, scope: &str, query: &str, headers: &str, signed_headers: &str) -> String {
    let empty = hex(&Sha256::digest(b""));
    let request = format!("GET\n/\n{query}\n{headers}\n{signed_headers}\n{empty}");
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(request)));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/') {
        key = sign(&key, part.as_bytes());
    }
    hex(&sign(&key, to_sign.as_bytes()))
}

/// A URL as `aws eks get-token` presigns it, for the tests of what reads it.
#[cfg(test)]
pub(crate) fn presign(access_key: &str, secret: &str, cluster: &str, region: &str, now: i64) -> String {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = time::OffsetDateTime::from_unix_timestamp(now)
        .ok()
        .and_then(|moment| moment.format(format).ok())
        .expect("a date");
    let scope = format!("{}/{region}/sts/aws4_request", &date[..8]);
    let host = format!("sts.{region}.amazonaws.com");
    let query = [
        ("Action", "GetCallerIdentity".to_owned()),
        ("Version", "2011-06-15".to_owned()),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("X-Amz-Credential", format!("{access_key}/{scope}")),
        ("X-Amz-Date", date.clone()),
        ("X-Amz-Expires", "60".to_owned()),
        ("X-Amz-SignedHeaders", "host;x-k8s-aws-id".to_owned()),
    ];
    let query = query.map(|(name, value)| format!("{name}={}", encode(&value))).join("&");
    let headers = format!("host:{host}\nx-k8s-aws-id:{cluster}\n");
    let signature = signature(secret, &date, &scope, &query, &headers, "host;x-k8s-aws-id");
    format!("https://{host}/?{query}&X-Amz-Signature={signature}")
}

fn sign(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hosts of STS for a region: regional, FIPS, dual stack, and in the `aws` partition the global one.
fn hosts(region: &str) -> Vec<String> {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let mut hosts =
        vec![format!("sts.{region}.{suffix}"), format!("sts-fips.{region}.{suffix}"), format!("sts.{region}.api.aws")];
    if !region.starts_with("cn-") && !region.starts_with("us-gov-") {
        hosts.push("sts.amazonaws.com".to_owned());
    }
    hosts
}

/// `20260921T141320Z` in seconds since the epoch.
fn epoch(date: &str) -> Option<i64> {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    time::PrimitiveDateTime::parse(date, format).ok().map(|moment| moment.assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests;
