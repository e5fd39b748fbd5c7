//! The plugin protocol's service over a provider: decodes what core sends, calls the provider, and encodes what it answers.
//! The only module, with `process`, that names protocol messages. Decides nothing about resources.
//!
//! An error of ours is always a diagnostic in the answer: core shows a gRPC status as "Plugin error" and, after an apply,
//! forgets the object that was made.

use std::sync::atomic::{AtomicBool, Ordering};

use tfplugin_proto::tfplugin6 as proto;
use tonic::{Request, Response, Status};

use crate::diagnostic::Diagnostics;
use crate::process::Stop;
use crate::provider::Provider;
use crate::resource::Context;

mod call;
pub(crate) mod change;
mod configuration;
mod convert;
mod data_source;
mod ephemeral;
mod function;
pub(crate) mod golden;
mod identity;
mod offer;
pub(crate) mod registry;
mod resource;
mod stored;
#[cfg(test)]
pub(crate) mod tests;

use call::answer;
use registry::Registry;

/// The `Provider` service of one provider.
pub struct Service {
    registry: Registry,
    stop: Stop,
    configured: AtomicBool,
}

impl Service {
    /// The service of `provider`; `stop` is how the process and StopProvider reach running calls.
    pub fn new(provider: impl Provider, stop: Stop) -> Service {
        Service { registry: Registry::of(Box::new(provider)), stop, configured: AtomicBool::new(false) }
    }

    fn context(&self) -> Context {
        Context { stop: self.stop.token() }
    }

    /// For calls that touch the world. Core always configures before them; a test or another client may not.
    fn needs_configuration(&self) -> Result<(), Diagnostics> {
        if self.configured.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(Diagnostics::of_error(
            format!("the provider {} is not configured", self.registry.provider.name()),
            "ConfigureProvider must come before this call. Terraform and OpenTofu do that; if one of them shows this, please report it.",
        ))
    }
}

type Answer<M> = Result<Response<M>, Status>;

#[tonic::async_trait]
impl proto::provider_server::Provider for Service {
    async fn get_metadata(&self, _: Request<proto::get_metadata::Request>) -> Answer<proto::get_metadata::Response> {
        answer("GetMetadata", "", async { Ok(offer::metadata(&self.registry)) }).await
    }

    async fn get_provider_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> Answer<proto::get_provider_schema::Response> {
        answer("GetProviderSchema", "", async { Ok(offer::schemas(&self.registry)) }).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Answer<proto::get_resource_identity_schemas::Response> {
        answer("GetResourceIdentitySchemas", "", async { Ok(offer::identities(&self.registry)) }).await
    }

    async fn get_functions(&self, _: Request<proto::get_functions::Request>) -> Answer<proto::get_functions::Response> {
        answer("GetFunctions", "", async {
            Ok(proto::get_functions::Response { functions: offer::functions(&self.registry), diagnostics: Vec::new() })
        })
        .await
    }

    async fn validate_provider_config(
        &self,
        request: Request<proto::validate_provider_config::Request>,
    ) -> Answer<proto::validate_provider_config::Response> {
        answer("ValidateProviderConfig", "", async { self.validate_provider(request.into_inner()) }).await
    }

    async fn configure_provider(
        &self,
        request: Request<proto::configure_provider::Request>,
    ) -> Answer<proto::configure_provider::Response> {
        answer("ConfigureProvider", "", self.configure(request.into_inner())).await
    }

    async fn stop_provider(&self, _: Request<proto::stop_provider::Request>) -> Answer<proto::stop_provider::Response> {
        answer("StopProvider", "", async {
            self.stop.stop();
            Ok(proto::stop_provider::Response::default())
        })
        .await
    }

    async fn validate_resource_config(
        &self,
        request: Request<proto::validate_resource_config::Request>,
    ) -> Answer<proto::validate_resource_config::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("ValidateResourceConfig", &kind, async { self.validate_resource(request) }).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Answer<proto::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("UpgradeResourceState", &kind, async { self.upgrade_state(request) }).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Answer<proto::upgrade_resource_identity::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("UpgradeResourceIdentity", &kind, async { self.upgrade_identity(request) }).await
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Answer<proto::read_resource::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("ReadResource", &kind, self.read(request)).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Answer<proto::plan_resource_change::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("PlanResourceChange", &kind, self.plan(request)).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Answer<proto::apply_resource_change::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("ApplyResourceChange", &kind, self.apply(request)).await
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Answer<proto::import_resource_state::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("ImportResourceState", &kind, self.import(request)).await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<proto::validate_data_resource_config::Request>,
    ) -> Answer<proto::validate_data_resource_config::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("ValidateDataResourceConfig", &kind, async { self.validate_data_source(request) }).await
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Answer<proto::read_data_source::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("ReadDataSource", &kind, self.read_data(request)).await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<proto::validate_ephemeral_resource_config::Request>,
    ) -> Answer<proto::validate_ephemeral_resource_config::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("ValidateEphemeralResourceConfig", &kind, async { self.validate_ephemeral(request) }).await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<proto::open_ephemeral_resource::Request>,
    ) -> Answer<proto::open_ephemeral_resource::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("OpenEphemeralResource", &kind, self.open(request)).await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<proto::renew_ephemeral_resource::Request>,
    ) -> Answer<proto::renew_ephemeral_resource::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("RenewEphemeralResource", &kind, self.renew(request)).await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<proto::close_ephemeral_resource::Request>,
    ) -> Answer<proto::close_ephemeral_resource::Response> {
        let request = request.into_inner();
        let kind = request.type_name.clone();
        answer("CloseEphemeralResource", &kind, self.close(request)).await
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Answer<proto::call_function::Response> {
        answer("CallFunction", "", async { Ok(function::call(&self.registry, &request.into_inner())) }).await
    }
}
