//! An ephemeral resource without its model's type.

use std::time::SystemTime;

use async_trait::async_trait;

use super::{Ephemeral, Opened};
use crate::attr::Field;
use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::resource::Context;
use crate::schema::Schema;
use crate::value::Value;

/// An ephemeral resource without its model's type. Implemented for every [`Ephemeral`].
#[async_trait]
#[allow(missing_docs)]
pub trait AnyEphemeral: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn open(&self, context: &Context, config: &Value) -> (Option<Opened<Value>>, Diagnostics);
    async fn renew(&self, context: &Context, private: Vec<u8>) -> (Vec<u8>, Option<SystemTime>, Diagnostics);
    async fn close(&self, context: &Context, private: Vec<u8>) -> Diagnostics;
}

#[async_trait]
impl<E: Ephemeral> AnyEphemeral for E {
    fn type_name(&self) -> &'static str {
        Ephemeral::type_name(self)
    }

    fn schema(&self) -> Schema {
        Schema { version: 0, doc: self.doc().to_owned(), attributes: E::Model::attributes() }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match E::Model::read(config) {
            Ok(config) => Ephemeral::validate(self, &config),
            Err(error) => crate::resource::misshapen(&error),
        }
    }

    async fn open(&self, context: &Context, config: &Value) -> (Option<Opened<Value>>, Diagnostics) {
        match E::Model::read(config) {
            Ok(config) => {
                let (opened, diagnostics) = Ephemeral::open(self, context, config).await;
                let untyped = |one: Opened<E::Model>| Opened {
                    result: one.result.to_value(),
                    private: one.private,
                    renew_at: one.renew_at,
                };
                (opened.map(untyped), diagnostics)
            }
            Err(error) => (None, crate::resource::misshapen(&error)),
        }
    }

    async fn renew(&self, context: &Context, private: Vec<u8>) -> (Vec<u8>, Option<SystemTime>, Diagnostics) {
        Ephemeral::renew(self, context, private).await
    }

    async fn close(&self, context: &Context, private: Vec<u8>) -> Diagnostics {
        Ephemeral::close(self, context, private).await
    }
}
