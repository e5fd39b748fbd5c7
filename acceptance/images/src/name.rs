//! Names of images: as pods write them and as a registry is asked for them. Contacts no registry.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;

/// The registry of names without one.
const DOCKER: &str = "docker.io";

/// A whole name: `nginx:1.27` is `docker.io/library/nginx:1.27`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The registry's host, with a port where it has one.
    pub registry: String,
    /// The path within the registry.
    pub repository: String,
    /// Which of the repository's images.
    pub reference: Reference,
}

/// What comes after the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// `:TAG`; `latest` where nothing is written.
    Tag(String),
    /// `@sha256:…`; a tag beside it says nothing.
    Digest(Digest),
}

impl Name {
    /// The name that a request `/v2/REPOSITORY/manifests/REFERENCE` is about. containerd tells a mirror with `?ns=` which registry it
    /// stands for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_request(registry: &str, repository: &str, reference: &str) -> Result<Self, String> {
        let reference = match Digest::parse(reference) {
            Some(digest) => Reference::Digest(digest),
            None if is_tag(reference) => Reference::Tag(reference.to_owned()),
            None => return Err(format!("{reference:?} is neither a tag nor a sha256 digest")),
        };
        Self { registry: registry.to_owned(), repository: repository.to_owned(), reference }.checked()
    }

    /// The parts of the repository's path.
    pub(crate) fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.repository.split('/')
    }

    /// As people write it: without Docker's registry.
    pub fn familiar(&self) -> String {
        let whole = self.to_string();
        let short = whole.strip_prefix("docker.io/library/").or_else(|| whole.strip_prefix("docker.io/"));
        short.map(str::to_owned).unwrap_or(whole)
    }

    fn checked(mut self) -> Result<Self, String> {
        if matches!(self.registry.as_str(), "index.docker.io" | "registry-1.docker.io") {
            DOCKER.clone_into(&mut self.registry);
        }
        if !is_host(&self.registry) {
            return Err(format!("{:?} is no host", self.registry));
        }
        if self.repository.len() > 255 || !self.parts().all(is_component) {
            return Err(format!(
                "{:?} is no repository: it can have lower case letters and digits, with '.', '_', '-' and '/' between them",
                self.repository
            ));
        }
        if self.registry == DOCKER && !self.repository.contains('/') {
            self.repository = format!("library/{}", self.repository);
        }
        Ok(self)
    }
}

impl FromStr for Name {
    type Err = String;

    /// Reads what stands behind `image:` in a pod.
    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let digest = Digest::parse(digest).ok_or_else(|| format!("{digest:?} is no sha256 digest"))?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (rest, "latest"),
        };
        if !is_tag(tag) {
            return Err(format!("{tag:?} is no tag: it can have letters, digits, '_', '.' and '-', at most 128"));
        }
        let (registry, repository) = match path.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => (DOCKER, path),
        };
        let reference = digest.map_or_else(|| Reference::Tag(tag.to_owned()), Reference::Digest);
        Self { registry: registry.to_owned(), repository: repository.to_owned(), reference }.checked()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reference {
            Reference::Tag(tag) => write!(f, "{}/{}:{tag}", self.registry, self.repository),
            Reference::Digest(digest) => write!(f, "{}/{}@{digest}", self.registry, self.repository),
        }
    }
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().enumerate().all(|(at, byte)| word(byte) || (at > 0 && matches!(byte, b'.' | b'-')))
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    host.split('.').all(label) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Letters and digits, separated by one '.', one or two '_' or any number of '-'.
fn is_component(text: &str) -> bool {
    let letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = text.as_bytes().first().is_some_and(letter) && text.as_bytes().last().is_some_and(letter);
    ends && text
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .all(|between| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'))
}
