use super::*;

/// The instant of the vectors, 2026-09-21 14:13:20 UTC.
const SIGNED: i64 = 1_790_000_000;
const SANDBOX: &str = "http://127.0.0.1:4566";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const PLAIN: &str = "9a690a405008282442251706bfed26acb796b9897621eb7c64fbb5a4df948e48";
const WITH_SESSION: &str = "257b2de9eb7db3dd1eb7ad1b52dec0a6917b49f9e5eaa275ba6d7bcb0f2483af";

/// A URL like the one that `aws eks get-token` presigns, with parameters replaced or added.
fn url(signature: &str, changes: &[(&str, &str)]) -> String {
    let mut parameters: Vec<(String, String)> = [
        ("Action", "GetCallerIdentity"),
        ("Version", "2011-06-15"),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "AKIDEXAMPLE/20260921/eu-west-1/sts/aws4_request"),
        ("X-Amz-Date", "20260921T141320Z"),
        ("X-Amz-Expires", "60"),
        ("X-Amz-SignedHeaders", "host;x-k8s-aws-id"),
        ("X-Amz-Signature", signature),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, value) in changes {
        match parameters.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = (*value).to_owned(),
            None => parameters.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    let query: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, UNRESERVED))).collect();
    format!("https://sts.eu-west-1.amazonaws.com/?{}", query.join("&"))
}

fn token(url: &str) -> String {
    format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url))
}

fn parse(url: &str) -> Result<Token, Refusal> {
    Token::parse(&token(url), "eu-west-1", SANDBOX, SIGNED)
}

#[test]
fn the_signature_of_botocore_is_recomputed() {
    let plain = parse(&url(PLAIN, &[])).expect("a token");
    assert_eq!(plain.access_key, "AKIDEXAMPLE");
    assert!(plain.is_signed(SECRET, "demo"));
    let session = parse(&url(WITH_SESSION, &[("X-Amz-Security-Token", "IQoJb3JpZ2luX2VjEA//////wEaCXVz+abc==")]))
        .expect("a token");
    assert!(session.is_signed(SECRET, "demo"));
}

#[test]
fn another_secret_cluster_or_signature_is_not_signed() {
    let plain = parse(&url(PLAIN, &[])).expect("a token");
    assert!(!plain.is_signed("another", "demo"));
    assert!(!plain.is_signed(SECRET, "prod"));
    assert!(!parse(&url(WITH_SESSION, &[])).expect("a token").is_signed(SECRET, "demo"));
}

#[test]
fn more_signed_headers_than_sts_is_sent_cannot_be_right() {
    let more = parse(&url(PLAIN, &[("X-Amz-SignedHeaders", "host;user-agent;x-k8s-aws-id")])).expect("a token");
    assert!(!more.is_signed(SECRET, "demo"));
}

#[test]
fn a_token_of_another_service_is_not_signed_for_sts() {
    let other = parse(&url(PLAIN, &[("X-Amz-Credential", "AKIDEXAMPLE/20260921/eu-west-1/eks/aws4_request")]))
        .expect("a token");
    assert!(!other.is_signed(SECRET, "demo"));
}

#[test]
fn a_token_lives_fifteen_minutes() {
    let token = token(&url(PLAIN, &[]));
    for (now, good) in [(SIGNED + 899, true), (SIGNED + 901, false), (SIGNED - 899, true), (SIGNED - 901, false)] {
        assert_eq!(Token::parse(&token, "eu-west-1", SANDBOX, now).is_ok(), good, "{}", now - SIGNED);
    }
}

#[test]
fn every_rule_of_the_authenticator_refuses() {
    let good = url(PLAIN, &[]);
    for (url, text) in [
        (good.replace("https:", "http:"), "unexpected scheme in pre-signed URL"),
        (
            good.replace("sts.eu-west-1.amazonaws.com", "sts.evil.example"),
            "unexpected hostname \"sts.evil.example\" in pre-signed URL",
        ),
        (good.replace("/?", "/path?"), "unexpected path in pre-signed URL"),
        (format!("{good}&Expect=x"), "non-whitelisted query parameter \"expect\""),
        (format!("{good}&x-amz-expires=60"), "query parameter with multiple values not supported"),
        (url(PLAIN, &[("Action", "AssumeRole")]), "unexpected action parameter in pre-signed URL"),
        (
            url(PLAIN, &[("X-Amz-SignedHeaders", "host")]),
            "client did not sign the x-k8s-aws-id header in the pre-signed URL",
        ),
        (url(PLAIN, &[("X-Amz-Expires", "901")]), "invalid X-Amz-Expires parameter in pre-signed URL"),
        (url(PLAIN, &[("X-Amz-Expires", "-1")]), "invalid X-Amz-Expires parameter in pre-signed URL"),
        (url(PLAIN, &[("X-Amz-Date", "yesterday")]), "error parsing X-Amz-Date parameter"),
    ] {
        assert_eq!(parse(&url).map_err(|refusal| refusal.to_string()), Err(text.to_owned()), "{url}");
    }
    for (token, text) in [
        ("eyJhbGciOi".to_owned(), "token is missing expected \"k8s-aws-v1.\" prefix"),
        ("k8s-aws-v1.%%%".to_owned(), "token is not base64"),
        (format!("k8s-aws-v1.{}", "A".repeat(4096)), "token is too large"),
    ] {
        assert_eq!(
            Token::parse(&token, "eu-west-1", SANDBOX, SIGNED).map_err(|refusal| refusal.to_string()),
            Err(text.to_owned())
        );
    }
}

#[test]
fn the_global_host_is_good_in_the_aws_partition_alone() {
    let global = url(PLAIN, &[]).replace("sts.eu-west-1.amazonaws.com", "sts.amazonaws.com");
    assert!(Token::parse(&token(&global), "eu-west-1", SANDBOX, SIGNED).is_ok());
    assert!(Token::parse(&token(&global), "cn-north-1", SANDBOX, SIGNED).is_err());
}

#[test]
fn the_address_that_stands_for_sts_here_is_good_too() {
    let here = url(PLAIN, &[]).replace("https://sts.eu-west-1.amazonaws.com", SANDBOX);
    assert!(parse(&here).is_ok());
    assert!(parse(&here.replace("4566", "4567")).is_err());
}
