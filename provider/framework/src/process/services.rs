//! What is served beside the provider: go-plugin's controller, stdio and broker, and the health check.
//! Knows gRPC; must not know sockets or the operating system.

use std::io;

use tfplugin_proto::health::health_check_response::ServingStatus;
use tfplugin_proto::health::health_server::{Health, HealthServer};
use tfplugin_proto::health::{HealthCheckRequest, HealthCheckResponse};
use tfplugin_proto::plugin::grpc_broker_server::{GrpcBroker, GrpcBrokerServer};
use tfplugin_proto::plugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use tfplugin_proto::plugin::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use tfplugin_proto::plugin::{ConnInfo, Empty, StdioData};
use tfplugin_proto::tfplugin6::provider_server::Provider;
use tokio::sync::mpsc::UnboundedSender;
use tokio_stream::{Stream, StreamExt};
use tonic::codegen::{BoxStream, async_trait};
use tonic::{Request, Response, Status, Streaming};

use super::calls::Calls;
use super::connections::Connection;
use super::lifetime::End;

/// Core runs as many calls at one time as `-parallelism` says; hyper's limit of 200 would queue them unseen.
const MOST_CALLS_PER_CONNECTION: u32 = 4096;
/// Flow-control windows in bytes: a state of megabytes should not need a round trip for every 64 KiB.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// Serves everything until it is aborted.
pub(crate) async fn serve<S: Provider>(
    service: S,
    calls: Calls,
    incoming: impl Stream<Item = io::Result<Connection>>,
    ends: UnboundedSender<End>,
) {
    let served = tonic::transport::Server::builder()
        .max_concurrent_streams(MOST_CALLS_PER_CONNECTION)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .add_service(calls.count(super::provider_server(service)))
        .add_service(GrpcControllerServer::new(Controller { ends: ends.clone() }))
        .add_service(GrpcStdioServer::new(Stdio))
        .add_service(GrpcBrokerServer::new(Broker))
        .add_service(HealthServer::new(Alive))
        .serve_with_incoming(incoming)
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the server ended");
    }
    // Nobody listens any more only when the process is ending for another reason.
    let _ = ends.send(End::ServerFailed);
}

/// Ends the process when the core asks for it.
struct Controller {
    ends: UnboundedSender<End>,
}

#[async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        let _ = self.ends.send(End::Shutdown);
        Ok(Response::new(Empty {}))
    }
}

/// Carries nothing: core logs every chunk as unexpected.
struct Stdio;

#[async_trait]
impl GrpcStdio for Stdio {
    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(Box::pin(tokio_stream::pending())))
    }
}

/// Arranges nothing: the stream stays open for as long as the core keeps its side open.
struct Broker;

#[async_trait]
impl GrpcBroker for Broker {
    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        Ok(Response::new(Box::pin(request.into_inner().filter_map(|_| None))))
    }
}

/// Says that the plugin serves: a process that can answer at all does.
struct Alive;

impl Alive {
    fn status(request: &Request<HealthCheckRequest>) -> Result<HealthCheckResponse, Status> {
        match request.get_ref().service.as_str() {
            "" | "plugin" => Ok(HealthCheckResponse { status: ServingStatus::Serving.into() }),
            other => Err(Status::not_found(format!("there is no service {other}"))),
        }
    }
}

#[async_trait]
impl Health for Alive {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        Alive::status(&request).map(Response::new)
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<BoxStream<HealthCheckResponse>>, Status> {
        let status = Alive::status(&request)?;
        Ok(Response::new(Box::pin(tokio_stream::once(Ok(status)).chain(tokio_stream::pending()))))
    }
}
