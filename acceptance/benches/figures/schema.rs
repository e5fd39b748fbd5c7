//! Leaves of each resource's schema: what core decodes, compares and writes for every object.

use terraform_provider_paas::provider::Paas;
use tfplugin_framework::provider::Provider as _;
use tfplugin_framework::schema::Attribute;

use super::table;

pub(crate) fn print() {
    for resource in Paas::new().offer().resources {
        let attributes = resource.schema().attributes;
        let what = format!("schema leaves of {} (attributes at the top)", resource.type_name());
        let here = format!("{} ({})", leaves(&attributes), attributes.len());
        table::row(&what, &here, "(≤ 45)", "");
    }
}

fn leaves(attributes: &[Attribute]) -> usize {
    attributes.iter().map(|one| one.kind.children().map_or(1, leaves)).sum()
}
