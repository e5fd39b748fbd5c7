//! The provider block: its validation and the provider's configuration.

use std::sync::atomic::Ordering;

use tfplugin_proto::tfplugin6 as proto;

use super::{Service, convert};
use crate::diagnostic::Diagnostics;
use crate::validate::validate;

impl Service {
    pub(super) fn validate_provider(
        &self,
        request: proto::validate_provider_config::Request,
    ) -> Result<proto::validate_provider_config::Response, Diagnostics> {
        let shape = self.registry.provider_shape();
        let config = convert::value(request.config.as_ref(), &shape.kind)?;
        let mut diagnostics = validate(shape.attributes(), &config, true);
        diagnostics.extend(self.registry.provider.validate(&config));
        Ok(proto::validate_provider_config::Response { diagnostics: convert::diagnostics(&diagnostics) })
    }

    pub(super) async fn configure(
        &self,
        request: proto::configure_provider::Request,
    ) -> Result<proto::configure_provider::Response, Diagnostics> {
        self.stop.begin_run();
        let config = convert::value(request.config.as_ref(), &self.registry.provider_shape().kind)?;
        let diagnostics = self.registry.provider.configure(&self.context(), &config, &request.terraform_version).await;
        self.configured.store(!diagnostics.has_errors(), Ordering::Release);
        Ok(proto::configure_provider::Response { diagnostics: convert::diagnostics(&diagnostics) })
    }
}
