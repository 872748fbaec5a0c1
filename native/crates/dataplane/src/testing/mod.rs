//! What the crate's tests share: a data plane on a disk in memory, one loop of it that tests drive
//! by hand, and the client's side of the wire.

mod client;
mod rig;

use turbopump_transport::ConnId;

pub(crate) use client::{Call, Reply, properties_of, records};
pub(crate) use rig::{GROUP, Rig, TOPIC, delta, topic};

pub(crate) fn conn(number: u64) -> ConnId {
    ConnId::from_raw(number)
}
