//! Calls without an SDK crate: what leaves the process, and what becomes of answers and errors.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tfplugin_framework::attr::Attr;

use super::super::aws::Aws;
use super::super::aws::logs::LogGroup;
use super::super::aws::signed::{EC2, ELB, Element};
use super::super::error::CloudError;
use super::super::settings::{Endpoints, Settings};
use super::network::{Answer, Network, Sent};

const USER: &str = "arn:aws:iam::111122223333:user/ada";

fn network(script: impl Fn(&Sent, usize) -> Answer + Send + Sync + 'static) -> Network {
    Network::new(move |sent, before| match sent.what.as_str() {
        "GetCallerIdentity" => Answer::caller(USER),
        _ => script(sent, before),
    })
}

async fn aws(network: &Network) -> Arc<Aws> {
    network.cloud(Settings::default()).await.aws("eu-west-1").await.expect("clients")
}

async fn volumes(aws: &Arc<Aws>) -> Result<Element, CloudError> {
    aws.signed.query(&EC2, "DescribeVolumes", [("Filter.1.Name".to_owned(), "tag-key")]).await
}

#[tokio::test]
async fn a_query_is_signed_for_its_service_and_answers_a_tree() {
    let network = network(|_, _| {
        Answer::Body(
            200,
            "<DescribeVolumesResponse xmlns=\"http://ec2.example/doc/\"><volumeSet><item><volumeId>vol-1</volumeId>\
             <tagSet><item><key>a</key><value>1</value></item></tagSet></item><item><volumeId>vol-2</volumeId></item>\
             </volumeSet></DescribeVolumesResponse>"
                .to_owned(),
        )
    });
    let found = volumes(&aws(&network).await).await.expect("an answer");
    let ids: Vec<_> = found.list("volumeSet").filter_map(|one| one.text("volumeId")).collect();
    assert_eq!(ids, ["vol-1", "vol-2"]);
    let sent = network.sent().pop().expect("a request");
    assert_eq!(sent.host, "ec2.eu-west-1.amazonaws.com");
    assert_eq!(sent.body, "Action=DescribeVolumes&Version=2016-11-15&Filter.1.Name=tag-key");
    assert!(sent.authorization.contains("/eu-west-1/ec2/aws4_request"), "{}", sent.authorization);
    assert!(sent.user_agent.starts_with("terraform-provider-paas/"), "{}", sent.user_agent);
}

#[tokio::test]
async fn addresses_of_the_provider_block_hold_for_them_too() {
    let network = network(|_, _| Answer::Body(200, "<R/>".to_owned()));
    let endpoints = Endpoints { elasticloadbalancing: "http://127.0.0.1:4566".into(), ..Endpoints::default() };
    let settings = Settings { endpoints: Attr::Known(endpoints), ..Settings::default() };
    let aws = network.cloud(settings).await.aws("eu-west-1").await.expect("clients");
    aws.signed.query(&ELB, "DescribeLoadBalancers", []).await.expect("an answer");
    assert_eq!(network.sent().pop().expect("a request").host, "127.0.0.1:4566");
}

#[tokio::test]
async fn an_error_of_ec2_has_its_code_and_its_words() {
    let network = network(|_, _| {
        let error =
            "<Error><Code>DependencyViolation</Code><Message>resource sg-1 has a dependent object</Message></Error>";
        Answer::Body(400, format!("<Response><Errors>{error}</Errors><RequestID>r-7</RequestID></Response>"))
    });
    let error = volumes(&aws(&network).await).await.expect_err("refused");
    let CloudError::Fault(fault) = error else { panic!("{error:?}") };
    assert_eq!(fault.operation.to_string(), "ec2:DescribeVolumes");
    assert_eq!((fault.code.as_str(), fault.status), ("DependencyViolation", 400));
    assert_eq!(fault.message, "resource sg-1 has a dependent object");
    assert_eq!(fault.request_id, "r-7");
}

#[tokio::test]
async fn an_error_of_load_balancing_is_known_by_its_code() {
    let network = network(|_, _| Answer::query_fault(400, "LoadBalancerNotFound", "none of that name"));
    let error = aws(&network).await.signed.query(&ELB, "DeleteLoadBalancer", []).await.expect_err("refused");
    assert!(error.is_not_found(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn throttling_is_outlasted_by_them_too() {
    let network = network(|_, before| match before {
        0..20 => Answer::query_fault(503, "RequestLimitExceeded", "slow down"),
        _ => Answer::Body(200, "<R/>".to_owned()),
    });
    volumes(&aws(&network).await).await.expect("an answer");
    assert_eq!(network.asked().len(), 22);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_answer_is_asked_for_a_few_times() {
    for page in ["<html><body>please log in</body></html>", "<a><b>"] {
        let network = network(move |_, _| Answer::Body(200, page.to_owned()));
        let error = volumes(&aws(&network).await).await.expect_err("no answer");
        assert!(matches!(error, CloudError::Garbage { .. }), "{error:?}");
        assert_eq!(network.asked().len(), 5, "{page}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_address_does_not_hold_them_up_for_ever() {
    let network = network(|_, _| Answer::Never);
    let aws = aws(&network).await;
    let start = tokio::time::Instant::now();
    let error = volumes(&aws).await.expect_err("no answer");
    assert!(matches!(error, CloudError::Timeout { .. }), "{error:?}");
    assert!(start.elapsed() <= Duration::from_secs(301));
}

#[tokio::test]
async fn a_log_group_is_made_found_and_forgotten() {
    let network = network(|sent, _| match sent.what.as_str() {
        "Logs_20140328.DescribeLogGroups" if !sent.body.contains("nextToken") => {
            Answer::Body(200, r#"{"logGroups":[{"logGroupName":"/a/b-2"}],"nextToken":"more"}"#.to_owned())
        }
        "Logs_20140328.DescribeLogGroups" => Answer::Body(
            200,
            r#"{"logGroups":[{"logGroupName":"/a/b","arn":"arn:x:/a/b:*","retentionInDays":90}]}"#.to_owned(),
        ),
        "Logs_20140328.ListTagsForResource" => Answer::Body(200, r#"{"tags":{"team":"ops"}}"#.to_owned()),
        "Logs_20140328.DeleteLogGroup" => Answer::fault(
            400,
            "com.amazonaws.logs#ResourceNotFoundException",
            "The specified log group does not exist.",
        ),
        _ => Answer::Body(200, String::new()),
    });
    let aws = aws(&network).await;
    let tags = BTreeMap::from([("team".to_owned(), "ops".to_owned())]);
    aws.create_log_group("/a/b", &tags).await.expect("it is made");
    aws.set_log_retention("/a/b", Some(90)).await.expect("it is set");
    let found = aws.log_group("/a/b").await.expect("an answer");
    let (name, arn) = ("/a/b".to_owned(), "arn:x:/a/b".to_owned());
    assert_eq!(found, Some(LogGroup { name, arn, retention_days: Some(90) }));
    assert_eq!(aws.log_group_tags("arn:x:/a/b").await.as_ref(), Ok(&tags));
    aws.tag_log_group("arn:x:/a/b", &tags, &["old".to_owned()]).await.expect("it is tagged");
    assert!(aws.delete_log_group("/a/b").await.is_err_and(|error| error.is_not_found()));
    let sent: Vec<(String, String)> = network.sent().into_iter().skip(1).map(|one| (one.what, one.body)).collect();
    assert_eq!(sent[0].1, r#"{"logGroupName":"/a/b","tags":{"team":"ops"}}"#);
    assert_eq!(sent[1].1, r#"{"logGroupName":"/a/b","retentionInDays":90}"#);
    assert!(network.sent()[1].authorization.contains("/logs/aws4_request"));
    assert_eq!(network.sent()[1].host, "logs.eu-west-1.amazonaws.com");
}
