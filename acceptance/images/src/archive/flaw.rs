//! What can be wrong with an archive, in the words that its user reads.

use std::io;
use std::path::PathBuf;

/// Why an archive was not loaded. One line; nothing of the archive stays behind.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be loaded: {flaw}", archive.display())]
pub struct LoadError {
    pub(crate) archive: PathBuf,
    pub(crate) flaw: Flaw,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("{}", unreadable(.0))]
    Unreadable(io::Error),
    #[error("it is a folder; pack it first (tar -cf app.tar -C FOLDER .)")]
    Folder,
    #[error("it is no tar archive; write one with `docker save -o app.tar IMAGE`")]
    NoTar,
    #[error("it is compressed with {0}; decompress it first")]
    Compressed(&'static str),
    #[error("it ends too early, in or after its {after}; copy or save it again")]
    Truncated { after: String },
    #[error(
        "it is a tar archive without an image (neither index.json nor manifest.json); was it written by `docker export`? Write one with `docker save`"
    )]
    NoImage,
    #[error("it holds the path {path:?}, which leads out of the archive; no tool writes such images")]
    Unsafe { path: String },
    #[error("its {file} is missing; save the image again")]
    Missing { file: String },
    #[error("its {file} cannot be read ({why}); save the image again")]
    Document { file: String, why: String },
    #[error("its {file} is damaged (the content has another sha256 digest); copy or save it again")]
    Damaged { file: String },
    #[error("{what} is larger than {most}, which no image is; was the right file named?")]
    TooLarge { what: String, most: &'static str },
    #[error("it is for {found}, and this machine is {wanted}; build the image with --platform {wanted}")]
    Platform { wanted: String, found: String },
    #[error("its image has no name; give one (--name shop/api:1.4.2)")]
    Unnamed,
    #[error(
        "it holds {count} images, so none of them can be named {name}; load it without a name, or save one image alone"
    )]
    Several { count: usize, name: String },
    #[error("{name:?} is no name for an image: {why}")]
    Given { name: String, why: String },
    #[error("its image is named {name:?}, which is no name: {why}")]
    Name { name: String, why: String },
    #[error("{} cannot be written: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read by this user".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}
