//! A file of the measurement's own, gone when it is over.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;

use crate::arguments::Arguments;
use crate::error::LoadError;

const FILL_BYTES: usize = 1 << 20;

pub(super) struct Scratch {
    path: PathBuf,
    pub(super) file: File,
}

impl Scratch {
    pub(super) fn from_arguments(arguments: &mut Arguments) -> Result<Self, LoadError> {
        let path: Option<PathBuf> = arguments.get("--file")?;
        let path = path.ok_or_else(|| LoadError::Usage("--file FILE is wanted".to_owned()))?;
        let opened = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let file = opened.map_err(LoadError::io(path.display().to_string()))?;
        Ok(Self { path, file })
    }

    /// Writes every byte once and syncs, so that no later write allocates a block or changes the
    /// size: what a broker's prepared segment is.
    pub(super) fn fill(&mut self, bytes: usize) -> Result<(), LoadError> {
        use std::os::unix::fs::FileExt;
        let block = vec![0_u8; FILL_BYTES];
        for at in (0..bytes).step_by(FILL_BYTES) {
            let written = self.file.write_all_at(&block, at as u64);
            written.map_err(LoadError::io("filling the file"))?;
        }
        self.file.sync_all().map_err(LoadError::io("syncing the file"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            eprintln!("turbopump-loadgen: {}: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_new_filled_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limit");
        let arguments = || Arguments::new(["--file".to_owned(), path.to_str().unwrap().to_owned()]);
        let mut scratch = Scratch::from_arguments(&mut arguments()).unwrap();
        assert!(Scratch::from_arguments(&mut arguments()).is_err(), "an existing file is kept");
        scratch.fill(3 << 20).unwrap();
        assert_eq!(scratch.file.metadata().unwrap().len(), 3 << 20);
        drop(scratch);
        assert!(!path.exists());
    }
}
