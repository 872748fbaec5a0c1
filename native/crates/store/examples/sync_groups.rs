//! How many synced groups a second the store makes, beside what the device gives a bare synced
//! write into a file that has been written before. Alternated in one run, since a shared machine
//! drifts: `cargo run --release --example sync_groups -- FOLDER [GROUP_BYTES] [ROUNDS]`.
//!
//! Each group is one record of about `GROUP_BYTES` (4096), appended and synced by one thread, as a
//! loop does that is alone in flight.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use turbopump_store::disk::OpenMode;
use turbopump_store::{
    AppendBatch, Disk, FlushMode, RealDisk, RecordKind, RecordMeta, Store, StoreOptions,
    SystemClock, TagsCode,
};
use turbopump_wire::record::{RecordFields, RecordVersion, encode_record};
use turbopump_wire::{QueueId, TopicName};

/// Short, so that neighbours on the machine hit both alike.
const RUN: Duration = Duration::from_millis(500);
const BARE_FILE_BYTES: u64 = 256 << 20;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: sync_groups FOLDER [GROUP_BYTES] [ROUNDS]")?;
    let group_bytes: usize = arguments.next().map_or(Ok(4096), |text| text.parse())?;
    let rounds: u32 = arguments.next().map_or(Ok(15), |text| text.parse())?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let root = folder.join("store");
    let options = StoreOptions { flush_mode: FlushMode::Sync, ..StoreOptions::at(root) };
    let (store, _) = Store::open(options, Arc::new(RealDisk), Arc::new(SystemClock))?;
    let bare = write_bare_file(&folder.join("bare"))?;
    let mut results = Vec::new();
    for _ in 0..rounds {
        let bare_groups = time(|round| {
            let at = round * group_bytes as u64 % (BARE_FILE_BYTES - group_bytes as u64);
            Ok(bare.write_at_synced(&vec![1; group_bytes], at)?)
        })?;
        let mut batch = AppendBatch::new();
        let store_groups = time(|_| {
            batch.clear();
            push(&store, &mut batch, group_bytes)?;
            store.append(&mut batch)?;
            store.sync_now()?;
            Ok(())
        })?;
        results.push([bare_groups, store_groups, store_groups / bare_groups]);
    }
    store.close()?;
    let [bare, stored, ratio] = [0, 1, 2].map(|column| quartiles(&results, column));
    println!("groups/s of {group_bytes} B, quartiles: bare {bare:.0?}, store {stored:.0?}");
    println!("store / bare: {ratio:.2?}");
    Ok(())
}

fn write_bare_file(path: &Path) -> Outcome<Arc<dyn turbopump_store::DiskFile>> {
    let file = RealDisk.open(path, OpenMode::CreateIfMissing)?;
    let chunk = vec![0; 1 << 20];
    for at in (0..BARE_FILE_BYTES).step_by(chunk.len()) {
        file.write_at(&chunk, at)?;
    }
    file.sync_data()?;
    Ok(file)
}

fn quartiles(results: &[[f64; 3]], column: usize) -> Vec<f64> {
    let mut values: Vec<f64> = results.iter().filter_map(|row| row.get(column)).copied().collect();
    values.sort_by(f64::total_cmp);
    let at = |part: usize| values.get(part * values.len() / 4).copied();
    (1..4).filter_map(at).collect()
}

/// Rounds a second.
fn time(mut round: impl FnMut(u64) -> Outcome<()>) -> Outcome<f64> {
    let began = Instant::now();
    let mut rounds = 0;
    while began.elapsed() < RUN {
        round(rounds)?;
        rounds += 1;
    }
    // A count of rounds is far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let rounds = rounds as f64;
    Ok(rounds / began.elapsed().as_secs_f64())
}

fn push(store: &Store, batch: &mut AppendBatch, group_bytes: usize) -> Outcome<()> {
    let topic = TopicName::parse("SyncGroups")?;
    let queue = store.queue_or_create(&topic, QueueId::new(0))?;
    let host = SocketAddr::from((Ipv4Addr::LOCALHOST, 10_911));
    let body = vec![7; group_bytes.saturating_sub(200)];
    let fields = RecordFields {
        version: RecordVersion::V1,
        topic: topic.as_str(),
        queue_id: QueueId::new(0),
        flag: 0,
        sys_flag: 0,
        born_timestamp: 0,
        born_host: host,
        store_host: host,
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        body: &body,
        properties: &[],
    };
    let meta = RecordMeta { tags: TagsCode::Fixed(0), kind: RecordKind::Normal, key_hashes: &[] };
    let mut encoded = Ok(());
    batch.push(&queue, meta, |out| encoded = encode_record(out, &fields).map(|_| ()));
    Ok(encoded?)
}
