//! The binding crate: converts and forwards, nothing else.
