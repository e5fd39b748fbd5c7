//! Each fault that core would refuse a provider for is found and named.

use super::{Offer, Provider, faults};
use crate::data_source::DataSource;
use crate::diagnostic::Diagnostics;
use crate::prelude::*;
use crate::resource::Context;

model! {
    /// A block full of mistakes.
    pub(crate) struct Inner {
        /// Kept where nothing is kept.
        kept: String = optional(),
        /// It cannot have a default in here.
        size: i64 = optional().defaults_to(1),
    }
}

model! {
    /// A source full of mistakes.
    pub(crate) struct Broken {
        /// Taken by Terraform.
        count: i64 = required(),
        /// Neither this nor that.
        nothing: String = crate::schema::Behaviour::default(),
        /// Both this and that.
        both: String = required().or_set(),
        /// Of another type.
        size: i64 = optional().defaults_to("large"),
        /// Out of bounds.
        port: i64 = optional().defaults_to(0).check(crate::schema::check::at_least(1)),
        /// Kept nowhere.
        secret: Inner = computed().write_only(),
        /// From nowhere.
        url: String = computed().from(&["nowhere"]),
        bare: String = optional(),
        /// Named badly.
        _lead: String = optional(),
    }
}

struct Sources;

#[async_trait::async_trait]
impl DataSource for Sources {
    type Model = Broken;
    fn type_name(&self) -> &'static str {
        "other_source"
    }
    fn doc(&self) -> &'static str {
        ""
    }
    async fn read(&self, _: &Context, config: Broken) -> (Option<Broken>, Diagnostics) {
        (Some(config), Diagnostics::none())
    }
}

model! {
    /// A block.
    pub(crate) struct Block {
        /// Taken by Terraform.
        alias: String = optional(),
    }
}

struct Lab;

#[async_trait::async_trait]
impl Provider for Lab {
    type Model = Block;
    fn name(&self) -> &'static str {
        "lab"
    }
    fn doc(&self) -> &'static str {
        "A provider with faults."
    }
    async fn configure(&self, _: &Context, _: Block, _: &str) -> Diagnostics {
        Diagnostics::none()
    }
    fn offer(&self) -> Offer {
        Offer { data_sources: vec![Box::new(Sources), Box::new(Sources)], ..Offer::default() }
    }
}

#[test]
fn every_fault_is_named_once_per_place() {
    let mut found = faults(&Lab);
    found.sort();
    found.dedup();
    expect_test::expect![[r#"
        data.other_source._lead: a name has lower-case letters, digits and underscores and starts with a letter
        data.other_source.bare: the documentation has no sentence
        data.other_source.both: what is required cannot be optional, computed or have a default
        data.other_source.count: Terraform takes this name for itself
        data.other_source.nothing: it is neither required nor optional nor computed
        data.other_source.port: its default breaks its own rule: it must be a whole number of 1 or more, not 0
        data.other_source.secret.size: only attributes at the top level have defaults: core wants nested objects as the user wrote them
        data.other_source.secret: what is inside a write-only attribute must be write-only too
        data.other_source.secret: what is write-only is either required or optional, and never computed
        data.other_source.size: its default has another type
        data.other_source.url: its source nowhere does not exist
        data.other_source: the documentation has no sentence
        lab.alias: Terraform takes this name for itself
        other_source: the name of a data source starts with lab_
        other_source: there are two data sources of this name"#]]
    .assert_eq(&found.join("\n"));
}
