//! The hot requests.
