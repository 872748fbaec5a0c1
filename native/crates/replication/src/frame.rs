//! The two messages of the HA port: 8 bytes from the slave, 12 bytes and log from the master.

/// A slave's report: i64, end of what it has.
pub(crate) const REPORT_BYTES: usize = 8;

/// A frame's head: i64 position of its first byte, i32 number of bytes that follow.
pub(crate) const HEADER_BYTES: usize = 12;

/// Head of a frame from the master; `len` 0 is a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) offset: u64,
    pub(crate) len: u32,
}

impl FrameHeader {
    pub(crate) fn encode(self) -> [u8; HEADER_BYTES] {
        let both = u128::from(self.offset) << 32 | u128::from(self.len);
        let mut out = [0; HEADER_BYTES];
        out.copy_from_slice(both.to_be_bytes().last_chunk::<HEADER_BYTES>().unwrap_or(&[0; 12]));
        out
    }

    /// `None` for numbers that no master sends.
    pub(crate) fn parse(bytes: [u8; HEADER_BYTES]) -> Option<Self> {
        let mut whole = [0; 16];
        let (_, low) = whole.split_at_mut(16 - HEADER_BYTES);
        low.copy_from_slice(&bytes);
        let both = u128::from_be_bytes(whole);
        let offset = (both >> 32) as u64;
        let len = both as u32;
        let sane = i64::try_from(offset).is_ok() && i32::try_from(len).is_ok();
        sane.then_some(Self { offset, len })
    }
}

/// Cuts a stream of reports that arrives in pieces of any size.
#[derive(Debug, Default)]
pub(crate) struct ReportReader {
    held: [u8; REPORT_BYTES],
    len: usize,
}

impl ReportReader {
    /// Calls `take` with each report that `bytes` completes, in order, until it fails.
    pub(crate) fn feed<E>(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(i64) -> Result<(), E>,
    ) -> Result<(), E> {
        for byte in bytes {
            if let Some(slot) = self.held.get_mut(self.len) {
                *slot = *byte;
                self.len += 1;
            }
            if self.len == REPORT_BYTES {
                self.len = 0;
                take(i64::from_be_bytes(self.held))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_is_offset_and_length_in_network_order() {
        let bytes = FrameHeader { offset: 0x0102, len: 0x0304 }.encode();
        assert_eq!(bytes, [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4]);
    }

    #[test]
    fn negative_numbers_are_no_header() {
        assert_eq!(FrameHeader::parse([0xff; HEADER_BYTES]), None);
        assert_eq!(FrameHeader::parse([0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0]), None);
    }

    proptest! {
        #[test]
        fn headers_survive(offset in 0..i64::MAX as u64, len in 0..i32::MAX as u32) {
            let header = FrameHeader { offset, len };
            prop_assert_eq!(FrameHeader::parse(header.encode()), Some(header));
        }

        #[test]
        fn reports_survive_any_cut(
            reports in prop::collection::vec(any::<i64>(), 0..20),
            cut in 1_usize..30,
        ) {
            let bytes: Vec<u8> = reports.iter().flat_map(|report| report.to_be_bytes()).collect();
            let mut reader = ReportReader::default();
            let mut got = Vec::new();
            for piece in bytes.chunks(cut) {
                let fed = reader.feed(piece, |report| {
                    got.push(report);
                    Ok::<(), ()>(())
                });
                prop_assert_eq!(fed, Ok(()));
            }
            prop_assert_eq!(got, reports);
        }
    }
}
