//! What a slave makes of a master's bytes, however they are cut.

use super::*;
use crate::frame::FrameHeader;
use crate::slave::Incoming;
use proptest::prelude::*;
use turbopump_store::RawRun;

/// The log from `at` as frames of these sizes, over and over.
fn frames(bytes: &[u8], mut at: u64, sizes: &[usize]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = &bytes[at as usize..];
    for size in sizes.iter().cycle() {
        let (body, left) = rest.split_at((*size).min(rest.len()));
        out.extend(FrameHeader { offset: at, len: body.len() as u32 }.encode());
        out.extend_from_slice(body);
        at += body.len() as u64;
        rest = left;
        if rest.is_empty() {
            break;
        }
    }
    out
}

/// What the connection's thread does with what it reads.
fn take(incoming: &mut Incoming, bytes: &[u8], store: &Store) -> Result<(), String> {
    incoming.take(bytes, store).map_err(|refusal| refusal.to_string())?;
    let whole = incoming.whole(store, &mut RawRun::default());
    if let Some(run) = whole.map_err(|refusal| refusal.to_string())? {
        store.append_raw(&run, &mut Vec::new()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn any_cut_and_any_number_of_connections_give_the_masters_log(
        bodies in prop::collection::vec(0_usize..3000, 1..40),
        sizes in prop::collection::vec(1_usize..5000, 1..6),
        chunk in 1_usize..4000,
        ends in prop::collection::vec(0_usize..60_000, 0..4),
    ) {
        let ours = store_on(&MemoryDisk::new(), FlushMode::Async);
        let copy = store_on(&MemoryDisk::new(), FlushMode::Async);
        append(&ours, bodies);
        let bytes = log_bytes(&ours);
        for end in ends.into_iter().map(Some).chain([None]) {
            let (mut incoming, first) = Incoming::begin(&copy).expect("begins");
            let stream = frames(&bytes, first, &sizes);
            let cut = &stream[..end.unwrap_or(stream.len()).min(stream.len())];
            for piece in cut.chunks(chunk) {
                take(&mut incoming, piece, &copy).expect("takes");
                prop_assert_eq!(incoming.end(), copy.written().get());
            }
        }
        assert_equal(&ours, &copy);
    }

    #[test]
    fn noise_changes_nothing(noise in prop::collection::vec(any::<u8>(), 0..2000)) {
        let copy = store_on(&MemoryDisk::new(), FlushMode::Async);
        append(&copy, [500, 600]);
        let bytes = log_bytes(&copy);
        let (mut incoming, first) = Incoming::begin(&copy).expect("begins");
        drop(take(&mut incoming, &noise, &copy));
        // Noise behind an honest frame head is no record either.
        let (mut incoming, _) = Incoming::begin(&copy).expect("begins");
        let own = &bytes[first as usize..];
        let len = (own.len() + noise.len()) as u32;
        let head = FrameHeader { offset: first, len }.encode();
        drop(take(&mut incoming, &[&head[..], own, &noise].concat(), &copy));
        prop_assert!(log_bytes(&copy) == bytes);
    }
}

#[test]
fn a_damaged_record_is_not_taken() {
    let ours = store_on(&MemoryDisk::new(), FlushMode::Async);
    append(&ours, [500, 500]);
    let mut bytes = log_bytes(&ours);
    let last = bytes.len() - 40;
    bytes[last] ^= 1;
    let copy = store_on(&MemoryDisk::new(), FlushMode::Async);
    let (mut incoming, _) = Incoming::begin(&copy).expect("begins");
    let refused = take(&mut incoming, &frames(&bytes, 0, &[bytes.len()]), &copy);
    assert!(refused.is_err());
    assert_eq!(copy.written(), PhysicalOffset::ZERO, "all or nothing of one piece");
}
