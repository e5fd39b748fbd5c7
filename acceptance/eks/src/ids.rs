//! Identifiers that look like AWS's and are the same in every run. Knows hashing; nothing of what it names.

use sha2::{Digest, Sha256};

/// Deterministic identifiers: the same seed and the same words give the same id, whatever else happens at the same time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    seed: u64,
}

impl Ids {
    /// Identifiers of one sandbox run.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// 64 hexadecimal digits from the words.
    fn digest(self, words: &[&str]) -> String {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        for word in words {
            hash.update((word.len() as u64).to_be_bytes());
            hash.update(word.as_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The first `length` (at most 64) lower-case hexadecimal digits.
    pub(crate) fn hex(self, length: usize, words: &[&str]) -> String {
        let mut digits = self.digest(words);
        digits.truncate(length);
        digits
    }

    /// Like [`Ids::hex`] in upper case, as in OIDC issuers and endpoint names.
    pub(crate) fn upper(self, length: usize, words: &[&str]) -> String {
        self.hex(length, words).to_ascii_uppercase()
    }

    /// A UUID of version 4's shape.
    pub(crate) fn uuid(self, words: &[&str]) -> String {
        let hex = self.digest(words);
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }

    /// Lower-case letters and digits, as in association ids.
    pub(crate) fn alphanumeric(self, length: usize, words: &[&str]) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let hex = self.digest(words);
        let digits = hex.as_bytes().chunks(2).map(|pair| {
            pair.iter().fold(0usize, |sum, digit| sum * 16 + (*digit as char).to_digit(16).unwrap_or(0) as usize)
        });
        digits.take(length).map(|number| ALPHABET[number % ALPHABET.len()] as char).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_the_seed_and_the_words_alone() {
        let ids = Ids::new(7);
        assert_eq!(ids.uuid(&["a", "b"]), Ids::new(7).uuid(&["a", "b"]));
        assert_ne!(ids.uuid(&["a", "b"]), ids.uuid(&["ab"]));
        assert_ne!(ids.uuid(&["a", "b"]), Ids::new(8).uuid(&["a", "b"]));
        assert_eq!(ids.uuid(&["a"]).len(), 36);
        assert_eq!(ids.alphanumeric(17, &["x"]).len(), 17);
    }
}
