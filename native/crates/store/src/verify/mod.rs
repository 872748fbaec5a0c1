//! Checking a store: the log by its own rules, queues, index and checkpoint by the log; and
//! rebuilding of the log what the log can give back.
//!
//! One pass over the log; each record's queue entry and index entries are compared with what the
//! record makes. Invariants: plain reads only, nothing is changed; damage never ends the check;
//! memory depends on the number of queues, not on the size of the log.
//!
//! What cannot be found, as nothing else has it or says it:
//! - of a record `flag`, `sysFlag` (but for the bits of the hosts' lengths and of transactions),
//!   born and store time (a store time shows in the index when its whole seconds change), born and
//!   store host, `reconsumeTimes`, prepared offset, and properties other than `UNIQ_KEY`, `KEYS`,
//!   `TAGS` and, of a delayed message, `DELAY`: RocketMQ's CRC covers the body alone;
//! - a segment's bytes behind its filler, which Java leaves as they were in its buffer;
//! - queue entries of records that retention removed, but for their order; likewise index entries;
//! - Java's two positions in the checkpoint once a Java broker wrote it, and its times below the
//!   newest message's;
//! - whether a topic without queues was deleted, unless the caller says which topics there are;
//! - while the broker runs, header, slots and unused entries of the newest index file, and bytes
//!   behind the end of the log.
//!
//! A `messageDelayLevel` that was changed shows as entries that differ for `SCHEDULE_TOPIC_XXXX`.

mod checkpoint;
mod index;
mod log;
mod queues;
mod repair;
mod report;
mod window;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;

use thiserror::Error;

use crate::batch::RecordKind;
use crate::disk::Disk;
use crate::dispatch::key_hashes;
use crate::error::{DerivedError, FileError};
use crate::options::StoreOptions;

pub(crate) use repair::{RepairPlan, ask_for_repair, begin_repair, end_repair};
pub use report::{DamagedQueue, FINDINGS_MAX, Finding, Part, TOUCHED_MAX, VerifyReport};

/// Why a check did not come to its end.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is in memory could not be written before the check.
    #[error(transparent)]
    Derived(#[from] DerivedError),
    /// The caller did not want it any more.
    #[error("the check was stopped")]
    Stopped,
}

/// What is checked.
pub(crate) struct Scope<'a> {
    pub(crate) options: &'a StoreOptions,
    pub(crate) disk: &'a Arc<dyn Disk>,
    /// End of the log as far as queues and index have it on disk.
    pub(crate) end: u64,
    /// Nobody writes: also what is behind the end is looked at.
    pub(crate) is_stopped: bool,
    /// First position that retention has left.
    pub(crate) min: &'a dyn Fn() -> u64,
    /// Told of each log position; waits as it likes, and ends the check with `Stopped`.
    pub(crate) pace: &'a dyn Fn(u64) -> Result<(), VerifyError>,
}

/// Checks everything. A topic that `known_topics` does not name may lack its queues.
pub(crate) fn verify(
    scope: &Scope<'_>,
    known_topics: Option<&HashSet<String>>,
) -> Result<VerifyReport, VerifyError> {
    let mut report = VerifyReport::default();
    let first = log::bases(scope)?.first().copied().unwrap_or(scope.end);
    let mut queues = queues::Queues::list(scope, known_topics, &mut report)?;
    let mut index = index::IndexCheck::list(scope, first, &mut report)?;
    let mut newest_ms = 0;
    log::walk(scope, &mut |piece| {
        match piece {
            log::Piece::Record(record) => {
                report.records += 1;
                newest_ms = newest_ms.max(record.store_timestamp);
                let kind = RecordKind::of_sys_flag(record.sys_flag);
                if kind.is_queued() {
                    queues.record(record, &mut report)?;
                }
                if kind.is_indexed() {
                    let at = record.physical_offset.max(0) as u64;
                    let hashes = key_hashes(record);
                    index.record(at, record.store_timestamp, hashes, &mut report)?;
                }
            }
            log::Piece::Damage { finding, from, to } => {
                queues.lose(from, to);
                index.lose(from, to);
                let what = format!("{} (up to {to})", finding.what);
                report.add(Finding { what, ..finding });
            }
            log::Piece::Note(finding) => report.add(finding),
        }
        Ok(())
    })?;
    report.scanned_bytes = scope.end.saturating_sub(first);
    queues.finish(&mut report)?;
    index.finish(&mut report)?;
    checkpoint::check(scope, newest_ms, &mut report)?;
    Ok(report)
}
