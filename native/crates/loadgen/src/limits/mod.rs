//! What this machine can do without a broker: the bounds that a broker's figures are held against.
//!
//! Invariants: one thread, one file; the file lies where the caller says, because a limit measured
//! on another file system means nothing, and is removed at the end. Refuses: files that exist.

mod append;
mod copy;
mod scratch;
mod synced_write;

pub(crate) use append::run as append;
pub(crate) use copy::run as copy;
pub(crate) use synced_write::run as synced_write;

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use crate::arguments::Arguments;
use crate::error::LoadError;

/// A larger block is no write of a broker.
const BLOCK_BYTES_MAX: usize = 64 << 20;

fn block_bytes(arguments: &mut Arguments, default: usize) -> Result<usize, LoadError> {
    let bytes = arguments.or("--block-bytes", default)?;
    if bytes == 0 || bytes > BLOCK_BYTES_MAX {
        return Err(LoadError::Usage(format!("blocks of 1 to {BLOCK_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

/// Prints the report of `writes` writes of one block each.
fn print(mut report: Map<String, Value>, block_bytes: usize, writes: u64) -> ExitCode {
    let elapsed = report.get("seconds").and_then(Value::as_f64).unwrap_or(f64::NAN);
    let bytes_per_second = (block_bytes as u64 * writes) as f64 / elapsed;
    report.insert("block_bytes".into(), json!(block_bytes));
    report.insert("bytes_per_second".into(), json!(bytes_per_second.round()));
    println!("{}", Value::Object(report));
    ExitCode::SUCCESS
}
