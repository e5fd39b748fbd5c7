//! One real control plane, and what the rest of the sandbox relies on. Builds the tools first where they are missing.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Json;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Namespace, Node, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{ListParams, LogParams, PostParams};
use kube::runtime::wait::await_condition;
use kube::{Api, ResourceExt as _};
use libtest_mimic::{Arguments, Trial};
use sandbox_kube::{ControlPlane, ControlPlaneSpec, NodeSpec, Taint, Tools, Wanted};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// A scenario of one control plane, in a namespace of its own.
type Scenario = fn(Arc<ControlPlane>, String) -> futures::future::BoxFuture<'static, anyhow::Result<()>>;

fn main() {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Runtime::new().expect("a tokio runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scenarios: [(&str, Scenario); 7] = [
        ("a_deployment_rolls_out", |plane, namespace| Box::pin(deployment(plane, namespace))),
        ("a_crash_loop_is_told_with_its_log", |plane, namespace| Box::pin(crash_loop(plane, namespace))),
        ("jobs_complete_and_fail", |plane, namespace| Box::pin(jobs(plane, namespace))),
        ("a_pod_that_asks_for_too_much_is_not_scheduled", |plane, namespace| Box::pin(unschedulable(plane, namespace))),
        ("a_node_takes_on_labels_and_taints", |plane, _| Box::pin(labels(plane))),
        ("tokens_are_reviewed_by_the_webhook", |plane, _| Box::pin(tokens(plane))),
        ("a_drain_respects_disruption_budgets", |plane, namespace| Box::pin(drain(plane, namespace))),
    ];
    if arguments.list {
        let trials = scenarios.iter().map(|(name, _)| Trial::test(*name, || Ok(())));
        libtest_mimic::run(&arguments, trials.collect()).exit();
    }
    let plane = runtime.block_on(start(folder.path().join("plane"))).expect("a control plane");
    let plane = Arc::new(plane);
    let trials = scenarios.into_iter().map(|(name, scenario)| {
        let (plane, handle) = (Arc::clone(&plane), runtime.handle().clone());
        Trial::test(name, move || {
            let namespace = name.replace('_', "-");
            let run = async {
                let object = serde_json::from_value(json!({"metadata": {"name": namespace}}))?;
                Api::<Namespace>::all(plane.admin()).create(&PostParams::default(), &object).await?;
                tokio::time::timeout(PATIENCE, scenario(Arc::clone(&plane), namespace.clone()))
                    .await
                    .context("it takes too long")?
            };
            handle.block_on(run).map_err(|error| format!("{error:#}").into())
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    // These two end what the others use.
    let alone = runtime.block_on(async {
        upgrade(&plane).await.context("an upgrade keeps objects and address")?;
        let plane = Arc::into_inner(plane).context("a test still holds the control plane")?;
        stop(plane).await.context("a stop leaves nothing")
    });
    if let Err(error) = &alone {
        eprintln!("FAILED: {error:#}");
    }
    drop(folder);
    std::process::exit(i32::from(conclusion.has_failed() || alone.is_err()));
}

async fn start(dir: std::path::PathBuf) -> anyhow::Result<ControlPlane> {
    let tools = tokio::task::spawn_blocking(|| Tools::prepare(&|line| eprintln!("{line}"), Wanted::Services)).await??;
    let spec = ControlPlaneSpec {
        dir,
        kubernetes_version: "1.34".to_owned(),
        token_webhook: Some(format!("http://{}/review", webhook().await?)),
        service_account_issuer: None,
        real_nodes: None,
    };
    let plane = ControlPlane::start(&tools, spec).await?;
    for (name, zone) in [
        ("ip-10-0-1-10.eu-west-1.compute.internal", "eu-west-1a"),
        ("ip-10-0-2-20.eu-west-1.compute.internal", "eu-west-1b"),
    ] {
        plane.add_node(&node(name, zone)).await?;
    }
    Ok(plane)
}

fn node(name: &str, zone: &str) -> NodeSpec {
    NodeSpec {
        name: name.to_owned(),
        instance_type: "m6i.large".to_owned(),
        zone: zone.to_owned(),
        ..NodeSpec::default()
    }
}

/// Lets in the token "good", as an administrator.
async fn webhook() -> anyhow::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let review = async |Json(review): Json<Value>| {
        let known = review["spec"]["token"] == "good";
        let user = json!({"username": "somebody", "groups": ["system:masters"]});
        Json(
            json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": {"authenticated": known, "user": user}}),
        )
    };
    let router = axum::Router::new().route("/review", axum::routing::post(review));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

fn pod(image: &str, cpu: &str) -> Value {
    json!({"containers": [{"name": "c", "image": image, "resources": {"requests": {"cpu": cpu}}}]})
}

fn deployment_of(name: &str, replicas: i32) -> anyhow::Result<Deployment> {
    let object = json!({"metadata": {"name": name}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod("web:1", "10m")},
    }});
    Ok(serde_json::from_value(object)?)
}

async fn roll_out(plane: &ControlPlane, namespace: &str, name: &str, replicas: i32) -> anyhow::Result<()> {
    let deployments: Api<Deployment> = Api::namespaced(plane.admin(), namespace);
    deployments.create(&PostParams::default(), &deployment_of(name, replicas)?).await?;
    let available = |deployment: Option<&Deployment>| {
        deployment.and_then(|deployment| deployment.status.as_ref()?.available_replicas) == Some(replicas)
    };
    await_condition(deployments, name, available).await?;
    Ok(())
}

async fn deployment(plane: Arc<ControlPlane>, namespace: String) -> anyhow::Result<()> {
    roll_out(&plane, &namespace, "web", 3).await?;
    let pods: Api<Pod> = Api::namespaced(plane.admin(), &namespace);
    for pod in pods.list(&ListParams::default()).await? {
        let log = pods.logs(&pod.name_any(), &LogParams::default()).await?;
        ensure!(log == "waiting for work\n", "the log is {log:?}");
    }
    Ok(())
}

async fn crash_loop(plane: Arc<ControlPlane>, namespace: String) -> anyhow::Result<()> {
    let pods: Api<Pod> = Api::namespaced(plane.admin(), &namespace);
    let object =
        serde_json::from_value(json!({"metadata": {"name": "p"}, "spec": pod("sandbox.invalid/crash:3", "10m")}))?;
    pods.create(&PostParams::default(), &object).await?;
    let backs_off = |pod: Option<&Pod>| {
        let statuses = pod.and_then(|pod| pod.status.as_ref()?.container_statuses.clone()).unwrap_or_default();
        statuses.iter().any(|status| {
            let waiting = status.state.as_ref().and_then(|state| state.waiting.as_ref()?.reason.clone());
            let code = status
                .last_state
                .as_ref()
                .and_then(|state| state.terminated.as_ref())
                .map(|terminated| terminated.exit_code);
            waiting.as_deref() == Some("CrashLoopBackOff") && code == Some(3) && status.restart_count >= 2
        })
    };
    await_condition(pods.clone(), "p", backs_off).await?;
    let log = pods.logs("p", &LogParams { previous: true, tail_lines: Some(3), ..LogParams::default() }).await?;
    ensure!(log.starts_with("Error: connect ETIMEDOUT 10.0.3.4:5432\n"), "the log is {log:?}");
    let events: Api<Event> = Api::namespaced(plane.admin(), &namespace);
    let events = events.list(&ListParams::default()).await?;
    let back_off =
        events.iter().find(|event| event.reason.as_deref() == Some("BackOff")).context("no BackOff event")?;
    ensure!(back_off.count >= Some(2) && back_off.type_.as_deref() == Some("Warning"), "the event is {back_off:?}");
    Ok(())
}

async fn jobs(plane: Arc<ControlPlane>, namespace: String) -> anyhow::Result<()> {
    let jobs: Api<Job> = Api::namespaced(plane.admin(), &namespace);
    for (name, image, condition) in [("good", "migrate:1", "Complete"), ("bad", "sandbox.invalid/fail:7", "Failed")] {
        let mut template = pod(image, "10m");
        template["restartPolicy"] = json!("Never");
        let object = json!({"metadata": {"name": name}, "spec": {"backoffLimit": 0, "template": {"spec": template}}});
        jobs.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
        let done = |job: Option<&Job>| {
            let conditions = job.and_then(|job| job.status.as_ref()?.conditions.clone()).unwrap_or_default();
            conditions.iter().any(|found| found.type_ == condition && found.status == "True")
        };
        await_condition(jobs.clone(), name, done).await?;
    }
    let pods: Api<Pod> = Api::namespaced(plane.admin(), &namespace);
    let failed = pods
        .list(&ListParams::default().labels("job-name=bad"))
        .await?
        .items
        .pop()
        .context("the failed pod is gone")?;
    let status = failed.status.and_then(|status| status.container_statuses).unwrap_or_default();
    let code = status.iter().find_map(|status| Some(status.state.as_ref()?.terminated.as_ref()?.exit_code));
    ensure!(code == Some(7), "the exit code is {code:?}");
    Ok(())
}

async fn unschedulable(plane: Arc<ControlPlane>, namespace: String) -> anyhow::Result<()> {
    let pods: Api<Pod> = Api::namespaced(plane.admin(), &namespace);
    let object = serde_json::from_value(json!({"metadata": {"name": "p"}, "spec": pod("web:1", "2")}))?;
    pods.create(&PostParams::default(), &object).await?;
    let refused = |pod: Option<&Pod>| {
        let conditions = pod.and_then(|pod| pod.status.as_ref()?.conditions.clone()).unwrap_or_default();
        conditions.iter().any(|found| {
            found.reason.as_deref() == Some("Unschedulable")
                && found.message.iter().any(|text| text.contains("Insufficient cpu"))
        })
    };
    await_condition(pods, "p", refused).await?;
    Ok(())
}

async fn labels(plane: Arc<ControlPlane>) -> anyhow::Result<()> {
    let mut spec = node("ip-10-0-3-30.eu-west-1.compute.internal", "eu-west-1c");
    plane.add_node(&spec).await?;
    spec.labels.insert("eks.amazonaws.com/nodegroup".into(), "blue".into());
    spec.taints.push(Taint { key: "dedicated".into(), value: "batch".into(), effect: "NoSchedule".into() });
    plane.add_node(&spec).await?;
    let nodes: Api<Node> = Api::all(plane.admin());
    let found = nodes.get(&spec.name).await?;
    let taints = found.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default();
    ensure!(
        found.labels().get("eks.amazonaws.com/nodegroup").is_some_and(|name| name == "blue"),
        "the labels are {:?}",
        found.labels()
    );
    ensure!(found.labels()["topology.kubernetes.io/region"] == "eu-west-1", "the labels are {:?}", found.labels());
    ensure!(taints.iter().any(|taint| taint.key == "dedicated"), "the taints are {taints:?}");
    plane.remove_node(&spec.name).await?;
    ensure!(nodes.get_opt(&spec.name).await?.is_none(), "the node is still there");
    plane.remove_node(&spec.name).await
}

async fn tokens(plane: Arc<ControlPlane>) -> anyhow::Result<()> {
    for (token, expected) in [("good", None), ("bad", Some(401))] {
        let mut config = kube::Config::new(format!("https://{}", plane.address()).parse()?);
        config.root_cert = Some(vec![pem_body(&plane.authority().pem())?]);
        config.auth_info.token = Some(token.to_owned().into());
        let answer = Api::<Namespace>::all(kube::Client::try_from(config)?).list(&ListParams::default()).await;
        let code = match &answer {
            Err(kube::Error::Api(status)) => Some(status.code),
            Err(error) => anyhow::bail!("{token}: {error}"),
            Ok(_) => None,
        };
        ensure!(code == expected, "{token} answers {code:?}");
    }
    Ok(())
}

fn pem_body(pem: &str) -> anyhow::Result<Vec<u8>> {
    use rustls::pki_types::pem::PemObject as _;
    Ok(rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes())?.to_vec())
}

async fn drain(plane: Arc<ControlPlane>, namespace: String) -> anyhow::Result<()> {
    let spec = NodeSpec {
        labels: [("only".to_owned(), "drain".to_owned())].into(),
        ..node("ip-10-0-4-40.eu-west-1.compute.internal", "eu-west-1a")
    };
    plane.add_node(&spec).await?;
    let budgets: Api<PodDisruptionBudget> = Api::namespaced(plane.admin(), &namespace);
    let budget = json!({"metadata": {"name": "held"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "held"}}}});
    budgets.create(&PostParams::default(), &serde_json::from_value(budget)?).await?;
    let pods: Api<Pod> = Api::namespaced(plane.admin(), &namespace);
    for app in ["held", "free"] {
        let mut object = json!({"metadata": {"name": app, "labels": {"app": app}}, "spec": pod("web:1", "10m")});
        object["spec"]["nodeSelector"] = json!({"only": "drain"});
        pods.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
        let running =
            |pod: Option<&Pod>| pod.and_then(|pod| pod.status.as_ref()?.phase.clone()).as_deref() == Some("Running");
        await_condition(pods.clone(), app, running).await?;
    }
    let healthy = |budget: Option<&PodDisruptionBudget>| {
        budget.and_then(|budget| Some(budget.status.as_ref()?.current_healthy)) == Some(1)
    };
    await_condition(budgets, "held", healthy).await?;
    let blocked = plane.drain_node(&spec.name, Duration::from_millis(300)).await?;
    ensure!(blocked == [format!("{namespace}/held")], "the drain was blocked by {blocked:?}");
    ensure!(pods.get_opt("free").await?.is_none() && pods.get_opt("held").await?.is_some(), "the wrong pods are left");
    plane.remove_node(&spec.name).await?;
    ensure!(pods.get_opt("held").await?.is_none(), "a pod outlived its node");
    Ok(())
}

async fn upgrade(plane: &ControlPlane) -> anyhow::Result<()> {
    roll_out(plane, "default", "before", 1).await?;
    let address = plane.address();
    plane.upgrade("1.35").await?;
    ensure!(
        plane.address() == address && plane.server_version()["minor"] == "35",
        "it is {plane:?}, {}",
        plane.server_version()
    );
    let deployments: Api<Deployment> = Api::namespaced(plane.admin(), "default");
    ensure!(deployments.get_opt("before").await?.is_some(), "the deployment is gone");
    roll_out(plane, "default", "after", 2).await
}

async fn stop(plane: ControlPlane) -> anyhow::Result<()> {
    let (pids, dir) = (plane.pids(), plane.dir().to_path_buf());
    ensure!(pids.len() == 5, "the processes are {pids:?}");
    plane.stop().await?;
    for (name, pid) in pids {
        let alive = Command::new("ps").args(["-p", &pid.to_string()]).output()?.status.success();
        ensure!(!alive, "{name} ({pid}) still runs");
    }
    ensure!(!dir.exists(), "{} is still there", dir.display());
    Ok(())
}
