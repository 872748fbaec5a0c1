//! Rebuilding damaged queues and the index from the log, when the store is next opened.
//!
//! Not while the broker runs: appenders, readers and the flusher hold these files, and stopping
//! them for a rebuild is a restart in all but name. A marker, the file `repair` in the store's
//! folder, asks for it; anyone may make it (empty) in a store that no longer opens.
//!
//! Order: log recovered → check → damaged files go → the log's records again → flushed → `repair`
//! gone. A stop anywhere in between begins anew. Refuses: rebuilding from a log that is damaged.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use turbopump_wire::record::RecordView;

use super::index::index_dir;
use super::window::Window;
use super::{Scope, VerifyError, VerifyReport, verify};
use crate::disk::{Disk, OpenMode};
use crate::error::FileError;
use crate::options::StoreOptions;

/// What is to be rebuilt.
#[derive(Debug, Default)]
pub(crate) struct RepairPlan {
    /// Queue → position of its first record.
    queues: BTreeMap<(String, u32), u64>,
    pub(crate) index: bool,
}

impl RepairPlan {
    /// Whether the record belongs to a queue that is rebuilt.
    pub(crate) fn wants_entry(&self, record: &RecordView<'_>) -> bool {
        let Ok(id) = u32::try_from(record.queue_id) else { return false };
        let from = self.queues.get(&(record.topic.to_owned(), id));
        from.is_some_and(|from| record.physical_offset.max(0) as u64 >= *from)
    }
}

fn marker(root: &Path) -> PathBuf {
    root.join("repair")
}

/// Asks the next opening for it. Durable when it returns. Of other topics than these, one a line of
/// the marker, queues that are missing were deleted and stay so.
pub(crate) fn ask_for_repair(
    root: &Path,
    disk: &Arc<dyn Disk>,
    known_topics: &HashSet<String>,
) -> Result<(), FileError> {
    let path = marker(root);
    let made = (|| {
        let file = disk.open(&path, OpenMode::CreateIfMissing)?;
        let lines: String = known_topics.iter().flat_map(|topic| [topic, "\n"]).collect();
        file.set_size(0)?;
        file.write_at(lines.as_bytes(), 0)?;
        file.sync_data()?;
        disk.sync_dir(root)
    })();
    made.map_err(FileError::on("cannot write", &path))
}

/// The repair is done; what came of it is left in `repair.report` for the operator.
pub(crate) fn end_repair(
    root: &Path,
    disk: &Arc<dyn Disk>,
    report: &VerifyReport,
) -> Result<(), FileError> {
    let path = root.join("repair.report");
    let written = (|| {
        let file = disk.open(&path, OpenMode::CreateIfMissing)?;
        file.set_size(0)?;
        file.write_at(text_of(report).as_bytes(), 0)?;
        file.sync_data()?;
        // Not synced: were it there again, the next opening would repair once more. `abort`, made
        // next, syncs the folder.
        disk.remove_file(&marker(root))
    })();
    written.map_err(FileError::on("cannot write", &path))
}

fn text_of(report: &VerifyReport) -> String {
    let outcome = if report.log_damaged {
        "the log is damaged: nothing was rebuilt"
    } else {
        "rebuilt from the log"
    };
    let mut text = format!("{} findings, {outcome}\n", report.finding_count);
    for finding in &report.findings {
        let line = format!(
            "{} {}@{}: {}\n",
            finding.part.name(),
            finding.file,
            finding.position,
            finding.what
        );
        text.push_str(&line);
    }
    text
}

/// Checks the store and removes what is damaged, if the marker asks for it. `end` is the log's.
pub(crate) fn begin_repair(
    options: &StoreOptions,
    disk: &Arc<dyn Disk>,
    end: u64,
    first: u64,
) -> Result<Option<(RepairPlan, VerifyReport)>, VerifyError> {
    let Some(known_topics) = read_marker(&options.root_dir, disk)? else { return Ok(None) };
    let scope = Scope { options, disk, end, is_stopped: true, min: &|| first, pace: &|_| Ok(()) };
    let report = verify(&scope, Some(&known_topics))?;
    let mut plan = RepairPlan::default();
    if report.log_damaged {
        return Ok(Some((plan, report)));
    }
    // A queue whose records all expired keeps its files: where its numbers go on stands there only.
    for queue in report.damaged_queues.iter().filter(|queue| queue.is_in_log) {
        let dir = options.root_dir.join("consumequeue").join(&queue.topic);
        remove_files(disk, &dir.join(queue.id.to_string()))?;
        plan.queues.insert((queue.topic.clone(), queue.id), queue.from);
    }
    if report.index_damaged {
        remove_files(disk, &index_dir(&options.root_dir))?;
        plan.index = true;
    }
    Ok(Some((plan, report)))
}

/// The topics it names, `None` without a marker.
fn read_marker(root: &Path, disk: &Arc<dyn Disk>) -> Result<Option<HashSet<String>>, FileError> {
    let path = marker(root);
    let Some(mut window) = Window::open(disk, &path)? else { return Ok(None) };
    let text = String::from_utf8_lossy(window.get(0, u64::MAX)?).into_owned();
    Ok(Some(text.lines().map(str::to_owned).collect()))
}

fn remove_files(disk: &Arc<dyn Disk>, dir: &Path) -> Result<(), FileError> {
    let entries = disk.list(dir).map_err(FileError::on("cannot list", dir))?;
    for entry in entries.into_iter().filter(|entry| !entry.is_dir) {
        let path = dir.join(entry.name);
        disk.remove_file(&path).map_err(FileError::on("cannot remove", &path))?;
    }
    Ok(())
}
