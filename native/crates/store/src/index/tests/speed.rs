//! What adding costs under the log lock, with Java's default size on the real disk. Run by hand:
//! `cargo test --release -p turbopump-store adding_is_cheap -- --ignored --nocapture`.

use std::time::Instant;

use super::*;
use crate::clock::SystemClock;
use crate::disk::RealDisk;

/// Nanoseconds this thread was on a CPU: other work on the machine does not count.
fn cpu_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    stat.split_whitespace().next().and_then(|ns| ns.parse().ok()).expect("a number")
}

#[test]
#[ignore = "figures for people"]
fn adding_is_cheap() {
    let dir = tempfile::tempdir().expect("a folder");
    let (disk, clock) = (Arc::new(RealDisk), Arc::new(SystemClock));
    let index =
        Index::open(dir.path(), IndexOptions::default(), disk.clone(), clock.clone(), EVERYTHING)
            .expect("opens");
    let mut state = 1_u64;
    for round in 0..4_u64 {
        let begun_ns = cpu_ns();
        for nth in 0..1_000_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let hash = (state >> 33) as i32 & i32::MAX;
            index.put_record(at((round * 1_000_000 + nth + 1) * 100), NOW_MS, &[hash]);
        }
        let each_ns = (cpu_ns() - begun_ns) / 1_000_000;
        let (begun, begun_ns) = (Instant::now(), cpu_ns());
        index.flush(at(u64::MAX)).expect("flush");
        let flush_ms = (cpu_ns() - begun_ns) / 1_000_000;
        let wall = begun.elapsed();
        println!("put {each_ns} ns of CPU each; flush of a million {flush_ms} ms, {wall:?} in all");
    }
    drop(index);
    let begun = Instant::now();
    let index =
        Index::open(dir.path(), IndexOptions::default(), disk, clock, EVERYTHING).expect("opens");
    println!("opened 4 M entries in {:?}", begun.elapsed());
    assert_eq!(index.indexed_to(), Some(at(400_000_000)));
}
