//! The slot table of the file that is being filled, in memory, with a note of changed pages.
//!
//! The memory is zero pages until touched (one zeroed allocation), so that a broker with few keys
//! pays for few of the 20 MB.

/// Slots in a page of the note: 4 KiB of the file.
pub(super) const PAGE_SLOTS: usize = 1024;
/// Pages written at once at most, 64 KiB: what a publisher may have to wait for while copying.
const RUN_PAGES: usize = 16;

pub(super) struct Slots {
    values: Vec<u32>,
    changed: Vec<u64>,
}

impl Slots {
    pub(super) fn new(slots: u32) -> Self {
        let slots = slots as usize;
        Self { values: vec![0; slots], changed: vec![0; slots.div_ceil(PAGE_SLOTS).div_ceil(64)] }
    }

    pub(super) fn get(&self, slot: u32) -> u32 {
        self.values.get(slot as usize).copied().unwrap_or(0)
    }

    /// Brings slots into the cache, all at once: the loads wait for nothing but memory, whose
    /// answers overlap, while `replace` by `replace` each waits for its own. With many topics keys
    /// lie all over the 20 MB.
    pub(super) fn bring(&self, slots: impl Iterator<Item = u32>) {
        let sum = slots.fold(0, |sum: u32, slot| sum.wrapping_add(self.get(slot)));
        std::hint::black_box(sum);
    }

    /// Sets a slot, noting its page; returns what was there.
    pub(super) fn replace(&mut self, slot: u32, entry: u32) -> u32 {
        let Some(value) = self.values.get_mut(slot as usize) else { return 0 };
        let before = std::mem::replace(value, entry);
        self.note(slot as usize / PAGE_SLOTS);
        before
    }

    /// Sets a slot from what the file has; its page is noted only when the file is wrong. Zeros are
    /// not set, so that they touch no memory.
    pub(super) fn set(&mut self, slot: u32, value: u32, file_is_wrong: bool) {
        if file_is_wrong {
            self.note(slot as usize / PAGE_SLOTS);
        }
        if value != 0
            && let Some(place) = self.values.get_mut(slot as usize)
        {
            *place = value;
        }
    }

    pub(super) fn note(&mut self, page: usize) {
        if let Some(word) = self.changed.get_mut(page / 64) {
            *word |= 1 << (page % 64);
        }
    }

    /// Takes the note of changed pages, leaving none.
    pub(super) fn take_changed(&mut self) -> Vec<u64> {
        let none = vec![0; self.changed.len()];
        std::mem::replace(&mut self.changed, none)
    }

    /// Notes pages again that could not be written.
    pub(super) fn restore_changed(&mut self, pages: &[u64]) {
        for (word, more) in self.changed.iter_mut().zip(pages) {
            *word |= more;
        }
    }

    /// The slots of pages `[first, end)`.
    pub(super) fn page_slots(&self, first: usize, end: usize) -> &[u32] {
        let to = (end * PAGE_SLOTS).min(self.values.len());
        self.values.get(first * PAGE_SLOTS..to).unwrap_or(&[])
    }
}

/// Runs `[first, end)` of neighbouring noted pages, none longer than a write may be.
pub(super) fn page_runs(changed: &[u64]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (index, word) in changed.iter().enumerate() {
        let mut left = *word;
        while left != 0 {
            let page = index * 64 + left.trailing_zeros() as usize;
            left &= left - 1;
            match runs.last_mut() {
                Some((first, end)) if *end == page && page - *first < RUN_PAGES => *end = page + 1,
                _ => runs.push((page, page + 1)),
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_pages_are_noted_once_and_taken() {
        let mut slots = Slots::new(5000);
        assert_eq!(slots.replace(4999, 7), 0);
        assert_eq!(slots.replace(4999, 8), 7);
        assert_eq!(slots.get(4999), 8);
        let changed = slots.take_changed();
        assert_eq!(page_runs(&changed), vec![(4, 5)]);
        assert_eq!(slots.page_slots(4, 5).len(), 5000 - 4096, "the last page is short");
        assert!(page_runs(&slots.take_changed()).is_empty());
        slots.restore_changed(&changed);
        assert_eq!(page_runs(&slots.take_changed()), vec![(4, 5)]);
    }

    #[test]
    fn runs_join_neighbours_up_to_the_bound() {
        let mut slots = Slots::new(200 * PAGE_SLOTS as u32);
        for page in (0..3).chain(60..70).chain(100..120) {
            slots.note(page);
        }
        let runs = page_runs(&slots.take_changed());
        assert_eq!(runs, vec![(0, 3), (60, 70), (100, 116), (116, 120)]);
    }
}
