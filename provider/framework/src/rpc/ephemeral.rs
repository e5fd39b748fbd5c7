//! Calls about ephemeral resources.

use tfplugin_proto::tfplugin6 as proto;

use super::{Service, convert};
use crate::conformance::{forget_unknown, plan_faults};
use crate::diagnostic::Diagnostics;
use crate::planner::with_defaults;
use crate::validate::validate;
use crate::value::Value;

impl Service {
    pub(super) fn validate_ephemeral(
        &self,
        request: proto::validate_ephemeral_resource_config::Request,
    ) -> Result<proto::validate_ephemeral_resource_config::Response, Diagnostics> {
        let ephemeral = self.registry.ephemeral(&request.type_name)?;
        let shape = ephemeral.shape();
        let config = convert::value(request.config.as_ref(), &shape.kind)?;
        let mut diagnostics = validate(shape.attributes(), &config, true);
        diagnostics.extend(ephemeral.it.validate(&config));
        Ok(proto::validate_ephemeral_resource_config::Response { diagnostics: convert::diagnostics(&diagnostics) })
    }

    pub(super) async fn open(
        &self,
        request: proto::open_ephemeral_resource::Request,
    ) -> Result<proto::open_ephemeral_resource::Response, Diagnostics> {
        let ephemeral = self.registry.ephemeral(&request.type_name)?;
        let shape = ephemeral.shape();
        let config = convert::value(request.config.as_ref(), &shape.kind)?;
        self.needs_configuration()?;
        let asked = with_defaults(shape.attributes(), config.clone(), &config);
        let (opened, mut diagnostics) = ephemeral.it.open(&self.context(), &asked).await;
        let Some(mut opened) = opened else {
            if !diagnostics.has_errors() {
                diagnostics.error(
                    "nothing was opened, and the provider did not say why",
                    "This is a mistake of the provider; please report it.",
                );
            }
            return Err(diagnostics);
        };
        let mut faults: Vec<String> = plan_faults(shape.attributes(), &Value::Null, &config, &opened.result)
            .iter()
            .map(|fault| format!("{} {}", fault.path, fault.reason))
            .collect();
        faults.extend(forget_unknown(&mut opened.result).iter().map(|path| format!("{path} is unknown")));
        for fault in faults {
            diagnostics.error(fault, "This is a mistake of the provider; please report it.");
        }
        Ok(proto::open_ephemeral_resource::Response {
            result: Some(convert::dynamic(&opened.result, &shape.kind)?),
            private: Some(opened.private),
            renew_at: opened.renew_at.map(convert::timestamp),
            diagnostics: convert::diagnostics(&diagnostics),
            deferred: None,
        })
    }

    pub(super) async fn renew(
        &self,
        request: proto::renew_ephemeral_resource::Request,
    ) -> Result<proto::renew_ephemeral_resource::Response, Diagnostics> {
        let ephemeral = self.registry.ephemeral(&request.type_name)?;
        self.needs_configuration()?;
        let (private, renew_at, diagnostics) =
            ephemeral.it.renew(&self.context(), request.private.unwrap_or_default()).await;
        Ok(proto::renew_ephemeral_resource::Response {
            private: Some(private),
            renew_at: renew_at.map(convert::timestamp),
            diagnostics: convert::diagnostics(&diagnostics),
        })
    }

    pub(super) async fn close(
        &self,
        request: proto::close_ephemeral_resource::Request,
    ) -> Result<proto::close_ephemeral_resource::Response, Diagnostics> {
        let ephemeral = self.registry.ephemeral(&request.type_name)?;
        let diagnostics = ephemeral.it.close(&self.context(), request.private.unwrap_or_default()).await;
        Ok(proto::close_ephemeral_resource::Response { diagnostics: convert::diagnostics(&diagnostics) })
    }
}
