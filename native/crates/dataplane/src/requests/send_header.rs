//! Header of `SEND_MESSAGE` (10, full names) and of `SEND_MESSAGE_V2` (310) and
//! `SEND_BATCH_MESSAGE` (320), one letter per field (Java
//! `SendMessageRequestHeader`, `SendMessageRequestHeaderV2`).
//!
//! | V2 | field                 | | V2 | field             |
//! |----|-----------------------|-|----|-------------------|
//! | a  | producerGroup         | | h  | flag              |
//! | b  | topic                 | | i  | properties        |
//! | c  | defaultTopic          | | j  | reconsumeTimes    |
//! | d  | defaultTopicQueueNums | | k  | unitMode          |
//! | e  | queueId               | | l  | maxReconsumeTimes |
//! | f  | sysFlag               | | m  | batch             |
//! | g  | bornTimestamp         | | n  | brokerName        |

use turbopump_wire::codes::request_code;

use crate::event_loop::{Request, Stop};

/// What a send says about its message.
#[derive(Debug)]
pub(crate) struct SendHeader<'a> {
    pub(crate) topic: &'a str,
    pub(crate) default_topic: &'a str,
    pub(crate) default_topic_queue_nums: i32,
    /// Negative: the broker picks.
    pub(crate) queue_id: i32,
    pub(crate) sys_flag: i32,
    /// Milliseconds.
    pub(crate) born_timestamp: i64,
    pub(crate) flag: i32,
    pub(crate) properties: &'a str,
    pub(crate) reconsume_times: i32,
    pub(crate) unit_mode: bool,
    pub(crate) max_reconsume_times: Option<i32>,
    pub(crate) batch: bool,
}

struct Names {
    producer_group: &'static str,
    topic: &'static str,
    default_topic: &'static str,
    default_topic_queue_nums: &'static str,
    queue_id: &'static str,
    sys_flag: &'static str,
    born_timestamp: &'static str,
    flag: &'static str,
    properties: &'static str,
    reconsume_times: &'static str,
    unit_mode: &'static str,
    max_reconsume_times: &'static str,
    batch: &'static str,
}

const FULL: Names = Names {
    producer_group: "producerGroup",
    topic: "topic",
    default_topic: "defaultTopic",
    default_topic_queue_nums: "defaultTopicQueueNums",
    queue_id: "queueId",
    sys_flag: "sysFlag",
    born_timestamp: "bornTimestamp",
    flag: "flag",
    properties: "properties",
    reconsume_times: "reconsumeTimes",
    unit_mode: "unitMode",
    max_reconsume_times: "maxReconsumeTimes",
    batch: "batch",
};

const SHORT: Names = Names {
    producer_group: "a",
    topic: "b",
    default_topic: "c",
    default_topic_queue_nums: "d",
    queue_id: "e",
    sys_flag: "f",
    born_timestamp: "g",
    flag: "h",
    properties: "i",
    reconsume_times: "j",
    unit_mode: "k",
    max_reconsume_times: "l",
    batch: "m",
};

impl<'a> SendHeader<'a> {
    /// Reads the header; a 310 whose fields are not short ones is read as a 10, as Java does.
    pub(crate) fn read(request: &'a Request<'_>) -> Result<Self, Stop> {
        let code = request.header.code;
        let short = code != request_code::SEND_MESSAGE && request.header.ext.get("b").is_some();
        let names = if short { &SHORT } else { &FULL };
        request.text(names.producer_group)?;
        Ok(Self {
            topic: request.text(names.topic)?,
            default_topic: request.header.ext.get(names.default_topic).unwrap_or_default(),
            default_topic_queue_nums: request.number(names.default_topic_queue_nums)?,
            queue_id: request.number(names.queue_id)?,
            sys_flag: request.number(names.sys_flag)?,
            born_timestamp: request.number(names.born_timestamp)?,
            flag: request.number(names.flag)?,
            properties: request.header.ext.get(names.properties).unwrap_or_default(),
            reconsume_times: request.number_if_any(names.reconsume_times)?.unwrap_or(0),
            unit_mode: request.flag(names.unit_mode),
            max_reconsume_times: request.number_if_any(names.max_reconsume_times)?,
            batch: code == request_code::SEND_BATCH_MESSAGE || request.flag(names.batch),
        })
    }
}
