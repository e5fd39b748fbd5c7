//! Calls about one managed resource that change nothing: validate, read, import.

use tfplugin_proto::tfplugin6 as proto;

use super::registry::Offered;
use super::{Service, convert, identity};
use crate::conformance::forget_unknown;
use crate::diagnostic::Diagnostics;
use crate::planner::with_defaults;
use crate::resource::{AnyResource, ImportBy, Stored};
use crate::schema::walk::{forget_write_only, keep_spelling};
use crate::validate::validate;
use crate::value::Value;

impl Service {
    pub(super) fn validate_resource(
        &self,
        request: proto::validate_resource_config::Request,
    ) -> Result<proto::validate_resource_config::Response, Diagnostics> {
        let resource = self.registry.resource(&request.type_name)?;
        let shape = resource.shape();
        let config = convert::value(request.config.as_ref(), &shape.kind)?;
        let write_only = request.client_capabilities.is_some_and(|client| client.write_only_attributes_allowed);
        let mut diagnostics = validate(shape.attributes(), &config, write_only);
        diagnostics.extend(resource.it.validate(&config));
        Ok(proto::validate_resource_config::Response { diagnostics: convert::diagnostics(&diagnostics) })
    }

    pub(super) async fn read(
        &self,
        request: proto::read_resource::Request,
    ) -> Result<proto::read_resource::Response, Diagnostics> {
        let resource = self.registry.resource(&request.type_name)?;
        let shape = resource.shape();
        let before = convert::value(request.current_state.as_ref(), &shape.kind)?;
        let known = identity::read(&*resource.it, request.current_identity.as_ref())?;
        self.needs_configuration()?;
        let stored = Stored { state: before.clone(), private: request.private };
        let (found, mut diagnostics) = resource.it.read(&self.context(), stored).await;
        let Some(found) = found else {
            return Ok(proto::read_resource::Response {
                new_state: Some(convert::dynamic(&Value::Null, &shape.kind)?),
                diagnostics: convert::diagnostics(&diagnostics),
                ..Default::default()
            });
        };
        let mut state = found.state;
        keep_spelling(shape.attributes(), &before, &mut state);
        settle(resource, &mut state, &mut diagnostics);
        Ok(proto::read_resource::Response {
            new_identity: identity::answer(&*resource.it, &state, &known)?,
            new_state: Some(convert::dynamic(&state, &shape.kind)?),
            private: found.private,
            diagnostics: convert::diagnostics(&diagnostics),
            deferred: None,
        })
    }

    pub(super) async fn import(
        &self,
        request: proto::import_resource_state::Request,
    ) -> Result<proto::import_resource_state::Response, Diagnostics> {
        let resource = self.registry.resource(&request.type_name)?;
        let shape = resource.shape();
        let wanted = identity::read(&*resource.it, request.identity.as_ref())?;
        let by = match identity::attributes(&wanted) {
            Some(identity) => ImportBy::Identity(identity),
            None => ImportBy::Id(request.id),
        };
        self.needs_configuration()?;
        let (found, mut diagnostics) = resource.it.import(&self.context(), by).await;
        let mut imported_resources = Vec::new();
        if let Some(mut found) = found {
            // What lives only in the configuration cannot be read from the world; it is taken to be as by default.
            let bare = found.state.clone();
            found.state = with_defaults(shape.attributes(), found.state, &bare);
            settle(resource, &mut found.state, &mut diagnostics);
            imported_resources.push(proto::import_resource_state::ImportedResource {
                type_name: request.type_name,
                identity: identity::answer(&*resource.it, &found.state, &wanted)?,
                state: Some(convert::dynamic(&found.state, &shape.kind)?),
                private: found.private,
            });
        } else if !diagnostics.has_errors() {
            diagnostics.error("there is no such object", "Nothing was imported. Check the id or identity.");
        }
        Ok(proto::import_resource_state::Response {
            imported_resources,
            diagnostics: convert::diagnostics(&diagnostics),
            deferred: None,
        })
    }
}

/// Core accepts neither write-only nor unknown values in what was read.
fn settle(resource: &Offered<dyn AnyResource>, state: &mut Value, diagnostics: &mut Diagnostics) {
    forget_write_only(resource.shape().attributes(), state);
    for path in forget_unknown(state) {
        if !diagnostics.has_errors() {
            diagnostics.error(
                format!("the provider did not learn the value of {path}"),
                "This is a mistake of the provider; please report it.",
            );
        }
    }
}
