//! `produce`: sends, at the server's pace or at a given rate.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use turbopump_wire::codes::response_code;
use turbopump_wire::frame::Frame;
use turbopump_wire::header::peek;
use turbopump_wire::record::body_crc;

use crate::arguments::Arguments;
use crate::body::{BodySizes, mix, write_body};
use crate::driver::{Driver, Pace, Workload, resolve};
use crate::error::LoadError;
use crate::ledger::LedgerWriter;
use crate::report::Measure;
use crate::requests::{encoding, header, number};
use crate::send_frames::{Message, SendFrames};

struct Produce {
    frames: SendFrames,
    /// Taken in turn, so that each run of messages touches all of them.
    topics: Vec<String>,
    queues: u32,
    sizes: BodySizes,
    run: u64,
    ledger: Option<LedgerWriter>,
    next: u64,
    count: u64,
    until: Instant,
    /// `None` once the warm-up is over.
    warm_until: Option<Instant>,
    measure: Measure,
    /// Acknowledged since the warm-up, and when the last one was.
    acknowledged: u64,
    last: Instant,
    /// Stored but not promised (10, 11, 12) and refused, by code; since the start.
    refused: BTreeMap<i32, u64>,
    unknown: u64,
    /// The wall clock's milliseconds at a time of the other clock: asked for once.
    epoch: (Instant, i64),
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode, LoadError> {
    let server = resolve(&arguments.or("--server", "127.0.0.1:10911".to_owned())?)?;
    let connections = arguments.or("--connections", 4_usize)?;
    let in_flight = arguments.or("--in-flight", 16_usize)?;
    let pace = match arguments.get("--rate")? {
        Some(per_second) if per_second > 0.0 => Pace::Open { per_second },
        Some(rate) => return Err(LoadError::Usage(format!("--rate {rate}"))),
        None => Pace::Closed { in_flight },
    };
    let reconnect = arguments.flag("--reconnect");
    let mut produce = Produce::from_arguments(arguments)?;
    let mut driver = Driver::connect(server, connections, pace, reconnect)?;
    driver.run(&mut produce)?;
    produce.before_write()?;
    produce.print()
}

impl Produce {
    fn from_arguments(mut arguments: Arguments) -> Result<Self, LoadError> {
        let topic: String = arguments.or("--topic", "turbopump_load".to_owned())?;
        let topics: Option<usize> = arguments.get("--topics")?;
        let queues = arguments.or("--queues", 8_u32)?.max(1);
        let sizes = arguments.or("--body-bytes", "1024".to_owned())?;
        let sizes = sizes.parse().map_err(LoadError::Usage)?;
        let warmup = Duration::from_secs_f64(arguments.or("--warmup-seconds", 0.0)?);
        let count: Option<u64> = arguments.get("--count")?;
        let seconds: Option<f64> = arguments.get("--seconds")?;
        let seconds = seconds.unwrap_or(if count.is_some() { 86_400.0 } else { 10.0 });
        let encoding = encoding(arguments.flag("--json"));
        let server_pid = arguments.get("--server-pid")?;
        let ledger: Option<PathBuf> = arguments.get("--ledger")?;
        arguments.end()?;
        if topics.is_some() && ledger.is_some() {
            return Err(LoadError::Usage("a ledger is of one topic, not of --topics".to_owned()));
        }
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = mix(since_epoch.as_nanos() as u64 ^ u64::from(std::process::id()));
        let ledger = ledger.map(|path| LedgerWriter::append(&path, run, queues, &topic));
        let topics: Vec<String> = match topics {
            Some(count) => (0..count.max(1)).map(|nth| format!("{topic}_{nth}")).collect(),
            None => vec![topic],
        };
        let now = Instant::now();
        Ok(Self {
            frames: SendFrames::new(encoding, run, topics.len() * queues as usize),
            topics,
            queues,
            sizes,
            run,
            ledger: ledger.transpose()?,
            next: 0,
            count: count.unwrap_or(u64::MAX),
            until: now + warmup + Duration::from_secs_f64(seconds),
            warm_until: (!warmup.is_zero()).then_some(now + warmup),
            measure: Measure::start(server_pid)?,
            acknowledged: 0,
            last: now,
            refused: BTreeMap::new(),
            unknown: 0,
            epoch: (now, since_epoch.as_millis() as i64),
        })
    }

    fn print(&self) -> Result<ExitCode, LoadError> {
        let mut report = self.measure.report(self.acknowledged, self.last)?;
        report.insert("attempted".into(), json!(self.next));
        report.insert("unknown".into(), json!(self.unknown));
        report.insert("not_ok_by_code".into(), json!(self.refused));
        println!("{}", serde_json::Value::Object(report));
        let nothing = self.acknowledged == 0 && self.next > 0;
        Ok(if nothing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

impl Workload for Produce {
    fn issue(
        &mut self,
        _line: usize,
        opaque: i32,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> Result<Option<u64>, LoadError> {
        if self.next >= self.count {
            return Ok(None);
        }
        let sequence = self.next;
        self.next += 1;
        let size = self.sizes.of(sequence);
        let nth = (sequence % self.topics.len() as u64) as usize;
        let turn = sequence / self.topics.len() as u64;
        let queue_id = (turn % u64::from(self.queues)) as u32;
        let (epoch, epoch_ms) = self.epoch;
        let message = Message {
            opaque,
            topic: self.topics.get(nth).map_or("", String::as_str),
            queues: self.queues,
            queue_id,
            born_ms: epoch_ms + now.saturating_duration_since(epoch).as_millis() as i64,
            sequence,
            body_bytes: size,
        };
        self.frames.append(out, nth * self.queues as usize + queue_id as usize, &message)?;
        let body_at = out.len();
        write_body(out, self.run, sequence, size);
        if let Some(ledger) = &mut self.ledger {
            // Nothing is written to the socket before the ledger is (`before_write`).
            let body = out.get(body_at..).unwrap_or_default();
            ledger.attempted(sequence, queue_id, size, body_crc(body))?;
        }
        Ok(Some(sequence))
    }

    fn before_write(&mut self) -> Result<(), LoadError> {
        self.ledger.as_mut().map_or(Ok(()), LedgerWriter::flush)
    }

    fn answered(
        &mut self,
        sequence: u64,
        since: Instant,
        now: Instant,
        frame: &Frame<'_>,
    ) -> Result<(), LoadError> {
        if self.warm_until.is_some_and(|until| now >= until) {
            self.warm_until = None;
            self.acknowledged = 0;
            self.measure.restart()?;
        }
        let peeked = peek(frame.encoding, frame.header)
            .map_err(|error| LoadError::Protocol(error.to_string()))?;
        if peeked.code != response_code::SUCCESS {
            let header = header(frame)?;
            *self.refused.entry(header.code).or_default() += 1;
            if self.refused.len() == 1 && self.refused.values().all(|count| *count == 1) {
                let remark = header.remark.as_deref().unwrap_or("no remark");
                eprintln!("turbopump-loadgen: code {}: {remark}", header.code);
            }
            return Ok(());
        }
        if let Some(ledger) = &mut self.ledger {
            let header = header(frame)?;
            let queue_id = number(&header, "queueId")?;
            let offset = number(&header, "queueOffset")?;
            let message_id = header.ext.get("msgId").unwrap_or_default();
            ledger.acknowledged(sequence, queue_id, offset, message_id)?;
        }
        self.measure.record(now.saturating_duration_since(since));
        self.acknowledged += 1;
        self.last = now;
        Ok(())
    }

    fn lost(&mut self, _sequence: u64) {
        self.unknown += 1;
    }

    fn is_done(&self, now: Instant) -> bool {
        self.next >= self.count || now >= self.until
    }
}
