use std::io::Read as _;

use super::*;

fn listing(layer: &Layer) -> Vec<String> {
    let content = layer.blob().read();
    assert_eq!(layer.blob().size(), content.len() as u64);
    assert_eq!(layer.blob().digest(), crate::Digest::of(&content));
    tar::Archive::new(content.as_slice())
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let link = entry.link_name().unwrap().map(|to| format!(" -> {}", to.display())).unwrap_or_default();
            let mode = entry.header().mode().unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            format!("{mode:o} {path}{link} {text}")
        })
        .collect()
}

#[test]
fn a_layer_holds_what_was_asked_for_and_its_folders() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    std::fs::write(&program, "p".repeat(3)).unwrap();
    let layer = Contents::new()
        .link("app/bin/web", "demo")
        .file(&program, "/app/bin/demo", 0o755)
        .folder("tmp", 0o1777)
        .text("etc/passwd", "root", 0o644)
        .layer()
        .unwrap();
    assert_eq!(
        listing(&layer),
        [
            "755 app ",
            "755 app/bin ",
            "755 app/bin/demo ppp",
            "777 app/bin/web -> demo ",
            "755 etc ",
            "644 etc/passwd root",
            "1777 tmp "
        ]
    );
}

#[test]
fn the_same_files_give_the_same_layer_wherever_they_are() {
    let layer = |size: usize| {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        std::fs::write(&program, "p".repeat(size)).unwrap();
        Contents::new().file(&program, "bin/program", 0o755).layer().unwrap().blob().digest()
    };
    assert_eq!(layer(511), layer(511));
    assert_ne!(layer(511), layer(512));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let missing = Contents::new().file("/nowhere/coredns", "coredns", 0o755).layer().unwrap_err();
    assert_eq!(
        format!("{missing:#}"),
        "/nowhere/coredns cannot be put into an image: No such file or directory (os error 2)"
    );
}
