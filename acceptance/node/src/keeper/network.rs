//! The links and routes of a compartment, by netlink.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd as _;

use anyhow::Context as _;
use futures::TryStreamExt as _;
use rtnetlink::{Handle, LinkUnspec, LinkVeth, RouteMessageBuilder};

use crate::spec::Network;

/// A node's end of its link.
const ETH0: &str = "eth0";

/// Calls `namespaces`, which puts this thread into a new network namespace, and connects that one.
pub(super) async fn connect(network: &Network, namespaces: fn() -> anyhow::Result<File>) -> anyhow::Result<()> {
    match network {
        Network::Hub { gateway } => {
            namespaces()?;
            let hub = handle()?;
            // The hub's address is on no link: whoever asks at the other end of any of them gets an answer.
            let loopback = up(&hub, "lo").await?;
            address(&hub, loopback, *gateway).await
        }
        Network::Spoke { link, address: own, gateway, pods } => {
            // A socket stays in the namespace that it was made in: this one is the room's for good.
            let room = handle()?;
            let far = format!("{link}p");
            // The kernel takes down the namespace of a node that has ended, and its link, in its own time.
            if let Ok(old) = index(&room, link).await {
                room.link().del(old).execute().await.ok();
            }
            let pair = LinkVeth::new(link, &far).build();
            room.link().add(pair).execute().await.with_context(|| format!("the link {link} cannot be made"))?;
            let near = up(&room, link).await?;
            let new = namespaces()?;
            let far_index = index(&room, &far).await?;
            let moved = LinkUnspec::new_with_index(far_index).setns_by_fd(new.as_raw_fd()).build();
            room.link().set(moved).execute().await.with_context(|| format!("{far} cannot be moved"))?;
            for (to, length, via) in [(*own, 32, None), (*pods, 24, Some(*own))] {
                route(&room, near, (to, length), via).await?;
            }

            let node = handle()?;
            up(&node, "lo").await?;
            let far_index = index(&node, &far).await?;
            let renamed = LinkUnspec::new_with_index(far_index).name(ETH0).build();
            node.link().set(renamed).execute().await.with_context(|| format!("{far} cannot be renamed"))?;
            let eth0 = up(&node, ETH0).await?;
            address(&node, eth0, *own).await?;
            route(&node, eth0, (*gateway, 32), None).await?;
            route(&node, eth0, (Ipv4Addr::UNSPECIFIED, 0), Some(*gateway)).await
        }
    }
}

/// Whether links can be made here.
pub(super) async fn attempt() -> anyhow::Result<()> {
    let here = handle()?;
    here.link().add(LinkVeth::new("try0", "try1").build()).execute().await.context("no virtual link can be made")
}

/// Netlink of the namespace that this thread is in now.
fn handle() -> anyhow::Result<Handle> {
    let (connection, handle, _) = rtnetlink::new_connection().context("netlink cannot be opened")?;
    tokio::spawn(connection);
    Ok(handle)
}

async fn index(handle: &Handle, name: &str) -> anyhow::Result<u32> {
    let mut found = handle.link().get().match_name(name.to_owned()).execute();
    let link = found.try_next().await.with_context(|| format!("the link {name} cannot be read"))?;
    Ok(link.with_context(|| format!("there is no link {name}"))?.header.index)
}

/// Switches a link on; answers its index.
async fn up(handle: &Handle, name: &str) -> anyhow::Result<u32> {
    let index = index(handle, name).await?;
    let on = LinkUnspec::new_with_index(index).up().build();
    handle.link().set(on).execute().await.with_context(|| format!("the link {name} cannot be switched on"))?;
    Ok(index)
}

async fn address(handle: &Handle, link: u32, address: Ipv4Addr) -> anyhow::Result<()> {
    let added = handle.address().add(link, address.into(), 32).execute().await;
    added.with_context(|| format!("the address {address} cannot be set"))
}

async fn route(handle: &Handle, link: u32, to: (Ipv4Addr, u8), via: Option<Ipv4Addr>) -> anyhow::Result<()> {
    let mut route = RouteMessageBuilder::<Ipv4Addr>::new().destination_prefix(to.0, to.1).output_interface(link);
    if let Some(via) = via {
        route = route.gateway(via).onlink();
    } else {
        route = route.scope(rtnetlink::packet_route::route::RouteScope::Link);
    }
    let added = handle.route().add(route.build()).execute().await;
    added.with_context(|| format!("the route to {}/{} cannot be set", to.0, to.1))
}
