//! What a data source is to this framework.

use async_trait::async_trait;

use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::resource::Context;

pub use erased::AnyDataSource;
mod erased;

/// Something that is looked up and never changed.
#[async_trait]
pub trait DataSource: Send + Sync + 'static {
    /// Its attributes.
    type Model: Model;

    /// Its type, as in `data "paas_cluster" …`.
    fn type_name(&self) -> &'static str;

    /// What the registry says about it, in Markdown.
    fn doc(&self) -> &'static str;

    /// Rules between attributes.
    fn validate(&self, _config: &Self::Model) -> Diagnostics {
        Diagnostics::none()
    }

    /// Looks it up. Nothing only beside an error.
    async fn read(&self, context: &Context, config: Self::Model) -> (Option<Self::Model>, Diagnostics);
}
