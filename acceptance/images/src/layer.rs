//! Layers made from files of this machine. The same files give the same bytes: no time, no owner, no order of a folder gets in.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use tar::{EntryType, Header};

use crate::blob::{Blob, Piece};

/// 2026-01-01: `ls -l` in a container shows a year that nobody stumbles over.
const TIME: u64 = 1_767_225_600;
const BLOCK: u64 = 512;

/// What a layer is to hold, by its path in the image.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    entries: BTreeMap<PathBuf, Entry>,
}

#[derive(Debug, Clone)]
enum Entry {
    Folder { mode: u32 },
    File { source: PathBuf, mode: u32 },
    Text { text: Bytes, mode: u32 },
    Link { target: PathBuf },
}

impl Contents {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A folder. Parents of what is added need no word; they are readable by all.
    #[must_use]
    pub fn folder(self, path: impl AsRef<Path>, mode: u32) -> Self {
        self.with(path.as_ref(), Entry::Folder { mode })
    }

    /// A file of this machine. It has to stay as it is while its image is served: it is read then, and copied nowhere.
    #[must_use]
    pub fn file(self, source: impl Into<PathBuf>, path: impl AsRef<Path>, mode: u32) -> Self {
        self.with(path.as_ref(), Entry::File { source: source.into(), mode })
    }

    /// A small file.
    #[must_use]
    pub fn text(self, path: impl AsRef<Path>, text: impl Into<Bytes>, mode: u32) -> Self {
        self.with(path.as_ref(), Entry::Text { text: text.into(), mode })
    }

    /// A symbolic link. A program that is started through one sees the link's name as its own.
    #[must_use]
    pub fn link(self, path: impl AsRef<Path>, target: impl Into<PathBuf>) -> Self {
        self.with(path.as_ref(), Entry::Link { target: target.into() })
    }

    fn with(mut self, path: &Path, entry: Entry) -> Self {
        let path = path.strip_prefix("/").unwrap_or(path).to_owned();
        for parent in path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
            self.entries.entry(parent.to_owned()).or_insert(Entry::Folder { mode: 0o755 });
        }
        self.entries.insert(path, entry);
        self
    }

    /// Makes the layer. Reads every file once, for the digest.
    ///
    /// # Errors
    /// When a file cannot be read or a path is too long for a tar header.
    pub fn layer(self) -> anyhow::Result<Layer> {
        let mut pieces = Vec::new();
        let mut small = Vec::new();
        for (path, entry) in self.entries {
            entry
                .append(&path, &mut small, &mut pieces)
                .with_context(|| format!("{} cannot be put into an image", entry.source(&path).display()))?;
        }
        // The end of a tar archive.
        small.extend_from_slice(&[0; 2 * BLOCK as usize]);
        pieces.push(Piece::Bytes(small.into()));
        Ok(Layer(Blob::joined(pieces).context("an image's layer cannot be read")?))
    }
}

impl Entry {
    fn source<'a>(&'a self, path: &'a Path) -> &'a Path {
        if let Self::File { source, .. } = self { source } else { path }
    }

    /// `small` gathers what stands between two files of this machine.
    fn append(&self, path: &Path, small: &mut Vec<u8>, pieces: &mut Vec<Piece>) -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(TIME);
        header.set_size(0);
        header.set_path(path)?;
        let (kind, mode) = match self {
            Self::Folder { mode } => (EntryType::Directory, *mode),
            Self::File { mode, .. } | Self::Text { mode, .. } => (EntryType::Regular, *mode),
            Self::Link { target } => {
                header.set_link_name(target)?;
                (EntryType::Symlink, 0o777)
            }
        };
        header.set_entry_type(kind);
        header.set_mode(mode);
        let write = |header: &mut Header, size: u64, small: &mut Vec<u8>| {
            header.set_size(size);
            header.set_cksum();
            small.extend_from_slice(header.as_bytes());
        };
        let size = match self {
            Self::Folder { .. } | Self::Link { .. } => {
                write(&mut header, 0, small);
                0
            }
            Self::Text { text, .. } => {
                write(&mut header, text.len() as u64, small);
                small.extend_from_slice(text);
                text.len() as u64
            }
            Self::File { source, .. } => {
                let piece = Piece::of_file(source)?;
                let Piece::File { size, .. } = piece else { return Ok(()) };
                write(&mut header, size, small);
                pieces.push(Piece::Bytes(std::mem::take(small).into()));
                pieces.push(piece);
                size
            }
        };
        small.resize(small.len() + (size.next_multiple_of(BLOCK) - size) as usize, 0);
        Ok(())
    }
}

/// An uncompressed layer, so that its digest is that of its content too and nobody waits for gzip on one machine. Many images share one.
#[derive(Debug, Clone)]
pub struct Layer(Blob);

impl Layer {
    pub(crate) fn blob(&self) -> &Blob {
        &self.0
    }
}
