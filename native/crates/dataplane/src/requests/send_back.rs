//! `CONSUMER_SEND_MSG_BACK` 36: a consumer could not handle a message and wants it again later
//! (Java `AbstractSendMessageProcessor.consumerSendMsgBack`).
//!
//! Ext: `group`, `offset` (position in the log), `delayLevel` (below 0: dead-letter topic, 0: 3 +
//! times so far), `maxReconsumeTimes`, `unitMode`. No body; the answer is success alone.
//! The copy goes to `%RETRY%group` by way of its delay level, keeps `RETRY_TOPIC` (its first
//! topic) and `ORIGIN_MESSAGE_ID` (its first offset message id), and counts one more time.

use std::sync::Arc;

use turbopump_store::TagsCode;
use turbopump_wire::codes::response_code::{NO_PERMISSION, SYSTEM_ERROR};
use turbopump_wire::java_hash::tags_code;
use turbopump_wire::message_id::OffsetMessageId;
use turbopump_wire::properties::{self, name};
use turbopump_wire::version::V3_4_9;
use turbopump_wire::{PhysicalOffset, QueueId, RecordView};

use super::admission::{find_group, takes_sends};
use super::reply;
use super::retry::{Destination, dead_letter_topic, internal_topic};
use super::send::{delayed, set};
use crate::event_loop::{Answer, AnswerKind, LoopCore, Outlets, Request, Stop};
use crate::message::{Keys, Message};
use crate::policy::{GroupPolicy, PERM_WRITE, PolicySnapshot, retry_topic};

/// `TopicSysFlag`: the group belongs to a unit.
const UNIT_SUB: i32 = 2;

struct Header<'a> {
    group: &'a str,
    offset: i64,
    delay_level: i64,
    max_reconsume_times: Option<i32>,
    sys_flag: i32,
}

impl LoopCore {
    pub(crate) fn send_back(
        &mut self,
        request: &Request<'_>,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        let header = read_header(request)?;
        takes_sends(policy.broker())?;
        self.has_replicas()?;
        let group = find_group(policy, header.group)?;
        if policy.broker().broker_permission & PERM_WRITE == 0 {
            return Err(self.sending_forbidden());
        }
        if group.retry_queues == 0 {
            reply::success(outlets, request.to);
            return Ok(());
        }
        let retry = internal_topic(policy, &retry_topic(header.group), header.sys_flag)?;
        if retry.policy.perm & PERM_WRITE == 0 {
            let name = &retry.policy.name;
            let remark = format!("the topic[{name}] sending message is forbidden");
            return Err(Stop::refuse(NO_PERMISSION, remark));
        }
        let at = PhysicalOffset::new(u64::try_from(header.offset).unwrap_or(u64::MAX));
        let read = self.shared.store.read_record(at, None);
        let record = read.map_err(|error| not_found(header.offset, &error.to_string()))?;
        let record = RecordView::parse(&record)
            .map_err(|error| not_found(header.offset, &error.to_string()))?;
        let is_dead_letter =
            header.delay_level < 0 || record.reconsume_times >= max_reconsume_times(&header, group);
        let destination = if is_dead_letter {
            let topic = dead_letter_topic(policy, header.group)?;
            Destination { topic, queue_id: 0, is_dead_letter }
        } else {
            let queue_id = self.pick(group.retry_queues);
            Destination { topic: retry, queue_id, is_dead_letter }
        };
        self.put_back(request, &header, &record, &destination, policy)
    }

    fn put_back(
        &mut self,
        request: &Request<'_>,
        header: &Header<'_>,
        record: &RecordView<'_>,
        destination: &Destination,
        policy: &PolicySnapshot,
    ) -> Result<(), Stop> {
        let mut level = match (destination.is_dead_letter, header.delay_level) {
            (true, _) => 0,
            (false, 0) => 3 + i64::from(record.reconsume_times),
            (false, level) => level,
        };
        let mut text = record.properties.to_vec();
        self.mark_origin(&mut text, record)?;
        set(&mut text, name::WAIT_STORE_MSG_OK, "false")?;
        set(&mut text, name::DELAY_TIME_LEVEL, &level.to_string())?;
        let route = delayed(policy.broker(), destination, &mut level, &mut text, true)?;
        let tags = properties::get_str(record.properties, name::TAGS).unwrap_or_default();
        let message = Message {
            topic: route.topic.unwrap_or(&destination.topic.policy.name),
            queue_id: QueueId::new(route.queue_id.unwrap_or(destination.queue_id)),
            tags: route.tags.unwrap_or_else(|| TagsCode::Fixed(tags_code(tags))),
            flag: record.flag,
            sys_flag: record.sys_flag,
            born_ms: record.born_timestamp,
            born_host: record.born_host().unwrap_or(request.peer),
            store_host: self.shared.store_host(),
            reconsume_times: record.reconsume_times.saturating_add(1),
            body: record.body,
            properties: &text,
            keys: Keys::of(record.properties),
        };
        let queues = route.topic.is_none().then_some(&destination.topic.queues);
        let index = self.put(queues, &message)?;
        let topic = match route.topic {
            Some(topic) => policy.topic(topic).cloned(),
            None => Some(Arc::clone(&destination.topic)),
        };
        let first_topic = properties::get_str(&text, name::RETRY_TOPIC).unwrap_or(record.topic);
        let kind = AnswerKind::SentBack { group: header.group.into(), topic: first_topic.into() };
        let records = index..index + 1;
        self.group.answers.push(Answer { to: request.to, records, topic, kind, waits: true });
        Ok(())
    }

    /// The first topic and the first id stay with the message however often it comes back.
    fn mark_origin(&self, text: &mut Vec<u8>, record: &RecordView<'_>) -> Result<(), Stop> {
        if properties::get(text, name::RETRY_TOPIC).is_none() {
            set(text, name::RETRY_TOPIC, record.topic)?;
        }
        if properties::get(text, name::ORIGIN_MESSAGE_ID).is_none() {
            let offset = PhysicalOffset::new(record.physical_offset.max(0) as u64);
            let store_host = record.store_host().unwrap_or(self.shared.store_host());
            let id = OffsetMessageId { store_host, offset }.text();
            set(text, name::ORIGIN_MESSAGE_ID, id.as_str())?;
        }
        Ok(())
    }
}

fn read_header<'a>(request: &'a Request<'_>) -> Result<Header<'a>, Stop> {
    Ok(Header {
        group: request.text("group")?,
        offset: request.number("offset")?,
        delay_level: request.number("delayLevel")?,
        max_reconsume_times: match request.header.version {
            V3_4_9.. => request.number_if_any("maxReconsumeTimes")?,
            _ => None,
        },
        sys_flag: if request.flag("unitMode") { UNIT_SUB } else { 0 },
    })
}

fn max_reconsume_times(header: &Header<'_>, group: &GroupPolicy) -> i32 {
    header.max_reconsume_times.unwrap_or(group.retry_max_times)
}

fn not_found(offset: i64, why: &str) -> Stop {
    Stop::refuse(SYSTEM_ERROR, format!("look message by offset failed, {offset} ({why})"))
}
