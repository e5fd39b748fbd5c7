//! A provider without resources. Its ReadResource does what the name of the type says.

use std::process::ExitCode;

use tfplugin_framework::process::{MESSAGE_LIMIT, Plugin, Stop, run};
use tfplugin_proto::tfplugin6::provider_server::Provider;
use tfplugin_proto::tfplugin6::{
    DynamicValue, Schema, configure_provider, get_provider_schema, read_resource, schema, stop_provider,
    validate_provider_config,
};
use tonic::{Request, Response, Status, async_trait};

/// What a panic of the fake says beside its fixed text: no line may ever hold it.
pub(crate) const SECRET: &str = "hunter2";

pub(crate) fn main() -> ExitCode {
    run(&Plugin { address: "terraform-paas/paas" }, |stop| Fake { stop })
}

struct Fake {
    stop: Stop,
}

#[async_trait]
impl Provider for Fake {
    async fn get_provider_schema(
        &self,
        _request: Request<get_provider_schema::Request>,
    ) -> Result<Response<get_provider_schema::Response>, Status> {
        let provider = Schema { version: 0, block: Some(schema::Block::default()) };
        Ok(Response::new(get_provider_schema::Response { provider: Some(provider), ..Default::default() }))
    }

    async fn validate_provider_config(
        &self,
        _request: Request<validate_provider_config::Request>,
    ) -> Result<Response<validate_provider_config::Response>, Status> {
        Ok(Response::new(validate_provider_config::Response::default()))
    }

    async fn configure_provider(
        &self,
        _request: Request<configure_provider::Request>,
    ) -> Result<Response<configure_provider::Response>, Status> {
        self.stop.begin_run();
        tracing::info!(target: "terraform_provider_fake", attempt = 1, "configured");
        Ok(Response::new(configure_provider::Response::default()))
    }

    async fn stop_provider(
        &self,
        _request: Request<stop_provider::Request>,
    ) -> Result<Response<stop_provider::Response>, Status> {
        self.stop.stop();
        Ok(Response::new(stop_provider::Response::default()))
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Result<Response<read_resource::Response>, Status> {
        let request = request.into_inner();
        match request.type_name.as_str() {
            "until_stopped" => {
                // The caller knows by this line that the call runs.
                eprintln!("the call runs");
                self.stop.token().cancelled().await;
                eprintln!("the call was stopped");
            }
            "is_stopped" if self.stop.token().is_cancelled() => {
                return Ok(Response::new(read_resource::Response {
                    private: b"stopped".to_vec(),
                    ..Default::default()
                }));
            }
            "panic" => panic!("a secret came by: {SECRET}, of {MESSAGE_LIMIT} bytes at most"),
            "print" => {
                use std::io::Write;
                writeln!(std::io::stdout(), "printed by accident").and_then(|()| std::io::stdout().flush())?;
            }
            _ => {}
        }
        let new_state = DynamicValue { msgpack: request.current_state.unwrap_or_default().msgpack, json: Vec::new() };
        Ok(Response::new(read_resource::Response { new_state: Some(new_state), ..Default::default() }))
    }
}
