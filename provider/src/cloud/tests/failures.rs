//! What the network and AWS do wrong. The clock is paused: minutes of backoff pass in no time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use tokio::time::Instant;

use super::super::aws::Aws;
use super::super::error::CloudError;
use super::super::settings::Settings;
use super::network::{Answer, Network, Sent};

const USER: &str = "arn:aws:iam::111122223333:user/ada";

async fn described(
    script: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> (Result<(), CloudError>, usize, Duration) {
    let network = Network::new(move |sent: &Sent, before| match sent.what.as_str() {
        "GetCallerIdentity" => Answer::caller(USER),
        _ => script(before),
    });
    let aws = network.cloud(Settings::default()).await.aws("eu-west-1").await.expect("clients");
    let start = Instant::now();
    let answer = describe(&aws).await;
    (answer, network.asked().len() - 1, start.elapsed())
}

async fn describe(aws: &Aws) -> Result<(), CloudError> {
    aws.eks.describe_cluster().name("prod").send().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn throttling_is_outlasted() {
    for (code, message) in
        [("ThrottlingException", "Rate exceeded"), ("InvalidRequestException", "Request limit exceeded")]
    {
        let (answer, tries, _) = described(move |before| match before {
            0..20 => Answer::fault(400, code, message),
            _ => Answer::cluster(),
        })
        .await;
        assert_eq!((answer, tries), (Ok(()), 21), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_minutes_of_throttling_are_outlasted() {
    let start = Instant::now();
    let (answer, _, _) = described(move |_| match start.elapsed() {
        time if time < Duration::from_secs(120) => Answer::fault(429, "TooManyRequestsException", "slow down"),
        _ => Answer::cluster(),
    })
    .await;
    assert_eq!(answer, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn throttling_without_end_is_told_after_the_last_try() {
    let (answer, tries, _) = described(|_| Answer::fault(429, "ThrottlingException", "Rate exceeded")).await;
    let error = answer.expect_err("throttled");
    assert!(error.is_throttle() && tries <= 25, "{error:?} after {tries}");
}

#[tokio::test(start_paused = true)]
async fn a_bad_request_is_not_repeated() {
    let (answer, tries, _) = described(|_| Answer::fault(400, "InvalidRequestException", "no such thing")).await;
    assert_eq!(tries, 1);
    assert_eq!(answer.expect_err("refused").code(), Some("InvalidRequestException"));
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_answer_is_asked_for_a_few_times_only() {
    for page in ["<html>please log in</html>", "{\"cluster\":{\"na", ""] {
        let (answer, tries, _) = described(move |_| Answer::Body(200, page.to_owned())).await;
        match answer {
            Err(CloudError::Garbage { operation, .. }) => {
                assert_eq!((operation.to_string().as_str(), tries), ("eks:DescribeCluster", 4));
            }
            // An empty body is an empty answer to the SDK: whoever reads it must not take it for a cluster.
            Ok(()) => assert_eq!((page, tries), ("", 1)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_with_status_404_is_no_missing_cluster() {
    let (answer, _, _) = described(|_| Answer::Body(404, "<html>Not Found</html>".to_owned())).await;
    let error = answer.expect_err("a page");
    assert!(!error.is_not_found() && matches!(error, CloudError::Garbage { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_cluster_is_known_by_its_code() {
    let (answer, tries, _) =
        described(|_| Answer::fault(404, "ResourceNotFoundException", "No cluster found for name: prod.")).await;
    assert!(answer.is_err_and(|error| error.is_not_found()));
    assert_eq!(tries, 1);
}

#[tokio::test(start_paused = true)]
async fn an_address_where_nothing_listens_is_told_within_seconds() {
    let (answer, tries, time) = described(|_| Answer::Refused).await;
    let Err(CloudError::Unreachable { reason, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!(reason, "eks.eu-west-1.amazonaws.com does not answer: Connection refused (os error 111)");
    assert!(tries >= 2 && time < Duration::from_secs(20), "{tries} tries in {time:?}");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_has_answered_may_be_away_for_a_minute() {
    let network = Network::new(|sent, _| match sent.what.as_str() {
        "GetCallerIdentity" => Answer::caller(USER),
        _ => Answer::cluster(),
    });
    let aws = network.cloud(Settings::default()).await.aws("eu-west-1").await.expect("clients");
    describe(&aws).await.expect("it answers");
    let away = Instant::now();
    let network = Network::new(move |sent, _| match sent.what.as_str() {
        "GetCallerIdentity" => Answer::caller(USER),
        _ if sent.what.ends_with("/prod") => Answer::cluster(),
        _ if away.elapsed() < Duration::from_secs(60) => Answer::Refused,
        _ => Answer::cluster(),
    });
    let aws = network.cloud(Settings::default()).await.aws("eu-west-1").await.expect("clients");
    describe(&aws).await.expect("it answers");
    aws.eks.describe_cluster().name("other").send().await.expect("it answers again");
}

#[tokio::test(start_paused = true)]
async fn a_silent_address_does_not_hold_up_for_ever() {
    let (answer, _, time) = described(|_| Answer::Never).await;
    assert!(matches!(answer, Err(CloudError::Timeout { .. })), "{answer:?}");
    assert!(time <= Duration::from_secs(301), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_than_ten_requests_of_a_kind_leave_in_a_second() {
    let network = Network::new(|sent, _| match sent.what.as_str() {
        "GetCallerIdentity" => Answer::caller(USER),
        _ => Answer::cluster(),
    });
    let aws = network.cloud(Settings::default()).await.aws("eu-west-1").await.expect("clients");
    let start = Instant::now();
    let all = futures::future::join_all((0..45).map(|_| describe(&aws))).await;
    assert!(all.iter().all(Result::is_ok));
    assert!(start.elapsed() >= Duration::from_secs(4), "{:?}", start.elapsed());
}

/// Credentials of an SSO session that ends: good for half a minute, and then never again.
#[derive(Debug, Default)]
struct Ending(AtomicBool);

impl ProvideCredentials for Ending {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let end = SystemTime::now() + Duration::from_secs(30);
        future::ProvideCredentials::ready(if self.0.swap(true, Ordering::SeqCst) {
            Err(CredentialsError::provider_error("the SSO session has ended"))
        } else {
            Ok(Credentials::new("AKIDEXAMPLE", "secret", None, Some(end), "test"))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_cannot_be_renewed_are_told_as_such() {
    let network = Network::new(|_, _| Answer::caller(USER));
    let ending = SharedCredentialsProvider::new(Ending::default());
    let refused = network.cloud_with(Settings::default(), ending).await.aws("eu-west-1").await.expect_err("no session");
    let CloudError::NoCredentials { tried, reason } = refused else { panic!("{refused:?}") };
    assert_eq!((tried.is_empty(), reason.as_str()), (true, "the SSO session has ended"));
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_credentials_says_where_it_looked_and_looks_once() {
    #[derive(Debug, Default)]
    struct Nobody(AtomicUsize);
    impl ProvideCredentials for Nobody {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            assert_eq!(self.0.fetch_add(1, Ordering::SeqCst), 0, "it was asked again");
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("nothing")))
        }
    }
    let network = Network::new(|_, _| Answer::Refused);
    let cloud = network.cloud_with(Settings::default(), SharedCredentialsProvider::new(Nobody::default())).await;
    for _ in 0..3 {
        let error = cloud.aws("eu-west-1").await.expect_err("no credentials");
        let CloudError::NoCredentials { tried, .. } = error else { panic!("{error:?}") };
        assert_eq!(tried.len(), 5, "{tried:?}");
    }
    assert!(network.asked().is_empty());
}
