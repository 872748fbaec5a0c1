//! The end of a segment: every remaining space around the point where a record no longer fits.

use turbopump_wire::PhysicalOffset;

use super::{Message, Rig, SEGMENT_BYTES, record_bytes};
use crate::error::AppendError;
use crate::options::FlushMode;

/// Fills the first segment up to `left` bytes before its end.
fn filled(mode: FlushMode, left: u64) -> Rig {
    let rig = Rig::new(mode);
    let fixed = record_bytes(1, 0) - 8;
    let (half, rest) = (SEGMENT_BYTES / 2, SEGMENT_BYTES / 2 - left);
    for (id, bytes) in [(1, half), (2, rest)] {
        rig.append(&[Message::new(id, 0, (bytes - fixed) as usize)]).expect("append");
    }
    rig.core.log.sync_group().expect("sync");
    assert_eq!(rig.end(), SEGMENT_BYTES - left);
    rig
}

#[test]
fn a_record_rolls_exactly_when_it_and_a_blank_record_do_not_fit() {
    let size = record_bytes(3, 20);
    for mode in [FlushMode::Async, FlushMode::Sync] {
        for left in (8..24).chain(size - 10..size + 20) {
            let rig = filled(mode, left);
            // Two records, so that a roll between and before them both happen.
            let batch = [Message::new(3, 0, 20), Message::new(4, 0, 20)];
            let placed = rig.append(&batch).expect("append");
            rig.core.log.sync_group().expect("sync");
            let fits = size + 8 <= left;
            let expected = if fits { SEGMENT_BYTES - left } else { SEGMENT_BYTES };
            assert_eq!(placed[0].physical.get(), expected, "{left} bytes left");
            if fits {
                assert_eq!(placed[1].physical.get(), SEGMENT_BYTES, "{left} bytes left");
            }
            let blank_at = if fits { expected + size } else { SEGMENT_BYTES - left };
            let blank = rig.core.log.read_run(PhysicalOffset::new(blank_at), 8).expect("blank");
            assert_eq!(blank[..4], ((SEGMENT_BYTES - blank_at) as u32).to_be_bytes());
            assert_eq!(blank[4..], [0xCB, 0xD4, 0x31, 0x94]);
            assert_eq!(rig.assert_whole().len(), 4);
            let next = rig.reopened(rig.disk.after_kill());
            assert_eq!(next.end(), rig.end(), "{left} bytes left");
            assert_eq!(next.assert_whole().len(), 4);
        }
    }
}

#[test]
fn the_largest_record_fills_a_segment_and_a_larger_one_is_refused_whole() {
    let rig = Rig::new(FlushMode::Async);
    let fixed = record_bytes(1, 0) - 8;
    let largest = (SEGMENT_BYTES - 8 - fixed) as usize;
    rig.append(&[Message::new(1, 0, largest), Message::new(2, 0, largest)]).expect("fits");
    let end = rig.end();
    let refused = rig.append(&[Message::new(3, 0, 10), Message::new(4, 0, largest + 1)]);
    assert!(matches!(refused, Err(AppendError::RecordTooLarge { index: 1, .. })));
    assert_eq!(rig.end(), end);
    assert_eq!(rig.assert_whole().len(), 2);
}

#[test]
fn one_batch_may_span_several_segments() {
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let rig = Rig::new(mode);
        let batch: Vec<_> = (0..40).map(|id| Message::new(id, id as u32 % 3, 900)).collect();
        let placed = rig.append(&batch).expect("append");
        rig.core.log.sync_group().expect("sync");
        assert!(rig.end() > 4 * SEGMENT_BYTES);
        for (message, placed) in batch.iter().zip(placed) {
            rig.assert_has(message, placed);
        }
        assert_eq!(rig.reopened(rig.disk.after_power_cut(3)).assert_whole().len(), 40);
    }
}

#[test]
fn a_recovered_end_at_a_segment_border_goes_on_in_the_next_one() {
    let rig = filled(FlushMode::Async, 9);
    // Closes the segment, then dies before the record reaches the next one.
    rig.disk.kill_at(crate::disk::CrashPoint::BetweenSegments, 0);
    assert!(rig.append(&[Message::new(3, 0, 100)]).is_err());
    let next = rig.reopened(rig.disk.after_kill());
    assert_eq!(next.end(), SEGMENT_BYTES);
    let placed = next.append(&[Message::new(4, 0, 100)]).expect("append");
    assert_eq!(placed[0].physical.get(), SEGMENT_BYTES);
    assert_eq!(next.assert_whole().len(), 3);
}
