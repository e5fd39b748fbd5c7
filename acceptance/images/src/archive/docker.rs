//! Docker's own archives: `manifest.json`, a configuration and layers. They hold no manifest of a registry, so one is made.

use serde::Deserialize;

use super::files::Files;
use super::{Draft, Flaw, Found, Platform, Target, other_platforms, own_name};
use crate::digest::Digest;
use crate::image::{OCI_CONFIG, OCI_LAYER, OCI_LAYER_GZIP, manifest};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Config {
    #[serde(flatten)]
    platform: Platform,
    rootfs: RootFs,
}

#[derive(Debug, Deserialize)]
struct RootFs {
    #[serde(default)]
    diff_ids: Vec<Digest>,
}

pub(super) fn drafts(files: &Files) -> Result<Vec<Draft<Entry>>, Flaw> {
    let (_, entries): (_, Vec<Entry>) = files.document("manifest.json")?;
    entries
        .into_iter()
        .map(|entry| {
            let names = entry.repo_tags.iter().flatten().map(|name| own_name(name)).collect::<Result<_, _>>()?;
            Ok(Draft { names, image: entry })
        })
        .collect()
}

pub(super) fn take(draft: Draft<Entry>, target: &Target<'_>) -> Result<Found, Flaw> {
    let file = draft.image.config;
    let (bytes, config): (_, Config) = target.files.document(&file)?;
    // `DIGITS.json`, or `blobs/sha256/DIGITS`.
    let stem = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
    if Digest::from_hex(stem).is_some_and(|digest| digest != Digest::of(&bytes)) {
        return Err(Flaw::Damaged { file });
    }
    if !config.platform.is_ours() {
        return Err(other_platforms([config.platform]));
    }
    let layers = draft.image.layers.unwrap_or_default();
    if layers.len() != config.rootfs.diff_ids.len() {
        let why = format!("it tells of {} layers, manifest.json of {}", config.rootfs.diff_ids.len(), layers.len());
        return Err(Flaw::Document { file, why });
    }
    let mut blobs = vec![(target.write(&bytes)?, bytes.len() as u64, OCI_CONFIG)];
    for (layer, inside) in layers.iter().zip(config.rootfs.diff_ids) {
        let (digest, size) = target.copy_unchecked(layer)?;
        let plain = digest == inside;
        if !plain && target.digest_inside(layer)? != inside {
            return Err(Flaw::Damaged { file: layer.clone() });
        }
        blobs.push((digest, size, if plain { OCI_LAYER } else { OCI_LAYER_GZIP }));
    }
    let manifest = manifest(&blobs);
    Ok(Found {
        names: draft.names,
        media_type: crate::image::OCI_MANIFEST.to_owned(),
        manifest: target.write(manifest.as_bytes())?,
        blobs: blobs.into_iter().map(|(digest, size, _)| (digest, size)).collect(),
    })
}
