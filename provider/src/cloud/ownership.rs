//! Whose an object in the cloud is, and whether an apply continues it, adopts it, forgets it or leaves it alone.
//! Pure: knows tags, values and stored bytes; must not know a client, a clock or a particular resource.
//!
//! Terraform gives no place to write before a create, so the cloud is the journal. A create names its object
//! deterministically, puts the [`Mark`] into the create request itself and begins by looking ([`judge`]). What follows
//! from the ways in which core may call the provider afterwards is decided in [`private`]:
//!
//! | what core does | delete half | create half |
//! |---|---|---|
//! | first create, also after a crash | none | [`judge`]; a fresh claim |
//! | replaces a tainted object, delete first | skipped if [`continues`], else a real delete | [`judge`]; a fresh claim |
//! | replaces a tainted object, create first | afterwards, as a plain delete: the claim is older, so it [`abandons`] | [`judge`]; a fresh claim |
//! | updates an unfinished object | none | the steps of a create; the claim in state stays |
//! | `terraform destroy` | the claim is the object's own: a real delete | none |
//!
//! A create whose delete half was skipped in the same run must answer a state beside any error, also if it could not even
//! look: [`Continued`] remembers that.

mod canonical;
mod continued;
pub mod private;
#[cfg(test)]
mod tests;
pub mod words;

use std::collections::BTreeMap;

pub use canonical::hash;
pub use continued::Continued;
pub use private::{Private, abandons, continues};

/// Tag or label: the provider's `owner` attribute, possibly empty.
pub const OWNER: &str = "terraform-paas.github.io/owner";
/// Tag or annotation: which create made or took over the object last. Random, written by every create.
pub const CLAIM: &str = "terraform-paas.github.io/claim";
/// Tag or annotation: `true` once every step of the create was done.
pub const READY: &str = "terraform-paas.github.io/ready";
/// Tag or annotation: [`hash`] of all create arguments.
pub const HASH: &str = "terraform-paas.github.io/hash";
/// Tag or label that says what kind of tool owns the object, beside the four keys of a [`Mark`].
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The value of [`MANAGED_BY`].
pub const MANAGER: &str = "terraform-paas";

/// What the four keys on an object say. An object without any of them has the default mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The owner, which may be the empty text; `None` if the object was not made by this provider.
    pub owner: Option<String>,
    /// Who claimed it last.
    pub claim: Option<String>,
    /// True once it was finished.
    pub ready: bool,
    /// Hash of its create arguments.
    pub hash: Option<String>,
}

impl Mark {
    /// The mark of an object that this apply is about to create or to take over.
    pub fn unfinished(owner: &str, claim: &str, hash: &str) -> Mark {
        Mark { owner: Some(owner.to_owned()), claim: Some(claim.to_owned()), ready: false, hash: Some(hash.to_owned()) }
    }

    /// The same mark on a finished object.
    #[must_use]
    pub fn finished(mut self) -> Mark {
        self.ready = true;
        self
    }

    /// Reads it from tags, or from labels and annotations together.
    pub fn read<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> Mark {
        let text = |key: &str| tag(key).map(str::to_owned);
        Mark { owner: text(OWNER), claim: text(CLAIM), ready: tag(READY) == Some("true"), hash: text(HASH) }
    }

    /// The tags. For Kubernetes [`OWNER`] is a label and the others are annotations: see [`Mark::annotations`].
    pub fn tags(&self) -> BTreeMap<String, String> {
        let owner = self.owner.iter().map(|owner| (OWNER.to_owned(), owner.clone()));
        let managed = self.owner.iter().map(|_| (MANAGED_BY.to_owned(), MANAGER.to_owned()));
        owner.chain(managed).chain(self.annotations()).collect()
    }

    /// The keys that change during the life of an object.
    pub fn annotations(&self) -> BTreeMap<String, String> {
        let claim = self.claim.iter().map(|claim| (CLAIM.to_owned(), claim.clone()));
        let hash = self.hash.iter().map(|hash| (HASH.to_owned(), hash.clone()));
        claim.chain(hash).chain([(READY.to_owned(), self.ready.to_string())]).collect()
    }
}

/// True for keys that belong to this provider, which are never shown as the user's tags.
pub fn is_own_key(key: &str) -> bool {
    [OWNER, CLAIM, READY, HASH, MANAGED_BY].contains(&key)
}

/// How a create that finds an object by its name stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none: make it.
    Absent,
    /// Ours and not finished: claim it and go on with the create.
    Unfinished,
    /// Ours and finished, with the very arguments of this create: a create that ended before core could save it. Claim it
    /// and warn ([`words::adopted`]).
    Adoptable,
    /// Not ours to touch, and why ([`words::foreign`]).
    Foreign(Reason),
}

/// Why an object that exists is not ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It has no mark.
    #[error("it was not made by this provider: it has no tag or label {OWNER}")]
    Unmarked,
    /// Another owner.
    #[error("it belongs to owner {theirs:?}, and the `owner` of this provider is {ours:?}")]
    Owner {
        /// Its owner.
        theirs: String,
        /// The owner of this provider.
        ours: String,
    },
    /// Finished with other arguments: another configuration's, or the state that knew it is lost.
    #[error(
        "another configuration of the same owner finished it with other arguments, or the state that knew it was lost"
    )]
    Arguments,
}

/// How a create stands to what it found under its name. `owner` is the provider's, `hash` that of its create arguments.
pub fn judge(found: Option<&Mark>, owner: &str, hash: &str) -> Standing {
    let Some(mark) = found else { return Standing::Absent };
    match &mark.owner {
        None => Standing::Foreign(Reason::Unmarked),
        Some(theirs) if theirs != owner => {
            Standing::Foreign(Reason::Owner { theirs: theirs.clone(), ours: owner.to_owned() })
        }
        Some(_) if !mark.ready => Standing::Unfinished,
        Some(_) if mark.hash.as_deref() == Some(hash) => Standing::Adoptable,
        Some(_) => Standing::Foreign(Reason::Arguments),
    }
}

/// A fresh claim. Random, so only for an apply: a plan must come out the same twice.
pub fn new_claim() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
