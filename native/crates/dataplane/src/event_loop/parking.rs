//! Parking requests for a name, and what becomes of them.

use std::collections::VecDeque;
use std::time::Instant;

use turbopump_wire::codes::response_code::SYSTEM_BUSY;
use turbopump_wire::frame;

use super::{Denial, LoopCore, Outlets, Request, Stop, Want};
use crate::park::{NameKind, ParkedFrame};
use crate::policy::PolicySnapshot;
use crate::upward::Wanted;

impl LoopCore {
    /// Parks the request until the name is decided, and asks for the name if nobody has.
    pub(crate) fn park(&mut self, request: &Request<'_>, want: Want, outlets: &mut dyn Outlets) {
        let name = (want.kind, want.name.as_str());
        if !self.lot.park(name, request.to.connection, request.whole, self.now) {
            Self::refuse(outlets, request.to, &busy("[OVERLOAD]too many requests wait for a name"));
            return;
        }
        if self.shared.wanted.ask(want.kind, &want.name) {
            self.shared.upward.wanted(Wanted {
                kind: want.kind,
                name: want.name,
                default_topic: want.default_topic,
                default_topic_queue_nums: want.default_topic_queue_nums,
                internal: want.internal,
                topic_sys_flag: want.topic_sys_flag,
                connection: Some(request.to.connection),
                remote: Some(request.peer),
            });
        }
    }

    /// TypeScript has decided: the requests run again, or are refused as it says.
    pub(crate) fn resolved(
        &mut self,
        kind: NameKind,
        name: &str,
        denial: Option<&Denial>,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        let frames = self.lot.take(kind, name);
        if let Some(denial) = denial {
            let stop = Stop::refuse(denial.code, denial.remark.clone());
            Self::refuse_parked(&frames, &stop, outlets);
            return;
        }
        let known = match kind {
            NameKind::Topic => policy.topic(name).is_some(),
            NameKind::Group => policy.group(name).is_some(),
        };
        if !known {
            // Granted without being published: running again would park again, for ever.
            let stop = busy("[OVERLOAD]the name was granted but is not known");
            Self::refuse_parked(&frames, &stop, outlets);
            return;
        }
        for parked in frames {
            self.run_parked(&parked, policy, outlets);
        }
    }

    /// Answers what has waited too long; the next request for the name asks anew.
    pub(crate) fn parking_expired(&mut self, now: Instant, outlets: &mut dyn Outlets) {
        while let Some((kind, name, frames)) = self.lot.take_expired(now) {
            self.shared.wanted.settle(kind, &name);
            let stop = busy("[TIMEOUT]the broker did not decide about a name in time");
            Self::refuse_parked(&frames, &stop, outlets);
        }
    }

    /// The loop ends: nothing that waits can be decided any more.
    pub(crate) fn answer_parked_busy(&mut self, outlets: &mut dyn Outlets) {
        for frames in self.lot.take_all() {
            Self::refuse_parked(&frames, &busy("the broker is shutting down"), outlets);
        }
    }

    fn run_parked(
        &mut self,
        parked: &ParkedFrame,
        policy: &PolicySnapshot,
        outlets: &mut dyn Outlets,
    ) {
        // The frame was cut once already, so it is whole and valid.
        if let Ok(Some(frame)) = frame::cut(&parked.frame, parked.frame.len()) {
            self.run(parked.connection, frame, true, policy, outlets);
        }
    }

    fn refuse_parked(frames: &VecDeque<ParkedFrame>, stop: &Stop, outlets: &mut dyn Outlets) {
        for parked in frames {
            if let Ok(Some(frame)) = frame::cut(&parked.frame, parked.frame.len())
                && let Some(to) = super::dispatch::reply_to(parked.connection, &frame)
            {
                Self::refuse(outlets, to, stop);
            }
        }
    }
}

pub(crate) fn busy(remark: &'static str) -> Stop {
    Stop::refuse(SYSTEM_BUSY, remark)
}
