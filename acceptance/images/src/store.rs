//! Every image by every name: what was loaded, what the sandbox itself needs, errors by name, scenarios, and for all else the demo image.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::archive::{self, Flaw, LoadError};
use crate::blob::Blob;
use crate::demo::Demo;
use crate::digest::Digest;
use crate::image::Image;
use crate::loaded::Loaded;
use crate::name::{Name, Reference};

/// The images of one sandbox. Shared as `Arc<Store>` by the registry and by whoever loads.
#[derive(Debug)]
pub struct Store {
    demo: Demo,
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    loaded: Loaded,
    /// By repository, whatever registry and tag stand around it.
    system: BTreeMap<String, Image>,
    /// By the digest of their manifest: those of the sandbox and those that were made for a name and asked for since.
    made: HashMap<Digest, Image>,
    blobs: HashMap<Digest, Blob>,
    pulls: BTreeMap<String, u64>,
}

/// Why a registry does not give an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 404: nobody pushed such an image.
    Unknown,
    /// 401: the registry wants credentials.
    Unauthorized,
    /// 429: too many pulls.
    Limited,
}

impl Store {
    /// Opens the store whose loaded images are in `folder`, which is made. One store uses a folder at a time.
    ///
    /// # Errors
    /// When the folder cannot be read and written.
    pub fn open(folder: impl Into<PathBuf>, demo: Demo) -> anyhow::Result<Self> {
        let folder = folder.into();
        let state = State {
            loaded: Loaded::open(&folder)?,
            system: BTreeMap::new(),
            made: HashMap::new(),
            blobs: HashMap::new(),
            pulls: BTreeMap::new(),
        };
        Ok(Self { demo, folder, state: Mutex::new(state) })
    }

    /// Gives an image of the sandbox itself a repository, such as `eks/coredns`, in every registry and under every tag; only a loaded image
    /// of the same name comes before it.
    pub fn add(&self, repository: &str, image: Image) {
        let mut state = self.state();
        state.remember(&image);
        state.system.insert(repository.to_owned(), image);
    }

    /// Loads all images of an archive that `docker save`, `podman save`, `docker buildx` or `skopeo` wrote, and returns their names.
    /// The same name again replaces the image. Reads and writes files: call it where blocking is fine.
    ///
    /// # Errors
    /// One line: the archive, what is wrong with it, what to do. Nothing has changed then.
    pub fn load(&self, archive: &Path) -> Result<Vec<String>, LoadError> {
        self.load_under(archive, None)
    }

    /// As `load`, for the one image of an archive, under `name` and no other.
    ///
    /// # Errors
    /// As `load`; when the archive holds several images; when the name is none.
    pub fn load_as(&self, archive: &Path, name: &str) -> Result<Vec<String>, LoadError> {
        let named = name.parse().map_err(|why| Flaw::Given { name: name.to_owned(), why });
        let named = named.and_then(|named: Name| match named.reference {
            Reference::Tag(_) => Ok(named),
            Reference::Digest(_) => {
                Err(Flaw::Given { name: name.to_owned(), why: "an image is loaded under a tag".to_owned() })
            }
        });
        let named = named.map_err(|flaw| LoadError { archive: archive.to_owned(), flaw })?;
        self.load_under(archive, Some(&named))
    }

    fn load_under(&self, archive: &Path, name: Option<&Name>) -> Result<Vec<String>, LoadError> {
        let load = || {
            let staging = Loaded::staging(&self.folder)?;
            let found = archive::read(archive, name, staging.path())?;
            self.state().loaded.publish(&found, staging.path())?;
            Ok(found.iter().flat_map(|image| &image.names).map(Name::familiar).collect())
        };
        load().map_err(|flaw| LoadError { archive: archive.to_owned(), flaw })
    }

    /// The names of what was loaded, each as a whole: `docker.io/library/app:1`.
    pub fn loaded(&self) -> Vec<String> {
        self.state().loaded.names()
    }

    /// The image of a name, as its registry would give it.
    ///
    /// # Errors
    /// As the name asks for, and for a digest that nobody knows.
    pub fn resolve(&self, name: &Name) -> Result<Image, Refusal> {
        let mut state = self.state();
        if let Reference::Tag(_) = &name.reference {
            *state.pulls.entry(name.to_string()).or_default() += 1;
        }
        if let Some(image) = state.loaded.image(name).or_else(|| state.system.get(&name.repository).cloned()) {
            return Ok(image);
        }
        let (tagged, known) = match name.reference {
            Reference::Tag(_) => (true, None),
            Reference::Digest(digest) => (false, state.loaded.by_digest(digest).or(state.made.get(&digest).cloned())),
        };
        if let Some(image) = known {
            return Ok(image);
        }
        if let Some(refusal) = Refusal::of(name) {
            return Err(refusal);
        }
        if !tagged {
            return Err(Refusal::Unknown);
        }
        let image = self.demo.image(name);
        state.remember(&image);
        Ok(image)
    }

    /// A blob of an image that was loaded, added or resolved.
    pub fn blob(&self, digest: Digest) -> Option<Blob> {
        let state = self.state();
        state.blobs.get(&digest).cloned().or_else(|| state.loaded.blob(digest))
    }

    /// How often each name was asked for by its tag, in vain too. containerd asks once in each pull.
    pub fn pulls(&self) -> BTreeMap<String, u64> {
        self.state().pulls.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remember(&mut self, image: &Image) {
        self.made.insert(image.manifest().digest(), image.clone());
        self.blobs.extend(image.blobs().iter().map(|blob| (blob.digest(), blob.clone())));
    }
}

impl Refusal {
    /// What a registry says no to, told by the image's name: `…/missing`, `private/…`, `…/private`, `limited/…`, `…/limited`.
    pub fn of(name: &Name) -> Option<Self> {
        let last = name.parts().next_back();
        let is = |word: &str| last == Some(word) || name.parts().next() == Some(word);
        if last == Some("missing") {
            Some(Self::Unknown)
        } else if is("private") {
            Some(Self::Unauthorized)
        } else if is("limited") {
            Some(Self::Limited)
        } else {
            None
        }
    }
}
