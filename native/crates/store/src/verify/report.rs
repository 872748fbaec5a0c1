//! What a check found, for operators: where, what, and which messages it touches.

use std::path::Path;

/// Findings kept; beyond them only the number is told.
pub const FINDINGS_MAX: usize = 1_000;

/// Messages named by one finding.
pub const TOUCHED_MAX: usize = 16;

/// What of a store a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The log: nothing else has its bytes.
    Log,
    /// A consume queue, which the log can give back.
    Queue,
    /// The key index, which the log can give back.
    Index,
    /// The checkpoint; recovery does without one that is damaged.
    Checkpoint,
}

impl Part {
    /// Its name on every surface.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Queue => "queue",
            Self::Index => "index",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// Something that is not as the log, or the log's own rules, say it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where it belongs.
    pub part: Part,
    /// The file, or the folder when a file is missing.
    pub file: String,
    /// Byte within the file.
    pub position: u64,
    /// What is wrong.
    pub what: String,
    /// Messages it touches, `topic/queue/offset`, at most [`TOUCHED_MAX`].
    pub touched: Vec<String>,
}

impl Finding {
    pub(super) fn new(part: Part, file: &Path, position: u64, what: String) -> Self {
        let file = file.to_string_lossy().into_owned();
        Self { part, file, position, what, touched: Vec::new() }
    }

    pub(super) fn touching(mut self, message: String) -> Self {
        if self.touched.len() < TOUCHED_MAX {
            self.touched.push(message);
        }
        self
    }
}

/// A queue that does not say what the log says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DamagedQueue {
    /// Its topic.
    pub topic: String,
    /// Its number.
    pub id: u32,
    /// Position of the first record that is its: those before were of a deleted topic's.
    pub from: u64,
    /// False when the log has no record of it any more, so that nothing can rebuild it.
    pub is_in_log: bool,
}

/// The result of one check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Log bytes read.
    pub scanned_bytes: u64,
    /// Whole records among them.
    pub records: u64,
    /// Queues that have files.
    pub queues: u64,
    /// Queue entries compared with their records.
    pub queue_entries: u64,
    /// Index entries compared with their records.
    pub index_entries: u64,
    /// Records of topics that are neither known nor have queues: they were deleted.
    pub deleted_records: u64,
    /// The first [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// How many there are.
    pub finding_count: u64,
    /// Queues to rebuild.
    pub damaged_queues: Vec<DamagedQueue>,
    /// Whether the index is to be rebuilt.
    pub index_damaged: bool,
    /// Whether the log itself is damaged, from which nothing can be rebuilt then.
    pub log_damaged: bool,
}

impl VerifyReport {
    pub(super) fn add(&mut self, finding: Finding) {
        self.finding_count += 1;
        match finding.part {
            Part::Log => self.log_damaged = true,
            Part::Index => self.index_damaged = true,
            Part::Queue | Part::Checkpoint => {}
        }
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}
