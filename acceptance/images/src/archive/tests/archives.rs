//! Archives as the tools write them, small.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Digest;
use crate::demo::Demo;
use crate::image::{OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, architecture};
use crate::store::Store;

/// A store in `images` of a folder.
pub(crate) fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = reopened(folder.path());
    (folder, store)
}

pub(crate) fn reopened(folder: &Path) -> Store {
    let program = folder.join("program");
    std::fs::write(&program, "program").unwrap();
    Store::open(folder.join("images"), Demo::new(&program, None).unwrap()).unwrap()
}

/// Loads an archive: the names, or the error without the archive's path.
pub(crate) fn names(store: &Store, archive: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.tar");
    std::fs::write(&path, archive).unwrap();
    match store.load(&path) {
        Ok(names) => names.join(" "),
        Err(error) => error.to_string().replace(&format!("{} ", path.display()), ""),
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[derive(Clone)]
pub(crate) enum Entry {
    File(Vec<u8>),
    Symlink(String),
}

#[derive(Clone)]
pub(crate) struct Tar(pub(crate) Vec<(String, Entry)>);

impl Tar {
    pub(crate) fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.0.push((path.to_owned(), Entry::File(content.into())));
        self
    }

    /// Without the tar crate's own checks of paths.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, entry) in &self.0 {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_mode(0o644);
            let content = match entry {
                Entry::File(content) => content.as_slice(),
                Entry::Symlink(target) => {
                    header.set_entry_type(tar::EntryType::Symlink);
                    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
                    &[]
                }
            };
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content).unwrap();
        }
        builder.into_inner().unwrap()
    }
}

fn config(architecture: &str, layers: &[&[u8]]) -> Vec<u8> {
    let layers: Vec<Digest> = layers.iter().map(|layer| Digest::of(layer)).collect();
    json!({"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": layers}})
        .to_string()
        .into()
}

pub(crate) const LAYERS: [&[u8]; 2] = [b"layer one", b"layer two"];

/// What `docker save` wrote before version 25.
#[derive(Clone)]
pub(crate) struct Docker {
    pub(crate) architecture: &'static str,
    pub(crate) tags: Value,
    pub(crate) linked: bool,
    pub(crate) compressed: bool,
}

impl Default for Docker {
    fn default() -> Self {
        Self {
            architecture: architecture(),
            tags: json!(["app:1", "eu.example/shop/app:1"]),
            linked: false,
            compressed: false,
        }
    }
}

impl Docker {
    pub(crate) fn entries(&self) -> Tar {
        let config = config(self.architecture, &LAYERS);
        let file = format!("{}.json", Digest::of(&config).hex());
        let manifest = json!([{"Config": file, "RepoTags": self.tags, "Layers": ["1/layer.tar", "2/layer.tar"]}]);
        let mut tar = Tar(Vec::new()).file(&file, config);
        for (index, layer) in LAYERS.iter().enumerate() {
            let content = if self.compressed { gzip(layer) } else { layer.to_vec() };
            let path = format!("{}/layer.tar", index + 1);
            if self.linked && index == 1 {
                tar = tar.file("other/layer.tar", content);
                tar.0.push((path, Entry::Symlink("../other/layer.tar".to_owned())));
            } else {
                tar = tar.file(&path, content);
            }
        }
        tar.file("manifest.json", manifest.to_string())
    }

    pub(crate) fn tar(&self) -> Vec<u8> {
        self.entries().bytes()
    }
}

/// What docker since 25, buildx, podman and skopeo write.
#[derive(Clone)]
pub(crate) struct Oci {
    /// The annotation that names the image.
    pub(crate) name: Option<(&'static str, &'static str)>,
    pub(crate) architecture: &'static str,
    /// The architectures of an index between, if there is one.
    pub(crate) index: Vec<&'static str>,
}

impl Default for Oci {
    fn default() -> Self {
        let name = Some(("io.containerd.image.name", "docker.io/shop/app:1"));
        Self { name, architecture: architecture(), index: Vec::new() }
    }
}

fn described(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len()})
}

impl Oci {
    fn manifest_bytes(&self) -> Vec<u8> {
        let layers = LAYERS.map(|layer| described("application/vnd.oci.image.layer.v1.tar+zstd", layer));
        let config = described(OCI_CONFIG, &config(self.architecture, &LAYERS));
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}).to_string().into()
    }

    pub(crate) fn manifest(&self) -> Digest {
        Digest::of(&self.manifest_bytes())
    }

    pub(crate) fn entries(&self) -> Tar {
        let blob = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::of(bytes).hex());
        let config = config(self.architecture, &LAYERS);
        let manifest = self.manifest_bytes();
        let mut top = described(OCI_MANIFEST, &manifest);
        let mut tar = Tar(Vec::new()).file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
        for content in [&config, &manifest, &LAYERS[0].to_vec(), &LAYERS[1].to_vec()] {
            tar = tar.file(&blob(content), content.clone());
        }
        if !self.index.is_empty() {
            let mut manifests: Vec<Value> = self
                .index
                .iter()
                .map(|architecture| {
                    let ours = *architecture == self.architecture;
                    let mut one = described(OCI_MANIFEST, if ours { &manifest } else { architecture.as_bytes() });
                    one["platform"] = json!({"os": "linux", "architecture": architecture});
                    one
                })
                .collect();
            let mut attestation = described(OCI_MANIFEST, b"attestation");
            attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
            manifests.push(attestation);
            let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}).to_string();
            top = described(OCI_INDEX, index.as_bytes());
            tar = tar.file(&blob(index.as_bytes()), index);
        }
        if let Some((key, name)) = self.name {
            top["annotations"] = json!({key: name});
        }
        tar.file("index.json", json!({"schemaVersion": 2, "manifests": [top]}).to_string())
    }

    pub(crate) fn tar(&self) -> Vec<u8> {
        self.entries().bytes()
    }
}
