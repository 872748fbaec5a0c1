//! Reading a ledger back.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::str::{FromStr, SplitWhitespace};

use rustc_hash::FxHashMap;

use crate::error::LoadError;

/// A send that was attempted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) queue_id: u32,
    pub(crate) body_bytes: usize,
    pub(crate) crc: u32,
    pub(crate) acknowledged: Option<Acknowledged>,
    /// How often it was found in the broker.
    pub(crate) found: u32,
}

/// Where the broker said it stored a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub(crate) queue_id: u32,
    pub(crate) queue_offset: i64,
    pub(crate) message_id: Box<str>,
}

/// One run of a driver: attempts by sequence.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) attempts: FxHashMap<u64, Attempt>,
}

/// A whole ledger.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) topic: String,
    pub(crate) queues: u32,
    pub(crate) runs: FxHashMap<u64, Run>,
}

impl Entries {
    pub(crate) fn read(path: &Path) -> Result<Self, LoadError> {
        let file = File::open(path).map_err(LoadError::io(path.display().to_string()))?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut entries = Self::default();
        let (mut run, mut line, mut number) = (None, String::new(), 0);
        loop {
            line.clear();
            number += 1;
            let read = reader.read_line(&mut line);
            if read.map_err(LoadError::io(path.display().to_string()))? == 0 {
                return Ok(entries);
            }
            // Without its full stop the line was cut short when a driver was killed.
            let Some(whole) = line.trim_end().strip_suffix(" .") else { continue };
            if entries.take(whole, &mut run).is_none() {
                return Err(LoadError::Ledger(format!("line {number}: {whole}")));
            }
        }
    }

    fn take(&mut self, line: &str, run: &mut Option<u64>) -> Option<()> {
        let mut words = line.split_whitespace();
        match words.next()? {
            "R" => {
                let id = u64::from_str_radix(words.next()?, 16).ok()?;
                self.queues = self.queues.max(next(&mut words)?);
                let topic = words.next()?;
                if !self.topic.is_empty() && self.topic != topic {
                    return None;
                }
                topic.clone_into(&mut self.topic);
                self.runs.entry(id).or_default();
                *run = Some(id);
            }
            "A" => {
                let sequence = next(&mut words)?;
                let attempt = Attempt {
                    queue_id: next(&mut words)?,
                    body_bytes: next(&mut words)?,
                    crc: next(&mut words)?,
                    acknowledged: None,
                    found: 0,
                };
                let attempts = &mut self.runs.get_mut(&(*run)?)?.attempts;
                attempts.insert(sequence, attempt).is_none().then_some(())?;
            }
            "K" => {
                let sequence: u64 = next(&mut words)?;
                let acknowledged = Acknowledged {
                    queue_id: next(&mut words)?,
                    queue_offset: next(&mut words)?,
                    message_id: words.next()?.into(),
                };
                let run = self.runs.get_mut(&(*run)?)?;
                run.attempts.get_mut(&sequence)?.acknowledged = Some(acknowledged);
            }
            _ => return None,
        }
        Some(())
    }
}

fn next<T: FromStr>(words: &mut SplitWhitespace<'_>) -> Option<T> {
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::LedgerWriter;
    use std::io::Write;

    #[test]
    fn what_was_written_comes_back_and_a_torn_end_is_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let mut writer = LedgerWriter::append(&path, 0xabc, 8, "T").unwrap();
        writer.attempted(0, 3, 1_024, 77).unwrap();
        writer.attempted(1, 4, 20, 78).unwrap();
        writer.acknowledged(0, 3, 19, "0A0B").unwrap();
        writer.flush().unwrap();
        File::options().append(true).open(&path).unwrap().write_all(b"K 1 4 29 0A").unwrap();
        let mut second = LedgerWriter::append(&path, 0xdef, 4, "T").unwrap();
        second.attempted(0, 1, 16, 1).unwrap();
        second.flush().unwrap();
        File::options().append(true).open(&path).unwrap().write_all(b"A 1 1 1").unwrap();

        let entries = Entries::read(&path).unwrap();
        assert_eq!((entries.topic.as_str(), entries.queues), ("T", 8));
        let first = &entries.runs[&0xabc].attempts;
        let acknowledged = first[&0].acknowledged.as_ref().unwrap();
        assert_eq!((acknowledged.queue_id, acknowledged.queue_offset), (3, 19));
        assert_eq!(first[&1].acknowledged, None);
        assert_eq!(entries.runs[&0xdef].attempts.len(), 1);
    }

    #[test]
    fn lines_that_contradict_each_other_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        for bad in ["K 5 0 0 X .", "A 0 0 16 1 .\nA 0 0 16 1 .", "R 2 8 other .", "A 0 0 ."] {
            std::fs::write(&path, format!("R 1 8 T .\n{bad}\n")).unwrap();
            assert!(Entries::read(&path).is_err(), "{bad}");
        }
    }
}
