//! The folder of the images that were loaded. A name appears when all of its blobs are there, and whatever ends in between leaves the
//! images of before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::archive::{Flaw, Found};
use crate::blob::Blob;
use crate::digest::Digest;
use crate::image::Image;
use crate::name::Name;

const STAGING: &str = "staging-";

#[derive(Debug)]
pub(crate) struct Loaded {
    folder: PathBuf,
    records: BTreeMap<String, Record>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    media_type: String,
    manifest: Digest,
    blobs: Vec<(Digest, u64)>,
}

impl Loaded {
    /// Opens the folder and removes what a load that was killed has left there.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let loaded = Self { folder: folder.to_owned(), records: BTreeMap::new() };
        std::fs::create_dir_all(loaded.blobs())
            .with_context(|| format!("the folder for images {} cannot be made", folder.display()))?;
        let list = loaded.list();
        let records = match std::fs::read(&list) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!("the list of loaded images {} is damaged: remove {}", list.display(), folder.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", list.display())),
        };
        let loaded = Self { records, ..loaded };
        let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(STAGING)) {
            std::fs::remove_dir_all(entry.path())
                .with_context(|| format!("the unfinished {} cannot be removed", entry.path().display()))?;
        }
        loaded.remove_unused();
        Ok(loaded)
    }

    /// A folder that goes with its value, on the same file system as the blobs.
    pub(crate) fn staging(folder: &Path) -> Result<tempfile::TempDir, Flaw> {
        let write = |error| Flaw::Write { path: folder.to_owned(), error };
        tempfile::Builder::new().prefix(STAGING).tempdir_in(folder).map_err(write)
    }

    /// Takes the blobs from the staging folder and gives the images their names.
    pub(crate) fn publish(&mut self, found: &[Found], staging: &Path) -> Result<(), Flaw> {
        let mut records = self.records.clone();
        for image in found {
            let digests = image.blobs.iter().map(|(digest, _)| *digest).chain([image.manifest]);
            for digest in digests {
                let (from, to) = (staging.join(digest.hex()), self.blobs().join(digest.hex()));
                // Two images of one archive share layers: the first took them.
                if from.exists() {
                    std::fs::rename(&from, &to).map_err(|error| Flaw::Write { path: to, error })?;
                }
            }
            let Found { media_type, manifest, blobs, .. } = image;
            let record = Record { media_type: media_type.clone(), manifest: *manifest, blobs: blobs.clone() };
            records.extend(image.names.iter().map(|name| (name.to_string(), record.clone())));
        }
        let (new, list) = (staging.join("list"), self.list());
        let write = |error| Flaw::Write { path: list.clone(), error };
        let text = serde_json::to_vec_pretty(&records).map_err(|error| write(error.into()))?;
        std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &list)).map_err(write)?;
        self.records = records;
        self.remove_unused();
        Ok(())
    }

    pub(crate) fn image(&self, name: &Name) -> Option<Image> {
        self.records.get(&name.to_string()).map(|record| self.made(record))
    }

    /// The image whose manifest has this digest, by whatever name.
    pub(crate) fn by_digest(&self, digest: Digest) -> Option<Image> {
        self.records.values().find(|record| record.manifest == digest).map(|record| self.made(record))
    }

    pub(crate) fn blob(&self, digest: Digest) -> Option<Blob> {
        let blobs = self.records.values().flat_map(|record| &record.blobs);
        let (digest, size) = blobs.into_iter().find(|(known, _)| *known == digest)?;
        Some(self.on_disk(*digest, *size))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.records.keys().cloned().collect()
    }

    fn made(&self, record: &Record) -> Image {
        let manifest = self.blobs().join(record.manifest.hex());
        let size = manifest.metadata().map_or(0, |metadata| metadata.len());
        let blobs = record.blobs.iter().map(|(digest, size)| self.on_disk(*digest, *size)).collect();
        Image::of_manifest(record.media_type.clone(), Blob::file(manifest, record.manifest, size), blobs)
    }

    fn on_disk(&self, digest: Digest, size: u64) -> Blob {
        Blob::file(self.blobs().join(digest.hex()), digest, size)
    }

    fn blobs(&self) -> PathBuf {
        self.folder.join("blobs")
    }

    fn list(&self) -> PathBuf {
        self.folder.join("images.json")
    }

    /// A pull that has begun goes on: it has its file open.
    fn remove_unused(&self) {
        let used: BTreeSet<String> = self
            .records
            .values()
            .flat_map(|record| record.blobs.iter().map(|(digest, _)| *digest).chain([record.manifest]))
            .map(|digest| digest.hex())
            .collect();
        for entry in std::fs::read_dir(self.blobs()).into_iter().flatten().flatten() {
            if !used.contains(&*entry.file_name().to_string_lossy())
                && let Err(error) = std::fs::remove_file(entry.path())
            {
                tracing::warn!("{} stays: {error}", entry.path().display());
            }
        }
    }
}
