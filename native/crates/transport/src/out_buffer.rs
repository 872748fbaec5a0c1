//! What waits to be written to one connection.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice, Write};

/// Bytes owned by somebody else, for instance a run of a mapped log segment: kept until written.
pub type SharedBytes = Box<dyn AsRef<[u8]> + Send>;

/// Slices given to one `writev`; the kernel takes up to 1,024.
const SLICES_MAX: usize = 64;
/// An empty buffer keeps at most so much memory for the next reply.
const KEPT_BYTES: usize = 64 << 10;

enum Chunk {
    Owned(Vec<u8>),
    Shared(SharedBytes),
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Shared(bytes) => (**bytes).as_ref(),
        }
    }
}

/// Replies in the order they were given: encoded bytes and shared runs, written by one `writev`.
#[derive(Default)]
pub struct OutBuffer {
    sealed: VecDeque<Chunk>,
    sealed_bytes: usize,
    owned_sealed_bytes: usize,
    tail: Vec<u8>,
    /// Bytes already written of the first chunk, or of the tail when nothing is sealed.
    written: usize,
}

impl OutBuffer {
    /// Where the next reply is appended. What was there before must stay: only truncating back to
    /// the length found is allowed.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.tail
    }

    /// Appends bytes without copying them.
    pub fn push_shared(&mut self, bytes: SharedBytes) {
        let length = (*bytes).as_ref().len();
        if length == 0 {
            return;
        }
        self.seal();
        self.sealed_bytes += length;
        self.sealed.push_back(Chunk::Shared(bytes));
    }

    /// Bytes not yet written.
    #[must_use]
    pub fn pending(&self) -> usize {
        (self.sealed_bytes + self.tail.len()).saturating_sub(self.written)
    }

    /// Memory held for this buffer; shared bytes are their owner's.
    pub(crate) fn owned_bytes(&self) -> usize {
        self.owned_sealed_bytes + self.tail.capacity()
    }

    /// Gives the memory of an empty buffer back.
    pub(crate) fn shrink(&mut self) {
        if self.pending() == 0 {
            *self = Self::default();
        }
    }

    /// Writes until everything is gone (`Ok(true)`) or the socket takes no more (`Ok(false)`);
    /// adds the bytes taken to `taken`.
    pub(crate) fn write_to(
        &mut self,
        socket: &mut impl Write,
        taken: &mut usize,
    ) -> io::Result<bool> {
        while self.pending() > 0 {
            match self.write_once(socket) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    *taken += count;
                    self.advance(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn write_once(&self, socket: &mut impl Write) -> io::Result<usize> {
        if self.sealed.is_empty() {
            return socket.write(self.tail.get(self.written..).unwrap_or_default());
        }
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let mut used = 0;
        let chunks = self.sealed.iter().map(Chunk::bytes).chain([self.tail.as_slice()]);
        let mut skip = self.written;
        for (slice, bytes) in slices.iter_mut().zip(chunks) {
            *slice = IoSlice::new(bytes.get(skip..).unwrap_or_default());
            skip = 0;
            used += 1;
        }
        socket.write_vectored(slices.get(..used).unwrap_or_default())
    }

    fn advance(&mut self, count: usize) {
        self.written += count;
        while let Some(first) = self.sealed.front() {
            let length = first.bytes().len();
            if self.written < length {
                return;
            }
            self.written -= length;
            self.sealed_bytes -= length;
            if let Some(Chunk::Owned(bytes)) = self.sealed.pop_front() {
                self.owned_sealed_bytes -= bytes.capacity();
            }
        }
        if self.written >= self.tail.len() {
            self.written = 0;
            self.tail.clear();
            if self.tail.capacity() > KEPT_BYTES {
                self.tail = Vec::new();
            }
        } else if self.written > KEPT_BYTES && self.written * 2 > self.tail.len() {
            // A peer that reads steadily but never empties the buffer must not keep its past.
            self.tail.drain(..self.written);
            self.written = 0;
        }
    }

    fn seal(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        let tail = std::mem::take(&mut self.tail);
        self.sealed_bytes += tail.len();
        self.owned_sealed_bytes += tail.capacity();
        self.sealed.push_back(Chunk::Owned(tail));
    }
}

impl fmt::Debug for OutBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutBuffer").field("pending", &self.pending()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes so many bytes a call, as a full socket does.
    struct Trickle {
        taken: Vec<u8>,
        step: usize,
    }

    impl Write for Trickle {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(bytes)])
        }

        fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            let mut left = std::mem::take(&mut self.step);
            let mut count = 0;
            for slice in slices {
                let part = left.min(slice.len());
                self.taken.extend_from_slice(&slice[..part]);
                left -= part;
                count += part;
            }
            if count == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn every_byte_leaves_once_and_in_order(
            steps in prop::collection::vec((0_u8..3, 0_usize..200_000), 1..60),
        ) {
            let mut out = OutBuffer::default();
            let mut socket = Trickle { taken: Vec::new(), step: 0 };
            let mut expected = Vec::new();
            let mut counted = 0;
            for (index, (kind, size)) in steps.into_iter().enumerate() {
                let bytes = vec![index as u8; size];
                match kind {
                    0 => out.bytes().extend_from_slice(&bytes),
                    1 => out.push_shared(Box::new(bytes.clone())),
                    _ => socket.step = size,
                }
                if kind < 2 {
                    expected.extend_from_slice(&bytes);
                }
                out.write_to(&mut socket, &mut counted).unwrap();
                prop_assert_eq!(socket.taken.len() + out.pending(), expected.len());
            }
            while out.pending() > 0 {
                socket.step = 70_000;
                out.write_to(&mut socket, &mut counted).unwrap();
            }
            prop_assert!(socket.taken == expected);
            prop_assert_eq!(counted, expected.len());
            out.shrink();
            prop_assert_eq!(out.owned_bytes(), 0);
        }
    }

    #[test]
    fn a_buffer_that_never_empties_forgets_what_was_written() {
        let mut out = OutBuffer::default();
        let mut taken = 0;
        for _ in 0..10_000 {
            out.bytes().extend_from_slice(&[7; 1_000]);
            let mut socket = Trickle { taken: Vec::new(), step: 999 };
            out.write_to(&mut socket, &mut taken).unwrap();
        }
        assert_eq!(out.pending(), 10_000 * 1_000 - taken);
        assert!(out.owned_bytes() < 1 << 20, "{} bytes held", out.owned_bytes());
    }
}
