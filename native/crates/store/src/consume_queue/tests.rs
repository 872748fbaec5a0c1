//! The table against a model.
