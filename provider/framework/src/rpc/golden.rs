//! A stored state that meets its configuration again, by the calls that core would make. For tests of what a release left
//! behind.

use tfplugin_proto::tfplugin6 as proto;

use super::change::Made;
use super::stored::misfit;
use super::{Service, convert};
use crate::diagnostic::{Diagnostics, Path};
use crate::process::Stop;
use crate::provider::Provider;
use crate::testing::proposed;
use crate::value::{Type, Value, json};

/// An object as core stored it, and the configuration that it came of. Both are JSON objects.
#[derive(Clone, Copy, Debug)]
pub struct Golden<'a> {
    /// Its resource type.
    pub type_name: &'a str,
    /// The version of the schema that wrote it.
    pub version: i64,
    /// Its attributes.
    pub state: &'a str,
    /// The provider's private bytes.
    pub private: &'a [u8],
    /// What the user wrote.
    pub config: &'a str,
}

/// The upgraded state, and the plan from it to the configuration without a refresh in between. `settings` is the provider
/// block.
pub(crate) async fn plan(
    provider: impl Provider,
    settings: &str,
    golden: &Golden<'_>,
) -> Result<(Value, Made), Diagnostics> {
    let service = Service::new(provider, Stop::new(false));
    let block = &service.registry.provider_shape().kind;
    let config = Some(convert::dynamic(&read(settings, block)?, block)?);
    let configured =
        service.configure(proto::configure_provider::Request { config, ..Default::default() }).await?.diagnostics;
    said(&configured)?;

    let type_name = golden.type_name.to_owned();
    let shape = service.registry.resource(&type_name)?.shape();
    let raw_state = Some(proto::RawState { json: golden.state.as_bytes().to_vec(), ..Default::default() });
    let upgraded = service.upgrade_state(proto::upgrade_resource_state::Request {
        type_name: type_name.clone(),
        version: golden.version,
        raw_state,
    })?;
    let prior = convert::value(upgraded.upgraded_state.as_ref(), &shape.kind)?;
    let config = read(golden.config, &shape.kind)?;
    let planned = service
        .plan(proto::plan_resource_change::Request {
            type_name,
            prior_state: upgraded.upgraded_state,
            proposed_new_state: Some(convert::dynamic(&proposed(shape.attributes(), &prior, &config), &shape.kind)?),
            config: Some(convert::dynamic(&config, &shape.kind)?),
            prior_private: golden.private.to_vec(),
            ..Default::default()
        })
        .await?;
    let state = convert::value(planned.planned_state.as_ref(), &shape.kind)?;
    let diagnostics = said(&planned.diagnostics)?;
    // That something forces a replacement is all that such a test asks.
    let replaces = planned.requires_replace.iter().map(|_| Path::root()).collect();
    Ok((prior, Made { state, replaces, private: planned.planned_private, diagnostics }))
}

fn read(text: &str, kind: &Type) -> Result<Value, Diagnostics> {
    json::decode(text.as_bytes(), kind).map_err(|error| misfit(&error))
}

/// What a message says; an error is one.
fn said(told: &[proto::Diagnostic]) -> Result<Diagnostics, Diagnostics> {
    let mut all = Diagnostics::none();
    for one in told {
        if one.severity == proto::diagnostic::Severity::Error as i32 {
            all.error(&one.summary, &one.detail);
        } else {
            all.warning(&one.summary, &one.detail);
        }
    }
    if all.has_errors() { Err(all) } else { Ok(all) }
}
