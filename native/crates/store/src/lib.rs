//! The store: commit log, consume queues, index, checkpoint (see docs/formats).
