//! The whole store with its threads on the machine's disk, and the measurement that the design's
//! figures come from.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use turbopump_wire::{PhysicalOffset, QueueId, TopicName};

use crate::batch::{AppendBatch, RecordKind, RecordMeta, TagsCode};
use crate::clock::SystemClock;
use crate::commit_log::ColdRun;
use crate::core::StoreCore;
use crate::disk::{Disk, OpenMode, RealDisk};
use crate::options::{FlushMode, StoreOptions};
use crate::status::Progress;
use crate::store::{Boundary, Store};

fn options(dir: &tempfile::TempDir, mode: FlushMode) -> StoreOptions {
    StoreOptions {
        segment_bytes: 1 << 20,
        index_slots: 1_000,
        index_entries: 10_000,
        flush_mode: mode,
        flush_interval_ms: 40,
        ..StoreOptions::at(dir.path())
    }
}

fn open(options: StoreOptions) -> Arc<Store> {
    Store::open(options, Arc::new(RealDisk), Arc::new(SystemClock)).expect("open").0
}

/// A record of `bytes` bytes in all, encoded once.
fn record(bytes: usize) -> Vec<u8> {
    use turbopump_wire::record::{RecordFields, RecordVersion, encode_record};
    let host = std::net::SocketAddr::from(([127, 0, 0, 1], 10_911));
    let body = vec![7; bytes - 92];
    let fields = RecordFields {
        version: RecordVersion::V1,
        topic: "T",
        queue_id: QueueId::new(0),
        flag: 0,
        sys_flag: 0,
        born_timestamp: 1,
        born_host: host,
        store_host: host,
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        body: &body,
        properties: &[],
    };
    let mut out = Vec::new();
    encode_record(&mut out, &fields).expect("encodes");
    out
}

fn fill(batch: &mut AppendBatch, store: &Store, record: &[u8], count: usize, hash: i32) {
    let queue = store.queue_or_create(&TopicName::parse("T").expect("topic"), QueueId::new(0));
    let queue = queue.expect("queue");
    batch.clear();
    for index in 0..count {
        let hashes = [hash.wrapping_add(index as i32) & i32::MAX];
        let meta =
            RecordMeta { tags: TagsCode::Fixed(1), kind: RecordKind::Normal, key_hashes: &hashes };
        batch.push(&queue, meta, |out| out.extend_from_slice(record));
    }
}

#[test]
fn threads_flush_roll_and_stop() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(options(&dir, FlushMode::Async));
    let (tell, heard) = mpsc::channel();
    store.set_progress_listener(Box::new(move |progress| {
        // The test may be over before the last sync is.
        drop(tell.send(progress));
    }));
    let mut batch = AppendBatch::new();
    for round in 0..100 {
        fill(&mut batch, &store, &record(1_024), 32, round);
        store.append(&mut batch).expect("append");
    }
    let end = store.written();
    while store.flushed() < end {
        let progress = heard.recv_timeout(Duration::from_secs(5)).expect("flushes by itself");
        assert!(matches!(progress, Progress::Flushed(_)));
    }
    let slice = store.read_record(batch.placed(31).physical, Some(1_024)).expect("mapped");
    assert_eq!(slice.len(), 1_024);
    let queue = store.queue("T", QueueId::new(0)).expect("opens").expect("exists");
    assert_eq!(queue.max_offset().get(), 3_200);
    let first = store.search_offset("T", QueueId::new(0), 0, Boundary::Lower).expect("search");
    assert_eq!(first.get(), 0);
    store.close().expect("close");
    store.close().expect("twice is fine");
    assert!(!dir.path().join("abort").exists());
    drop(store);
    let began = Instant::now();
    let store = open(options(&dir, FlushMode::Async));
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(store.written(), end);
    assert_eq!(&*slice, &*store.read_record(batch.placed(31).physical, None).expect("read"));
    store.close().expect("close");
}

#[test]
fn cold_reads_leave_the_page_cache_as_it_is() {
    let dir = tempfile::tempdir().expect("temp dir");
    let open = || {
        let big = StoreOptions { segment_bytes: 8 << 20, ..options(&dir, FlushMode::Async) };
        open(big)
    };
    let (store, mut batch) = (open(), AppendBatch::new());
    while store.written().get() < 5 << 20 {
        fill(&mut batch, &store, &record(3_000), 64, 0);
        store.append(&mut batch).expect("append");
    }
    let run = store.resident_run(PhysicalOffset::ZERO, 10_000).expect("reads");
    let run = run.expect("what was just written is in memory").to_vec();
    store.close().expect("close");
    drop(store);
    let path = dir.path().join("commitlog").join("00000000000000000000");
    let file = RealDisk.open(&path, OpenMode::Existing).expect("open");
    file.release_cache(0, 8 << 20).expect("release");
    let mapped = file.map(8 << 20).expect("maps").expect("a real file");
    let resident = |at| mapped.is_resident(at, 4 << 20).expect("mincore");
    if resident(0) {
        eprintln!("this file system keeps its files in memory: nothing to see");
        return;
    }
    let store = open();
    let look = store.resident_run(PhysicalOffset::ZERO, 10_000).expect("looks");
    assert!(look.is_none(), "a loop must not wait for it");
    let mut cold = ColdRun::default();
    for at in (0..4 << 20).step_by(10_000) {
        store.read_cold(PhysicalOffset::new(at), 10_000, &mut cold).expect("reads");
    }
    for position in &cold.ahead {
        store.read_ahead(*position);
    }
    assert_eq!(cold.bytes.get(..10_000), Some(&run[..]));
    assert!(!cold.ahead.is_empty());
    let held = (0..4 << 20)
        .step_by(1 << 20)
        .filter(|at| mapped.is_resident(*at, 1 << 20).expect("mincore"));
    assert_eq!(held.count(), 0, "no part of what was read cold stays");
    // A read through the cache is seen by loops, once the answer of before is stale.
    std::fs::read(&path).expect("reads");
    let since = std::time::Instant::now();
    while store.resident_run(PhysicalOffset::ZERO, 10_000).expect("looks").is_none() {
        assert!(since.elapsed() < std::time::Duration::from_secs(5), "still said to be cold");
        std::thread::yield_now();
    }
    store.close().expect("close");
}

#[test]
fn zeros_made_while_nobody_appends_stay_in_memory_as_far_as_they_may() {
    const BYTES: u64 = 8 << 20;
    #[repr(align(4096))]
    struct Aligned([u8; 1 << 20]);
    static ZEROS: Aligned = Aligned([0; 1 << 20]);
    let dir = tempfile::tempdir().expect("temp dir");
    let is_resident = |path: &Path| {
        let file = RealDisk.open(path, OpenMode::Existing).expect("open");
        let mapped = file.map(BYTES).expect("maps").expect("a real file");
        mapped.is_resident(4 << 20, 1 << 20).expect("mincore")
    };
    let probe = dir.path().join("probe");
    let file = RealDisk.open(&probe, OpenMode::CreateIfMissing).expect("open");
    file.allocate(BYTES).expect("allocate");
    file.write_past_cache(&ZEROS.0, 4 << 20).expect("write");
    if is_resident(&probe) {
        eprintln!("this file system knows no way past the page cache: nothing to see");
        return;
    }
    let options = StoreOptions { segment_bytes: BYTES, ..options(&dir, FlushMode::Sync) };
    let opened = StoreCore::open(options, Arc::new(RealDisk), Arc::new(SystemClock));
    let (core, _) = opened.expect("opens");
    assert!(core.log.warm_bytes.load(Ordering::Relaxed) > 0, "a part of the machine's memory");
    core.log.warm_bytes.store(BYTES + (6 << 20), Ordering::Relaxed);
    assert_eq!(core.log.fill(0, || false).ok(), Some(true));
    let segment = |base: u64| dir.path().join(format!("commitlog/{base:020}"));
    let warm = [0, BYTES, 2 * BYTES].map(|base| is_resident(&segment(base)));
    assert_eq!(warm, [true, true, false]);
}

#[test]
fn sync_flush_by_the_caller_and_by_the_thread() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(options(&dir, FlushMode::Sync));
    let mut batch = AppendBatch::new();
    fill(&mut batch, &store, &record(500), 3, 0);
    let end = store.append(&mut batch).expect("append");
    assert!(store.readable() < end);
    assert_eq!(store.sync_now().expect("sync"), end);
    assert_eq!((store.readable(), store.flushed()), (end, end));
    let (tell, heard) = mpsc::channel();
    store.set_progress_listener(Box::new(move |progress| {
        drop(tell.send(progress));
    }));
    fill(&mut batch, &store, &record(500), 3, 0);
    let end = store.append(&mut batch).expect("append");
    store.request_sync();
    let progress = heard.recv_timeout(Duration::from_secs(5)).expect("answer");
    assert_eq!(progress, Progress::Flushed(end));
    store.close().expect("close");
}

/// `cargo test --release -p turbopump-store measure -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, not a check"]
fn measure_appends() {
    let dir = tempfile::tempdir_in(std::env::var("MEASURE_DIR").unwrap_or("/tmp".into()));
    let dir = dir.expect("temp dir");
    for mode in [FlushMode::Async, FlushMode::Sync] {
        let root = dir.path().join(format!("{mode:?}"));
        let began = Instant::now();
        let store = open(StoreOptions { flush_mode: mode, ..StoreOptions::at(root) });
        let opened = began.elapsed();
        let record = record(1_024);
        let mut batch = AppendBatch::new();
        let rounds = if mode == FlushMode::Async { 60_000 } else { 10_000 };
        // Before a real load starts the window has been zeroed, too.
        std::thread::sleep(Duration::from_millis(500));
        let (began, cpu) = (Instant::now(), cpu_seconds());
        let mut slowest = Duration::ZERO;
        for round in 0..rounds {
            let turn = Instant::now();
            fill(&mut batch, &store, &record, 32, round * 32);
            store.append(&mut batch).expect("append");
            if mode == FlushMode::Sync {
                store.sync_now().expect("sync");
            }
            slowest = slowest.max(turn.elapsed());
        }
        let (took, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        let messages = f64::from(rounds) * 32.0;
        println!(
            "{mode:?}: open {opened:?}, {:.0} messages/s, {:.2} us CPU a message, slowest batch \
             {slowest:?}, window {} ms",
            messages / took,
            cpu / messages * 1e6,
            store.status().flush_window_max_ms,
        );
        let began = Instant::now();
        store.close().expect("close");
        println!("{mode:?}: close {:?}", began.elapsed());
    }
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("stat");
    let fields: Vec<_> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<f64>().expect("ticks");
    (ticks(11) + ticks(12)) / 100.0
}
