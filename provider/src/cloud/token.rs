//! The token that EKS API servers accept: a signed request for the caller's identity, which the API server sends to STS.
//! Local computation; knows signing and no client.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::CloudError;
use super::partition::Partition;

/// A token is made anew after this time. API servers accept it for 15 minutes.
pub const RENEWAL: Duration = Duration::from_secs(10 * 60);

/// Less than API servers accept, for clocks that differ.
const LIFE: Duration = Duration::from_secs(14 * 60);

/// A bearer token for one cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The token. It carries the signature of live credentials: never logged, never stored.
    pub text: String,
    /// When API servers stop accepting it, at the latest.
    pub expires_at: SystemTime,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Signs a token for `cluster` as of `now`.
///
/// The request is for the partition's regional STS host whatever the provider block says about endpoints: API servers send
/// it nowhere else. Only `host` and the cluster's name are signed headers, because STS is sent no others.
///
/// # Errors
/// If the credentials cannot sign.
pub fn sign_token(
    credentials: &Credentials,
    partition: &Partition,
    region: &str,
    cluster: &str,
    now: SystemTime,
) -> Result<Token, CloudError> {
    let unsigned = |error: &dyn fmt::Display| CloudError::told("no token could be signed", error.to_string());
    let url = format!("https://sts.{region}.{}/?Action=GetCallerIdentity&Version=2011-06-15", partition.dns_suffix());
    let identity = credentials.clone().into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(60));
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| unsigned(&error))?;
    let request = SignableRequest::new("GET", &url, [("x-k8s-aws-id", cluster)].into_iter(), SignableBody::Bytes(&[]))
        .map_err(|error| unsigned(&error))?;
    let (instructions, _) = sign(request, &parameters.into()).map_err(|error| unsigned(&error))?.into_parts();
    let mut signed = http::Request::get(&url).body(()).map_err(|error| unsigned(&error))?;
    instructions.apply_to_request_http1x(&mut signed);
    let end = now + LIFE;
    Ok(Token {
        text: format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(signed.uri().to_string())),
        expires_at: credentials.expiry().map_or(end, |expiry| expiry.min(end)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_790_000_000);

    fn signed(session: Option<&str>, partition: &str, region: &str) -> (Token, String) {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            session.map(str::to_owned),
            None,
            "test",
        );
        let now = SystemTime::UNIX_EPOCH + NOW;
        let token = sign_token(&credentials, &Partition::named(partition), region, "demo", now).expect("a token");
        let url = token.text.strip_prefix("k8s-aws-v1.").expect("the prefix");
        let url = String::from_utf8(URL_SAFE_NO_PAD.decode(url).expect("base64")).expect("text");
        (token, url)
    }

    #[test]
    fn the_signature_is_the_one_that_botocore_makes() {
        let (_, url) = signed(None, "aws", "eu-west-1");
        assert!(
            url.contains("X-Amz-Signature=9a690a405008282442251706bfed26acb796b9897621eb7c64fbb5a4df948e48"),
            "{url}"
        );
        assert!(url.contains("X-Amz-Date=20260921T141320Z"), "{url}");
    }

    #[test]
    fn a_session_token_is_signed_along() {
        let (_, url) = signed(Some("IQoJb3JpZ2luX2VjEA//////wEaCXVz+abc=="), "aws", "eu-west-1");
        assert!(
            url.contains("X-Amz-Signature=257b2de9eb7db3dd1eb7ad1b52dec0a6917b49f9e5eaa275ba6d7bcb0f2483af"),
            "{url}"
        );
    }

    #[test]
    fn it_holds_only_what_api_servers_let_pass() {
        let (_, url) = signed(Some("session"), "aws", "eu-west-1");
        let (address, query) = url.split_once('?').expect("a query");
        assert_eq!(address, "https://sts.eu-west-1.amazonaws.com/");
        let mut names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "Action",
                "Version",
                "X-Amz-Algorithm",
                "X-Amz-Credential",
                "X-Amz-Date",
                "X-Amz-Expires",
                "X-Amz-Security-Token",
                "X-Amz-Signature",
                "X-Amz-SignedHeaders",
            ]
        );
        assert!(query.contains("X-Amz-SignedHeaders=host%3Bx-k8s-aws-id"), "{query}");
    }

    #[test]
    fn it_is_signed_for_the_partition() {
        assert!(signed(None, "aws-cn", "cn-north-1").1.starts_with("https://sts.cn-north-1.amazonaws.com.cn/?"));
        assert!(signed(None, "aws-us-gov", "us-gov-west-1").1.starts_with("https://sts.us-gov-west-1.amazonaws.com/?"));
    }

    #[test]
    fn it_ends_with_its_credentials() {
        let now = SystemTime::UNIX_EPOCH + NOW;
        let end = now + Duration::from_secs(90);
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, Some(end), "test");
        let token = sign_token(&credentials, &Partition::named("aws"), "eu-west-1", "demo", now).expect("a token");
        assert_eq!(token.expires_at, end);
        assert_eq!(signed(None, "aws", "eu-west-1").0.expires_at, now + LIFE);
    }

    #[test]
    fn it_does_not_show_in_debug_output() {
        let (token, _) = signed(None, "aws", "eu-west-1");
        assert!(!format!("{token:?}").contains("k8s-aws-v1"));
    }
}
