//! Names of files and folders: what there is now, and what a power cut leaves of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::content::Coin;

#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Number of the file.
    pub(super) files: BTreeMap<PathBuf, usize>,
    pub(super) dirs: BTreeSet<PathBuf>,
}

impl Names {
    /// Makes the names in one folder durable, or their absence: without a folder's name all that
    /// was in it is gone.
    pub(super) fn sync_dir(&self, dir: &Path, durable: &mut Self) {
        let inside = |path: &Path| path.parent() == Some(dir);
        durable.files.retain(|path, _| !inside(path));
        let files = self.files.iter().filter(|(path, _)| inside(path));
        durable.files.extend(files.map(|(path, file)| (path.clone(), *file)));
        let gone = durable.dirs.difference(&self.dirs).filter(|path| inside(path));
        for folder in gone.cloned().collect::<Vec<_>>() {
            durable.files.retain(|path, _| !path.starts_with(&folder));
            durable.dirs.retain(|path| !path.starts_with(&folder));
        }
        durable.dirs.extend(self.dirs.iter().filter(|path| inside(path)).cloned());
    }

    /// Each name as it is or as it was when its folder was last synced.
    pub(super) fn torn(&self, durable: &Self, coin: &mut Coin) -> Self {
        let mut torn = durable.clone();
        for (path, file) in &self.files {
            if durable.files.get(path) != Some(file) && coin.flip() {
                torn.files.insert(path.clone(), *file);
            }
        }
        for path in durable.files.keys() {
            if !self.files.contains_key(path) && coin.flip() {
                torn.files.remove(path);
            }
        }
        for dir in self.dirs.symmetric_difference(&durable.dirs) {
            if coin.flip() && !torn.dirs.remove(dir) {
                torn.dirs.insert(dir.clone());
            }
        }
        torn
    }

    /// Without what lies in a folder that `known` has and these names have not.
    pub(super) fn reachable(mut self, known: [&Self; 2]) -> Self {
        let known = known.into_iter().flat_map(|names| &names.dirs);
        let lost: Vec<_> = known.filter(|dir| !self.dirs.contains(*dir)).collect();
        let is_found = |path: &Path| !lost.iter().any(|dir| path.starts_with(dir));
        self.files.retain(|path, _| is_found(path));
        self.dirs.retain(|path| is_found(path));
        self
    }
}
