use super::*;
use crate::archive::tests::archives::{Docker, LAYERS, Oci, names, reopened, store};
use crate::image::Start;
use crate::layer::Contents;

fn resolve(store: &Store, name: &str) -> Result<Digest, Refusal> {
    store.resolve(&name.parse().unwrap()).map(|image| image.manifest().digest())
}

#[test]
fn a_loaded_image_comes_first_then_the_sandboxs_own_then_what_the_name_says() {
    let (_folder, store) = store();
    let name = "docker.io/private/app:1";
    assert_eq!(resolve(&store, name), Err(Refusal::Unauthorized));
    let layer = Contents::new().text("coredns", "", 0o755).layer().unwrap();
    let image = Image::new(&[layer], &Start::default());
    store.add("private/app", image.clone());
    assert_eq!(resolve(&store, name), Ok(image.manifest().digest()));
    let oci = Oci { name: Some(("io.containerd.image.name", name)), ..Oci::default() };
    names(&store, &oci.tar());
    assert_eq!(resolve(&store, name), Ok(oci.manifest()));
}

#[test]
fn some_names_are_refused() {
    let (_folder, store) = store();
    for (name, expected) in [
        ("sandbox.invalid/missing:1", Refusal::Unknown),
        ("eu.example/shop/missing", Refusal::Unknown),
        ("sandbox.invalid/private", Refusal::Unauthorized),
        ("private/app:1", Refusal::Unauthorized),
        ("eu.example/shop/private:2", Refusal::Unauthorized),
        ("limited/app:1", Refusal::Limited),
        ("eu.example/limited", Refusal::Limited),
    ] {
        assert_eq!(resolve(&store, name), Err(expected), "{name}");
    }
    for name in ["missing/app", "eu.example/shop/private/app", "nginx", "sandbox.invalid/privates"] {
        assert!(resolve(&store, name).is_ok(), "{name}");
    }
}

#[test]
fn a_digest_is_known_once_its_image_is() {
    let (_folder, store) = store();
    let unknown = format!("nginx@sha256:{}", "0a".repeat(32));
    assert_eq!(resolve(&store, &unknown), Err(Refusal::Unknown));
    let digest = resolve(&store, "nginx:1").unwrap();
    assert_eq!(resolve(&store, &format!("nginx@{digest}")), Ok(digest));
    names(&store, &Oci::default().tar());
    let digest = Oci::default().manifest();
    assert_eq!(resolve(&store, &format!("shop/app@{digest}")), Ok(digest));
}

#[test]
fn names_that_were_asked_for_are_counted() {
    let (_folder, store) = store();
    for name in ["nginx:1", "nginx:1", "sandbox.invalid/missing"] {
        resolve(&store, name).ok();
    }
    let counts: Vec<_> = store.pulls().into_iter().collect();
    assert_eq!(counts, [("docker.io/library/nginx:1".to_owned(), 2), ("sandbox.invalid/missing:latest".to_owned(), 1)]);
}

fn blobs(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("images/blobs")).unwrap().count()
}

#[test]
fn the_same_name_again_replaces_the_image_and_its_blobs_go() {
    let (folder, store) = store();
    let tagged = |architecture| Docker { tags: serde_json::json!(["shop/app:1"]), architecture, ..Docker::default() };
    names(&store, &tagged(crate::image::architecture()).tar());
    let first = resolve(&store, "shop/app:1").unwrap();
    assert_eq!(blobs(folder.path()), 4);
    names(&store, &Oci::default().tar());
    assert_eq!(resolve(&store, "shop/app:1"), Ok(Oci::default().manifest()));
    assert_eq!(resolve(&store, &format!("shop/app@{first}")), Err(Refusal::Unknown));
    // The layers are the same, and so is the configuration.
    assert_eq!(blobs(folder.path()), 4);
    assert_eq!(store.loaded(), ["docker.io/shop/app:1"]);
}

#[test]
fn loaded_images_outlive_their_store_and_the_rest_of_a_killed_load_does_not() {
    let (folder, store) = store();
    names(&store, &Oci::default().tar());
    drop(store);
    let images = folder.path().join("images");
    std::fs::create_dir(images.join("staging-killed")).unwrap();
    std::fs::write(images.join("staging-killed/part"), "half").unwrap();
    std::fs::write(images.join("blobs").join("0".repeat(64)), "unused").unwrap();
    let store = reopened(folder.path());
    assert_eq!(resolve(&store, "shop/app:1"), Ok(Oci::default().manifest()));
    assert_eq!(store.blob(Digest::of(LAYERS[0])).unwrap().read(), LAYERS[0]);
    assert!(!images.join("staging-killed").exists());
    assert_eq!(blobs(folder.path()), 4);
}

#[test]
fn a_damaged_list_is_named() {
    let (folder, store) = store();
    drop(store);
    let images = folder.path().join("images");
    std::fs::write(images.join("images.json"), "{").unwrap();
    let error = Store::open(&images, Demo::new(&folder.path().join("program"), None).unwrap()).unwrap_err();
    let shown = images.display();
    assert_eq!(error.to_string(), format!("the list of loaded images {shown}/images.json is damaged: remove {shown}"));
}
