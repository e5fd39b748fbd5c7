pub(crate) mod archives;
mod broken;

use archives::{Docker, Oci, Tar, gzip, names, store};

#[test]
fn what_docker_save_wrote_before_25_is_loaded() {
    let (_folder, store) = store();
    assert_eq!(names(&store, &Docker::default().tar()), "app:1 eu.example/shop/app:1");
    assert_eq!(store.loaded(), ["docker.io/library/app:1", "eu.example/shop/app:1"]);
    let image = store.resolve(&"app:1".parse().unwrap()).unwrap();
    let contents: Vec<Vec<u8>> = image.blobs()[1..].iter().map(crate::Blob::read).collect();
    assert_eq!(contents, [b"layer one".to_vec(), b"layer two".to_vec()]);
}

#[test]
fn a_layer_may_be_a_link_to_another_ones() {
    let (_folder, store) = store();
    let docker = Docker { linked: true, ..Docker::default() };
    assert_eq!(names(&store, &docker.tar()), "app:1 eu.example/shop/app:1");
}

#[test]
fn a_layer_may_be_compressed() {
    let (_folder, store) = store();
    let docker = Docker { compressed: true, ..Docker::default() };
    names(&store, &docker.tar());
    let image = store.resolve(&"app:1".parse().unwrap()).unwrap();
    assert_eq!(image.blobs()[1].read(), gzip(b"layer one"));
    let manifest = String::from_utf8(image.manifest().read()).unwrap();
    assert!(manifest.contains("layer.v1.tar+gzip"), "{manifest}");
}

#[test]
fn a_compressed_archive_is_loaded() {
    let (_folder, store) = store();
    assert_eq!(names(&store, &gzip(&Docker::default().tar())), "app:1 eu.example/shop/app:1");
    assert_eq!(names(&store, &gzip(&Oci::default().tar())), "shop/app:1");
}

#[test]
fn an_oci_layout_keeps_its_manifest() {
    let (_folder, store) = store();
    let oci = Oci::default();
    assert_eq!(names(&store, &oci.tar()), "shop/app:1");
    let image = store.resolve(&"shop/app:1".parse().unwrap()).unwrap();
    assert_eq!(image.manifest().digest(), oci.manifest());
    assert_eq!(crate::Digest::of(&image.manifest().read()), oci.manifest());
}

#[test]
fn this_machines_image_is_taken_from_an_index() {
    let (_folder, store) = store();
    let oci = Oci { index: vec!["s390x", crate::image::architecture()], ..Oci::default() };
    assert_eq!(names(&store, &oci.tar()), "shop/app:1");
    let image = store.resolve(&"shop/app:1".parse().unwrap()).unwrap();
    assert_eq!(image.manifest().digest(), oci.manifest());
}

#[test]
fn the_names_of_podman_skopeo_and_buildx_are_understood() {
    for (key, name, expected) in [
        ("org.opencontainers.image.ref.name", "localhost/app:1", "localhost/app:1"),
        ("org.opencontainers.image.ref.name", "app:1", "app:1"),
        ("io.containerd.image.name", "docker.io/library/app:1", "app:1"),
    ] {
        let (_folder, store) = store();
        assert_eq!(names(&store, &Oci { name: Some((key, name)), ..Oci::default() }.tar()), expected);
    }
}

#[test]
fn a_layout_without_names_takes_those_of_manifest_json() {
    let (_folder, store) = store();
    let Tar(mut entries) = Oci { name: None, ..Oci::default() }.entries();
    entries.extend(Docker::default().entries().0);
    assert_eq!(names(&store, &Tar(entries).bytes()), "app:1 eu.example/shop/app:1");
}

#[test]
fn a_given_name_takes_the_place_of_the_archives() {
    let (folder, store) = store();
    let path = folder.path().join("app.tar");
    std::fs::write(&path, Oci { name: Some(("org.opencontainers.image.ref.name", "1")), ..Oci::default() }.tar())
        .unwrap();
    assert_eq!(store.load_as(&path, "eu.example/shop/api:7").unwrap(), ["eu.example/shop/api:7"]);
    std::fs::write(&path, Docker::default().tar()).unwrap();
    assert_eq!(store.load_as(&path, "shop/api:7").unwrap(), ["shop/api:7"]);
    assert_eq!(store.loaded(), ["docker.io/shop/api:7", "eu.example/shop/api:7"]);
}
