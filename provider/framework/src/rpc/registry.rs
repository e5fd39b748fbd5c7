//! Everything that a provider offers, by name, with schemas that are made when they are first needed: core starts the
//! provider several times in one run, and most of these processes need few of them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::data_source::AnyDataSource;
use crate::diagnostic::Diagnostics;
use crate::ephemeral::AnyEphemeral;
use crate::function::Function;
use crate::provider::AnyProvider;
use crate::resource::AnyResource;
use crate::schema::{Attribute, Schema};
use crate::value::Type;

/// A schema and the type of its values.
pub(crate) struct Shape {
    pub(crate) schema: Schema,
    pub(crate) kind: Type,
}

impl Shape {
    pub(crate) fn of(schema: Schema) -> Shape {
        Shape { kind: schema.value_type(), schema }
    }

    pub(crate) fn attributes(&self) -> &[Attribute] {
        &self.schema.attributes
    }
}

/// One thing on offer.
pub(super) struct Offered<T: ?Sized> {
    pub(super) it: Box<T>,
    shape: OnceLock<Shape>,
}

impl<T: ?Sized> Offered<T> {
    fn new(it: Box<T>) -> Offered<T> {
        Offered { it, shape: OnceLock::new() }
    }
}

impl Offered<dyn AnyResource> {
    pub(super) fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| Shape::of(self.it.schema()))
    }
}

impl Offered<dyn AnyDataSource> {
    pub(super) fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| Shape::of(self.it.schema()))
    }
}

impl Offered<dyn AnyEphemeral> {
    pub(super) fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| Shape::of(self.it.schema()))
    }
}

/// A provider and what it offers.
pub(super) struct Registry {
    pub(super) provider: Box<dyn AnyProvider>,
    pub(super) resources: BTreeMap<&'static str, Offered<dyn AnyResource>>,
    pub(super) data_sources: BTreeMap<&'static str, Offered<dyn AnyDataSource>>,
    pub(super) ephemerals: BTreeMap<&'static str, Offered<dyn AnyEphemeral>>,
    pub(super) functions: BTreeMap<&'static str, Box<dyn Function>>,
    provider_shape: OnceLock<Shape>,
}

impl Registry {
    pub(super) fn of(provider: Box<dyn AnyProvider>) -> Registry {
        let offer = provider.offer();
        Registry {
            resources: offer.resources.into_iter().map(|it| (it.type_name(), Offered::new(it))).collect(),
            data_sources: offer.data_sources.into_iter().map(|it| (it.type_name(), Offered::new(it))).collect(),
            ephemerals: offer.ephemerals.into_iter().map(|it| (it.type_name(), Offered::new(it))).collect(),
            functions: offer.functions.into_iter().map(|it| (it.name(), it)).collect(),
            provider_shape: OnceLock::new(),
            provider,
        }
    }

    pub(super) fn provider_shape(&self) -> &Shape {
        self.provider_shape.get_or_init(|| Shape::of(self.provider.schema()))
    }

    pub(super) fn resource(&self, name: &str) -> Result<&Offered<dyn AnyResource>, Diagnostics> {
        self.resources.get(name).ok_or_else(|| self.unknown("resource", name))
    }

    pub(super) fn data_source(&self, name: &str) -> Result<&Offered<dyn AnyDataSource>, Diagnostics> {
        self.data_sources.get(name).ok_or_else(|| self.unknown("data source", name))
    }

    pub(super) fn ephemeral(&self, name: &str) -> Result<&Offered<dyn AnyEphemeral>, Diagnostics> {
        self.ephemerals.get(name).ok_or_else(|| self.unknown("ephemeral resource", name))
    }

    fn unknown(&self, what: &str, name: &str) -> Diagnostics {
        Diagnostics::of_error(
            format!("the provider {} has no {what} {name:?}", self.provider.name()),
            "The configuration or the state may come from a newer version of the provider.",
        )
    }
}
