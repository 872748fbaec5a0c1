//! Read-only shared mapping of a file: the crate's only unsafe code.
//!
//! Invariant: nobody shortens a file while a mapping of it lives (retention waits for the last
//! holder before it truncates), so a mapped page always has a block behind it. Bytes below the
//! readable end never change again; bytes above it may change under the mapping and are never
//! handed out.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ptr::NonNull;

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};

/// A mapped file; unmapped on drop.
#[derive(Debug)]
pub struct MappedFile {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the mapping is read-only through this type, lives until drop and has no thread affinity.
unsafe impl Send for MappedFile {}
// SAFETY: all access is by shared reference to memory that this type never writes.
unsafe impl Sync for MappedFile {}

impl MappedFile {
    /// Maps the first `bytes` of `file`, which must be at least that long.
    pub fn map(file: &File, bytes: usize) -> io::Result<Self> {
        if bytes == 0 || file.metadata()?.len() < bytes as u64 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "mapping beyond the file"));
        }
        // SAFETY: a fresh mapping chosen by the kernel over a range checked to be inside the file;
        // no existing memory is replaced.
        let address = unsafe {
            mmap(std::ptr::null_mut(), bytes, ProtFlags::READ, MapFlags::SHARED, file, 0)?
        };
        let start = NonNull::new(address.cast::<u8>())
            .ok_or_else(|| io::Error::other("the kernel mapped at address 0"))?;
        let mapped = Self { start, bytes };
        // Without this a core dump of the process would hold gigabytes of log; a kernel that
        // refuses the advice changes nothing else, hence the result is not needed.
        // SAFETY: exactly the range mapped above.
        let _advice = unsafe { madvise(address, bytes, Advice::LinuxDontDump) };
        Ok(mapped)
    }

    /// `len` bytes from `at`, `None` outside the mapping. The caller asks only for bytes that no
    /// writer will change again.
    #[must_use]
    pub fn get(&self, at: usize, len: usize) -> Option<&[u8]> {
        let end = at.checked_add(len)?;
        if end > self.bytes {
            return None;
        }
        // SAFETY: in range (checked above), initialised (file bytes), unchanged while borrowed (the
        // callers' contract: below the readable end), alive as long as `self`.
        Some(unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(at), len) })
    }

    /// Mapped length in bytes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.bytes
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        // SAFETY: the range that `map` got, not unmapped before, and no slice outlives `self`.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.bytes) };
        debug_assert!(unmapped.is_ok(), "munmap of a range this type mapped");
    }
}
