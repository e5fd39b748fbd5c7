//! OCI layouts: `index.json`, indexes in it, and blobs by digest. Their manifests are kept as they are.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::files::Files;
use super::{Draft, Flaw, Found, Platform, Target, other_platforms, own_name};
use crate::digest::Digest;
use crate::image::{DOCKER_LIST, OCI_INDEX, OCI_MANIFEST};
use crate::name::Name;

/// Whole names, as containerd and docker write them.
const IMAGE_NAME: &str = "io.containerd.image.name";
/// A whole name (podman), a name (skopeo) or a tag alone (buildx).
const REF_NAME: &str = "org.opencontainers.image.ref.name";
const MOST_NESTED: usize = 4;

#[derive(Debug, Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: Digest,
    size: u64,
    platform: Option<Platform>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    media_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

impl Descriptor {
    fn file(&self) -> String {
        format!("blobs/sha256/{}", self.digest.hex())
    }

    fn is_index(&self) -> bool {
        self.media_type == OCI_INDEX || self.media_type == DOCKER_LIST
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// What buildx adds about how an image was built; it is for no machine.
    fn is_attestation(&self) -> bool {
        self.annotation("vnd.docker.reference.type").is_some()
            || self.platform.as_ref().is_some_and(|platform| platform.os == "unknown")
    }

    fn names(&self) -> Result<Vec<Name>, Flaw> {
        if let Some(names) = self.annotation(IMAGE_NAME) {
            return names.split(',').map(own_name).collect();
        }
        match self.annotation(REF_NAME) {
            Some(name) if name.contains([':', '/']) => Ok(vec![own_name(name)?]),
            _ => Ok(Vec::new()),
        }
    }
}

/// The images of the layout, each with the manifest for this machine.
pub(super) fn drafts(files: &Files) -> Result<Vec<Draft<Descriptor>>, Flaw> {
    let (_, index): (_, Index) = files.document("index.json")?;
    // A layout may list the platforms of one image one by one, under the same names.
    let mut images: Vec<(Vec<Name>, Vec<Descriptor>)> = Vec::new();
    for descriptor in index.manifests.into_iter().filter(|descriptor| !descriptor.is_attestation()) {
        let names = descriptor.names()?;
        match images.iter_mut().find(|(known, _)| *known == names) {
            Some((_, descriptors)) => descriptors.push(descriptor),
            None => images.push((names, vec![descriptor])),
        }
    }
    let mut drafts: Vec<Draft<Descriptor>> = Vec::new();
    for (names, descriptors) in images {
        let image = ours(files, descriptors)?;
        match drafts.iter_mut().find(|draft| draft.image.digest == image.digest) {
            Some(draft) => draft.names.extend(names),
            None => drafts.push(Draft { names, image }),
        }
    }
    Ok(drafts)
}

/// The manifest for this machine, in indexes too.
fn ours(files: &Files, mut descriptors: Vec<Descriptor>) -> Result<Descriptor, Flaw> {
    let mut others = Vec::new();
    for _ in 0..MOST_NESTED {
        let mut nested = Vec::new();
        for descriptor in descriptors {
            if descriptor.is_index() {
                let index: Index = verified(files, &descriptor)?.1;
                nested.extend(index.manifests.into_iter().filter(|descriptor| !descriptor.is_attestation()));
                continue;
            }
            let platform = match &descriptor.platform {
                Some(platform) => platform.clone(),
                None => {
                    let manifest: Manifest = verified(files, &descriptor)?.1;
                    verified(files, &manifest.config)?.1
                }
            };
            if platform.is_ours() {
                return Ok(descriptor);
            }
            others.push(platform);
        }
        descriptors = nested;
        if descriptors.is_empty() {
            break;
        }
    }
    Err(if others.is_empty() { Flaw::NoImage } else { other_platforms(others) })
}

fn verified<T: DeserializeOwned>(files: &Files, descriptor: &Descriptor) -> Result<(Vec<u8>, T), Flaw> {
    let file = descriptor.file();
    let (bytes, document) = files.document(&file)?;
    if Digest::of(&bytes) == descriptor.digest { Ok((bytes, document)) } else { Err(Flaw::Damaged { file }) }
}

pub(super) fn take(draft: Draft<Descriptor>, target: &Target<'_>) -> Result<Found, Flaw> {
    let (bytes, manifest): (_, Manifest) = verified(target.files, &draft.image)?;
    let mut blobs = Vec::new();
    for descriptor in std::iter::once(&manifest.config).chain(&manifest.layers) {
        let size = target.copy(&descriptor.file(), descriptor.digest)?;
        if size != descriptor.size {
            return Err(Flaw::Damaged { file: descriptor.file() });
        }
        blobs.push((descriptor.digest, size));
    }
    let media_type = manifest.media_type.unwrap_or(draft.image.media_type);
    let media_type = if media_type.is_empty() { OCI_MANIFEST.to_owned() } else { media_type };
    Ok(Found { names: draft.names, media_type, manifest: target.write(&bytes)?, blobs })
}
