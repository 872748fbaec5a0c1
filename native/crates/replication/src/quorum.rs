//! Which of a master's records enough slaves have, and whether that is worth waiting for.
//!
//! Invariants: `replicated` never moves back, and moves only by acknowledgements that a connected
//! slave gave for bytes that were sent to it; one slave counts once, see [`Standing`].
//! Readers of a synchronous master see nothing beyond `replicated` as long as enough slaves are
//! in sync and answering; otherwise senders are told so (11, 12), and readers see what the
//! master itself has safe.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use turbopump_wire::PhysicalOffset;

use crate::options::ReplicationOptions;

/// A slave as it counts. RocketMQ counts connections, so that a slave that has just reconnected
/// counts twice there until its dead connection is noticed; what may be a connection that its
/// slave has left is not in here with what it said before (`master::peer::Doubt`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
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

/// Judges a log that ends at `written`; `standings` is reordered.
pub(crate) fn judge(
    standings: &mut [Standing],
    options: &ReplicationOptions,
    written: u64,
) -> Verdict {
    let in_sync = standings.iter().filter(|one| one.in_sync).count();
    let needed = options.needed_slaves(in_sync);
    standings.sort_unstable_by_key(|one| std::cmp::Reverse(one.acked));
    let replicated = match needed.checked_sub(1) {
        Some(last_needed) => standings.get(last_needed).map_or(0, |one| one.acked),
        None => written,
    };
    let answering = standings.iter().filter(|one| one.in_sync && one.answering).count() >= needed;
    Verdict { replicated, in_sync, needed, answering: answering && needed > 0 }
}

/// The verdict as event loops read it.
#[derive(Debug)]
pub(crate) struct Quorum {
    replicated: AtomicU64,
    in_sync: AtomicUsize,
    needed: AtomicUsize,
}

impl Quorum {
    /// Before the first slave.
    pub(crate) fn new(options: &ReplicationOptions) -> Self {
        let needed = AtomicUsize::new(options.needed_slaves(0));
        Self { replicated: AtomicU64::new(0), in_sync: AtomicUsize::new(0), needed }
    }

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
        self.slaves_in_sync() >= self.needed.load(Ordering::SeqCst)
    }

    /// The master makes do with its own copy.
    pub(crate) fn needs_nobody(&self) -> bool {
        self.needed.load(Ordering::SeqCst) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slave(acked: u64) -> Standing {
        Standing { acked, in_sync: true, answering: true }
    }

    fn options(in_sync_replicas: u32) -> ReplicationOptions {
        ReplicationOptions { in_sync_replicas, ..ReplicationOptions::default() }
    }

    fn replicated(acked: &[u64], options: &ReplicationOptions) -> u64 {
        let mut standings: Vec<_> = acked.iter().map(|acked| slave(*acked)).collect();
        judge(&mut standings, options, 100).replicated
    }

    #[test]
    fn nobody_has_anything_without_a_slave() {
        let verdict = judge(&mut [], &options(1), 100);
        assert_eq!((verdict.replicated, verdict.in_sync, verdict.answering), (0, 0, false));
    }

    #[test]
    fn the_best_slave_counts_unless_more_are_wanted() {
        let acked = [50, 90, 70];
        assert_eq!(replicated(&acked, &options(1)), 90);
        assert_eq!(replicated(&acked, &options(2)), 90);
        assert_eq!(replicated(&acked, &options(3)), 70);
        assert_eq!(replicated(&acked, &options(5)), 0);
        let all = ReplicationOptions { all_ack_in_sync_state_set: true, ..options(1) };
        assert_eq!(replicated(&acked, &all), 50);
    }

    #[test]
    fn fewer_copies_do_when_fewer_can_be_had_but_never_fewer_than_the_minimum() {
        let auto = ReplicationOptions { auto_in_sync_replicas: true, ..options(3) };
        assert_eq!(replicated(&[90, 70, 50], &auto), 70, "three copies, as asked for");
        assert_eq!(replicated(&[90], &auto), 90, "two are what there is");
        assert_eq!(replicated(&[], &auto), 100, "the master's own");
        let two = ReplicationOptions { min_in_sync_replicas: 2, ..auto };
        assert_eq!(replicated(&[90], &two), 90);
        assert_eq!(replicated(&[], &two), 0);
    }

    #[test]
    fn whether_anybody_is_needed_is_known_before_the_first_verdict() {
        assert!(!Quorum::new(&options(1)).needs_nobody());
        let auto = ReplicationOptions { auto_in_sync_replicas: true, ..options(2) };
        let quorum = Quorum::new(&auto);
        assert!(quorum.needs_nobody() && quorum.is_possible());
        assert!(quorum.update(judge(&mut [slave(50)], &auto, 100)));
        assert!(!quorum.needs_nobody());
    }

    #[test]
    fn readers_wait_only_for_slaves_that_answer() {
        let silent = Standing { answering: false, ..slave(5) };
        let verdict = judge(&mut [silent], &options(1), 100);
        assert!(!verdict.answering);
        assert_eq!(verdict.in_sync, 1, "senders still wait for it, and time out");
    }

    #[test]
    fn what_was_replicated_stays_so_when_the_slave_goes() {
        let quorum = Quorum::new(&options(1));
        assert!(!quorum.is_possible());
        assert!(quorum.update(judge(&mut [slave(50)], &options(1), 100)));
        assert!(quorum.is_possible());
        assert!(quorum.update(judge(&mut [], &options(1), 100)));
        assert_eq!(quorum.replicated().get(), 50);
        assert!(!quorum.is_possible());
        assert!(!quorum.update(judge(&mut [], &options(1), 100)), "nothing new");
    }
}
