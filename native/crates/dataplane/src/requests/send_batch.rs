//! The batch form of a send: body = messages one after another, all of one queue (Java
//! `SendMessageProcessor.sendBatchMessage`, `MessageExtEncoder`).
//!
//! A message keeps its own properties only; the outer ones describe the request. Stored whole or
//! not at all, so every message is checked before the first one is encoded.

use std::sync::Arc;

use turbopump_store::TagsCode;
use turbopump_wire::QueueId;
use turbopump_wire::batch::{self, BatchEntry};
use turbopump_wire::codes::response_code::{MESSAGE_ILLEGAL, NO_PERMISSION};
use turbopump_wire::java_hash::tags_code;
use turbopump_wire::properties::{self, name};
use turbopump_wire::sys_flag;

use super::send_header::SendHeader;
use crate::event_loop::{Answer, AnswerKind, LoopCore, Request, Stop};
use crate::message::{self, Keys, Message};
use crate::policy::{PolicySnapshot, RETRY_PREFIX, TopicEntry};

/// Java's limit for the topic of a batch, its record's length byte.
const TOPIC_BYTES_MAX: usize = 127;
/// Bytes of a record besides body, topic and properties at most: two IPv6 hosts, version 2.
const RECORD_OVERHEAD_BYTES: usize = 91 + 24 + 1 + 8;

impl LoopCore {
    pub(super) fn send_batch(
        &mut self,
        request: &Request<'_>,
        header: &SendHeader<'_>,
        topic: &Arc<TopicEntry>,
        queue_id: u32,
        _policy: &PolicySnapshot,
    ) -> Result<(), Stop> {
        check_topic(header.topic)?;
        self.check_entries(header, request.body)?;
        let queue = QueueId::new(queue_id);
        message::queue_of(&self.shared.store, header.topic, queue)
            .map_err(|error| self.put_refusal(&error))?;
        let first = self.batch.len();
        for entry in batch::iter(request.body) {
            let entry = entry.map_err(|error| not_a_batch(&error.to_string()))?;
            let tags = properties::get_str(entry.properties, name::TAGS).unwrap_or_default();
            let keys = Keys::of(entry.properties);
            self.put(
                Some(&topic.queues),
                &Message {
                    topic: header.topic,
                    queue_id: queue,
                    tags: TagsCode::Fixed(tags_code(tags)),
                    flag: entry.flag,
                    sys_flag: header.sys_flag,
                    born_ms: header.born_timestamp,
                    born_host: request.peer,
                    store_host: self.shared.store_host(),
                    reconsume_times: header.reconsume_times,
                    body: entry.body,
                    properties: entry.properties,
                    keys,
                },
            )?;
        }
        let outer = header.properties.as_bytes();
        let transaction_id = self.group.keep_text(Keys::of(outer).unique_id.as_bytes());
        let wait = properties::get_str(outer, name::WAIT_STORE_MSG_OK).unwrap_or("true");
        self.group.answers.push(Answer {
            to: request.to,
            records: first..self.batch.len(),
            topic: Some(topic.clone()),
            kind: AnswerKind::Sent { queue_id, transaction_id },
            waits: wait.eq_ignore_ascii_case("true"),
        });
        Ok(())
    }

    /// Everything that could stop a message of the batch, before any of them is encoded.
    fn check_entries(&self, header: &SendHeader<'_>, body: &[u8]) -> Result<(), Stop> {
        if sys_flag::transaction(header.sys_flag) != 0 {
            return Err(Stop::refuse(NO_PERMISSION, "a batch cannot be transactional"));
        }
        let mut count = 0_usize;
        for entry in batch::iter(body) {
            let entry = entry.map_err(|error| not_a_batch(&error.to_string()))?;
            self.check_entry(header, &entry)?;
            count += 1;
        }
        if count == 0 { Err(not_a_batch("it is empty")) } else { Ok(()) }
    }

    fn check_entry(&self, header: &SendHeader<'_>, entry: &BatchEntry<'_>) -> Result<(), Stop> {
        let parts = entry.body.len() + entry.properties.len() + header.topic.len();
        if parts + RECORD_OVERHEAD_BYTES > self.shared.limits.record_bytes {
            return Err(not_a_batch("a message of it does not fit a log file"));
        }
        Ok(())
    }
}

fn check_topic(topic: &str) -> Result<(), Stop> {
    if topic.len() > TOPIC_BYTES_MAX {
        let remark = format!("message topic length too long {}", topic.len());
        return Err(Stop::refuse(MESSAGE_ILLEGAL, remark));
    }
    if topic.starts_with(RETRY_PREFIX) {
        let remark = format!("batch request does not support retry group {topic}");
        return Err(Stop::refuse(MESSAGE_ILLEGAL, remark));
    }
    Ok(())
}

fn not_a_batch(why: &str) -> Stop {
    Stop::refuse(MESSAGE_ILLEGAL, format!("the body is not a batch of messages: {why}"))
}
