//! One file of the memory disk: what a reader sees, what is durable, and what lies between.

use std::collections::BTreeMap;

const PAGE_BYTES: u64 = 4096;

/// What a page was made to hold and no sync has confirmed.
#[derive(Clone, Debug)]
struct Version {
    /// Number of the change that made it.
    change: u64,
    bytes: Vec<u8>,
    /// The blocks were declared unwritten, which is a change of the file's map in the journal and
    /// not of its data: any sync of the file commits it, a synced write of another page too.
    in_journal: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) cache: Vec<u8>,
    pub(super) durable: Vec<u8>,
    /// Contents that an unsynced page went through: a power cut leaves one of them or the durable
    /// one, whichever the kernel last wrote back by itself. Also a page written after its blocks
    /// were declared unwritten, while the journal has not got so far: the data goes to the old
    /// blocks, and the old neighbours still stand behind it.
    dirty: BTreeMap<u64, Vec<Version>>,
    pub(super) modified_ms: i64,
    pub(super) locked: bool,
}

fn put(image: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let end = at as usize + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    if let Some(target) = image.get_mut(at as usize..end) {
        target.copy_from_slice(bytes);
    }
}

impl Content {
    fn page(&self, page: u64) -> Vec<u8> {
        let start = ((page * PAGE_BYTES) as usize).min(self.cache.len());
        let end = (start + PAGE_BYTES as usize).min(self.cache.len());
        self.cache.get(start..end).unwrap_or_default().to_vec()
    }

    /// What a disk that is switched on holds.
    pub(super) fn switched_on(image: Vec<u8>, modified_ms: i64) -> Self {
        Self { cache: image.clone(), durable: image, modified_ms, ..Self::default() }
    }

    pub(super) fn write(&mut self, change: u64, at: u64, bytes: &[u8]) {
        self.note(change, at, bytes, |_| false);
    }

    /// Makes a range read as zeros, as ext4 and XFS do it: whole blocks, the last one of the file
    /// among them, by the journal, what is left of the first and the last one as a write.
    pub(super) fn zero(&mut self, change: u64, at: u64, len: u64) {
        let size = self.cache.len() as u64;
        let end = at.saturating_add(len).min(size);
        let zeros = vec![0; end.saturating_sub(at) as usize];
        self.note(change, at, &zeros, |page| {
            at <= page * PAGE_BYTES && ((page + 1) * PAGE_BYTES).min(size) <= end
        });
    }

    fn note(&mut self, change: u64, at: u64, bytes: &[u8], in_journal: impl Fn(u64) -> bool) {
        if bytes.is_empty() {
            return;
        }
        put(&mut self.cache, at, bytes);
        for page in at / PAGE_BYTES..=(at + bytes.len() as u64 - 1) / PAGE_BYTES {
            let version = Version { change, bytes: self.page(page), in_journal: in_journal(page) };
            self.dirty.entry(page).or_default().push(version);
        }
    }

    /// Makes durable what the journal holds of this file: what a page held before is gone for
    /// good, what was written to it since is as undecided as it was.
    fn commit_journal(&mut self) {
        for (page, versions) in &mut self.dirty {
            let Some(last) = versions.iter().rposition(|version| version.in_journal) else {
                continue;
            };
            if let Some(zeros) = versions.drain(..=last).next_back() {
                put(&mut self.durable, page * PAGE_BYTES, &zeros.bytes);
            }
        }
        self.dirty.retain(|_, versions| !versions.is_empty());
    }

    pub(super) fn resize(&mut self, bytes: u64) {
        self.cache.resize(bytes as usize, 0);
        self.dirty.retain(|page, _| page * PAGE_BYTES < bytes);
    }

    pub(super) fn sync(&mut self) {
        self.dirty.clear();
        self.durable.clone_from(&self.cache);
    }

    /// Makes the pages of a range durable, and with them what the journal holds of this file: the
    /// size, and which blocks are unwritten. Not what was written to other pages.
    pub(super) fn sync_range(&mut self, at: u64, len: u64) {
        self.durable.resize(self.cache.len(), 0);
        self.commit_journal();
        for page in at / PAGE_BYTES..(at + len).div_ceil(PAGE_BYTES) {
            self.dirty.remove(&page);
            let now = self.page(page);
            put(&mut self.durable, page * PAGE_BYTES, &now);
        }
    }

    /// What the platter holds when pages got out in the order of writing, up to `change`.
    pub(super) fn prefix(&self, change: u64) -> Vec<u8> {
        let mut image = self.durable.clone();
        image.resize(self.cache.len(), 0);
        let size = image.len();
        for (page, versions) in &self.dirty {
            let written = versions.iter().rev().find(|version| version.change <= change);
            if let Some(version) = written {
                put(&mut image, page * PAGE_BYTES, &version.bytes);
            }
        }
        image.truncate(size);
        image
    }

    /// What the platter holds: each unsynced page and the size in any of their versions.
    pub(super) fn torn(&self, coin: &mut Coin) -> Vec<u8> {
        let mut image = self.durable.clone();
        if coin.flip() {
            image.resize(self.cache.len(), 0);
        }
        let size = image.len();
        for (page, versions) in &self.dirty {
            let chosen = coin.below(versions.len() + 1);
            if let Some(version) = versions.get(chosen) {
                put(&mut image, page * PAGE_BYTES, &version.bytes);
            }
        }
        image.truncate(size);
        image
    }
}

pub(super) struct Coin(pub(super) u64);

impl Coin {
    pub(super) fn flip(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 & 0x100 != 0
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.flip();
        (self.0 >> 16) as usize % limit.max(1)
    }
}
