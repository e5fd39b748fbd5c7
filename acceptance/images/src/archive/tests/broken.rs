//! Archives that are broken, each in its own way: one line that says so, and nothing left.

use std::path::Path;

use expect_test::{Expect, expect};
use serde_json::json;

use super::archives::{Docker, Entry, LAYERS, Oci, Tar, gzip, names, store};
use crate::image::architecture;
use crate::{Digest, Store};

/// Every file of a folder, with its size.
fn left(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { left(&path) } else { vec![path.display().to_string()] })
        .collect();
    found.sort();
    found
}

/// The error of a load into a store that holds an image already, which has to be as before.
fn refused(archive: &[u8]) -> String {
    let (folder, store) = store();
    names(&store, &Docker { tags: json!(["before:1"]), ..Docker::default() }.tar());
    let before = left(folder.path());
    let error = names(&store, archive);
    assert!(error.starts_with("cannot be loaded: "), "{error}");
    assert!(!error.contains('\n'), "{error}");
    assert_eq!(left(folder.path()), before, "{error}");
    assert_eq!(store.loaded(), ["docker.io/library/before:1"]);
    error.replace(&format!("linux/{}", architecture()), "linux/OURS")
}

fn says(archive: &[u8], expected: Expect) {
    expected.assert_eq(&refused(archive));
}

/// Archives with one file changed.
fn changed(tar: &Tar, path: &str, content: &[u8]) -> Vec<u8> {
    let mut tar = tar.clone();
    let Some((_, entry)) = tar.0.iter_mut().find(|(name, _)| name == path) else { panic!("no {path}") };
    *entry = Entry::File(content.to_vec());
    tar.bytes()
}

fn without(tar: &Tar, path: &str) -> Vec<u8> {
    let mut tar = tar.clone();
    tar.0.retain(|(name, _)| name != path);
    tar.bytes()
}

#[test]
fn what_is_no_archive_of_an_image() {
    says(b"", expect!["cannot be loaded: it is no tar archive; write one with `docker save -o app.tar IMAGE`"]);
    says(
        b"FROM nginx\n",
        expect!["cannot be loaded: it is no tar archive; write one with `docker save -o app.tar IMAGE`"],
    );
    says(
        &[0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0],
        expect!["cannot be loaded: it is compressed with zstd; decompress it first"],
    );
    let export = Tar(Vec::new()).file("etc/passwd", "root").bytes();
    says(
        &export,
        expect![
            "cannot be loaded: it is a tar archive without an image (neither index.json nor manifest.json); was it written by `docker export`? Write one with `docker save`"
        ],
    );
    says(
        &gzip(b"text"),
        expect!["cannot be loaded: it is no tar archive; write one with `docker save -o app.tar IMAGE`"],
    );
}

#[test]
fn what_is_no_file() {
    let (folder, store) = store();
    let error = |store: &Store, path: &Path| store.load(path).unwrap_err().to_string();
    assert_eq!(error(&store, Path::new("nowhere.tar")), "nowhere.tar cannot be loaded: there is no such file");
    assert_eq!(
        error(&store, folder.path()),
        format!(
            "{} cannot be loaded: it is a folder; pack it first (tar -cf app.tar -C FOLDER .)",
            folder.path().display()
        )
    );
}

#[test]
fn what_is_damaged() {
    let (docker, oci) = (Docker::default().entries(), Oci::default().entries());
    let digest = Digest::of(LAYERS[0]).hex();
    let layer = format!("blobs/sha256/{digest}");
    let index = br#"{"manifests": [{"digest": "md5:0", "size": 1}]}"#;
    let told = [
        changed(&docker, "1/layer.tar", b"layer 0ne"),
        changed(&oci, &layer, b"layer 0ne"),
        without(&docker, "2/layer.tar"),
        without(&oci, &layer),
        changed(&docker, "manifest.json", b"[{]"),
        changed(&docker, "manifest.json", b"[]"),
        changed(&oci, "index.json", index),
        changed(&oci, "index.json", b"{}"),
        changed(&docker, "manifest.json", &vec![b' '; (4 << 20) + 1]),
    ]
    .map(|archive| refused(&archive).replace(&digest, "DIGEST"));
    expect![[r#"
        cannot be loaded: its 1/layer.tar is damaged (the content has another sha256 digest); copy or save it again
        cannot be loaded: its blobs/sha256/DIGEST is damaged (the content has another sha256 digest); copy or save it again
        cannot be loaded: its 2/layer.tar is missing; save the image again
        cannot be loaded: its blobs/sha256/DIGEST is missing; save the image again
        cannot be loaded: its manifest.json cannot be read (key must be a string at line 1 column 3); save the image again
        cannot be loaded: it is a tar archive without an image (neither index.json nor manifest.json); was it written by `docker export`? Write one with `docker save`
        cannot be loaded: its index.json cannot be read ("md5:0" is no sha256 digest at line 1 column 33); save the image again
        cannot be loaded: it is a tar archive without an image (neither index.json nor manifest.json); was it written by `docker export`? Write one with `docker save`
        cannot be loaded: its manifest.json is larger than 4 MiB, which no image is; was the right file named?
    "#]]
    .assert_eq(&(told.join("\n") + "\n"));
}

#[test]
fn what_leads_out_of_the_archive() {
    let docker = Docker::default().entries();
    says(
        &docker.clone().file("../../etc/cron.d/x", "x").bytes(),
        expect![[
            r#"cannot be loaded: it holds the path "../../etc/cron.d/x", which leads out of the archive; no tool writes such images"#
        ]],
    );
    says(
        &docker.clone().file("/etc/passwd", "x").bytes(),
        expect![[
            r#"cannot be loaded: it holds the path "/etc/passwd", which leads out of the archive; no tool writes such images"#
        ]],
    );
    let mut linked = docker;
    linked.0.push(("3/layer.tar".to_owned(), Entry::Symlink("../../../etc/shadow".to_owned())));
    says(
        &linked.bytes(),
        expect![[
            r#"cannot be loaded: it holds the path "../../../etc/shadow", which leads out of the archive; no tool writes such images"#
        ]],
    );
}

#[test]
fn links_in_a_circle() {
    let mut tar = Docker::default().entries();
    tar.0.retain(|(name, _)| name != "1/layer.tar");
    tar.0.push(("1/layer.tar".to_owned(), Entry::Symlink("../1/layer.tar".to_owned())));
    says(&tar.bytes(), expect!["cannot be loaded: its 1/layer.tar is missing; save the image again"]);
}

#[test]
fn what_is_for_other_machines() {
    says(
        &Docker { architecture: "s390x", ..Docker::default() }.tar(),
        expect![
            "cannot be loaded: it is for linux/s390x, and this machine is linux/OURS; build the image with --platform linux/OURS"
        ],
    );
    says(
        &Oci { architecture: "s390x", ..Oci::default() }.tar(),
        expect![
            "cannot be loaded: it is for linux/s390x, and this machine is linux/OURS; build the image with --platform linux/OURS"
        ],
    );
    let oci = Oci { architecture: "ppc64le", index: vec!["s390x", "ppc64le"], ..Oci::default() };
    says(
        &oci.tar(),
        expect![
            "cannot be loaded: it is for linux/ppc64le, linux/s390x, and this machine is linux/OURS; build the image with --platform linux/OURS"
        ],
    );
}

#[test]
fn what_cannot_be_named() {
    says(
        &Docker { tags: json!(null), ..Docker::default() }.tar(),
        expect!["cannot be loaded: its image has no name; give one (--name shop/api:1.4.2)"],
    );
    says(
        &Docker { tags: json!(["App:1"]), ..Docker::default() }.tar(),
        expect![[
            r#"cannot be loaded: its image is named "App:1", which is no name: "App" is no repository: it can have lower case letters and digits, with '.', '_', '-' and '/' between them"#
        ]],
    );
    says(
        &Oci { name: Some(("org.opencontainers.image.ref.name", "latest")), ..Oci::default() }.tar(),
        expect!["cannot be loaded: its image has no name; give one (--name shop/api:1.4.2)"],
    );
}

#[test]
fn what_cannot_have_the_given_name() {
    let (folder, store) = store();
    let path = folder.path().join("app.tar");
    let entry = json!({"Config": "config.json", "RepoTags": ["app:1"], "Layers": []});
    std::fs::write(&path, Tar(Vec::new()).file("manifest.json", json!([entry, entry]).to_string()).bytes()).unwrap();
    let refused = |name: &str| {
        let error = store.load_as(&path, name).unwrap_err().to_string();
        error.replace(&folder.path().display().to_string(), "FOLDER") + "\n"
    };
    expect![[r#"
        FOLDER/app.tar cannot be loaded: it holds 2 images, so none of them can be named a:1; load it without a name, or save one image alone
        FOLDER/app.tar cannot be loaded: "A" is no name for an image: "A" is no repository: it can have lower case letters and digits, with '.', '_', '-' and '/' between them
        FOLDER/app.tar cannot be loaded: "a@sha256:0000000000000000000000000000000000000000000000000000000000000000" is no name for an image: an image is loaded under a tag
    "#]]
    .assert_eq(&["a:1", "A", &format!("a@sha256:{}", "0".repeat(64))].map(refused).concat());
}

#[test]
fn an_archive_that_ends_early_is_never_half_loaded() {
    for whole in [Docker::default().tar(), Oci::default().tar(), gzip(&Docker::default().tar())] {
        // The end of an archive is empty: without it nothing is missing.
        let content = whole.iter().rposition(|byte| *byte != 0).unwrap();
        for length in (0..content).step_by(content / 23) {
            refused(&whole[..length]);
        }
    }
    let docker = Docker::default().tar();
    let compressed = gzip(&docker);
    let told = [&docker[..300], &docker[..700], &docker[..1000], &compressed[..compressed.len() / 2]].map(refused);
    expect![[r#"
        cannot be loaded: it is no tar archive; write one with `docker save -o app.tar IMAGE`
        cannot be loaded: it ends too early, in or after its CONFIG; copy or save it again
        cannot be loaded: it ends too early, in or after its CONFIG; copy or save it again
        cannot be loaded: it ends too early, in or after its compressed data; copy or save it again
    "#]]
    .assert_eq(&(told.join("\n").replace(&Docker::default().entries().0[0].0, "CONFIG") + "\n"));
}

#[test]
fn a_size_beyond_the_archive_is_not_believed() {
    let mut archive = Docker::default().tar();
    let mut header = tar::Header::new_gnu();
    header.set_path("large").unwrap();
    header.set_size(u64::MAX / 2);
    header.set_cksum();
    archive.splice(0..0, header.as_bytes().iter().copied());
    says(&archive, expect!["cannot be loaded: it ends too early, in or after its large; copy or save it again"]);
}
