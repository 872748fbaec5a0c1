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
use rustix::param::page_size;

/// Pages asked about in one call of `mincore`.
const PAGES_PER_LOOK: usize = 256;

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
        // A fault here must bring in one page: only what is in memory is read by the mapping, and
        // the kernel's reading ahead would do up to 8 MiB of work on the thread that faulted.
        // SAFETY: exactly the range mapped above; the advice changes no content.
        let _advice = unsafe { madvise(address, bytes, Advice::Random) };
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

    /// Whether every page of `len` bytes from `at` is in memory now, so that touching it waits for
    /// no device. It may be gone a moment later. False outside the mapping.
    pub fn is_resident(&self, at: usize, len: usize) -> io::Result<bool> {
        let page = page_size();
        let Some(end) = at.checked_add(len).filter(|end| *end <= self.bytes) else {
            return Ok(false);
        };
        let mut from = at - at % page;
        let mut pages = [0_u8; PAGES_PER_LOOK];
        while from < end {
            let upto = end.min(from + PAGES_PER_LOOK * page);
            let count = (upto - from).div_ceil(page);
            // SAFETY: page-aligned and inside the mapping of `self`; `pages` has room for a byte of
            // each of the `count <= PAGES_PER_LOOK` pages.
            let looked = unsafe {
                let address = self.start.as_ptr().add(from).cast();
                libc::mincore(address, upto - from, pages.as_mut_ptr())
            };
            if looked != 0 {
                return Err(io::Error::last_os_error());
            }
            if pages.iter().take(count).any(|page| page & 1 == 0) {
                return Ok(false);
            }
            from = upto;
        }
        Ok(true)
    }

    /// Takes whole pages of `len` bytes from `at` out of this mapping: the page cache keeps what
    /// is mapped, whatever it is told. They come back at the next touch.
    pub fn unmap_pages(&self, at: usize, len: usize) -> io::Result<()> {
        let page = page_size();
        let end = at.saturating_add(len).min(self.bytes);
        let (from, end) = (at.next_multiple_of(page), end - end % page);
        if from >= end {
            return Ok(());
        }
        // SAFETY: page-aligned and inside the mapping of `self`; a shared file mapping loses no
        // content by it, a concurrent reader faults the page in again.
        unsafe {
            let address = self.start.as_ptr().add(from).cast();
            madvise(address, end - from, Advice::LinuxDontNeed)?;
        }
        Ok(())
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
