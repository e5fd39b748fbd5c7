//! Services of type LoadBalancer: a loopback address each, which ends with the Service, moves on where a port is taken, and is
//! told about where there is none.

use std::net::{Ipv4Addr, TcpListener, TcpStream};

use acceptance::quickstart::requests;
use anyhow::{Context as _, ensure};
use serde_json::json;

use crate::daemon::until;
use crate::world::{Cluster, World};

const NAMESPACE: &str = "balanced";
const PORTS: [u16; 2] = [8098, 8099];

pub(crate) fn follows_services_and_taken_ports(world: &World) -> anyhow::Result<()> {
    let cluster = world.new_cluster()?;
    cluster.kubectl(&["create", "namespace", NAMESPACE])?;
    let image = "--image=registry.example.com/shop/api:1";
    cluster.kubectl(&["create", "deployment", "web", "-n", NAMESPACE, image, "--", "bin/web"])?;
    cluster.kubectl(&["rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=60s"])?;

    ends_with_its_service(&cluster)?;
    moves_on(&cluster)?;
    says_that_there_is_none(&cluster)?;
    cluster.kubectl(&["delete", "namespace", NAMESPACE, "--wait=false"]).map(drop)
}

fn ends_with_its_service(cluster: &Cluster) -> anyhow::Result<()> {
    apply(cluster, "front", None)?;
    let first = address(cluster, "front")?;
    answers(first)?;
    cluster.kubectl(&["delete", "service", "front", "-n", NAMESPACE])?;
    until("nothing listens for a Service that is gone", || {
        PORTS.iter().all(|port| TcpStream::connect((first, *port)).is_err())
    })?;
    // The same name again has an address of its own.
    apply(cluster, "front", None)?;
    answers(address(cluster, "front")?)
}

fn moves_on(cluster: &Cluster) -> anyhow::Result<()> {
    let _taken = TcpListener::bind((Ipv4Addr::new(127, 20, 77, 7), PORTS[1]))?;
    apply(cluster, "beside", Some("172.20.77.7"))?;
    let address = address(cluster, "beside")?;
    ensure!(address == Ipv4Addr::new(127, 21, 77, 7), "the Service has {address}");
    answers(address)
}

fn says_that_there_is_none(cluster: &Cluster) -> anyhow::Result<()> {
    let taken = (20..40).map(|mirror| TcpListener::bind((Ipv4Addr::new(127, mirror, 77, 8), PORTS[1])));
    let taken: Vec<TcpListener> = taken.collect::<Result<_, _>>()?;
    apply(cluster, "crowded", Some("172.20.77.8"))?;
    let of_service = "--field-selector=involvedObject.name=crowded";
    let events =
        || cluster.kubectl(&["get", "events", "-n", NAMESPACE, of_service, "-o", "jsonpath={.items[*].message}"]);
    until("an event tells of the Service", || events().is_ok_and(|events| !events.is_empty()))?;
    let wanted = "Error syncing load balancer: port 8099 is taken at every loopback address from 127.20.77.8 to 127.39.77.8: free it \
                  there, then change the Service";
    ensure!(events()? == wanted, "{}", events()?);
    drop(taken);
    cluster.kubectl(&["annotate", "service", "crowded", "-n", NAMESPACE, "changed=yes"])?;
    answers(address(cluster, "crowded")?)
}

fn apply(cluster: &Cluster, name: &str, own: Option<&str>) -> anyhow::Result<()> {
    let ports = PORTS.map(|port| json!({"name": format!("on-{port}"), "port": port, "targetPort": 8080}));
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"type": "LoadBalancer", "clusterIP": own, "selector": {"app": "web"}, "ports": ports},
    });
    let file = cluster.workspace().path().join("service.json");
    std::fs::write(&file, service.to_string())?;
    cluster.kubectl(&["apply", "-f", &file.display().to_string()]).map(drop)
}

/// The address that is published.
fn address(cluster: &Cluster, name: &str) -> anyhow::Result<Ipv4Addr> {
    let path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
    let published = || cluster.kubectl(&["get", "service", name, "-n", NAMESPACE, "-o", path]).unwrap_or_default();
    until("an address is published", || !published().is_empty())?;
    published().parse().context("the address is none")
}

fn answers(address: Ipv4Addr) -> anyhow::Result<()> {
    for port in PORTS {
        until("an endpoint is known", || requests::get(&format!("http://{address}:{port}")).is_ok())?;
    }
    Ok(())
}
