//! `memcpy-limit`: copies between two buffers that no cache holds.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::json;

use super::block_bytes;
use crate::arguments::Arguments;
use crate::error::LoadError;

const BUFFER_BYTES: usize = 256 << 20;

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode, LoadError> {
    let block_bytes = block_bytes(&mut arguments, 64 << 10)?;
    let seconds = Duration::from_secs_f64(arguments.or("--seconds", 2.0)?);
    arguments.end()?;
    // Not zero: pages of zeros would all be one.
    let from = vec![0x5a_u8; BUFFER_BYTES];
    let mut into = vec![0xa5_u8; BUFFER_BYTES];
    let started = Instant::now();
    let mut copied = 0_u64;
    while started.elapsed() < seconds {
        for (into, from) in into.chunks_mut(block_bytes).zip(from.chunks(block_bytes)) {
            into.copy_from_slice(black_box(from));
            copied += from.len() as u64;
        }
        black_box(&mut into);
    }
    let bytes_per_second = (copied as f64 / started.elapsed().as_secs_f64()).round();
    println!("{}", json!({ "block_bytes": block_bytes, "bytes_per_second": bytes_per_second }));
    Ok(ExitCode::SUCCESS)
}
