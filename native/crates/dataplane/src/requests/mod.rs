//! The hot requests, one file each. A handler either answers, leaves an answer in the turn's group
//! or holds the request, or says why it stops ([`Stop`](crate::event_loop::Stop)).
//!
//! Codes and remarks are those of RocketMQ 5.3.3's processors, named in each file.

mod admission;
mod earliest_store_time;
mod filter;
mod max_offset;
mod min_offset;
mod pull;
mod pull_header;
mod pull_read;
mod query_consumer_offset;
mod query_message;
pub(crate) mod reply;
mod retry;
mod search_offset;
mod send;
mod send_back;
mod send_batch;
mod send_header;
mod send_properties;
mod slave_pull;
mod update_consumer_offset;
mod view_message;

pub(crate) use filter::TagFilter;
pub(crate) use send_properties::PropertyText;
