//! Measuring a run and saying what came out.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use crate::error::LoadError;
use crate::process::{anonymous_bytes, cpu_seconds, machine_seconds};

/// A longer latency is recorded as this: a minute.
const LATENCY_MAX_NS: u64 = 60_000_000_000;

/// Latencies and CPU time from a moment on.
pub(crate) struct Measure {
    server_pid: Option<u32>,
    started: Instant,
    driver_cpu_seconds: f64,
    server_cpu_seconds: f64,
    machine_seconds: (f64, f64),
    latencies_ns: Histogram<u64>,
}

impl Measure {
    pub(crate) fn start(server_pid: Option<u32>) -> Result<Self, LoadError> {
        let latencies_ns = Histogram::new_with_bounds(1, LATENCY_MAX_NS, 3)
            .map_err(|error| LoadError::Usage(error.to_string()))?;
        let mut measure = Self {
            server_pid,
            started: Instant::now(),
            driver_cpu_seconds: 0.0,
            server_cpu_seconds: 0.0,
            machine_seconds: (0.0, 0.0),
            latencies_ns,
        };
        measure.restart()?;
        Ok(measure)
    }

    /// Forgets everything so far, as at the end of a warm-up.
    pub(crate) fn restart(&mut self) -> Result<(), LoadError> {
        self.driver_cpu_seconds = cpu_seconds(std::process::id())?;
        self.server_cpu_seconds = self.server_pid.map_or(Ok(0.0), cpu_seconds)?;
        self.machine_seconds = machine_seconds()?;
        self.latencies_ns.reset();
        self.started = Instant::now();
        Ok(())
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        self.latencies_ns.saturating_record(latency.as_nanos() as u64);
    }

    /// What was measured, for `messages` of work done until `ended`.
    pub(crate) fn report(
        &self,
        messages: u64,
        ended: Instant,
    ) -> Result<Map<String, Value>, LoadError> {
        let seconds = ended.duration_since(self.started).as_secs_f64();
        let percentile =
            |quantile| round(self.latencies_ns.value_at_quantile(quantile) as f64 / 1e3);
        let driver = cpu_seconds(std::process::id())? - self.driver_cpu_seconds;
        let mut report = Map::new();
        report.insert("seconds".into(), round(seconds));
        report.insert("messages".into(), json!(messages));
        report.insert("per_second".into(), json!((messages as f64 / seconds).round()));
        let latency_us = json!({
            "p50": percentile(0.5),
            "p99": percentile(0.99),
            "p999": percentile(0.999),
            "max": round(self.latencies_ns.max() as f64 / 1e3),
        });
        report.insert("latency_us".into(), latency_us);
        report.insert("driver_cpu_seconds".into(), round(driver));
        let (busy, all) = machine_seconds()?;
        let (busy_before, all_before) = self.machine_seconds;
        // Of all processors together, whoever kept them busy; a run too short to tell says 0.
        let share = (busy - busy_before) / (all - all_before).max(0.01);
        report.insert("machine_busy_share".into(), round(share));
        if let Some(pid) = self.server_pid {
            let used = cpu_seconds(pid)? - self.server_cpu_seconds;
            let server = json!({
                "cpu_seconds": round(used),
                "cpu_seconds_per_million": round(used / (messages.max(1) as f64 / 1e6)),
                "anonymous_mb": round(anonymous_bytes(pid)? as f64 / 1e6),
            });
            report.insert("server".into(), server);
        }
        Ok(report)
    }
}

fn round(value: f64) -> Value {
    json!((value * 1e3).round() / 1e3)
}
