//! The subnets of an account's default VPC. Asks moto directly, so that the request log stays the user's.

use std::net::SocketAddr;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

const QUESTION: &str = "Action=DescribeSubnets&Version=2016-11-15&Filter.1.Name=default-for-az&Filter.1.Value.1=true";

/// Their ids, in the order of their zones.
pub(super) async fn default(moto: SocketAddr, account: &str, region: &str) -> anyhow::Result<Vec<String>> {
    let request = http::Request::post(format!("http://{moto}/"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-moto-account-id", account)
        // moto reads the region and the service from the scope and does not check signatures.
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential=sandbox/20260101/{region}/ec2/aws4_request, SignedHeaders=host, Signature=0"))
        .body(Full::new(Bytes::from_static(QUESTION.as_bytes())))
        .context("the question for subnets cannot be written")?;
    let answer =
        Client::builder(TokioExecutor::new()).build_http().request(request).await.context("moto does not answer")?;
    let status = answer.status();
    let body = answer.into_body().collect().await.context("moto's answer ends early")?.to_bytes();
    let body = String::from_utf8_lossy(&body);
    anyhow::ensure!(
        status.is_success(),
        "moto cannot tell the subnets of account {account} in {region}: {status} {body}"
    );
    let mut subnets: Vec<(String, String)> = body
        .split("<subnetId>")
        .skip(1)
        .filter_map(|part| {
            Some((
                part.split_once("<availabilityZone>")?.1.split('<').next()?.to_owned(),
                part.split('<').next()?.to_owned(),
            ))
        })
        .collect();
    subnets.sort();
    anyhow::ensure!(!subnets.is_empty(), "account {account} has no default VPC in {region}");
    Ok(subnets.into_iter().map(|(_, id)| id).collect())
}
