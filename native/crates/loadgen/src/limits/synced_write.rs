//! `synced-write-limit`: one synced write after the other over a file that was written before, at
//! a block size, as group commit does it: positions follow each other and are not aligned.

use std::io::IoSlice;
use std::os::unix::fs::FileExt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::scratch::Scratch;
use super::{block_bytes, print};
use crate::arguments::Arguments;
use crate::error::LoadError;
use crate::report::Measure;
use rustix::io::{Errno, ReadWriteFlags, pwritev2};

const FILE_BYTES: usize = 256 << 20;

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode, LoadError> {
    let mut scratch = Scratch::from_arguments(&mut arguments)?;
    let block = vec![0x5a_u8; block_bytes(&mut arguments, 64 << 10)?];
    let seconds = Duration::from_secs_f64(arguments.or("--seconds", 2.0)?);
    arguments.end()?;
    scratch.fill(FILE_BYTES)?;
    let mut measure = Measure::start(None)?;
    let until = Instant::now() + seconds;
    let (mut at, mut writes, mut last) = (0, 0_u64, Instant::now());
    while last < until {
        if at + block.len() > FILE_BYTES {
            at = 0;
        }
        let before = last;
        write_synced(&scratch, &block, at as u64).map_err(LoadError::io("a synced write"))?;
        last = Instant::now();
        measure.record(last - before);
        at += block.len();
        writes += 1;
    }
    Ok(print(measure.report(writes, last)?, block.len(), writes))
}

fn write_synced(scratch: &Scratch, block: &[u8], at: u64) -> std::io::Result<()> {
    match pwritev2(&scratch.file, &[IoSlice::new(block)], at, ReadWriteFlags::DSYNC) {
        Ok(written) if written == block.len() => Ok(()),
        Ok(_) => Err(std::io::ErrorKind::WriteZero.into()),
        // The broker falls back in the same way.
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
            scratch.file.write_all_at(block, at)?;
            scratch.file.sync_data()
        }
        Err(error) => Err(error.into()),
    }
}
