//! A loop's turns as clients see them, over a disk in memory.

mod admin;
mod cold_reads;
mod holds;
mod offsets;
mod parking;
mod pulls;
mod retries;
mod schedule;
mod sends;
mod sockets;
mod sync_flush;
mod sync_master;
