//! The provider block and the list of everything that is offered. Decides nothing about resources.

use std::sync::Arc;

use async_trait::async_trait;
use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::provider::{Offer, Provider};
use tfplugin_framework::resource::Context;

use crate::app::PaasApp;
use crate::cloud::Cloud;
use crate::cloud::settings::{self, Settings};
use crate::cluster::PaasCluster;
use crate::cluster::lookup::ClusterLookup;
use crate::cluster::versions::VersionLookup;
use crate::cluster_token::ClusterToken;
use crate::functions;
use crate::job::PaasJob;

/// `terraform-paas/paas`.
#[derive(Debug)]
pub struct Paas {
    cloud: Arc<Cloud>,
}

impl Paas {
    /// Not configured yet.
    pub fn new() -> Paas {
        Paas { cloud: Cloud::new() }
    }
}

impl Default for Paas {
    fn default() -> Self {
        Paas::new()
    }
}

#[async_trait]
impl Provider for Paas {
    type Model = Settings;

    fn name(&self) -> &'static str {
        "paas"
    }

    fn doc(&self) -> &'static str {
        include_str!("provider/doc.md")
    }

    fn validate(&self, config: &Settings) -> Diagnostics {
        settings::validate(config)
    }

    async fn configure(&self, _context: &Context, config: Settings, core_version: &str) -> Diagnostics {
        self.cloud.configure(config, core_version).await;
        Diagnostics::none()
    }

    fn offer(&self) -> Offer {
        Offer {
            resources: vec![
                Box::new(PaasCluster::new(self.cloud.clone())),
                Box::new(PaasApp::new(self.cloud.clone())),
                Box::new(PaasJob::new(self.cloud.clone())),
            ],
            data_sources: vec![
                Box::new(ClusterLookup::new(self.cloud.clone())),
                Box::new(VersionLookup::new(self.cloud.clone())),
            ],
            functions: functions::all(),
            ephemerals: vec![Box::new(ClusterToken::new(self.cloud.clone()))],
            ..Offer::default()
        }
    }
}
