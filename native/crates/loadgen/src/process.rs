//! What a process used, from `/proc`.

use std::fs;

use crate::error::LoadError;

/// Linux reports process times in 1/100 s whatever the kernel's own tick (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of CPU a process used so far, its ended threads included.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64, LoadError> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).map_err(LoadError::io(path))?;
    // The name in parentheses may hold blanks; utime and stime are the 12th and 13th after it.
    let mut fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    let mut ticks = || fields.next().and_then(|field| field.parse::<f64>().ok());
    match (ticks(), ticks()) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
        _ => Err(LoadError::Protocol(format!("/proc/{pid}/stat: {text}"))),
    }
}

/// Resident anonymous memory of a process, in bytes.
pub(crate) fn anonymous_bytes(pid: u32) -> Result<u64, LoadError> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).map_err(LoadError::io(path))?;
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .map(|kib| kib * 1_024)
        .ok_or_else(|| LoadError::Protocol(format!("/proc/{pid}/status has no RssAnon")))
}

/// CPU seconds the whole machine has been busy, and those it has been able to give, since boot.
pub(crate) fn machine_seconds() -> Result<(f64, f64), LoadError> {
    let text = fs::read_to_string("/proc/stat").map_err(LoadError::io("/proc/stat"))?;
    let first = text.lines().next().and_then(|line| line.strip_prefix("cpu "));
    // user nice system idle iowait irq softirq steal; guest time is within user's.
    let fields = first.unwrap_or_default().split_whitespace().take(8);
    let ticks: Vec<f64> = fields.map_while(|field| field.parse().ok()).collect();
    let (Some(idle), Some(wait)) = (ticks.get(3), ticks.get(4)) else {
        return Err(LoadError::Protocol("/proc/stat has no line of all processors".to_owned()));
    };
    let all: f64 = ticks.iter().sum();
    Ok(((all - idle - wait) / TICKS_PER_SECOND, all / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn work_and_memory_of_this_process_show() {
        let pid = std::process::id();
        let before = cpu_seconds(pid).unwrap();
        let machine_before = machine_seconds().unwrap();
        let start = Instant::now();
        // However busy the machine, some of the time is this process's own.
        while cpu_seconds(pid).unwrap() - before < 0.05 {
            assert!(start.elapsed() < Duration::from_secs(60), "no time counted");
        }
        let (busy, all) = machine_seconds().unwrap();
        // Rounded down to its hundredths apart from the process's.
        assert!(busy - machine_before.0 >= 0.03 && all - machine_before.1 >= 0.03);
        assert!(anonymous_bytes(pid).unwrap() > 100_000);
    }
}
