//! `verify`: reads every queue to its end and holds it against a ledger.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use turbopump_wire::codes::response_code;
use turbopump_wire::header::HeaderEncoding;
use turbopump_wire::record::{RecordView, body_crc};

use crate::arguments::Arguments;
use crate::body::name_of;
use crate::driver::resolve;
use crate::error::LoadError;
use crate::ledger::{Acknowledged, Entries};
use crate::requests::{Questions, encoding, header, number, pull};

const BATCH: u32 = 32;
/// Findings described on stderr; the rest is only counted.
const DESCRIBED_MAX: u64 = 20;

/// What is wrong, as counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Acknowledged and not readable.
    lost: u64,
    /// A body that is not the one that was sent.
    corrupt: u64,
    /// Readable and never attempted.
    phantom: u64,
    /// Queue offsets that no record has, between the first and the last.
    holes: u64,
    /// Read more often than once; nothing is ever sent twice.
    duplicates: u64,
    /// Not where its acknowledgement said.
    misplaced: u64,
    described: u64,
}

impl Findings {
    fn total(&self) -> u64 {
        self.lost + self.corrupt + self.phantom + self.holes + self.duplicates + self.misplaced
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        self.described += 1;
        if self.described <= DESCRIBED_MAX {
            eprintln!("turbopump-loadgen: {}", text());
        }
    }
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode, LoadError> {
    let server = resolve(&arguments.or("--server", "127.0.0.1:10911".to_owned())?)?;
    let path: Option<PathBuf> = arguments.get("--ledger")?;
    let path = path.ok_or_else(|| LoadError::Usage("verify wants --ledger FILE".to_owned()))?;
    let queues: Option<u32> = arguments.get("--queues")?;
    let encoding = encoding(arguments.flag("--json"));
    arguments.end()?;
    let mut verify = Verify::open(&path)?;
    let mut questions = Questions::connect(server, encoding)?;
    for queue_id in 0..queues.unwrap_or(verify.entries.queues) {
        verify.read_queue(&mut questions, encoding, queue_id)?;
    }
    verify.count_lost();
    println!("{}", verify.report());
    Ok(if verify.findings.total() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Verify {
    entries: Entries,
    findings: Findings,
    read: u64,
}

impl Verify {
    fn open(path: &Path) -> Result<Self, LoadError> {
        let entries = Entries::read(path)?;
        Ok(Self { entries, findings: Findings::default(), read: 0 })
    }

    fn read_queue(
        &mut self,
        questions: &mut Questions,
        encoding: HeaderEncoding,
        queue_id: u32,
    ) -> Result<(), LoadError> {
        let topic = self.entries.topic.clone();
        let Some((mut next, end)) = questions.range(&topic, queue_id)? else { return Ok(()) };
        while next < end {
            let mut request = Vec::new();
            pull(&mut request, encoding, 0, (&topic, queue_id, next), BATCH)?;
            next = questions.ask(&request, |frame| {
                let header = header(frame)?;
                if header.code == response_code::SUCCESS {
                    return self.take_records(frame.body, queue_id, next);
                }
                let go_on = number(&header, "nextBeginOffset").unwrap_or(end);
                let to = if go_on > next { go_on.min(end) } else { end };
                self.findings.holes += (to - next) as u64;
                self.findings.note(|| {
                    format!("queue {queue_id}: code {} at {next}, on to {to}", header.code)
                });
                Ok(to)
            })?;
        }
        Ok(())
    }

    /// Takes the records of one answer; answers the offset after the last one.
    fn take_records(
        &mut self,
        mut body: &[u8],
        queue_id: u32,
        mut expected: i64,
    ) -> Result<i64, LoadError> {
        let asked = expected;
        while !body.is_empty() {
            let record = RecordView::parse(body).map_err(|error| {
                LoadError::Protocol(format!("queue {queue_id} at {expected}: {error}"))
            })?;
            body = body.get(record.bytes().len()..).unwrap_or_default();
            if record.queue_offset != expected {
                let missing = (record.queue_offset - expected).unsigned_abs();
                self.findings.holes += missing;
                self.findings.note(|| {
                    format!("queue {queue_id}: {} follows {expected}", record.queue_offset)
                });
            }
            expected = record.queue_offset + 1;
            self.take(&record, queue_id);
        }
        if expected <= asked {
            return Err(LoadError::Protocol(format!("queue {queue_id} does not go on at {asked}")));
        }
        Ok(expected)
    }

    fn take(&mut self, record: &RecordView<'_>, queue_id: u32) {
        self.read += 1;
        let at = || format!("queue {queue_id} offset {}", record.queue_offset);
        let attempt = name_of(record.body).and_then(|(run, sequence)| {
            self.entries.runs.get_mut(&run)?.attempts.get_mut(&sequence)
        });
        let Some(attempt) = attempt else {
            // A damaged name is found as a phantom here and as a loss later.
            self.findings.phantom += 1;
            return self.findings.note(|| format!("{}: nobody sent this", at()));
        };
        attempt.found += 1;
        if attempt.found > 1 {
            self.findings.duplicates += 1;
            self.findings.note(|| format!("{}: read before", at()));
        }
        let crc = body_crc(record.body);
        if crc != attempt.crc || record.body.len() != attempt.body_bytes || crc != record.stored_crc
        {
            self.findings.corrupt += 1;
            self.findings.note(|| format!("{}: another body than was sent", at()));
        }
        let misplaced = attempt.queue_id != queue_id
            || attempt.acknowledged.as_ref().is_some_and(|said| !is_at(said, record, queue_id));
        if misplaced {
            self.findings.misplaced += 1;
            let said = attempt.acknowledged.clone();
            self.findings.note(|| format!("{}: acknowledged as {said:?}", at()));
        }
    }

    fn count_lost(&mut self) {
        for (run, entries) in &self.entries.runs {
            for (sequence, attempt) in &entries.attempts {
                let Some(said) = &attempt.acknowledged else { continue };
                if attempt.found == 0 {
                    self.findings.lost += 1;
                    self.findings.note(|| format!("lost: {run:016x} {sequence}, {said:?}"));
                }
            }
        }
    }

    fn report(&self) -> Value {
        let attempts = || self.entries.runs.values().flat_map(|run| run.attempts.values());
        json!({
            "attempted": attempts().count(),
            "acknowledged": attempts().filter(|attempt| attempt.acknowledged.is_some()).count(),
            "read": self.read,
            "unacknowledged_read": attempts()
                .filter(|attempt| attempt.acknowledged.is_none() && attempt.found > 0)
                .count(),
            "lost": self.findings.lost,
            "corrupt": self.findings.corrupt,
            "phantom": self.findings.phantom,
            "holes": self.findings.holes,
            "duplicates": self.findings.duplicates,
            "misplaced": self.findings.misplaced,
        })
    }
}

/// Whether a record stands where its acknowledgement said. The message id ends with the position
/// in the log, 16 hex digits.
fn is_at(said: &Acknowledged, record: &RecordView<'_>, queue_id: u32) -> bool {
    let digits = said.message_id.get(said.message_id.len().saturating_sub(16)..);
    let physical = digits.and_then(|digits| i64::from_str_radix(digits, 16).ok());
    said.queue_id == queue_id
        && said.queue_offset == record.queue_offset
        && physical == Some(record.physical_offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::write_body;
    use crate::ledger::LedgerWriter;
    use turbopump_wire::position::{PhysicalOffset, QueueId, QueueOffset};
    use turbopump_wire::record::{RecordFields, RecordVersion, encode_record, patch_offsets};

    const RUN: u64 = 0xfeed;

    fn body(sequence: u64) -> Vec<u8> {
        let mut body = Vec::new();
        write_body(&mut body, RUN, sequence, 100);
        body
    }

    /// A record of queue 1 whose position in the log is 1,000 times its offset.
    fn record(queue_offset: u64, body: &[u8]) -> Vec<u8> {
        let host = ([127, 0, 0, 1], 10_911).into();
        let fields = RecordFields {
            version: RecordVersion::V1,
            topic: "T",
            queue_id: QueueId::new(1),
            flag: 0,
            sys_flag: 0,
            born_timestamp: 1,
            born_host: host,
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body,
            properties: &[],
        };
        let mut out = Vec::new();
        encode_record(&mut out, &fields).unwrap();
        let physical = PhysicalOffset::new(queue_offset * 1_000);
        patch_offsets(&mut out, QueueOffset::new(queue_offset), physical, 1).unwrap();
        out
    }

    /// Sends 0 to 3 into queue 1; 3 was not acknowledged.
    fn verify() -> Verify {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let mut ledger = LedgerWriter::append(&path, RUN, 2, "T").unwrap();
        for sequence in 0..4 {
            ledger.attempted(sequence, 1, 100, body_crc(&body(sequence))).unwrap();
        }
        for sequence in 0..3 {
            let physical = format!("7F00000100002A9F{:016X}", sequence * 1_000);
            ledger.acknowledged(sequence, 1, sequence as i64, &physical).unwrap();
        }
        ledger.flush().unwrap();
        Verify::open(&path).unwrap()
    }

    /// Findings after reading these (offset, sequence) pairs from queue 1.
    fn findings(records: &[(u64, u64)]) -> Findings {
        let bodies = records.iter().flat_map(|&(at, sequence)| record(at, &body(sequence)));
        findings_of(&bodies.collect::<Vec<_>>())
    }

    fn findings_of(bytes: &[u8]) -> Findings {
        let mut verify = verify();
        verify.take_records(bytes, 1, 0).unwrap();
        verify.count_lost();
        Findings { described: 0, ..verify.findings }
    }

    #[test]
    fn all_there_is_no_finding_whatever_became_of_the_unknown() {
        assert_eq!(findings(&[(0, 0), (1, 1), (2, 2)]), Findings::default());
        assert_eq!(findings(&[(0, 0), (1, 1), (2, 2), (3, 3)]), Findings::default());
    }

    #[test]
    fn a_missing_message_is_lost_and_a_missing_offset_is_a_hole() {
        let lost = findings(&[(0, 0), (1, 1)]);
        assert_eq!(lost, Findings { lost: 1, ..Findings::default() });
        let hole = findings(&[(0, 0), (2, 2)]);
        assert_eq!(hole, Findings { lost: 1, holes: 1, ..Findings::default() });
    }

    #[test]
    fn a_message_read_twice_or_elsewhere_is_found() {
        let twice = findings(&[(0, 0), (1, 1), (2, 2), (3, 3), (4, 3)]);
        assert_eq!(twice, Findings { duplicates: 1, ..Findings::default() });
        let swapped = findings(&[(0, 1), (1, 0), (2, 2)]);
        assert_eq!(swapped, Findings { misplaced: 2, ..Findings::default() });
    }

    #[test]
    fn a_body_nobody_sent_is_a_phantom_and_a_changed_one_is_corrupt() {
        let phantom = findings(&[(0, 0), (1, 1), (2, 2), (3, 99)]);
        assert_eq!(phantom, Findings { phantom: 1, ..Findings::default() });
        let mut changed = body(0);
        changed[50] ^= 1;
        let bytes = [record(0, &changed), record(1, &body(1)), record(2, &body(2))].concat();
        assert_eq!(findings_of(&bytes), Findings { corrupt: 1, ..Findings::default() });
    }

    #[test]
    fn an_answer_that_leads_nowhere_is_an_error() {
        assert!(verify().take_records(&[], 1, 0).is_err());
        assert!(verify().take_records(&record(0, &body(0))[..50], 1, 0).is_err());
    }
}
