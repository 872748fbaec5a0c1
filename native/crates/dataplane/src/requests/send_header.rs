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
use turbopump_wire::header::ExtFields;

use crate::event_loop::{Field, Request, Stop};

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

/// Names in the order of their letters.
const FULL: [&str; 13] = [
    "producerGroup",
    "topic",
    "defaultTopic",
    "defaultTopicQueueNums",
    "queueId",
    "sysFlag",
    "bornTimestamp",
    "flag",
    "properties",
    "reconsumeTimes",
    "unitMode",
    "maxReconsumeTimes",
    "batch",
];

const SHORT: [&str; 13] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"];

/// All fields in one pass: to look for thirteen of them one by one reads a hundred names.
fn short_fields<'a>(ext: &'a ExtFields<'_>) -> [Field<'a>; 13] {
    let mut fields = SHORT.map(|name| Field { name, text: None });
    for (name, value) in ext.iter() {
        if let [letter] = name.as_bytes()
            && let Some(field) = fields.get_mut(usize::from(letter.wrapping_sub(b'a')))
        {
            field.text = Some(value);
        }
    }
    fields
}

impl<'a> SendHeader<'a> {
    /// Reads the header; a 310 whose fields are not short ones is read as a 10, as Java does.
    pub(crate) fn read(request: &'a Request<'_>) -> Result<Self, Stop> {
        let (code, ext) = (request.header.code, &request.header.ext);
        let short = code != request_code::SEND_MESSAGE && ext.get("b").is_some();
        let [
            producer_group,
            topic,
            default_topic,
            default_topic_queue_nums,
            queue_id,
            sys_flag,
            born_timestamp,
            flag,
            properties,
            reconsume_times,
            unit_mode,
            max_reconsume_times,
            batch,
        ] = if short {
            short_fields(ext)
        } else {
            FULL.map(|name| Field { name, text: ext.get(name) })
        };
        producer_group.required()?;
        Ok(Self {
            topic: topic.required()?,
            default_topic: default_topic.text.unwrap_or_default(),
            default_topic_queue_nums: default_topic_queue_nums.number()?,
            queue_id: queue_id.number()?,
            sys_flag: sys_flag.number()?,
            born_timestamp: born_timestamp.number()?,
            flag: flag.number()?,
            properties: properties.text.unwrap_or_default(),
            reconsume_times: reconsume_times.number_if_any()?.unwrap_or(0),
            unit_mode: unit_mode.flag(),
            max_reconsume_times: max_reconsume_times.number_if_any()?,
            batch: code == request_code::SEND_BATCH_MESSAGE || batch.flag(),
        })
    }
}
