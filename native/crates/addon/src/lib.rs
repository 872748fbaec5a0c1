//! The binding crate: converts and forwards, nothing else. The law of the seam is
//! `docs/boundary.md`, its TypeScript side `src/dataplane/native.ts`, the only importer.
//!
//! Invariants: no decision is taken here; every error crosses as `CODE: text` (`code.rs`); numbers
//! cross as integers of at most 2^53 - 1; no view of a mapped file and no message of a hot request
//! reaches JavaScript.

mod admin;
mod code;
mod facts;
mod handle;
mod options;
mod policy;
mod replication;
mod store_check;
mod tasks;
mod up_batch;
