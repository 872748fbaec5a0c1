//! `append-limit`: writes behind the end of a growing file, into the page cache.

use std::os::unix::fs::FileExt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::scratch::Scratch;
use super::{block_bytes, print};
use crate::arguments::Arguments;
use crate::error::LoadError;
use crate::report::Measure;

/// The file begins anew at this size: a segment's, and the disk stays free.
const FILE_BYTES_MAX: u64 = 1 << 30;

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode, LoadError> {
    let scratch = Scratch::from_arguments(&mut arguments)?;
    let block = vec![0x5a_u8; block_bytes(&mut arguments, 64 << 10)?];
    let seconds = Duration::from_secs_f64(arguments.or("--seconds", 2.0)?);
    arguments.end()?;
    let mut measure = Measure::start(None)?;
    let until = Instant::now() + seconds;
    let (mut at, mut writes, mut last) = (0, 0_u64, Instant::now());
    while last < until {
        if at >= FILE_BYTES_MAX {
            scratch.file.set_len(0).map_err(LoadError::io("beginning anew"))?;
            at = 0;
            last = Instant::now();
        }
        let before = last;
        scratch.file.write_all_at(&block, at).map_err(LoadError::io("appending"))?;
        last = Instant::now();
        measure.record(last - before);
        at += block.len() as u64;
        writes += 1;
    }
    Ok(print(measure.report(writes, last)?, block.len(), writes))
}
