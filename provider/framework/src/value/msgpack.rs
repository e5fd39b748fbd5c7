//! Values on the wire.
