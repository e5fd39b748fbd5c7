//! Image archives that users load: written by `docker save`, `podman save`, `docker buildx` or `skopeo`. Believes nothing that they say.

mod docker;
mod files;
mod flaw;
mod oci;
#[cfg(test)]
pub(crate) mod tests;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::digest::{Digest, digest_of};
use crate::image::architecture;
use crate::name::{Name, Reference};
use files::Files;
pub(crate) use flaw::Flaw;
pub use flaw::LoadError;

/// An image whose blobs, its manifest among them, lie in the staging folder, each under the digits of its digest.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) names: Vec<Name>,
    pub(crate) media_type: String,
    pub(crate) manifest: Digest,
    /// The configuration and the layers, with their sizes.
    pub(crate) blobs: Vec<(Digest, u64)>,
}

/// An image before anything large was read.
struct Draft<T> {
    names: Vec<Name>,
    image: T,
}

/// Reads all images of an archive that are for this machine. `name` takes the place of the archive's own names.
pub(crate) fn read(archive: &Path, name: Option<&Name>, staging: &Path) -> Result<Vec<Found>, Flaw> {
    let files = Files::open(archive, staging)?;
    images(&Target { files: &files, staging }, name).map_err(|flaw| files.explained(flaw))
}

fn images(target: &Target<'_>, name: Option<&Name>) -> Result<Vec<Found>, Flaw> {
    let files = target.files;
    if files.has("index.json") {
        let drafts = oci::drafts(files)?;
        // docker save writes both, and one without a name where the other has it.
        if name.is_some() || drafts.iter().any(|draft| !draft.names.is_empty()) || !files.has("manifest.json") {
            return named(drafts, name)?.into_iter().map(|draft| oci::take(draft, target)).collect();
        }
    } else if !files.has("manifest.json") {
        return Err(Flaw::NoImage);
    }
    named(docker::drafts(files)?, name)?.into_iter().map(|draft| docker::take(draft, target)).collect()
}

fn named<T>(mut drafts: Vec<Draft<T>>, name: Option<&Name>) -> Result<Vec<Draft<T>>, Flaw> {
    match (drafts.as_mut_slice(), name) {
        ([], _) => return Err(Flaw::NoImage),
        ([draft], Some(name)) => draft.names = vec![name.clone()],
        (several, Some(name)) => return Err(Flaw::Several { count: several.len(), name: name.familiar() }),
        (_, None) => {}
    }
    if drafts.iter().any(|draft| draft.names.is_empty()) { Err(Flaw::Unnamed) } else { Ok(drafts) }
}

/// A name that an archive gives.
fn own_name(text: &str) -> Result<Name, Flaw> {
    let wrong = |why: String| Flaw::Name { name: text.to_owned(), why };
    let name: Name = text.parse().map_err(wrong)?;
    match name.reference {
        Reference::Tag(_) => Ok(name),
        Reference::Digest(_) => Err(wrong("an image is loaded under a tag".to_owned())),
    }
}

/// What an image's configuration says about the machines that it is for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
}

impl Platform {
    fn is_ours(&self) -> bool {
        self.os == "linux" && self.architecture == architecture()
    }

    fn shown(&self) -> String {
        format!("{}/{}", self.os, self.architecture)
    }
}

fn other_platforms(found: impl IntoIterator<Item = Platform>) -> Flaw {
    let mut found: Vec<String> = found.into_iter().map(|platform| platform.shown()).collect();
    found.sort();
    found.dedup();
    Flaw::Platform { wanted: format!("linux/{}", architecture()), found: found.join(", ") }
}

/// Where the archive's content goes.
struct Target<'a> {
    files: &'a Files,
    staging: &'a Path,
}

impl Target<'_> {
    /// Copies a file whose digest the archive tells, unless an image before it had the same.
    fn copy(&self, file: &str, digest: Digest) -> Result<u64, Flaw> {
        let (found, size) = self.copy_unchecked(file)?;
        if found != digest {
            return Err(Flaw::Damaged { file: file.to_owned() });
        }
        Ok(size)
    }

    fn copy_unchecked(&self, file: &str) -> Result<(Digest, u64), Flaw> {
        let part = self.staging.join("part");
        let (digest, size) = self.files.copy(file, &part)?;
        std::fs::rename(&part, self.blob(digest)).map_err(|error| Flaw::Write { path: self.blob(digest), error })?;
        Ok((digest, size))
    }

    fn write(&self, bytes: &[u8]) -> Result<Digest, Flaw> {
        let digest = Digest::of(bytes);
        std::fs::write(self.blob(digest), bytes).map_err(|error| Flaw::Write { path: self.blob(digest), error })?;
        Ok(digest)
    }

    fn blob(&self, digest: Digest) -> PathBuf {
        self.staging.join(digest.hex())
    }

    /// The digest of what a gzip file holds.
    fn digest_inside(&self, file: &str) -> Result<Digest, Flaw> {
        let reader = flate2::read::MultiGzDecoder::new(self.files.open_file(file)?).take(files::MOST);
        digest_of(reader).map(|(digest, _)| digest).map_err(|_| Flaw::Damaged { file: file.to_owned() })
    }
}
