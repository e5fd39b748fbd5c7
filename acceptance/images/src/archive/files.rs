//! The files of a tar archive, found by name and read where they lie. Follows no path out of the archive and trusts no size.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;
use serde::de::DeserializeOwned;
use tar::{Archive, EntryType};

use super::flaw::Flaw;
use crate::digest::{Digest, Hashing, copy};

/// No image has more, and a small compressed file must not fill a disk.
pub(super) const MOST: u64 = 16 << 30;
const MOST_ENTRIES: usize = 100_000;
/// As registries limit manifests and configurations.
const MOST_DOCUMENT: u64 = 4 << 20;

#[derive(Debug)]
pub(super) struct Files {
    archive: File,
    entries: HashMap<String, Entry>,
    /// The last file, where the mark that ends an archive does not follow it.
    cut_after: Option<String>,
}

#[derive(Debug)]
enum Entry {
    File { at: u64, size: u64 },
    Link { target: String },
}

impl Files {
    /// `staging` gets the content of a compressed archive.
    pub(super) fn open(path: &Path, staging: &Path) -> Result<Self, Flaw> {
        let mut archive = File::open(path).map_err(Flaw::Unreadable)?;
        if archive.metadata().map_err(Flaw::Unreadable)?.is_dir() {
            return Err(Flaw::Folder);
        }
        let mut magic = [0; 6];
        let count = archive.read(&mut magic).map_err(Flaw::Unreadable)?;
        archive.seek(SeekFrom::Start(0)).map_err(Flaw::Unreadable)?;
        match &magic[..count] {
            [0x1f, 0x8b, ..] => archive = decompressed(archive, &staging.join("archive"))?,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => return Err(Flaw::Compressed("zstd")),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => return Err(Flaw::Compressed("xz")),
            [b'B', b'Z', b'h', ..] => return Err(Flaw::Compressed("bzip2")),
            _ => {}
        }
        let (entries, cut_after) = entries(&archive)?;
        Ok(Self { archive, entries, cut_after })
    }

    /// Some tools leave out the mark at the end, so its absence explains only what is missing.
    pub(super) fn explained(&self, flaw: Flaw) -> Flaw {
        match (&self.cut_after, flaw) {
            (Some(last), Flaw::NoImage | Flaw::Missing { .. }) => Flaw::Truncated { after: last.clone() },
            (_, flaw) => flaw,
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// A small JSON file, as its bytes and what they say.
    pub(super) fn document<T: DeserializeOwned>(&self, name: &str) -> Result<(Vec<u8>, T), Flaw> {
        let (mut reader, size) = self.find(name)?;
        if size > MOST_DOCUMENT {
            return Err(Flaw::TooLarge { what: format!("its {name}"), most: "4 MiB" });
        }
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(Flaw::Unreadable)?;
        let document = serde_json::from_slice(&bytes)
            .map_err(|error| Flaw::Document { file: name.to_owned(), why: error.to_string() })?;
        Ok((bytes, document))
    }

    pub(super) fn open_file(&self, name: &str) -> Result<impl Read, Flaw> {
        Ok(self.find(name)?.0)
    }

    pub(super) fn copy(&self, name: &str, to: &Path) -> Result<(Digest, u64), Flaw> {
        let mut reader = self.find(name)?.0;
        let write = |error| Flaw::Write { path: to.to_owned(), error };
        let mut hashing = Hashing::new(File::create(to).map_err(write)?);
        copy(&mut reader, &mut hashing).map_err(write)?;
        let (mut file, digest, size) = hashing.finish();
        file.flush().map_err(write)?;
        Ok((digest, size))
    }

    fn find(&self, name: &str) -> Result<(impl Read + use<>, u64), Flaw> {
        let missing = || Flaw::Missing { file: name.to_owned() };
        let mut entry = self.entries.get(name).ok_or_else(missing)?;
        // docker save before 25 links a layer to the same one of another image.
        for _ in 0..8 {
            match entry {
                Entry::Link { target } => entry = self.entries.get(target).ok_or_else(missing)?,
                Entry::File { at, size } => {
                    let mut file = self.archive.try_clone().map_err(Flaw::Unreadable)?;
                    file.seek(SeekFrom::Start(*at)).map_err(Flaw::Unreadable)?;
                    return Ok((file.take(*size), *size));
                }
            }
        }
        Err(missing())
    }
}

fn decompressed(archive: File, to: &Path) -> Result<File, Flaw> {
    let write = |error| Flaw::Write { path: to.to_owned(), error };
    let mut file = File::options().create_new(true).read(true).write(true).open(to).map_err(write)?;
    let mut reader = Noting { inner: MultiGzDecoder::new(BufReader::with_capacity(1 << 18, archive)), failed: None };
    let copied = copy(&mut reader.by_ref().take(MOST + 1), &mut file);
    match (copied, reader.failed) {
        (_, Some(io::ErrorKind::UnexpectedEof)) => Err(Flaw::Truncated { after: "compressed data".to_owned() }),
        (_, Some(_)) => Err(Flaw::Damaged { file: "compressed data".to_owned() }),
        (Err(error), None) => Err(write(error)),
        (Ok(size), None) if size > MOST => Err(Flaw::TooLarge { what: "its content".to_owned(), most: "16 GiB" }),
        (Ok(_), None) => {
            file.seek(SeekFrom::Start(0)).map_err(write)?;
            Ok(file)
        }
    }
}

/// Tells an error of reading from one of writing.
struct Noting<R> {
    inner: R,
    failed: Option<io::ErrorKind>,
}

impl<R: Read> Read for Noting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).inspect_err(|error| self.failed = Some(error.kind()))
    }
}

fn entries(archive: &File) -> Result<(HashMap<String, Entry>, Option<String>), Flaw> {
    let length = archive.metadata().map_err(Flaw::Unreadable)?.len();
    let mut found = HashMap::new();
    let mut last = String::new();
    let mut end = 0;
    let mut tar = Archive::new(BufReader::new(archive));
    for entry in tar.entries_with_seek().map_err(Flaw::Unreadable)? {
        let Ok(entry) = entry else {
            return Err(if found.is_empty() { Flaw::NoTar } else { Flaw::Truncated { after: last } });
        };
        let path = entry.path_bytes();
        let Some(name) = inside(Path::new(""), Path::new(std::ffi::OsStr::from_bytes(&path))) else {
            return Err(Flaw::Unsafe { path: String::from_utf8_lossy(&path).into_owned() });
        };
        let (at, size) = (entry.raw_file_position(), entry.size());
        if at.checked_add(size).is_none_or(|end| end > length) {
            return Err(Flaw::Truncated { after: name });
        }
        end = at + size.next_multiple_of(512);
        last.clone_from(&name);
        let target = || entry.link_name_bytes().map(|bytes| bytes.into_owned()).unwrap_or_default();
        let base = match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {
                found.insert(name, Entry::File { at, size });
                continue;
            }
            EntryType::Symlink => Path::new(&name).parent().unwrap_or(Path::new("")).to_owned(),
            EntryType::Link => Path::new("").to_owned(),
            _ => continue,
        };
        let target = target();
        let Some(target) = inside(&base, Path::new(std::ffi::OsStr::from_bytes(&target))) else {
            return Err(Flaw::Unsafe { path: String::from_utf8_lossy(&target).into_owned() });
        };
        found.insert(name, Entry::Link { target });
        if found.len() > MOST_ENTRIES {
            return Err(Flaw::TooLarge { what: "its list of files".to_owned(), most: "100000" });
        }
    }
    if length == 0 { Err(Flaw::NoTar) } else { Ok((found, (length < end + 512).then_some(last))) }
}

/// `path` seen from the folder `base`, without `.` and `..`; None when it leads out.
fn inside(base: &Path, path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for component in base.components().chain(path.components()) {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}
