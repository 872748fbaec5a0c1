//! Which of a master's records enough slaves have, and whether that is worth waiting for.
//!
//! Invariants: `replicated` never moves back, and moves only by acknowledgements that a connected
//! slave gave for bytes that were sent to it; slaves of one address count once (RocketMQ counts
//! connections, so that a slave that has just reconnected counts twice there).
//! Readers of a synchronous master see nothing beyond `replicated` as long as enough slaves are
//! in sync and answering; otherwise senders are told so (11, 12), and readers see what the
//! master itself has safe.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use turbopump_wire::PhysicalOffset;

use crate::options::ReplicationOptions;

/// A slave as it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) ip: IpAddr,
    /// End of what it has acknowledged of what was sent to it.
    pub(crate) acked: u64,
    /// Within the gap.
    pub(crate) in_sync: bool,
    /// Has nothing to acknowledge, or acknowledged something within the timeout.
    pub(crate) answering: bool,
}

/// What the standings come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// End of what enough slaves have acknowledged.
    pub(crate) replicated: u64,
    /// Slaves in sync.
    pub(crate) in_sync: usize,
    /// Slaves that must acknowledge.
    pub(crate) needed: usize,
    /// Enough of those in sync answer, so that readers can wait for them.
    pub(crate) answering: bool,
}

/// Judges; `standings` is reordered.
pub(crate) fn judge(standings: &mut Vec<Standing>, options: &ReplicationOptions) -> Verdict {
    // The best connection of an address is the slave.
    standings.sort_unstable_by_key(|one| (one.ip, std::cmp::Reverse((one.in_sync, one.acked))));
    standings.dedup_by_key(|one| one.ip);
    let in_sync = standings.iter().filter(|one| one.in_sync).count();
    let mut needed = options.needed_slaves();
    if options.all_ack_in_sync_state_set {
        needed = needed.max(in_sync);
    }
    standings.sort_unstable_by_key(|one| std::cmp::Reverse(one.acked));
    let last_needed = standings.get(needed - 1);
    let answering = standings.iter().filter(|one| one.in_sync && one.answering).count() >= needed;
    Verdict { replicated: last_needed.map_or(0, |one| one.acked), in_sync, needed, answering }
}

/// The verdict as event loops read it.
#[derive(Debug, Default)]
pub(crate) struct Quorum {
    replicated: AtomicU64,
    in_sync: AtomicUsize,
    needed: AtomicUsize,
}

impl Quorum {
    /// Takes a verdict over; true when something that somebody may wait for has changed.
    pub(crate) fn update(&self, verdict: Verdict) -> bool {
        let before = self.replicated.fetch_max(verdict.replicated, Ordering::SeqCst);
        let needed = self.needed.swap(verdict.needed, Ordering::SeqCst);
        let in_sync = self.in_sync.swap(verdict.in_sync, Ordering::SeqCst);
        verdict.replicated > before || in_sync != verdict.in_sync || needed != verdict.needed
    }

    pub(crate) fn replicated(&self) -> PhysicalOffset {
        PhysicalOffset::new(self.replicated.load(Ordering::SeqCst))
    }

    pub(crate) fn slaves_in_sync(&self) -> usize {
        self.in_sync.load(Ordering::SeqCst)
    }

    /// Enough slaves are in sync for a record to be acknowledged.
    pub(crate) fn is_possible(&self) -> bool {
        // 0 before the first verdict.
        let needed = self.needed.load(Ordering::SeqCst).max(1);
        self.slaves_in_sync() >= needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slave(ip: u8, acked: u64) -> Standing {
        Standing { ip: [10, 0, 0, ip].into(), acked, in_sync: true, answering: true }
    }

    fn options(in_sync_replicas: u32) -> ReplicationOptions {
        ReplicationOptions { in_sync_replicas, ..ReplicationOptions::default() }
    }

    #[test]
    fn nobody_has_anything_without_a_slave() {
        let verdict = judge(&mut Vec::new(), &options(1));
        assert_eq!((verdict.replicated, verdict.in_sync, verdict.answering), (0, 0, false));
    }

    #[test]
    fn the_best_slave_counts_unless_more_are_wanted() {
        let slaves = vec![slave(1, 50), slave(2, 90), slave(3, 70)];
        assert_eq!(judge(&mut slaves.clone(), &options(1)).replicated, 90);
        assert_eq!(judge(&mut slaves.clone(), &options(2)).replicated, 90);
        assert_eq!(judge(&mut slaves.clone(), &options(3)).replicated, 70);
        assert_eq!(judge(&mut slaves.clone(), &options(5)).replicated, 0);
        let all = ReplicationOptions { all_ack_in_sync_state_set: true, ..options(1) };
        assert_eq!(judge(&mut slaves.clone(), &all).replicated, 50);
    }

    #[test]
    fn connections_of_one_address_are_one_slave() {
        let mut twice = vec![slave(1, 90), slave(1, 80), slave(2, 10)];
        let verdict = judge(&mut twice, &options(3));
        assert_eq!((verdict.replicated, verdict.in_sync), (10, 2));
    }

    #[test]
    fn readers_wait_only_for_slaves_that_answer() {
        let silent = Standing { answering: false, ..slave(1, 5) };
        let verdict = judge(&mut vec![silent], &options(1));
        assert!(!verdict.answering);
        assert_eq!(verdict.in_sync, 1, "senders still wait for it, and time out");
    }

    #[test]
    fn what_was_replicated_stays_so_when_the_slave_goes() {
        let quorum = Quorum::default();
        assert!(!quorum.is_possible());
        assert!(quorum.update(judge(&mut vec![slave(1, 50)], &options(1))));
        assert!(quorum.is_possible());
        assert!(quorum.update(judge(&mut Vec::new(), &options(1))));
        assert_eq!(quorum.replicated().get(), 50);
        assert!(!quorum.is_possible());
        assert!(!quorum.update(judge(&mut Vec::new(), &options(1))), "nothing new");
    }
}
