//! An immutable table by name of which the next version shares all but what changed.
//!
//! Twenty thousand topics made one by one are twenty thousand versions: copying a table of all
//! names each time would cost a millisecond and more each. So the names are spread over
//! shards and only the shard of a changed name is copied. Rejected: a persistent tree, whose
//! lookups are several times slower, and every message looks its topic up.

use std::borrow::Borrow;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashSet, FxHasher};

const SHARDS: usize = 256;

/// What knows its own name: a copy of it in the table would be one more place in memory that a
/// look-up waits for.
pub(super) trait Named {
    fn name(&self) -> &str;
}

/// A value that is found by its name.
#[derive(Debug)]
struct ByName<V>(Arc<V>);

type Shard<V> = Arc<FxHashSet<ByName<V>>>;

/// Values by name.
#[derive(Debug)]
pub(super) struct NameTable<V> {
    /// Always [`SHARDS`] of them.
    shards: Box<[Shard<V>]>,
}

impl<V: Named> NameTable<V> {
    /// The value under the name.
    #[must_use]
    pub(super) fn get(&self, name: &str) -> Option<&Arc<V>> {
        self.shards.get(shard_of(name))?.get(name).map(|found| &found.0)
    }

    /// All values, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<V>> {
        self.shards.iter().flat_map(|shard| shard.iter()).map(|value| &value.0)
    }

    /// Puts the value under its name, in this version only.
    pub(super) fn insert(&mut self, value: Arc<V>) {
        if let Some(shard) = self.shards.get_mut(shard_of(value.name())) {
            Arc::make_mut(shard).replace(ByName(value));
        }
    }

    /// Forgets the name, in this version only.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(shard) = self.shards.get_mut(shard_of(name))
            && shard.contains(name)
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

impl<V> Clone for ByName<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V: Named> Borrow<str> for ByName<V> {
    fn borrow(&self) -> &str {
        self.0.name()
    }
}

impl<V: Named> Hash for ByName<V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name().hash(state);
    }
}

impl<V: Named> PartialEq for ByName<V> {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl<V: Named> Eq for ByName<V> {}

/// By bits that the shard's own table, which looks at the highest and the lowest ones, uses least.
fn shard_of(name: &str) -> usize {
    let hash = BuildHasherDefault::<FxHasher>::default().hash_one(name);
    usize::from(hash.to_le_bytes()[4])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbered(String, usize);

    impl Named for Numbered {
        fn name(&self) -> &str {
            &self.0
        }
    }

    fn name(index: usize) -> String {
        format!("Topic{index}")
    }

    fn table(names: usize) -> NameTable<Numbered> {
        let mut table = NameTable::default();
        for index in 0..names {
            table.insert(Arc::new(Numbered(name(index), index)));
        }
        table
    }

    fn number(table: &NameTable<Numbered>, index: usize) -> Option<usize> {
        table.get(&name(index)).map(|found| found.1)
    }

    #[test]
    fn every_name_is_found_and_listed_once() {
        let table = table(5000);
        assert!((0..5000).all(|index| number(&table, index) == Some(index)));
        assert!(table.get("Topic5000").is_none());
        let mut listed: Vec<usize> = table.values().map(|value| value.1).collect();
        listed.sort_unstable();
        assert_eq!(listed, (0..5000).collect::<Vec<_>>());
    }

    #[test]
    fn a_change_copies_one_shard_and_leaves_the_old_version_alone() {
        let old = table(5000);
        let mut new = old.clone();
        new.insert(Arc::new(Numbered(name(7), 77)));
        new.remove(&name(8));
        assert_eq!(number(&old, 7), Some(7));
        assert_eq!(number(&new, 7), Some(77));
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
