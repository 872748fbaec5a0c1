//! Appending to a ledger.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::error::LoadError;

/// One run's lines.
pub(crate) struct LedgerWriter {
    file: File,
    lines: Vec<u8>,
}

impl LedgerWriter {
    pub(crate) fn append(
        path: &Path,
        run: u64,
        queues: u32,
        topic: &str,
    ) -> Result<Self, LoadError> {
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(LoadError::io(path.display().to_string()))?;
        // A line of an earlier run that was cut short must not swallow this one.
        let mut writer = Self { file, lines: b"\n".to_vec() };
        writer.line(format_args!("R {run:016x} {queues} {topic}"))?;
        writer.flush()?;
        Ok(writer)
    }

    pub(crate) fn attempted(
        &mut self,
        sequence: u64,
        queue_id: u32,
        body_bytes: usize,
        crc: u32,
    ) -> Result<(), LoadError> {
        self.line(format_args!("A {sequence} {queue_id} {body_bytes} {crc}"))
    }

    pub(crate) fn acknowledged(
        &mut self,
        sequence: u64,
        queue_id: i64,
        queue_offset: i64,
        message_id: &str,
    ) -> Result<(), LoadError> {
        self.line(format_args!("K {sequence} {queue_id} {queue_offset} {message_id}"))
    }

    /// Hands everything to the kernel.
    pub(crate) fn flush(&mut self) -> Result<(), LoadError> {
        self.file.write_all(&self.lines).map_err(LoadError::io("writing the ledger"))?;
        self.lines.clear();
        Ok(())
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) -> Result<(), LoadError> {
        writeln!(self.lines, "{line} .").map_err(LoadError::io("writing the ledger"))
    }
}
