//! What a digest stands for: bytes in memory, pieces of files of this machine, or both in turn.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use crate::digest::{Digest, digest_of};

/// Large enough that a layer of 100 MB is some hundred reads.
const CHUNK: usize = 1 << 18;

/// Content with its digest. A clone shares it; files are read only while they are served, so a layer is in memory at no time.
#[derive(Debug, Clone)]
pub struct Blob {
    digest: Digest,
    size: u64,
    pieces: Arc<[Piece]>,
}

/// A part of a blob's content.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Bytes(Bytes),
    /// The first `size` bytes of a file.
    File {
        path: PathBuf,
        size: u64,
    },
}

impl Blob {
    /// Of bytes in memory.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { digest: Digest::of(&bytes), size: bytes.len() as u64, pieces: Arc::new([Piece::Bytes(bytes)]) }
    }

    /// Of a file whose digest is known.
    pub(crate) fn file(path: PathBuf, digest: Digest, size: u64) -> Self {
        Self { digest, size, pieces: Arc::new([Piece::File { path, size }]) }
    }

    /// Of several pieces; reads them once, for the digest.
    pub(crate) fn joined(pieces: Vec<Piece>) -> anyhow::Result<Self> {
        let mut readers: Box<dyn Read> = Box::new(io::empty());
        for piece in &pieces {
            readers = Box::new(readers.chain(piece.reader()));
        }
        let (digest, size) = digest_of(readers)?;
        Ok(Self { digest, size, pieces: pieces.into() })
    }

    /// Its digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its content, read as it is asked for.
    pub fn stream(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let pieces = self.pieces.to_vec();
        stream::iter(pieces).then(Piece::open).try_flatten()
    }

    /// All of its content: for the small ones.
    #[cfg(test)]
    pub(crate) fn read(&self) -> Vec<u8> {
        let mut content = Vec::new();
        for piece in self.pieces.iter() {
            piece.reader().read_to_end(&mut content).unwrap();
        }
        content
    }
}

impl Piece {
    pub(crate) fn of_file(path: &Path) -> io::Result<Self> {
        Ok(Self::File { path: path.to_owned(), size: path.metadata()?.len() })
    }

    /// Opens a file no sooner than it is read: a hundred of them may wait in a chain.
    fn reader(&self) -> Box<dyn Read + '_> {
        match self {
            Self::Bytes(bytes) => Box::new(bytes.as_ref()),
            Self::File { path, size } => Box::new(Later { path, file: None }.take(*size)),
        }
    }

    async fn open(self) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send> {
        Ok(match self {
            Self::Bytes(bytes) => stream::once(async { Ok(bytes) }).left_stream(),
            Self::File { path, size } => {
                let file = tokio::fs::File::open(&path)
                    .await
                    .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
                ReaderStream::with_capacity(file.take(size), CHUNK).right_stream()
            }
        })
    }
}

struct Later<'a> {
    path: &'a Path,
    file: Option<File>,
}

impl Read for Later<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.file.is_none() {
            self.file = Some(File::open(self.path)?);
        }
        self.file.as_mut().map_or(Ok(0), |file| file.read(buffer))
    }
}
