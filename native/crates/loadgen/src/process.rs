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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn work_and_memory_of_this_process_show() {
        let pid = std::process::id();
        let before = cpu_seconds(pid).unwrap();
        let start = Instant::now();
        // However busy the machine, some of the time is this process's own.
        while cpu_seconds(pid).unwrap() - before < 0.05 {
            assert!(start.elapsed() < Duration::from_secs(60), "no time counted");
        }
        assert!(anonymous_bytes(pid).unwrap() > 100_000);
    }
}
