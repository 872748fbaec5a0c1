//! `echo-limit`: requests and replies of a send's size, nothing in between.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use turbopump_wire::frame::Frame;
use turbopump_wire::header::{HeaderEncoding, Request};

use super::{HEADER_BYTES, REPLY_BYTES, REQUEST_BYTES};
use crate::arguments::Arguments;
use crate::driver::{Driver, Pace, Workload, resolve};
use crate::error::LoadError;
use crate::report::Measure;

/// Connections, and requests in flight on each.
const PATTERNS: [(usize, usize); 4] = [(1, 1), (4, 16), (64, 1), (64, 16)];
const WARM_UP: Duration = Duration::from_millis(300);
const BODY: [u8; REQUEST_BYTES - HEADER_BYTES] = [0; REQUEST_BYTES - HEADER_BYTES];

struct Limit {
    measure: Measure,
    warm_until: Option<Instant>,
    until: Instant,
    answered: u64,
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode, LoadError> {
    let runs = arguments.or("--runs", 3_usize)?.max(1);
    let seconds = Duration::from_secs_f64(arguments.or("--seconds", 2.0)?);
    let loops = arguments.or("--loops", 1_usize)?;
    let spin_us = arguments.or("--spin-us", 0_u64)?;
    let server: Option<String> = arguments.get("--server")?;
    let server_pid: Option<u32> = arguments.get("--server-pid")?;
    arguments.end()?;
    let own = if server.is_none() { Some(OwnServer::start(loops, spin_us)?) } else { None };
    let address = match (&own, &server) {
        (Some(own), _) => own.address,
        (None, server) => resolve(server.as_deref().unwrap_or_default())?,
    };
    let pid = own.as_ref().map(|own| own.child.id()).or(server_pid);
    let mut patterns = Vec::new();
    for (connections, in_flight) in PATTERNS {
        let mut reports = Vec::new();
        for _ in 0..runs {
            let mut limit = Limit::new(pid, seconds)?;
            let pace = Pace::Closed { in_flight };
            Driver::connect(address, connections, pace, false)?.run(&mut limit)?;
            reports.push(limit.measure.report(limit.answered, Instant::now())?);
        }
        patterns.push(json!({
            "connections": connections,
            "in_flight": in_flight,
            "median": median(reports),
        }));
    }
    println!("{}", json!({ "loops": loops, "spin_us": spin_us, "patterns": patterns }));
    Ok(ExitCode::SUCCESS)
}

/// The run in the middle by requests a second, whole: its figures belong together.
fn median(mut reports: Vec<Map<String, Value>>) -> Value {
    let rate = |report: &Map<String, Value>| report.get("per_second").and_then(Value::as_f64);
    reports.sort_by(|a, b| rate(a).unwrap_or(0.0).total_cmp(&rate(b).unwrap_or(0.0)));
    let middle = reports.len() / 2;
    Value::Object(reports.swap_remove(middle))
}

impl Limit {
    fn new(server_pid: Option<u32>, seconds: Duration) -> Result<Self, LoadError> {
        let warm_until = Instant::now() + WARM_UP;
        Ok(Self {
            measure: Measure::start(server_pid)?,
            warm_until: Some(warm_until),
            until: warm_until + seconds,
            answered: 0,
        })
    }
}

impl Workload for Limit {
    fn issue(
        &mut self,
        _line: usize,
        opaque: i32,
        _now: Instant,
        out: &mut Vec<u8>,
    ) -> Result<Option<u64>, LoadError> {
        Request::begin(out, HeaderEncoding::Binary, 310, opaque)
            .finish(BODY.len())
            .map_err(|error| LoadError::Protocol(error.to_string()))?;
        out.extend_from_slice(&BODY);
        Ok(Some(0))
    }

    fn answered(
        &mut self,
        _number: u64,
        since: Instant,
        now: Instant,
        frame: &Frame<'_>,
    ) -> Result<(), LoadError> {
        if frame.whole.len() != REPLY_BYTES {
            return Err(LoadError::Protocol(format!("a reply of {} bytes", frame.whole.len())));
        }
        if self.warm_until.is_some_and(|until| now >= until) {
            self.warm_until = None;
            self.answered = 0;
            self.measure.restart()?;
        }
        self.measure.record(now.duration_since(since));
        self.answered += 1;
        Ok(())
    }

    fn lost(&mut self, _number: u64) {}

    fn is_done(&self, now: Instant) -> bool {
        now >= self.until
    }
}

/// This program again, as the server; ended when dropped.
struct OwnServer {
    child: Child,
    address: SocketAddr,
}

impl OwnServer {
    fn start(loops: usize, spin_us: u64) -> Result<Self, LoadError> {
        let program = std::env::current_exe().map_err(LoadError::io("own path"))?;
        let mut child = Command::new(program)
            .args(["echo-server", "--loops", &loops.to_string()])
            .args(["--spin-us", &spin_us.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(LoadError::io("starting the echo server"))?;
        let mut port = String::new();
        if let Some(stdout) = child.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut port);
            read.map_err(LoadError::io("the echo server's port"))?;
        }
        let port: u16 = port
            .trim()
            .parse()
            .map_err(|_| LoadError::Protocol("the echo server named no port".to_owned()))?;
        Ok(Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) })
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if let Err(error) = self.child.wait() {
            eprintln!("turbopump-loadgen: waiting for the echo server: {error}");
        }
    }
}
