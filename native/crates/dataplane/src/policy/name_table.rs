//! An immutable table by name of which the next version shares all but what changed.
//!
//! Twenty thousand topics made one by one are twenty thousand versions: copying a table of all
//! names each time would cost a millisecond and more each. So the names are spread over
//! shards and only the shard of a changed name is copied. Rejected: a persistent tree, whose
//! lookups are several times slower, and every message looks its topic up.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

const SHARDS: usize = 256;

type Shard<V> = Arc<FxHashMap<Box<str>, Arc<V>>>;

/// Values by name.
#[derive(Debug)]
pub(super) struct NameTable<V> {
    /// Always [`SHARDS`] of them.
    shards: Box<[Shard<V>]>,
}

impl<V> NameTable<V> {
    /// The value under the name.
    #[must_use]
    pub(super) fn get(&self, name: &str) -> Option<&Arc<V>> {
        self.shards.get(shard_of(name))?.get(name)
    }

    /// All values, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<V>> {
        self.shards.iter().flat_map(|shard| shard.values())
    }

    /// Puts the value under the name, in this version only.
    pub(super) fn insert(&mut self, name: Box<str>, value: Arc<V>) {
        if let Some(shard) = self.shards.get_mut(shard_of(&name)) {
            Arc::make_mut(shard).insert(name, value);
        }
    }

    /// Forgets the name, in this version only.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(shard) = self.shards.get_mut(shard_of(name))
            && shard.contains_key(name)
        {
            Arc::make_mut(shard).remove(name);
        }
    }
}

impl<V> Default for NameTable<V> {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard::default()).collect() }
    }
}

// Not derived: the values need not be cloned.
impl<V> Clone for NameTable<V> {
    fn clone(&self) -> Self {
        Self { shards: self.shards.clone() }
    }
}

/// By bits that the shard's own table, which looks at the highest and the lowest ones, uses least.
fn shard_of(name: &str) -> usize {
    let hash = BuildHasherDefault::<FxHasher>::default().hash_one(name);
    usize::from(hash.to_le_bytes()[4])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(index: usize) -> Box<str> {
        format!("Topic{index}").into()
    }

    fn table(names: usize) -> NameTable<usize> {
        let mut table = NameTable::default();
        for index in 0..names {
            table.insert(name(index), Arc::new(index));
        }
        table
    }

    #[test]
    fn every_name_is_found_and_listed_once() {
        let table = table(5000);
        assert!((0..5000).all(|index| table.get(&name(index)).map(|found| **found) == Some(index)));
        assert!(table.get("Topic5000").is_none());
        let mut listed: Vec<usize> = table.values().map(|value| **value).collect();
        listed.sort_unstable();
        assert_eq!(listed, (0..5000).collect::<Vec<_>>());
    }

    #[test]
    fn a_change_copies_one_shard_and_leaves_the_old_version_alone() {
        let old = table(5000);
        let mut new = old.clone();
        new.insert(name(7), Arc::new(77));
        new.remove(&name(8));
        assert_eq!(old.get(&name(7)).map(|found| **found), Some(7));
        assert_eq!(new.get(&name(7)).map(|found| **found), Some(77));
        assert!(old.get(&name(8)).is_some() && new.get(&name(8)).is_none());
        let shared = old.shards.iter().zip(&new.shards).filter(|(a, b)| Arc::ptr_eq(a, b));
        assert!(shared.count() >= SHARDS - 2);
    }

    #[test]
    fn names_are_spread() {
        let longest = table(20_000).shards.iter().map(|shard| shard.len()).max();
        assert!(longest < Some(200), "{longest:?}");
    }

    #[test]
    fn removing_what_is_not_there_copies_nothing() {
        let old = table(100);
        let mut new = old.clone();
        new.remove("absent");
        assert!(old.shards.iter().zip(&new.shards).all(|(a, b)| Arc::ptr_eq(a, b)));
    }
}
