//! Services of real pods at loopback addresses: what a load balancer of AWS does, and `cargo sandbox open`. Follows the Service's endpoints;
//! a connection that one of them refuses goes to the next.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Patch, PatchParams};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{WatchStreamExt as _, reflector, watcher};
use kube::{Api, Resource as _, ResourceExt as _};
use sandbox_node::Room;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

const SERVICE_OF_SLICE: &str = "kubernetes.io/service-name";
/// Loopback networks in which a Service's own address is mirrored, one after the other where a port is taken: 127.20.a.b for 172.20.a.b.
const MIRRORS: std::ops::Range<u8> = 20..40;

/// Why a listener is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    LoadBalancer,
    ByHand,
}

/// A port of a Service, by namespace and name.
type Target = (String, String, i32);

/// A socket at which a port of a Service answers. Dropped, it is closed; what is connected goes on.
#[derive(Debug)]
struct Listener {
    address: SocketAddr,
    _open: DropGuard,
}

/// The listeners of one cluster. They end with their Service, and with the cluster's room.
#[derive(Debug)]
pub(crate) struct Balancer {
    room: Arc<Room>,
    slices: Store<EndpointSlice>,
    services: Store<Service>,
    /// Those of load balancers and those that were asked for by hand stand side by side.
    open: Mutex<BTreeMap<(Target, Kind), Listener>>,
    closing: CancellationToken,
}

impl Balancer {
    /// Follows Services and endpoints, and gives those of type LoadBalancer an address.
    pub(crate) fn start(admin: &kube::Client, room: &Arc<Room>) -> Arc<Self> {
        let (slices, slice_writer) = reflector::store();
        let (services, service_writer) = reflector::store();
        let closing = CancellationToken::new();
        let balancer = Arc::new(Self {
            room: Arc::clone(room),
            slices,
            services,
            open: Mutex::default(),
            closing: closing.clone(),
        });
        let slices: Api<EndpointSlice> = Api::all(admin.clone());
        let slices = reflector(slice_writer, watcher(slices, watcher::Config::default()).default_backoff());
        let services: Api<Service> = Api::all(admin.clone());
        let services = reflector(service_writer, watcher(services, watcher::Config::default()).default_backoff());
        let (own, admin) = (Arc::clone(&balancer), admin.clone());
        let serve = async move {
            let follow = slices.for_each(|_| std::future::ready(()));
            let publish = services.for_each(|event| {
                let (own, admin) = (Arc::clone(&own), admin.clone());
                async move {
                    match event {
                        Ok(watcher::Event::Apply(service)) => {
                            own.close_unwanted();
                            own.publish(&admin, &service).await;
                        }
                        // The list is in the store when all of it is there, not before.
                        Ok(watcher::Event::InitApply(service)) => own.publish(&admin, &service).await,
                        Ok(watcher::Event::Delete(_) | watcher::Event::InitDone) => own.close_unwanted(),
                        Ok(watcher::Event::Init) | Err(_) => {}
                    }
                }
            });
            futures::join!(follow, publish);
        };
        let (ended, end) = (room.closed(), closing.clone());
        tokio::spawn(async move { closing.run_until_cancelled(serve).await });
        tokio::spawn(async move {
            ended.await;
            end.cancel();
        });
        balancer
    }

    /// A loopback address at which a Service's pods answer. Without `port` it is the Service's first.
    ///
    /// # Errors
    /// When there is no such Service or port; the text says which there are.
    pub(crate) async fn open(
        self: &Arc<Self>,
        namespace: &str,
        name: &str,
        port: Option<i32>,
    ) -> anyhow::Result<SocketAddr> {
        let service = self
            .services
            .get(&ObjectRef::new(name).within(namespace))
            .with_context(|| format!("there is no Service {namespace}/{name}"))?;
        let ports: Vec<i32> = ports(&service);
        let port = match port {
            Some(port) if ports.contains(&port) => port,
            None if !ports.is_empty() => ports[0],
            _ => anyhow::bail!("Service {namespace}/{name} has the ports {ports:?}"),
        };
        self.listen(&(namespace.to_owned(), name.to_owned(), port), Kind::ByHand, (Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// The Services that can be opened: namespace and name.
    pub(crate) fn services(&self) -> Vec<(String, String)> {
        let services = self.services.state();
        services.iter().map(|service| (service.namespace().unwrap_or_default(), service.name_any())).collect()
    }

    /// Gives a Service of type LoadBalancer its address, where it has none, or says why not.
    async fn publish(self: &Arc<Self>, admin: &kube::Client, service: &Service) {
        if let Err(error) = self.try_publish(admin, service).await {
            tell(admin, service, &error).await;
        }
    }

    async fn try_publish(self: &Arc<Self>, admin: &kube::Client, service: &Service) -> anyhow::Result<()> {
        let has = service.status.as_ref().and_then(|status| status.load_balancer.as_ref()?.ingress.as_ref()).is_some();
        if !is_load_balancer(service) || has || service.metadata.deletion_timestamp.is_some() {
            return Ok(());
        }
        let own = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_ref()?.parse::<Ipv4Addr>().ok());
        let [_, _, third, fourth] = own.context("it has no address of its own yet")?.octets();
        let (namespace, name) = (service.namespace().unwrap_or_default(), service.name_any());
        let mut taken = None;
        'mirrors: for mirror in MIRRORS {
            let address = Ipv4Addr::new(127, mirror, third, fourth);
            for port in ports(service) {
                let wanted = (address, u16::try_from(port).unwrap_or(0)).into();
                let target = (namespace.clone(), name.clone(), port);
                if self.listen(&target, Kind::LoadBalancer, wanted).await.is_err() {
                    // The ports before it move on with it: one address has all.
                    self.close(|(target, kind)| {
                        *kind == Kind::LoadBalancer && target.0 == namespace && target.1 == name
                    });
                    taken = Some(port);
                    continue 'mirrors;
                }
            }
            let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "Proxy"}]}}});
            let services: Api<Service> = Api::namespaced(admin.clone(), &namespace);
            let patched = services.patch_status(&name, &PatchParams::default(), &Patch::Merge(status)).await;
            return patched.map(drop).context("its address cannot be published");
        }
        anyhow::bail!(
            "port {} is taken at every loopback address from 127.{}.{third}.{fourth} to 127.{}.{third}.{fourth}: free it there, then \
             change the Service",
            taken.unwrap_or_default(),
            MIRRORS.start,
            MIRRORS.end - 1
        )
    }

    /// Listens for a target, once.
    async fn listen(self: &Arc<Self>, target: &Target, kind: Kind, address: SocketAddr) -> anyhow::Result<SocketAddr> {
        if let Some(open) = self.opened().get(&(target.clone(), kind)) {
            return Ok(open.address);
        }
        let listener = TcpListener::bind(address).await.with_context(|| format!("{address} cannot be bound"))?;
        let address = listener.local_addr()?;
        let closing = self.closing.child_token();
        let open = Listener { address, _open: closing.clone().drop_guard() };
        self.opened().insert((target.clone(), kind), open);
        let (own, target) = (Arc::clone(self), target.clone());
        tokio::spawn(async move {
            let next = Arc::new(AtomicUsize::new(0));
            let serve = async {
                while let Ok((client, _)) = listener.accept().await {
                    let (own, target, next) = (Arc::clone(&own), target.clone(), Arc::clone(&next));
                    tokio::spawn(async move { own.pass(client, &target, next.fetch_add(1, Ordering::Relaxed)).await });
                }
            };
            closing.run_until_cancelled(serve).await;
        });
        Ok(address)
    }

    async fn pass(&self, mut client: TcpStream, target: &Target, turn: usize) {
        let endpoints = self.endpoints(target);
        for index in 0..endpoints.len() {
            let (host, port) = &endpoints[(turn + index) % endpoints.len()];
            if let Ok(mut pod) = self.room.connect(host, *port).await {
                tokio::io::copy_bidirectional(&mut client, &mut pod).await.ok();
                return;
            }
        }
    }

    /// Pods that are ready for a port of a Service.
    fn endpoints(&self, (namespace, name, port): &Target) -> Vec<(String, u16)> {
        let reference = ObjectRef::<Service>::new(name).within(namespace);
        let Some(service) = self.services.get(&reference) else { return Vec::new() };
        let named = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten()).find(|one| one.port == *port);
        let port_name = named.and_then(|one| one.name.clone()).unwrap_or_default();
        let mut ready = Vec::new();
        for slice in self.slices.state() {
            let of_service = slice.labels().get(SERVICE_OF_SLICE) == Some(name);
            if !of_service || slice.namespace().as_ref() != Some(namespace) {
                continue;
            }
            let port = slice.ports.iter().flatten().find(|one| one.name.clone().unwrap_or_default() == port_name);
            let Some(port) = port.and_then(|one| u16::try_from(one.port?).ok()) else { continue };
            let serving = |endpoint: &&k8s_openapi::api::discovery::v1::Endpoint| {
                endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) != Some(false)
            };
            let addresses = slice.endpoints.iter().filter(serving).flat_map(|endpoint| &endpoint.addresses);
            ready.extend(addresses.map(|address| (address.clone(), port)));
        }
        ready.sort();
        ready
    }

    /// Closes what listens for ports and Services that are no more.
    fn close_unwanted(&self) {
        self.close(|((namespace, name, port), kind)| {
            let service = self.services.get(&ObjectRef::new(name).within(namespace));
            !service.is_some_and(|service| {
                ports(&service).contains(port) && (*kind == Kind::ByHand || is_load_balancer(&service))
            })
        });
    }

    fn close(&self, which: impl Fn(&(Target, Kind)) -> bool) {
        self.opened().retain(|open, _| !which(open));
    }

    fn opened(&self) -> MutexGuard<'_, BTreeMap<(Target, Kind), Listener>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says why a Service has no address where its user looks, as the load balancer controller of EKS does.
async fn tell(admin: &kube::Client, service: &Service, error: &anyhow::Error) {
    let recorder = Recorder::new(admin.clone(), Reporter::from("service-controller"));
    let event = Event {
        type_: EventType::Warning,
        reason: "SyncLoadBalancerFailed".to_owned(),
        note: Some(format!("Error syncing load balancer: {error:#}")),
        action: "SyncLoadBalancer".to_owned(),
        secondary: None,
    };
    if let Err(untold) = recorder.publish(&event, &service.object_ref(&())).await {
        tracing::warn!(service = service.name_any(), error = format!("{error:#}; {untold}"), "a load balancer");
    }
}

fn is_load_balancer(service: &Service) -> bool {
    service.spec.as_ref().is_some_and(|spec| spec.type_.as_deref() == Some("LoadBalancer"))
}

fn ports(service: &Service) -> Vec<i32> {
    service.spec.iter().flat_map(|spec| spec.ports.iter().flatten()).map(|port| port.port).collect()
}
