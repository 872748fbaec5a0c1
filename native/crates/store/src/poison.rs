//! The one-way switch that an I/O error on the log throws.
//!
//! Invariant: once set it stays until the store is reopened, with the first reason. After a failed
//! `fsync` the kernel may drop the dirty pages and report the next one clean, so that trying again
//! would acknowledge bytes that are nowhere; only recovery, reading the disk, can tell.

use std::sync::{Arc, OnceLock};

/// Set once, read by everyone.
#[derive(Debug, Default)]
pub(crate) struct Poison {
    reason: OnceLock<Arc<str>>,
}

impl Poison {
    /// Sets the reason unless there is one; returns the one that stands.
    pub(crate) fn set(&self, reason: &str) -> Arc<str> {
        Arc::clone(self.reason.get_or_init(|| reason.into()))
    }

    pub(crate) fn get(&self) -> Option<Arc<str>> {
        self.reason.get().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_stands() {
        let poison = Poison::default();
        assert_eq!(poison.get(), None);
        assert_eq!(&*poison.set("first"), "first");
        assert_eq!(&*poison.set("second"), "first");
        assert_eq!(poison.get().as_deref(), Some("first"));
    }
}
