//! The checkpoint against the log it tells of. Recovery needs none: a finding here costs time only.

use super::report::{Finding, Part, VerifyReport};
use super::window::Window;
use super::{Scope, VerifyError};
use crate::checkpoint::{CHECKPOINT_BYTES, Checkpoint};

/// Bytes of the file that mean something: Java's five numbers and ours.
const MEANING_BYTES: u64 = 112;
const OURS_AT: usize = 40;

/// `newest_ms` is the largest store time of the log.
pub(super) fn check(
    scope: &Scope<'_>,
    newest_ms: i64,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let path = scope.options.root_dir.join("checkpoint");
    let mut tell = |position: u64, what: String| {
        report.add(Finding::new(Part::Checkpoint, &path, position, what));
    };
    let Some(mut window) = Window::open(scope.disk, &path)? else {
        tell(0, "the file is missing".to_owned());
        return Ok(());
    };
    if window.size() < CHECKPOINT_BYTES as u64 {
        tell(window.size(), format!("the file is {} bytes long", window.size()));
    }
    if let Some(at) = window.first_set(MEANING_BYTES, window.size())? {
        tell(at, "there are bytes behind the content".to_owned());
    }
    let bytes = window.get(0, MEANING_BYTES)?;
    let checkpoint = Checkpoint::decode(bytes);
    let Some(ours) = checkpoint.ours else {
        if bytes.get(OURS_AT..).is_some_and(|ours| ours.iter().any(|byte| *byte != 0)) {
            let what = "its two parts differ: damaged, or written by a Java broker since";
            tell(OURS_AT as u64, what.to_owned());
        }
        return Ok(());
    };
    // A running store may have written another one since the check began.
    if scope.is_stopped && ours.dispatched > scope.end {
        let what = format!("it says the log ends at {}, it ends at {}", ours.dispatched, scope.end);
        tell(OURS_AT as u64 + 8, what);
    }
    let java = checkpoint.java;
    let times = [java.physic_msg_timestamp, java.logics_msg_timestamp, java.index_msg_timestamp];
    if scope.is_stopped && newest_ms > 0 && times.iter().any(|time| *time > newest_ms) {
        tell(0, format!("its times {times:?} are behind the newest message's, {newest_ms}"));
    }
    Ok(())
}
