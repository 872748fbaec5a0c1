//! `pull`: drains the backlog of every queue, as fast as the server gives it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::json;
use turbopump_wire::codes::response_code;
use turbopump_wire::frame::Frame;
use turbopump_wire::header::HeaderEncoding;

use crate::arguments::Arguments;
use crate::driver::{Driver, Pace, Workload, resolve};
use crate::error::LoadError;
use crate::report::Measure;
use crate::requests::{Questions, encoding, header, number, pull};

/// One queue being read; at most one request at a time.
struct Backlog {
    queue_id: u32,
    first: i64,
    next: i64,
    end: i64,
    passes: u32,
    asking: bool,
}

struct Pull {
    encoding: HeaderEncoding,
    topic: String,
    batch: u32,
    connections: usize,
    backlogs: Vec<Backlog>,
    measure: Measure,
    messages: u64,
    bytes: u64,
    last: Instant,
    until: Option<Instant>,
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode, LoadError> {
    let server = resolve(&arguments.or("--server", "127.0.0.1:10911".to_owned())?)?;
    let connections = arguments.or("--connections", 4_usize)?.max(1);
    let topic: String = arguments.or("--topic", "turbopump_load".to_owned())?;
    let queues = arguments.or("--queues", 8_u32)?;
    let batch = arguments.or("--batch", 32_u32)?;
    let passes = arguments.or("--passes", 1_u32)?;
    let seconds: Option<f64> = arguments.get("--seconds")?;
    let encoding = encoding(arguments.flag("--json"));
    let server_pid = arguments.get("--server-pid")?;
    arguments.end()?;
    let mut questions = Questions::connect(server, encoding)?;
    let mut backlogs = Vec::new();
    for queue_id in 0..queues {
        let Some((first, end)) = questions.range(&topic, queue_id)? else { continue };
        let asking = false;
        backlogs.push(Backlog { queue_id, first, next: first, end, passes, asking });
    }
    let measure = Measure::start(server_pid)?;
    let last = Instant::now();
    let (messages, bytes) = (0, 0);
    let until = seconds.map(|seconds| last + Duration::from_secs_f64(seconds));
    let mut work = Pull {
        encoding,
        topic,
        batch,
        connections,
        backlogs,
        measure,
        messages,
        bytes,
        last,
        until,
    };
    let pace = Pace::Closed { in_flight: queues as usize };
    Driver::connect(server, connections, pace, false)?.run(&mut work)?;
    let mut report = work.measure.report(work.messages, work.last)?;
    report.insert("record_bytes".into(), json!(work.bytes));
    println!("{}", serde_json::Value::Object(report));
    Ok(if work.messages == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Backlog {
    fn is_done(&self) -> bool {
        self.passes == 0 || self.first >= self.end
    }

    fn advance(&mut self, next: i64) {
        self.next = next;
        if self.next >= self.end {
            self.next = self.first;
            self.passes -= 1;
        }
    }
}

impl Workload for Pull {
    fn issue(
        &mut self,
        line: usize,
        opaque: i32,
        _now: Instant,
        out: &mut Vec<u8>,
    ) -> Result<Option<u64>, LoadError> {
        let mine = self.backlogs.iter_mut().enumerate().find(|(index, backlog)| {
            index % self.connections == line && !backlog.asking && !backlog.is_done()
        });
        let Some((index, backlog)) = mine else { return Ok(None) };
        backlog.asking = true;
        let from = (self.topic.as_str(), backlog.queue_id, backlog.next);
        pull(out, self.encoding, opaque, from, self.batch)?;
        Ok(Some(index as u64))
    }

    fn answered(
        &mut self,
        number_of: u64,
        since: Instant,
        now: Instant,
        frame: &Frame<'_>,
    ) -> Result<(), LoadError> {
        let header = header(frame)?;
        let Some(backlog) = self.backlogs.get_mut(number_of as usize) else { return Ok(()) };
        backlog.asking = false;
        self.measure.record(now.saturating_duration_since(since));
        self.last = now;
        let next = number(&header, "nextBeginOffset");
        match header.code {
            response_code::SUCCESS => {
                self.messages += records(frame.body);
                self.bytes += frame.body.len() as u64;
                backlog.advance(next?);
            }
            // 20 and 21: the broker names where to go on. 19: there is nothing here after all.
            20 | 21 => backlog.advance(next?.max(backlog.next + 1)),
            19 => backlog.advance(backlog.end),
            code => {
                let remark = header.remark.as_deref().unwrap_or("no remark");
                return Err(LoadError::Protocol(format!("pull answered {code}: {remark}")));
            }
        }
        Ok(())
    }

    fn lost(&mut self, _number: u64) {}

    fn is_done(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now >= until) || self.backlogs.iter().all(Backlog::is_done)
    }
}

/// How many records follow each other in a pull's body.
fn records(mut body: &[u8]) -> u64 {
    let mut count = 0;
    while let Some((size, _)) = body.split_first_chunk::<4>() {
        let size = u32::from_be_bytes(*size) as usize;
        match body.get(size..) {
            Some(rest) if size > 4 => body = rest,
            _ => break,
        }
        count += 1;
    }
    count
}
