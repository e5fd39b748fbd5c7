//! A provider without its model's type: what the protocol layer holds.

use async_trait::async_trait;

use super::{Offer, Provider};
use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::resource::{Context, misshapen};
use crate::schema::Schema;
use crate::value::Value;

/// A provider without its model's type. Implemented for every [`Provider`].
#[async_trait]
#[allow(missing_docs)]
pub trait AnyProvider: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn configure(&self, context: &Context, config: &Value, core_version: &str) -> Diagnostics;
    fn offer(&self) -> Offer;
}

#[async_trait]
impl<P: Provider> AnyProvider for P {
    fn name(&self) -> &'static str {
        Provider::name(self)
    }

    fn schema(&self) -> Schema {
        Schema { version: 0, doc: self.doc().to_owned(), attributes: P::Model::attributes() }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match P::Model::read_or_default(config) {
            Ok(config) => Provider::validate(self, &config),
            Err(error) => misshapen(&error),
        }
    }

    async fn configure(&self, context: &Context, config: &Value, core_version: &str) -> Diagnostics {
        match P::Model::read_or_default(config) {
            Ok(config) => Provider::configure(self, context, config, core_version).await,
            Err(error) => misshapen(&error),
        }
    }

    fn offer(&self) -> Offer {
        Provider::offer(self)
    }
}
