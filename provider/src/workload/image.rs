//! Image references (`registry/repository:tag@digest`): what they consist of. Contacts no registry.

#[cfg(test)]
mod tests;

use tfplugin_framework::schema::check::shown;

/// The parts of an image reference, as written; nothing is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRef {
    /// The registry's host with its port, if the reference names one.
    pub registry: Option<String>,
    /// The path within the registry.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest, as `sha256:…`.
    pub digest: Option<String>,
}

impl ImageRef {
    /// Reads a reference by the grammar of the OCI distribution specification and Docker's rule for what is a host.
    ///
    /// # Errors
    /// What is wrong with it, in words that follow the attribute's name.
    pub fn parse(text: &str) -> Result<ImageRef, String> {
        let wrong = |why: &str| Err(format!("is {}, {why}", shown(text)));
        if text.is_empty() {
            return Err("is empty; write an image, such as \"nginx:1.27\"".to_owned());
        }
        if text.len() > 1024 {
            return wrong("which is too long for an image");
        }
        if text.contains("://") {
            return wrong("which is a URL; leave out the scheme");
        }
        let (rest, digest) = match text.split_once('@') {
            Some((_, digest)) if !is_digest(digest) => {
                return wrong("whose digest is not of the form sha256: and 64 hexadecimal digits");
            }
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => {
                if !is_tag(tag) {
                    return wrong("whose tag may only have letters, digits, '_', '.' and '-', at most 128");
                }
                (name, Some(tag.to_owned()))
            }
            _ => (rest, None),
        };
        let (registry, repository) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (Some(host.to_owned()), path),
            _ => (None, name),
        };
        if registry.as_deref().is_some_and(|host| !is_host(host)) {
            return wrong("whose registry is no host name");
        }
        if repository.chars().any(|c| c.is_ascii_uppercase()) {
            return wrong("whose repository has capital letters; repositories are lower case");
        }
        if repository.len() > 255 || !repository.split('/').all(is_component) {
            return wrong("which is no image; write one as \"registry/repository:tag\"");
        }
        Ok(ImageRef { registry, repository: repository.to_owned(), tag, digest })
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().enumerate().all(|(at, b)| word(b) || (at > 0 && (b == b'.' || b == b'-')))
        && !text.is_empty()
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let label = |one: &str| {
        !one.is_empty()
            && one.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !one.starts_with('-')
            && !one.ends_with('-')
    };
    text.len() <= 255 && host.split('.').all(label) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Lower-case words joined by one '.', one or two '_', or any number of '-'.
fn is_component(text: &str) -> bool {
    let bytes = text.as_bytes();
    let word = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let joints_are_short = text
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .all(|joint| matches!(joint, "" | "." | "_" | "__") || joint.bytes().all(|b| b == b'-'));
    bytes.first().is_some_and(word) && bytes.last().is_some_and(word) && joints_are_short
}
