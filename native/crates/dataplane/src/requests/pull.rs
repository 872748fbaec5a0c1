//! `PULL_MESSAGE` 11 and `LITE_PULL_MESSAGE` 361 (Java `PullMessageProcessor`,
//! `DefaultPullMessageResultHandler`).
//!
//! Answer: `suggestWhichBrokerId`, `nextBeginOffset`, `minOffset`, `maxOffset`, `topicSysFlag`,
//! `groupSysFlag`; body = stored records, byte for byte. Codes 0 found, 19 nothing (held when the
//! client allows it), 20 again at once, 21 offset moved; 24, 25, 26 send the client back to its
//! heartbeats.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use turbopump_store::{Queue, ReadError};
use turbopump_wire::codes::response_code::{
    INVALID_PARAMETER, NO_PERMISSION, PULL_NOT_FOUND, SUBSCRIPTION_NOT_EXIST,
    SUBSCRIPTION_NOT_LATEST, SUCCESS, SYSTEM_BUSY, SYSTEM_ERROR, TOPIC_NOT_EXIST,
};
use turbopump_wire::header::Response;
use turbopump_wire::{QueueId, QueueOffset};

use super::admission::{REJECTED, find_group};
use super::pull_header::PullHeader;
use super::pull_read::{self, Halt, Look, PullLimits, Pulled, Reach};
use super::slave_pull::code_at_slave;
use super::{TagFilter, reply};
use crate::event_loop::{LoopCore, Outlets, ReplyTo, Request, Stop, not_supported};
use crate::hold::HeldPull;
use crate::message;
use crate::policy::{
    BrokerPolicy, BrokerRole, GroupPolicy, LiveGroup, PERM_READ, PolicySnapshot, TopicEntry,
};
use crate::reading::{Found, note_failure};
use crate::shared::Shared;

/// Runs up to this are copied into the answer: cheaper than one more slice of the `writev`.
const COPIED_RUN_BYTES_MAX: usize = 4096;
/// A held pull keeps its frame; one larger than any pull of a client is not worth it.
const HELD_FRAME_BYTES_MAX: usize = 64 * 1024;
/// No client asks for more; a longer wait would only keep a dead one's hold.
const SUSPEND_MAX: Duration = Duration::from_secs(24 * 3600);

/// Java `ForbiddenType`, in the answer's `forbiddenType`.
#[derive(Clone, Copy)]
enum Forbidden {
    Broker = 1,
    Group = 2,
    Topic = 3,
    Broadcasting = 4,
    Subscription = 5,
}

/// What the checks of a pull have found.
struct Grant<'p> {
    group: &'p Arc<GroupPolicy>,
    topic: &'p Arc<TopicEntry>,
    filter: TagFilter,
    queue: Arc<Queue>,
}

impl LoopCore {
    pub(crate) fn pull(
        &mut self,
        request: &Request<'_>,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        if request.fast_port {
            return Err(not_supported(request.header.code));
        }
        let header = PullHeader::read(request)?;
        let grant = self.check_pull(&header, request, policy)?;
        let broker = policy.broker();
        let limits = PullLimits {
            messages: header.max_messages.min(broker.max_transfer_count).max(1),
            bytes: broker.max_transfer_bytes,
        };
        let (id, asked) = (grant.queue.id(), header.queue_offset);
        let answer = PullAnswer::new(request.to, &header, &grant, self.index);
        if let Some(to) = self.shared.resets.tell(header.group, header.topic, id, asked, self.now) {
            let pulled = pull_read::moved(&grant.queue, to);
            let code = pulled.status.code(asked);
            answer.send(&self.shared, code, pulled, broker, outlets);
            return Ok(());
        }
        let (store, mut ahead) = (&self.shared.store, Vec::new());
        let entries = &mut self.scratch.entries;
        let mut look = Look { reach: Reach::Memory, entries, ahead: &mut ahead };
        let found = pull_read::read(store, &grant.queue, asked, &grant.filter, limits, &mut look);
        self.shared.reading.read_ahead(ahead);
        let mut pulled = match found {
            Ok(pulled) => pulled,
            Err(Halt::Cold) => {
                self.commit_with_pull(request, &header, &grant.queue);
                return self.pull_cold(answer.owned(), &grant, asked, limits);
            }
            Err(Halt::Failed(error)) => return Err(read_refusal(&self.shared, &error)),
        };
        self.commit_with_pull(request, &header, &grant.queue);
        let code = answer.code(&self.shared, &mut pulled, asked, broker)?;
        let small = request.whole.len() <= HELD_FRAME_BYTES_MAX;
        if code == PULL_NOT_FOUND && request.first_pass && header.may_suspend() && small {
            return self.hold(request, &header, grant, policy, outlets);
        }
        answer.send(&self.shared, code, pulled, broker, outlets);
        Ok(())
    }

    fn commit_with_pull(&self, request: &Request<'_>, header: &PullHeader<'_>, queue: &Queue) {
        if request.first_pass && header.commits_offset() {
            self.commit_offset(header.group, header.topic, queue, header.commit_offset);
        }
    }

    /// Has a reading thread look again and answer. It answers whatever it finds: only a pull from
    /// the queue's end is held, and that one needs no look into a file.
    fn pull_cold(
        &self,
        answer: PullAnswer<'static>,
        grant: &Grant<'_>,
        asked: i64,
        limits: PullLimits,
    ) -> Result<(), Stop> {
        let (queue, filter) = (grant.queue.clone(), grant.filter.clone());
        self.read_cold(answer.to, move |shared, ahead| {
            let mut look = Look { reach: Reach::Disk, entries: &mut Vec::new(), ahead };
            let found = pull_read::read(&shared.store, &queue, asked, &filter, limits, &mut look);
            let mut pulled = found.map_err(|halt| match halt {
                Halt::Failed(error) => read_refusal(shared, &error),
                Halt::Cold => Stop::refuse(SYSTEM_ERROR, "a reading thread did not read"),
            })?;
            let policy = shared.policy.load();
            let broker = policy.broker();
            let code = answer.code(shared, &mut pulled, asked, broker)?;
            let mut head = Vec::new();
            answer.encode(shared, code, &pulled, broker, &mut head);
            Ok(Found { head, body: pulled.runs.pop().unwrap_or_default() })
        })
    }

    fn check_pull<'p>(
        &self,
        header: &PullHeader<'_>,
        request: &Request<'_>,
        policy: &'p PolicySnapshot,
    ) -> Result<Grant<'p>, Stop> {
        let broker = policy.broker();
        if broker.role == BrokerRole::Slave && !broker.slave_read_enable {
            return Err(Stop::refuse(SYSTEM_BUSY, REJECTED));
        }
        if broker.broker_permission & PERM_READ == 0 {
            let host = self.shared.store_ip;
            let remark = format!("the broker[{host}] pulling message is forbidden");
            return Err(forbidden(Forbidden::Broker, remark));
        }
        let group = find_group(policy, header.group)?;
        if !group.consume_enable {
            let remark = format!("subscription group no permission, {}", header.group);
            return Err(forbidden(Forbidden::Group, remark));
        }
        let topic = readable_topic(header, policy)?;
        let queue_id = u32::try_from(header.queue_id).ok();
        let queue_id = queue_id.filter(|id| *id < topic.policy.read_queues).ok_or_else(|| {
            let remark = format!(
                "queueId[{}] is illegal, topic:[{}] topicConfig.readQueueNums:[{}] consumer:[{}]",
                header.queue_id, header.topic, topic.policy.read_queues, request.peer
            );
            Stop::refuse(INVALID_PARAMETER, remark)
        })?;
        let filter = find_filter(header, group, policy.live_group(header.group))?;
        let queue = message::queue_of(&self.shared.store, header.topic, QueueId::new(queue_id))
            .map_err(|error| self.put_refusal(&error))?;
        Ok(Grant { group, topic, filter, queue })
    }

    /// Keeps the pull until something happens.
    fn hold(
        &mut self,
        request: &Request<'_>,
        header: &PullHeader<'_>,
        grant: Grant<'_>,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) -> Result<(), Stop> {
        if self.holds.is_full() {
            return Err(Stop::refuse(SYSTEM_BUSY, "[OVERLOAD]too many pulls are held"));
        }
        let broker = policy.broker();
        let wait_ms = if broker.long_polling_enable {
            header.suspend_timeout_ms
        } else {
            broker.short_polling_time_ms
        };
        let pull = HeldPull {
            connection: request.to.connection,
            frame: request.whole.to_vec(),
            queue: grant.queue,
            next: QueueOffset::new(header.queue_offset.max(0) as u64),
            filter: grant.filter,
            deadline: self.now + Duration::from_millis(wait_ms).min(SUSPEND_MAX),
        };
        self.keep(pull, policy, outlets);
        Ok(())
    }

    /// A commit beyond the queue's end cannot be true: it comes from before the topic was deleted
    /// and made again, and would make the group skip what is new.
    pub(super) fn commit_offset(&self, group: &str, topic: &str, queue: &Queue, offset: i64) {
        let outdated = self.shared.resets.outdates(group, topic, queue.id(), offset, self.now);
        let Ok(offset) = u64::try_from(offset).map(QueueOffset::new) else { return };
        if !outdated && offset <= queue.max_offset() {
            self.shared.offsets.commit(group, topic, queue.id(), offset);
        }
    }
}

/// What an answer needs besides what was found. Reading threads own theirs.
struct PullAnswer<'a> {
    to: ReplyTo,
    group_name: Cow<'a, str>,
    topic_name: Cow<'a, str>,
    group: Cow<'a, Arc<GroupPolicy>>,
    topic: Cow<'a, Arc<TopicEntry>>,
    loop_index: usize,
}

impl<'a> PullAnswer<'a> {
    fn new(to: ReplyTo, header: &PullHeader<'a>, grant: &Grant<'a>, loop_index: usize) -> Self {
        Self {
            to,
            group_name: Cow::Borrowed(header.group),
            topic_name: Cow::Borrowed(header.topic),
            group: Cow::Borrowed(grant.group),
            topic: Cow::Borrowed(grant.topic),
            loop_index,
        }
    }

    fn owned(self) -> PullAnswer<'static> {
        PullAnswer {
            to: self.to,
            group_name: Cow::Owned(self.group_name.into_owned()),
            topic_name: Cow::Owned(self.topic_name.into_owned()),
            group: Cow::Owned(self.group.into_owned()),
            topic: Cow::Owned(self.topic.into_owned()),
            loop_index: self.loop_index,
        }
    }

    /// Counts the look and names its outcome.
    fn code(
        &self,
        shared: &Shared,
        pulled: &mut Pulled,
        asked: i64,
        broker: &BrokerPolicy,
    ) -> Result<i32, Stop> {
        if pulled.messages == 0
            && let Some(counters) = shared.pulls.get(self.loop_index)
        {
            counters.missed();
        }
        match broker.role {
            BrokerRole::Slave => code_at_slave(shared, pulled, asked),
            _ => Ok(pulled.status.code(asked)),
        }
    }

    /// The answer up to its body; counts what is handed out.
    fn encode(
        &self,
        shared: &Shared,
        code: i32,
        pulled: &Pulled,
        broker: &BrokerPolicy,
        out: &mut Vec<u8>,
    ) {
        let suggested = self.suggested_broker(shared, pulled, broker);
        let written = Response::begin(out, self.to.encoding, code, self.to.opaque)
            .remark(pulled.status.text())
            .ext("suggestWhichBrokerId", suggested)
            .ext("nextBeginOffset", pulled.next)
            .ext("minOffset", pulled.min)
            .ext("maxOffset", pulled.max)
            .ext("topicSysFlag", self.topic.policy.topic_sys_flag)
            .ext("groupSysFlag", self.group.group_sys_flag)
            .finish(pulled.bytes as usize);
        reply::complete(written);
        if code == SUCCESS
            && let Some(counters) = shared.pulls.get(self.loop_index)
        {
            counters.got(&self.group_name, &self.topic_name, pulled.messages, pulled.bytes);
        }
    }

    fn send(
        &self,
        shared: &Shared,
        code: i32,
        pulled: Pulled,
        broker: &BrokerPolicy,
        outlets: &mut dyn Outlets,
    ) {
        let connection = self.to.connection;
        let (false, Some(out)) = (self.to.oneway, outlets.bytes(connection)) else { return };
        self.encode(shared, code, &pulled, broker, out);
        for run in pulled.runs {
            match outlets.bytes(connection) {
                Some(out) if run.len() <= COPIED_RUN_BYTES_MAX => out.extend_from_slice(&run),
                _ => outlets.push_shared(connection, Box::new(run)),
            }
        }
    }

    /// A reader too far behind for memory is sent to a slave, where slaves may be read.
    fn suggested_broker(&self, shared: &Shared, pulled: &Pulled, broker: &BrokerPolicy) -> i64 {
        if !broker.slave_read_enable || pulled.to_master {
            return 0;
        }
        let behind = shared.store.readable().since(pulled.last);
        if pulled.messages > 0 && behind > shared.in_memory_bytes {
            self.group.which_broker_when_consume_slowly
        } else {
            self.group.broker_id
        }
    }
}

fn readable_topic<'p>(
    header: &PullHeader<'_>,
    policy: &'p PolicySnapshot,
) -> Result<&'p Arc<TopicEntry>, Stop> {
    let Some(topic) = policy.topic(header.topic) else {
        let remark = format!("topic[{}] not exist, apply first please! ", header.topic);
        return Err(Stop::refuse(TOPIC_NOT_EXIST, remark));
    };
    if topic.policy.perm & PERM_READ == 0 {
        let remark = format!("the topic[{}] pulling message is forbidden", header.topic);
        return Err(forbidden(Forbidden::Topic, remark));
    }
    Ok(topic)
}

fn find_filter(
    header: &PullHeader<'_>,
    group: &GroupPolicy,
    live: Option<&Arc<LiveGroup>>,
) -> Result<TagFilter, Stop> {
    if header.has_subscription() {
        if !matches!(header.expression_type, "" | "TAG") {
            return Err(not_by_tag(header.expression_type));
        }
        return Ok(TagFilter::of_expression(header.subscription));
    }
    let Some(live) = live else {
        let remark = "the consumer's group info not exist";
        return Err(Stop::refuse(SUBSCRIPTION_NOT_EXIST, remark));
    };
    if live.broadcasting && !group.consume_broadcast_enable {
        let name = header.group;
        let remark = format!("the consumer group[{name}] can not consume by broadcast way");
        return Err(forbidden(Forbidden::Broadcasting, remark));
    }
    let Some(subscription) = live.subscription(header.topic) else {
        let remark = "the consumer's subscription not exist";
        return Err(Stop::refuse(SUBSCRIPTION_NOT_EXIST, remark));
    };
    if group.forbidden_topics.iter().any(|topic| topic == header.topic) {
        let (name, topic) = (header.group, header.topic);
        let remark = format!("the consumer group[{name}] is forbidden for topic[{topic}]");
        return Err(forbidden(Forbidden::Subscription, remark));
    }
    if subscription.sub_version < header.sub_version {
        let remark = "the consumer's subscription not latest";
        return Err(Stop::refuse(SUBSCRIPTION_NOT_LATEST, remark));
    }
    if !subscription.by_tag {
        return Err(not_by_tag(&subscription.expression_type));
    }
    Ok(TagFilter::of_codes(&subscription.tag_codes))
}

fn not_by_tag(expression_type: &str) -> Stop {
    let remark =
        format!("The broker does not support consumer to filter message by {expression_type}");
    Stop::refuse(SYSTEM_ERROR, remark)
}

fn forbidden(kind: Forbidden, remark: String) -> Stop {
    let field = Some(("forbiddenType", kind as i32));
    Stop::Refuse { code: NO_PERMISSION, remark: remark.into(), field }
}

/// Answers a request that could not be read; a failing disk is told to the operator as well.
pub(super) fn read_refusal(shared: &Shared, error: &ReadError) -> Stop {
    note_failure(shared, error);
    Stop::refuse(SYSTEM_ERROR, format!("store error: {error}"))
}
