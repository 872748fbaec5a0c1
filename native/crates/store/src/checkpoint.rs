//! The `checkpoint` file: how far everything derived from the log is on disk.
//!
//! Layout (docs/formats/checkpoint.md): Java's five i64 in bytes 0..40 (`StoreCheckpoint`), then
//! our extension with a position instead of a time, a copy of Java's 40 bytes and a CRC. Java
//! rewrites its 40 bytes and leaves the rest, so a copy that differs says that Java ran here and
//! our position means nothing any more.
//! Invariant: the file is only ever older than the truth: it is written after queues and index
//! are on disk, which are written after the log is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{CrashPoint, Disk, DiskFile, OpenMode};
use crate::error::FileError;

/// Size of the file.
pub const CHECKPOINT_BYTES: usize = 4096;

const JAVA_BYTES: usize = 40;
/// "TPCK".
const MAGIC: u32 = 0x5450_434B;
const VERSION: u32 = 1;
/// Says that the journal counts too, which earlier versions of this program do not know of: to
/// them the extension means nothing.
const VERSION_WITH_JOURNAL: u32 = 2;
const FLAG_CLEAN: u32 = 1;
const FLAG_KEYLESS: u32 = 2;
const FLAG_SECOND_NEWER: u32 = 4;
const FLAG_REBUILDS: u32 = 8;
const FLAG_REBUILDS_INDEX: u32 = 16;
const EXTENSION_AT: usize = JAVA_BYTES;
const COPY_AT: usize = EXTENSION_AT + 28;
const CRC_AT: usize = COPY_AT + JAVA_BYTES;

/// Java's part. Times in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JavaPart {
    /// Store time of the last flushed record.
    pub physic_msg_timestamp: i64,
    /// Store time of the last record whose queue entry is flushed.
    pub logics_msg_timestamp: i64,
    /// Store time of the last record whose index entries are flushed.
    pub index_msg_timestamp: i64,
    /// Slave only; kept as found.
    pub master_flushed_offset: i64,
    /// Controller mode only; kept as found.
    pub confirm_phy_offset: i64,
}

/// What counts of the queue journal's two files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalBytes {
    /// Of each file.
    pub bytes: [u32; 2],
    /// The file that took the last entries, 0 or 1.
    pub newer: usize,
}

impl JournalBytes {
    /// The file whose entries come before the newer one's.
    #[must_use]
    pub const fn older(&self) -> usize {
        1 - self.newer
    }

    /// True when there is no entry.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.bytes == [0, 0]
    }
}

/// Our part: everything derived from log bytes below `dispatched` is on disk, in its files or in
/// the queue journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// A record boundary of the log.
    pub dispatched: u64,
    /// What counts of the queue journal.
    pub journal: JournalBytes,
    /// True when it is the log's end, written by a clean stop.
    pub clean: bool,
    /// True when the index has no entry at all, so that its files are rightly missing.
    pub keyless: bool,
    /// Of what `dispatched` does not say the truth.
    pub rebuilds: Rebuilds,
}

/// What is being made anew of the log, because it was missing or damaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rebuilds {
    /// All is there.
    #[default]
    Nothing,
    /// The index, from where its files end.
    Index,
    /// Queues and index, from the log's start.
    Everything,
}

impl Rebuilds {
    const fn flags(self) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::Index => FLAG_REBUILDS_INDEX,
            Self::Everything => FLAG_REBUILDS,
        }
    }

    const fn of_flags(flags: u32) -> Self {
        if flags & FLAG_REBUILDS != 0 {
            Self::Everything
        } else if flags & FLAG_REBUILDS_INDEX != 0 {
            Self::Index
        } else {
            Self::Nothing
        }
    }
}

/// The file's meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Always there.
    pub java: JavaPart,
    /// `None` when missing, damaged, or outdated by a Java broker.
    pub ours: Option<Extension>,
}

impl Checkpoint {
    /// The file's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(CHECKPOINT_BYTES);
        let java = [
            self.java.physic_msg_timestamp,
            self.java.logics_msg_timestamp,
            self.java.index_msg_timestamp,
            self.java.master_flushed_offset,
            self.java.confirm_phy_offset,
        ];
        let java: Vec<u8> = java.iter().flat_map(|value| value.to_be_bytes()).collect();
        bytes.extend_from_slice(&java);
        if let Some(ours) = self.ours {
            bytes.extend_from_slice(&MAGIC.to_be_bytes());
            let with_journal = !ours.journal.is_nothing();
            let version = if with_journal { VERSION_WITH_JOURNAL } else { VERSION };
            bytes.extend_from_slice(&version.to_be_bytes());
            bytes.extend_from_slice(&ours.dispatched.to_be_bytes());
            let clean = if ours.clean { FLAG_CLEAN } else { 0 };
            let keyless = if ours.keyless { FLAG_KEYLESS } else { 0 };
            let second = with_journal && ours.journal.newer == 1;
            let second = if second { FLAG_SECOND_NEWER } else { 0 };
            let flags = clean | keyless | second | ours.rebuilds.flags();
            bytes.extend_from_slice(&flags.to_be_bytes());
            for file in ours.journal.bytes {
                bytes.extend_from_slice(&file.to_be_bytes());
            }
            bytes.extend_from_slice(&java);
            let crc = crc32fast::hash(bytes.get(EXTENSION_AT..).unwrap_or_default());
            bytes.extend_from_slice(&crc.to_be_bytes());
        }
        bytes.resize(CHECKPOINT_BYTES, 0);
        bytes
    }

    /// Reads whatever is there; never fails, since a checkpoint only saves work: a shorter or
    /// damaged one reads as zeros, which makes recovery start at the log's first file.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let i64_at = |at: usize| i64::from_be_bytes(field(bytes, at));
        let u32_at = |at: usize| u32::from_be_bytes(field(bytes, at));
        let java = JavaPart {
            physic_msg_timestamp: i64_at(0),
            logics_msg_timestamp: i64_at(8),
            index_msg_timestamp: i64_at(16),
            master_flushed_offset: i64_at(24),
            confirm_phy_offset: i64_at(32),
        };
        let covered = bytes.get(EXTENSION_AT..CRC_AT);
        let is_ours = u32_at(EXTENSION_AT) == MAGIC
            && matches!(u32_at(EXTENSION_AT + 4), VERSION | VERSION_WITH_JOURNAL)
            && i64_at(EXTENSION_AT + 8) >= 0
            && covered.is_some_and(|covered| crc32fast::hash(covered) == u32_at(CRC_AT))
            && bytes.get(COPY_AT..CRC_AT) == bytes.get(..JAVA_BYTES);
        let ours = is_ours.then(|| Extension {
            dispatched: u64::from_be_bytes(field(bytes, EXTENSION_AT + 8)),
            journal: JournalBytes {
                bytes: [u32_at(EXTENSION_AT + 20), u32_at(EXTENSION_AT + 24)],
                newer: usize::from(u32_at(EXTENSION_AT + 16) & FLAG_SECOND_NEWER != 0),
            },
            clean: u32_at(EXTENSION_AT + 16) & FLAG_CLEAN != 0,
            keyless: u32_at(EXTENSION_AT + 16) & FLAG_KEYLESS != 0,
            rebuilds: Rebuilds::of_flags(u32_at(EXTENSION_AT + 16)),
        });
        Self { java, ours }
    }
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N])
}

/// The open file of a running store.
pub(crate) struct CheckpointFile {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    disk: Arc<dyn Disk>,
}

impl CheckpointFile {
    /// Opens or makes `root/checkpoint`; also says what it held, `None` when it was missing.
    pub(crate) fn open(
        root: &Path,
        disk: &Arc<dyn Disk>,
    ) -> Result<(Self, Option<Checkpoint>), FileError> {
        let path = root.join("checkpoint");
        let opened = disk.open(&path, OpenMode::CreateIfMissing);
        let file = opened.map_err(FileError::on("cannot open", &path))?;
        let mut bytes = vec![0; CHECKPOINT_BYTES];
        let read = file.read_at(&mut bytes, 0).map_err(FileError::on("cannot read", &path))?;
        let found = (read > 0).then(|| Checkpoint::decode(bytes.get(..read).unwrap_or_default()));
        Ok((Self { path, file, disk: Arc::clone(disk) }, found))
    }

    /// Replaces the content and syncs it. In place, as Java maps it: one 4 KiB block; should a
    /// power cut tear it, the CRC shows and recovery falls back to Java's times.
    pub(crate) fn write(&self, checkpoint: &Checkpoint) -> Result<(), FileError> {
        let written = (|| {
            self.file.write_at(&checkpoint.encode(), 0)?;
            self.disk.reached(CrashPoint::BeforeCheckpointSync);
            self.file.sync_data()
        })();
        written.map_err(FileError::on("cannot write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Checkpoint {
        Checkpoint {
            java: JavaPart {
                physic_msg_timestamp: 1_700_000_000_000,
                logics_msg_timestamp: 1_700_000_000_001,
                index_msg_timestamp: 2,
                master_flushed_offset: 3,
                confirm_phy_offset: 4,
            },
            ours: Some(Extension {
                dispatched: 123_456,
                journal: JournalBytes::default(),
                clean: true,
                keyless: true,
                rebuilds: Rebuilds::Everything,
            }),
        }
    }

    #[test]
    fn layout_is_java_then_ours() {
        let bytes = sample().encode();
        assert_eq!(bytes.len(), CHECKPOINT_BYTES);
        assert_eq!(bytes[..8], 1_700_000_000_000_i64.to_be_bytes());
        assert_eq!(bytes[32..40], 4_i64.to_be_bytes());
        assert_eq!(&bytes[40..44], b"TPCK");
        assert_eq!(bytes[48..56], 123_456_u64.to_be_bytes());
        assert_eq!(bytes[56..60], 11_u32.to_be_bytes());
        assert_eq!(bytes[68..108], bytes[..40]);
        assert!(bytes[112..].iter().all(|byte| *byte == 0));
        assert_eq!(Checkpoint::decode(&bytes), sample());
    }

    #[test]
    fn a_journal_that_counts_makes_another_version() {
        let mut with = sample();
        let journal = JournalBytes { bytes: [77, 78], newer: 1 };
        let (clean, keyless, rebuilds) = (false, false, Rebuilds::Index);
        with.ours = Some(Extension { dispatched: 9, journal, clean, keyless, rebuilds });
        let bytes = with.encode();
        assert_eq!((bytes[47], sample().encode()[47]), (2, 1));
        assert_eq!(bytes[56..68], [0, 0, 0, 20, 0, 0, 0, 77, 0, 0, 0, 78]);
        assert_eq!(Checkpoint::decode(&bytes), with);
    }

    #[test]
    fn a_java_run_in_between_is_noticed() {
        let mut bytes = sample().encode();
        bytes[..8].copy_from_slice(&1_700_000_099_000_i64.to_be_bytes());
        let found = Checkpoint::decode(&bytes);
        assert_eq!(found.ours, None);
        assert_eq!(found.java.physic_msg_timestamp, 1_700_000_099_000);
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_the_extension_disables_it(at in 40..112_usize, bit in 0..8_u8) {
            let mut bytes = sample().encode();
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(Checkpoint::decode(&bytes).ours, None);
        }

        #[test]
        fn anything_decodes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Checkpoint::decode(&bytes);
        }
    }
}
