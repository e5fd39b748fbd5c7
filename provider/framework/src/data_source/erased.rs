//! A data source without its model's type.

use async_trait::async_trait;

use super::DataSource;
use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::resource::Context;
use crate::schema::Schema;
use crate::value::Value;

/// A data source without its model's type. Implemented for every [`DataSource`].
#[async_trait]
#[allow(missing_docs)]
pub trait AnyDataSource: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn read(&self, context: &Context, config: &Value) -> (Value, Diagnostics);
}

#[async_trait]
impl<D: DataSource> AnyDataSource for D {
    fn type_name(&self) -> &'static str {
        DataSource::type_name(self)
    }

    fn schema(&self) -> Schema {
        Schema { version: 0, doc: self.doc().to_owned(), attributes: D::Model::attributes() }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match D::Model::read(config) {
            Ok(config) => DataSource::validate(self, &config),
            Err(error) => crate::resource::misshapen(&error),
        }
    }

    async fn read(&self, context: &Context, config: &Value) -> (Value, Diagnostics) {
        match D::Model::read(config) {
            Ok(config) => {
                let (found, diagnostics) = DataSource::read(self, context, config).await;
                (found.map_or(Value::Null, |found| crate::attr::Field::to_value(&found)), diagnostics)
            }
            Err(error) => (Value::Null, crate::resource::misshapen(&error)),
        }
    }
}
