//! What a slave answers where its master would hold a pull or correct its offset (Java
//! `PullMessageProcessor.composeResponseHeader`, `DefaultPullMessageResultHandler`).
//!
//! A slave may have less than its master, so it corrects no offset. While it follows a master, a
//! client that finds nothing here is sent there. While the master is away, a pull from beyond the
//! end is held like one from the end, and one from before the beginning is refused: RocketMQ
//! answers both with "again at once", which has the client ask without a pause.

use turbopump_wire::codes::response_code::{
    PULL_NOT_FOUND, PULL_OFFSET_MOVED, PULL_RETRY_IMMEDIATELY, SUCCESS, SYSTEM_ERROR,
};

use super::pull_read::{Pulled, Status};
use crate::event_loop::Stop;
use crate::shared::Shared;

/// The code to answer with; the answer keeps the offset asked for.
pub(super) fn code_at_slave(shared: &Shared, pulled: &mut Pulled, asked: i64) -> Result<i32, Stop> {
    if pulled.status == Status::Found {
        return Ok(SUCCESS);
    }
    let link = shared.replication.status().master;
    let follows = link.is_some_and(|link| link.connected && link.refusal.is_none());
    let Some(code) = code(pulled.status, asked, follows) else {
        let remark = format!(
            "offset {asked} lies before offset {}, with which this slave's copy begins",
            pulled.min
        );
        return Err(Stop::refuse(SYSTEM_ERROR, remark));
    };
    if pulled.status.code(asked) == PULL_OFFSET_MOVED {
        pulled.next = asked;
    }
    pulled.to_master = follows;
    Ok(code)
}

/// `None` where nothing true can be answered.
fn code(status: Status, asked: i64, follows: bool) -> Option<i32> {
    match status.code(asked) {
        SUCCESS => Some(SUCCESS),
        _ if follows => Some(PULL_RETRY_IMMEDIATELY),
        PULL_OFFSET_MOVED if status == Status::OffsetTooSmall => None,
        PULL_OFFSET_MOVED => Some(PULL_NOT_FOUND),
        code => Some(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_following_slave_sends_to_the_master_whoever_finds_nothing() {
        for status in [
            Status::OffsetOverflowOne,
            Status::OffsetOverflowBadly,
            Status::OffsetTooSmall,
            Status::NoMessageInQueue,
            Status::NoMatchedMessage,
        ] {
            assert_eq!(code(status, 7, true), Some(PULL_RETRY_IMMEDIATELY), "{status:?}");
        }
        assert_eq!(code(Status::Found, 7, true), Some(SUCCESS));
    }

    #[test]
    fn a_slave_alone_corrects_nothing() {
        assert_eq!(code(Status::OffsetOverflowOne, 7, false), Some(PULL_NOT_FOUND));
        assert_eq!(code(Status::OffsetOverflowBadly, 7, false), Some(PULL_NOT_FOUND));
        assert_eq!(code(Status::NoMessageInQueue, 7, false), Some(PULL_NOT_FOUND));
        assert_eq!(code(Status::NoMatchedMessage, 7, false), Some(PULL_RETRY_IMMEDIATELY));
        assert_eq!(code(Status::OffsetTooSmall, 7, false), None);
    }
}
