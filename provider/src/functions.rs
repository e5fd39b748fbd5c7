//! Provider functions. Pure; called on a provider that is not configured.
