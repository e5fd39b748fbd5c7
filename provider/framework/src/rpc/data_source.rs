//! Calls about data sources.

use tfplugin_proto::tfplugin6 as proto;

use super::{Service, convert};
use crate::conformance::{forget_unknown, plan_faults};
use crate::diagnostic::Diagnostics;
use crate::planner::with_defaults;
use crate::validate::validate;
use crate::value::Value;

impl Service {
    pub(super) fn validate_data_source(
        &self,
        request: proto::validate_data_resource_config::Request,
    ) -> Result<proto::validate_data_resource_config::Response, Diagnostics> {
        let source = self.registry.data_source(&request.type_name)?;
        let shape = source.shape();
        let config = convert::value(request.config.as_ref(), &shape.kind)?;
        let mut diagnostics = validate(shape.attributes(), &config, true);
        diagnostics.extend(source.it.validate(&config));
        Ok(proto::validate_data_resource_config::Response { diagnostics: convert::diagnostics(&diagnostics) })
    }

    pub(super) async fn read_data(
        &self,
        request: proto::read_data_source::Request,
    ) -> Result<proto::read_data_source::Response, Diagnostics> {
        let source = self.registry.data_source(&request.type_name)?;
        let shape = source.shape();
        let config = convert::value(request.config.as_ref(), &shape.kind)?;
        self.needs_configuration()?;
        let asked = with_defaults(shape.attributes(), config.clone(), &config);
        let (mut state, mut diagnostics) = source.it.read(&self.context(), &asked).await;
        if !diagnostics.has_errors() {
            let mut faults: Vec<String> = plan_faults(shape.attributes(), &Value::Null, &config, &state)
                .iter()
                .map(|fault| format!("{} {}", fault.path, fault.reason))
                .collect();
            faults.extend(forget_unknown(&mut state).iter().map(|path| format!("{path} is unknown")));
            if state.is_null() {
                faults = vec!["nothing was found, and the provider did not say why".to_owned()];
            }
            for fault in faults {
                diagnostics.error(fault, "This is a mistake of the provider; please report it.");
            }
        }
        Ok(proto::read_data_source::Response {
            state: Some(convert::dynamic(&state, &shape.kind)?),
            diagnostics: convert::diagnostics(&diagnostics),
            deferred: None,
        })
    }
}
