//! What the crate's tests share.

use turbopump_transport::ConnId;

pub(crate) fn conn(number: u64) -> ConnId {
    ConnId::from_raw(number)
}
