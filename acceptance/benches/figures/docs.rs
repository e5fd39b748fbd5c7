//! How much of what can be written is documented: attributes with words of their own, and with an example that shows them.

use std::path::Path;

use terraform_provider_paas::provider::Paas;
use tfplugin_framework::docs::examples;
use tfplugin_framework::provider::Provider as _;

use super::table;

pub(crate) fn print() -> anyhow::Result<()> {
    let configurations = examples::configurations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples"))?;
    for resource in Paas::new().offer().resources {
        let (name, schema) = (resource.type_name(), resource.schema());
        let all = examples::documented(name, &schema.attributes, &configurations);
        let of = |count: usize| format!("{count} / {}", all.len());
        let goal = |is_complete: bool| if is_complete { "all" } else { "" };
        let texts = all.iter().filter(|one| one.has_text).count();
        table::row(&format!("attributes of {name} with a text"), &of(texts), goal(true), "");
        let shown = all.iter().filter(|one| one.has_example).count();
        // Apps and jobs are still thin, and so are their examples.
        let what = format!("attributes of {name} in an example");
        table::row(&what, &of(shown), goal(name == "paas_cluster"), "");
    }
    Ok(())
}
