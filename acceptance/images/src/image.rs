//! Images as a registry serves them: a manifest and the blobs that it names.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::blob::Blob;
use crate::digest::Digest;
use crate::layer::Layer;

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(crate) const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
pub(crate) const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// An image. A clone shares everything.
#[derive(Debug, Clone)]
pub struct Image {
    media_type: String,
    manifest: Blob,
    /// The configuration and the layers.
    blobs: Vec<Blob>,
}

/// How a container of an image starts where its pod says nothing else.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The program and its first arguments.
    pub entrypoint: Vec<String>,
    /// The arguments that a pod's `args` take the place of.
    pub arguments: Vec<String>,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// The working directory; `/` where it is empty.
    pub folder: String,
}

impl Image {
    /// An image of this machine's architecture. The same layers and start give the same bytes.
    pub fn new(layers: &[Layer], start: &Start) -> Self {
        let config = Blob::new(config(layers, start).to_string());
        let blobs: Vec<Blob> = std::iter::once(config).chain(layers.iter().map(|layer| layer.blob().clone())).collect();
        let types = std::iter::once(OCI_CONFIG).chain(std::iter::repeat(OCI_LAYER));
        let described: Vec<_> =
            blobs.iter().zip(types).map(|(blob, kind)| (blob.digest(), blob.size(), kind)).collect();
        Self { media_type: OCI_MANIFEST.to_owned(), manifest: Blob::new(manifest(&described)), blobs }
    }

    /// An image that was made before: its manifest is served as it is, so that its digest stays.
    pub(crate) fn of_manifest(media_type: String, manifest: Blob, blobs: Vec<Blob>) -> Self {
        Self { media_type, manifest, blobs }
    }

    /// The manifest's media type.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The manifest.
    pub fn manifest(&self) -> &Blob {
        &self.manifest
    }

    /// The configuration and the layers.
    pub fn blobs(&self) -> &[Blob] {
        &self.blobs
    }
}

/// Go's name for this machine's architecture, which images use.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

/// The manifest of a configuration and of the layers that follow it, each as digest, size and media type.
pub(crate) fn manifest(blobs: &[(Digest, u64, &str)]) -> String {
    let mut described =
        blobs.iter().map(|(digest, size, media_type)| json!({"mediaType": media_type, "digest": digest, "size": size}));
    json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": described.next(),
        "layers": described.collect::<Vec<_>>(),
    })
    .to_string()
}

fn config(layers: &[Layer], start: &Start) -> Value {
    let mut run = Map::new();
    for (key, words) in [("Entrypoint", &start.entrypoint), ("Cmd", &start.arguments)] {
        if !words.is_empty() {
            run.insert(key.to_owned(), json!(words));
        }
    }
    let env: Vec<String> = start.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    run.insert("Env".to_owned(), json!(env));
    let folder = if start.folder.is_empty() { "/" } else { &start.folder };
    run.insert("WorkingDir".to_owned(), json!(folder));
    let layers: Vec<_> = layers.iter().map(|layer| layer.blob().digest()).collect();
    json!({
        "created": "2026-01-01T00:00:00Z",
        "architecture": architecture(),
        "os": "linux",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": layers},
        "history": vec![json!({"created": "2026-01-01T00:00:00Z", "created_by": "sandbox"}); layers.len()],
    })
}
