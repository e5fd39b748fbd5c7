//! What core keeps between runs and brings back: state and identity of another version of the provider.

use tfplugin_proto::tfplugin6 as proto;

use super::{Service, convert, identity};
use crate::diagnostic::Diagnostics;
use crate::schema::walk::forget_write_only;
use crate::value::json;
use crate::value::msgpack::WireError;

impl Service {
    /// Core calls this for every object of every run, also where the version has not changed.
    pub(super) fn upgrade_state(
        &self,
        request: proto::upgrade_resource_state::Request,
    ) -> Result<proto::upgrade_resource_state::Response, Diagnostics> {
        let resource = self.registry.resource(&request.type_name)?;
        let shape = resource.shape();
        let stored = raw(request.raw_state)?;
        let text = if request.version == shape.schema.version {
            stored
        } else {
            let old = serde_json::from_slice(&stored).map_err(|error| unreadable(&error.to_string()))?;
            resource.it.upgrade(request.version, old)?.to_string().into_bytes()
        };
        let mut state = json::decode(&text, &shape.kind).map_err(|error| misfit(&error))?;
        forget_write_only(shape.attributes(), &mut state);
        Ok(proto::upgrade_resource_state::Response {
            upgraded_state: Some(convert::dynamic(&state, &shape.kind)?),
            diagnostics: Vec::new(),
        })
    }

    /// No identity has had a second version yet, so the stored one only has to fit.
    pub(super) fn upgrade_identity(
        &self,
        request: proto::upgrade_resource_identity::Request,
    ) -> Result<proto::upgrade_resource_identity::Response, Diagnostics> {
        let resource = self.registry.resource(&request.type_name)?;
        let kind = identity::kind(&*resource.it)
            .ok_or_else(|| Diagnostics::of_error(format!("{} has no identity", request.type_name), ""))?;
        let identity = json::decode(&raw(request.raw_identity)?, &kind).map_err(|error| misfit(&error))?;
        Ok(proto::upgrade_resource_identity::Response {
            upgraded_identity: Some(proto::ResourceIdentityData {
                identity_data: Some(convert::dynamic(&identity, &kind)?),
            }),
            diagnostics: Vec::new(),
        })
    }
}

fn raw(state: Option<proto::RawState>) -> Result<Vec<u8>, Diagnostics> {
    match state {
        Some(state) if !state.json.is_empty() => Ok(state.json),
        Some(state) if !state.flatmap.is_empty() => Err(Diagnostics::of_error(
            "the state was written by Terraform 0.11 or older",
            "No version of this provider ever wrote such a state. Is this the state of another provider?",
        )),
        _ => Ok(b"null".to_vec()),
    }
}

fn unreadable(reason: &str) -> Diagnostics {
    Diagnostics::of_error("the stored state is not readable", reason)
}

pub(super) fn misfit(error: &WireError) -> Diagnostics {
    Diagnostics::of_error(
        "the stored state does not fit the provider's schema",
        format!("{error}. Was it written by another version of the provider, or edited by hand?"),
    )
}
