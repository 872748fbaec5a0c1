//! From a delayed record back to the message it was (Java `messageTimeUp`).

use turbopump_store::TagsCode;
use turbopump_wire::java_hash::tags_code;
use turbopump_wire::properties::{self, name};
use turbopump_wire::{QueueId, RecordView};

use crate::message::{Keys, Message};
use crate::policy::is_reserved_for_broker;
use crate::requests::PropertyText;
use crate::shared::Shared;

/// Properties that made the message wait; `REAL_TOPIC` and `REAL_QID` stay, as in Java.
const DELAY_NAMES: [&str; 4] =
    [name::DELAY_TIME_LEVEL, name::TIMER_DELIVER_MS, name::TIMER_DELAY_SEC, name::TIMER_DELAY_MS];

/// The message for its real topic; `None` when the record does not say where that is, or names one
/// that only the broker writes to.
pub(super) fn message<'a>(
    record: &RecordView<'a>,
    text: &'a mut Vec<u8>,
    shared: &Shared,
) -> Option<Message<'a>> {
    let properties: &'a [u8] = record.properties;
    let topic = properties::get_str(properties, name::REAL_TOPIC)?;
    if is_reserved_for_broker(topic) {
        return None;
    }
    let queue_id: u32 = properties::get_str(properties, name::REAL_QUEUE_ID)?.parse().ok()?;
    let tags = properties::get_str(properties, name::TAGS).unwrap_or_default();
    text.clear();
    PropertyText(text).copy_without(properties, &DELAY_NAMES);
    let store_host = shared.store_host();
    Some(Message {
        topic,
        queue_id: QueueId::new(queue_id),
        tags: TagsCode::Fixed(tags_code(tags)),
        flag: record.flag,
        sys_flag: record.sys_flag,
        born_ms: record.born_timestamp,
        born_host: record.born_host().unwrap_or(store_host),
        store_host,
        reconsume_times: record.reconsume_times,
        body: record.body,
        properties: text,
        keys: Keys::of(properties),
    })
}
