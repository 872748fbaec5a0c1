//! Header of `PULL_MESSAGE` 11 and `LITE_PULL_MESSAGE` 361 (Java `PullMessageRequestHeader`).

use crate::event_loop::{Request, Stop};

/// `sysFlag`: commit `commitOffset` with this pull.
const COMMIT_OFFSET: i32 = 0x1;
/// `sysFlag`: hold the pull when there is nothing.
const SUSPEND: i32 = 0x2;
/// `sysFlag`: the subscription is in the header.
const SUBSCRIPTION: i32 = 0x4;

/// What a pull asks for.
#[derive(Debug)]
pub(crate) struct PullHeader<'a> {
    pub(crate) group: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) queue_id: i32,
    pub(crate) queue_offset: i64,
    pub(crate) max_messages: usize,
    sys_flag: i32,
    pub(crate) commit_offset: i64,
    pub(crate) suspend_timeout_ms: u64,
    pub(crate) subscription: &'a str,
    pub(crate) sub_version: i64,
    pub(crate) expression_type: &'a str,
}

impl<'a> PullHeader<'a> {
    pub(crate) fn read(request: &'a Request<'_>) -> Result<Self, Stop> {
        let text = |field| request.header.ext.get(field).unwrap_or_default();
        let suspend: Option<i64> = request.number_if_any("suspendTimeoutMillis")?;
        Ok(Self {
            group: request.text("consumerGroup")?,
            topic: request.text("topic")?,
            queue_id: request.number("queueId")?,
            queue_offset: request.number("queueOffset")?,
            max_messages: request.number::<i32>("maxMsgNums")?.max(1) as usize,
            sys_flag: request.number("sysFlag")?,
            commit_offset: request.number_if_any("commitOffset")?.unwrap_or(-1),
            suspend_timeout_ms: suspend.unwrap_or(0).max(0) as u64,
            subscription: text("subscription"),
            sub_version: request.number_if_any("subVersion")?.unwrap_or(0),
            expression_type: text("expressionType"),
        })
    }

    pub(crate) fn commits_offset(&self) -> bool {
        self.sys_flag & COMMIT_OFFSET != 0
    }

    pub(crate) fn may_suspend(&self) -> bool {
        self.sys_flag & SUSPEND != 0
    }

    pub(crate) fn has_subscription(&self) -> bool {
        self.sys_flag & SUBSCRIPTION != 0
    }
}
