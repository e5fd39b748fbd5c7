//! Keeps `src/generated` equal to what `proto/*.proto` says: rewrites it and fails when it was stale.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn the_generated_code_is_that_of_the_proto_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = root.join("src/generated");
    let fresh = tempfile::tempdir().expect("a temporary folder");
    generate(&root.join("proto"), fresh.path());

    let wanted = sources(fresh.path());
    let found = sources(&committed);
    if wanted == found {
        return;
    }
    fs::create_dir_all(&committed).expect("the folder of the generated code");
    for stale in found.keys().filter(|name| !wanted.contains_key(*name)) {
        fs::remove_file(committed.join(stale)).expect("a stale file removed");
    }
    for (name, text) in &wanted {
        fs::write(committed.join(name), text).expect("a generated file written");
    }
    panic!("src/generated was stale and has been rewritten: review and commit it");
}

fn generate(protos: &Path, into: &Path) {
    let files = protox::compile(["tfplugin6.proto", "plugin.proto", "health.proto"], [protos])
        .expect("the .proto files compile");
    tonic_prost_build::configure()
        .out_dir(into)
        .emit_rerun_if_changed(false)
        .build_transport(false)
        .generate_default_stubs(true)
        .skip_debug([".tfplugin6.DynamicValue", ".tfplugin6.RawState"])
        .compile_fds(files)
        .expect("the code generates");
}

/// File name to text of every generated file in a folder; none if the folder is not there.
fn sources(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| entry.expect("a directory entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a readable source"))
        })
        .collect()
}
