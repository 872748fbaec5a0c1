//! Crash images by the thousand: lives of chance, cut off at a change of chance, and of each the
//! disks that a power cut may leave: everything since the last sync dropped, kept as a prefix, or
//! kept as a subset of its 4 KiB blocks. Acknowledged records lost: 0.
//!
//! `TURBOPUMP_CRASH_IMAGES` is their number (300), `TURBOPUMP_SEED` the first life's seed:
//! `TURBOPUMP_CRASH_IMAGES=12000 cargo test --release -p turbopump-store crash_image`.
//!
//! What turns red when one sync or check is taken out (tried by hand on a copy, one at a time):
//!
//! | taken out | red, besides others |
//! |---|---|
//! | synced write of a group | `crash`, this test |
//! | sync of the log's files, ASYNC | `crash::power_cut_at_every_change` |
//! | new segment: its length / its name | this test / `crash`, this test |
//! | log moved to where its master begins: the old names | `crash::a_log_moved_to_where_…` |
//! | zeros ahead | `failure::zeros_ahead_are_synced_and_a_failure_of_that_poisons` |
//! | recovery: kept segments / their names | this test, `crash` / `crash` |
//! | recovery: byte that commits zeroed blocks | `crash::what_a_killed_recovery_zeroed_…` |
//! | body CRC in recovery | `foreign::bytes_behind_the_end_never_come_back` |
//! | body CRC where recovery begins | `foreign::a_damaged_first_record_does_not_say_…` |
//! | body CRC in a check / behind a damage | `verify::tests::every_seeded_…` / `…in_a_row_…` |
//! | body CRC of a master's records | `a_damaged_record_is_not_taken` of the replication |
//! | stored position of a record | `foreign::a_record_with_a_good_crc_at_another_position_…` |
//! | checkpoint: sync / CRC | `foreign::a_deleted_topic_stays_deleted_…` / `checkpoint` |
//! | topic deletion: log and checkpoint | `foreign::a_deleted_topic_stays_deleted_after_a_crash` |
//! | queues: files / folders / second new file | `crash` / `crash`, this test / this test |
//! | journal: its sync, a checkpoint late / its name | `journal::the_next_process_…` / `…slice…` |
//! | journal: found in files / a slice's files | `journal::what_recovery_found_…` / `crash` |
//! | journal: files after it / emptied too early | `…slice…` / `…emptied_after_the_checkpoint_…` |
//! | journal: CRC, magic / length | `any_flipped_bit_…` / `runs_come_back_…` of the journal |
//! | journal: no room / queues of a failed slice | `…not_fit_the_files_…` / `…failed_slice_…` |
//! | rebuild: the note that it is going on | `rebuilds::a_rebuild_that_was_cut_short_goes_on` |
//! | journal: files' turn after a failure | `journal::after_a_failure_the_files_come_first` |
//! | queues: all at once | `scale::a_flush_of_many_queues_is_one_sync_and_as_durable_as_many` |
//! | queues cut: names / content | `edges::entries_beyond_the_log_are_dropped_and_zeroed` |
//! | queues expired / deleted: names | `model` / `edges::a_deletion_cut_short_leaves_no_hole_…` |
//! | index: name / header | `index::tests::edges::a_full_file_hands_its_end_to_the_next` |
//! | index: entries / slots | `index::tests::edges::a_flush_cut_short_leaves_whole_chains` |
//! | index files dropped: the note before / newest first | `rebuilds::files_that_were_…` |
//! | index reopened: file / name | `…what_a_killed_process_wrote_…` / `…half_filled…` |
//! | index: its folder's name | `foreign::a_deleted_topic_stays_deleted_after_a_crash` |
//! | a store's new folders / a deleted topic's folder | `crash`, this test / the same |
//! | `abort`: its name / its removal | this test, `crash` / `running_files` |
//! | segment to the trash: the log's folder | this test |
//! | repair: the wish for it / its report | `verify::tests::the_wish_for_a_repair_…` |
//!
//! Not synced, because a power cut may have its way with it: the length of a new index file (an
//! empty one is taken away), the content of `abort` (its name counts), the trash's own folder, the
//! removal of the wish for a repair.

use super::crash::{Ledger, check};
use super::{Message, Rig, options};
use crate::disk::memory::{MemoryDisk, Unsynced};
use crate::maintenance::Reach;
use crate::options::FlushMode;

/// Images of one life: one dropped, two prefixes, three subsets.
const IMAGES_A_LIFE: u64 = 6;

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Batches of one to eight records of up to three kilobytes, syncs, checkpoints, preparation and a
/// restart, in an order of chance, until the disk dies or the life is over.
fn live(disk: &MemoryDisk, mode: FlushMode, chance: &mut Chance, ledger: &mut Ledger) {
    let mut id = 0;
    for _ in 0..=chance.below(2) {
        let Ok(rig) = Rig::open(disk.clone(), &options(mode)) else { return };
        rig.journal_in_small_steps();
        for _ in 0..chance.below(25) + 5 {
            if act(&rig, mode, chance, ledger, &mut id).is_none() {
                return;
            }
        }
        if chance.below(2) == 0 {
            if rig.core.close().is_err() {
                return;
            }
            ledger.acked = ledger.sent.len();
            ledger.durable = ledger.acked;
        } else if mode == FlushMode::Sync {
            // What gathered and was never acknowledged dies with the process.
            ledger.sent.truncate(ledger.acked);
        }
    }
}

/// `None` when the machine is off.
fn act(
    rig: &Rig,
    mode: FlushMode,
    chance: &mut Chance,
    ledger: &mut Ledger,
    id: &mut u64,
) -> Option<()> {
    match chance.below(11) {
        0 if chance.below(4) == 0 => rig.core.checkpoint(false).ok(),
        0 | 10 => rig.core.write_checkpoint(Reach::Journal).ok(),
        1 => rig.core.log.prepare(|| false).ok(),
        2 | 3 => {
            rig.core.log.sync_group().ok()?;
            ledger.acked = ledger.sent.len();
            ledger.durable = ledger.acked;
            Some(())
        }
        _ => {
            let batch: Vec<_> = (0..=chance.below(8))
                .map(|_| {
                    *id += 1;
                    Message::new(*id, chance.below(3) as u32, chance.below(3_000) as usize)
                })
                .collect();
            ledger.sent.extend(batch.iter().map(Message::body));
            rig.append(&batch).ok()?;
            if mode == FlushMode::Async {
                ledger.acked = ledger.sent.len();
            }
            Some(())
        }
    }
}

#[test]
fn no_crash_image_lacks_what_was_acknowledged() {
    let images = from_environment("TURBOPUMP_CRASH_IMAGES", 300);
    let first_seed = from_environment("TURBOPUMP_SEED", 1);
    let (mut acknowledged, mut checked) = (0, 0);
    for seed in first_seed..first_seed + images.div_ceil(IMAGES_A_LIFE) {
        let mut chance = Chance(seed);
        // SYNC_FLUSH is the mode that promises; the other one must still be whole.
        let mode = if seed % 8 == 0 { FlushMode::Async } else { FlushMode::Sync };
        let disk = MemoryDisk::losing_folders();
        disk.kill_after(chance.below(160));
        let mut ledger = Ledger::default();
        live(&disk, mode, &mut chance, &mut ledger);
        acknowledged += ledger.durable;
        for image in 0..IMAGES_A_LIFE {
            let unsynced = match image {
                0 => Unsynced::Dropped,
                1 | 2 => Unsynced::Prefix(seed * 31 + image),
                _ => Unsynced::Subset(seed * 31 + image),
            };
            let left = disk.after_power_cut_with(unsynced);
            let what = format!("{mode:?}, seed {seed}, {unsynced:?}");
            check(left, mode, &ledger, ledger.durable, &what);
            checked += 1;
        }
    }
    println!("{checked} crash images, {acknowledged} acknowledged records in their lives, lost 0");
    assert!(acknowledged as u64 > images, "lives of chance acknowledged too little");
}
