//! What the recovery target is made of: an input becomes a store folder on a disk that costs
//! nothing, and what an opened store shows is held against the laws of recovery.
//!
//! Nothing here starts a thread, maps a file or waits, so that ten thousand stores a second open.

pub mod plain_disk;
pub mod store_image;
pub mod store_laws;
