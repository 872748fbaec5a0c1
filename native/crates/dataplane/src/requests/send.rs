//! `SEND_MESSAGE` 10, `SEND_MESSAGE_V2` 310, `SEND_BATCH_MESSAGE` 320 (Java
//! `SendMessageProcessor`).
//!
//! Request: header of `send_header.rs`, body = the message, or a batch. Answer: ext `msgId`,
//! `queueId`, `queueOffset`, `transactionId`, `MSG_REGION`, `TRACE_ON`.

use std::sync::Arc;

use turbopump_store::TagsCode;
use turbopump_wire::QueueId;
use turbopump_wire::codes::response_code::{MESSAGE_ILLEGAL, NO_PERMISSION, SYSTEM_ERROR};
use turbopump_wire::java_hash::tags_code;
use turbopump_wire::properties::{self, name};
use turbopump_wire::sys_flag;

use super::retry::{Destination, destination};
use super::send_header::SendHeader;
use super::send_properties::{PropertyText, SentProperties};
use crate::event_loop::{Answer, AnswerKind, LoopCore, Request, Stop};
use crate::message::{self, Message, PutError};
use crate::policy::{BrokerPolicy, PolicySnapshot, SCHEDULE_TOPIC, TopicEntry, TopicQueues};

/// A message that is in the turn's append.
struct Put {
    /// Its index there.
    record: usize,
    /// The topic that it counts for.
    topic: Option<Arc<TopicEntry>>,
    /// Where the group keeps its unique id.
    transaction_id: std::ops::Range<usize>,
    /// Its answer waits for disk and slaves.
    waits: bool,
}

impl LoopCore {
    /// Puts the message, or all of a batch, into the turn's append.
    pub(crate) fn send(
        &mut self,
        request: &Request<'_>,
        policy: &PolicySnapshot,
    ) -> Result<(), Stop> {
        let header = SendHeader::read(request)?;
        let topic = self.admit(&header, request, policy)?;
        self.check_body(request.body, &header)?;
        let queue_id = self.queue_to_write(&header, topic)?;
        if header.batch {
            return self.send_batch(request, &header, topic, queue_id, policy);
        }
        let destination = destination(&header, request, topic, queue_id, policy)?;
        let mut text = std::mem::take(&mut self.scratch.properties);
        text.clear();
        let queue_id = destination.queue_id;
        let sent = self.put_one(request, &header, destination, &mut text, policy);
        self.scratch.properties = text;
        let Put { record, topic, transaction_id, waits } = sent?;
        self.group.answers.push(Answer {
            to: request.to,
            records: record..record + 1,
            topic,
            kind: AnswerKind::Sent { queue_id, transaction_id },
            waits,
        });
        Ok(())
    }

    /// Writes the final properties and the record.
    fn put_one(
        &mut self,
        request: &Request<'_>,
        header: &SendHeader<'_>,
        destination: Destination,
        text: &mut Vec<u8>,
        policy: &PolicySnapshot,
    ) -> Result<Put, Stop> {
        let broker = policy.broker();
        let mut out = PropertyText(text);
        let sent = SentProperties::rewrite(header.properties, &mut out);
        let made = self.shared.unique_ids.next_unless(!sent.keys.unique_id.is_empty());
        add_broker_properties(&mut out, broker);
        if let Some(id) = &made {
            out.add(name::UNIQ_KEY, id);
        }
        let mut delay = if destination.is_dead_letter { 0 } else { sent.delay_level };
        if destination.is_dead_letter {
            set(text, name::DELAY_TIME_LEVEL, "-1")?;
        }
        self.refuse_what_is_not_done_yet(header, &sent, delay)?;
        let route = delayed(broker, &destination, &mut delay, text, sent.has_timer)?;
        let tags = route.tags.unwrap_or_else(|| TagsCode::Fixed(tags_code(sent.tags)));
        let mut keys = sent.keys;
        if let Some(id) = &made {
            keys.unique_id = str::from_utf8(id).unwrap_or_default();
        }
        let message = Message {
            topic: route.topic.unwrap_or(&destination.topic.policy.name),
            queue_id: QueueId::new(route.queue_id.unwrap_or(destination.queue_id)),
            tags,
            flag: header.flag,
            sys_flag: sys_flag::with_transaction(header.sys_flag, 0),
            born_ms: header.born_timestamp,
            born_host: request.peer,
            store_host: self.shared.store_host(),
            reconsume_times: header.reconsume_times,
            body: request.body,
            properties: text,
            keys,
        };
        let queues = route.topic.is_none().then_some(&destination.topic.queues);
        let record = self.put(queues, &message)?;
        let transaction_id = self.group.keep_text(keys.unique_id.as_bytes());
        let topic = match route.topic {
            Some(topic) => policy.topic(topic).cloned(),
            None => Some(destination.topic),
        };
        Ok(Put { record, topic, transaction_id, waits: !sent.no_wait })
    }

    pub(super) fn put(
        &mut self,
        kept: Option<&TopicQueues>,
        message: &Message<'_>,
    ) -> Result<usize, Stop> {
        let limit = self.shared.limits.record_bytes;
        let hashes = &mut self.scratch.key_hashes;
        message::put(&self.shared.store, kept, &mut self.batch, limit, hashes, message)
            .map_err(|error| self.put_refusal(&error))
    }

    pub(super) fn put_refusal(&self, error: &PutError) -> Stop {
        match error {
            PutError::Record(_) | PutError::TooLarge(_) => self.illegal(&error.to_string()),
            PutError::Topic(_) | PutError::Queue(_) => {
                Stop::refuse(SYSTEM_ERROR, error.to_string())
            }
        }
    }

    fn illegal(&self, why: &str) -> Stop {
        let limit = self.shared.limits.body_bytes;
        let remark = format!(
            "the message is illegal, maybe msg body or properties length not matched. msg body \
             length limit {limit}B, msg properties length limit 32KB. ({why})"
        );
        Stop::refuse(MESSAGE_ILLEGAL, remark)
    }

    fn check_body(&self, body: &[u8], header: &SendHeader<'_>) -> Result<(), Stop> {
        if body.is_empty() {
            return Err(self.illegal("the body is empty"));
        }
        if body.len() > self.shared.limits.body_bytes {
            return Err(self.illegal(&format!("the body has {} bytes", body.len())));
        }
        if header.sys_flag & sys_flag::INNER_BATCH != 0 {
            return Err(self.illegal("inner batches need a topic of batch queues"));
        }
        Ok(())
    }

    fn queue_to_write(&mut self, header: &SendHeader<'_>, topic: &TopicEntry) -> Result<u32, Stop> {
        match (u32::try_from(header.queue_id), topic.policy.write_queues) {
            (Ok(queue), _) => Ok(queue),
            (Err(_), 0) => {
                let remark = format!("topic [{}] has no queue to write", header.topic);
                Err(Stop::refuse(SYSTEM_ERROR, remark))
            }
            (Err(_), queues) => Ok(self.pick(queues)),
        }
    }

    /// Half messages and messages due at a time of the client's choice need services that this
    /// broker does not have: refused as a Java broker refuses that has them switched off, never
    /// stored where nobody would finish them.
    fn refuse_what_is_not_done_yet(
        &self,
        header: &SendHeader<'_>,
        sent: &SentProperties<'_>,
        delay: i64,
    ) -> Result<(), Stop> {
        // A client before 4.6.1 leaves TRAN_MSG on a message it sends back for a retry.
        let retried = header.reconsume_times > 0 && delay > 0;
        let transaction = sys_flag::transaction(header.sys_flag);
        let unfinished = !matches!(transaction, 0 | sys_flag::TRANSACTION_COMMIT);
        if (sent.is_prepared || unfinished) && !retried {
            let host = self.shared.store_ip;
            let remark = format!("the broker[{host}] sending transaction message is forbidden");
            return Err(Stop::refuse(NO_PERMISSION, remark));
        }
        if sent.bad_delay {
            return Err(self.illegal("DELAY is not a number"));
        }
        if sent.has_timer && delay <= 0 {
            let remark = "accurate timer message is not enabled, timerWheelEnable is false";
            return Err(Stop::refuse(SYSTEM_ERROR, remark));
        }
        Ok(())
    }
}

fn add_broker_properties(out: &mut PropertyText<'_>, broker: &BrokerPolicy) {
    out.add(name::MSG_REGION, broker.region_id.as_bytes());
    out.add(name::TRACE_SWITCH, if broker.trace_on { b"true" } else { b"false" });
    out.add(name::CLUSTER, broker.cluster_name.as_bytes());
}

/// Where a delayed message waits; all `None` when it is not delayed.
#[derive(Default)]
pub(super) struct Route {
    pub(super) topic: Option<&'static str>,
    pub(super) queue_id: Option<u32>,
    pub(super) tags: Option<TagsCode>,
}

/// Sends a delayed message to the queue of its level and notes where it really belongs (Java
/// `HookUtils.transformDelayLevelMessage`). A level beyond the last is the last.
pub(super) fn delayed(
    broker: &BrokerPolicy,
    destination: &Destination,
    level: &mut i64,
    text: &mut Vec<u8>,
    has_timer: bool,
) -> Result<Route, Stop> {
    let levels = &broker.delay_levels_ms;
    let clamped = (*level).min(levels.len() as i64);
    let Some(delay_ms) = usize::try_from(clamped - 1).ok().and_then(|index| levels.get(index))
    else {
        return Ok(Route::default());
    };
    if has_timer {
        for timer in [name::TIMER_DELIVER_MS, name::TIMER_DELAY_SEC, name::TIMER_DELAY_MS] {
            properties::remove(text, timer);
        }
    }
    if clamped != *level {
        *level = clamped;
        set(text, name::DELAY_TIME_LEVEL, &clamped.to_string())?;
    }
    set(text, name::REAL_TOPIC, &destination.topic.policy.name)?;
    set(text, name::REAL_QUEUE_ID, &destination.queue_id.to_string())?;
    Ok(Route {
        topic: Some(SCHEDULE_TOPIC),
        queue_id: Some(clamped as u32 - 1),
        tags: Some(TagsCode::DueAfter { ms: i64::try_from(*delay_ms).unwrap_or(i64::MAX) }),
    })
}

pub(super) fn set(text: &mut Vec<u8>, name: &str, value: &str) -> Result<(), Stop> {
    properties::set(text, name, value)
        .map_err(|error| Stop::refuse(MESSAGE_ILLEGAL, error.to_string()))
}
