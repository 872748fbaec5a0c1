//! `drop-cache`: has the kernel forget a folder's files, so that what is read next comes from the
//! device. Files are written out first: dirty pages stay. What another process has mapped and
//! touched stays as well, so a broker is restarted before.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustix::fs::{Advice, fadvise};
use serde_json::json;

use crate::arguments::Arguments;
use crate::error::LoadError;

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode, LoadError> {
    let folder: Option<PathBuf> = arguments.get("--folder")?;
    arguments.end()?;
    let folder = folder.ok_or_else(|| LoadError::Usage("drop-cache wants --folder".to_owned()))?;
    let (files, bytes) = drop_folder(&folder)?;
    println!("{}", json!({ "files": files, "bytes": bytes }));
    Ok(ExitCode::SUCCESS)
}

fn drop_folder(folder: &Path) -> Result<(u64, u64), LoadError> {
    let at = || folder.display().to_string();
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder).map_err(LoadError::io(at()))? {
        let entry = entry.map_err(LoadError::io(at()))?;
        let kind = entry.file_type().map_err(LoadError::io(at()))?;
        if kind.is_dir() {
            let (inner_files, inner_bytes) = drop_folder(&entry.path())?;
            files += inner_files;
            bytes += inner_bytes;
        } else if kind.is_file() {
            bytes += drop_file(&entry.path()).map_err(LoadError::io(at()))?;
            files += 1;
        }
    }
    Ok((files, bytes))
}

fn drop_file(path: &Path) -> std::io::Result<u64> {
    let file = File::open(path)?;
    file.sync_data()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    Ok(file.metadata()?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_below_the_folder_is_dropped_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("inner")).unwrap();
        fs::write(dir.path().join("a"), [1; 10]).unwrap();
        fs::write(dir.path().join("inner").join("b"), [2; 20]).unwrap();
        assert_eq!(drop_folder(dir.path()).unwrap(), (2, 30));
        assert_eq!(fs::read(dir.path().join("a")).unwrap(), [1; 10]);
        assert!(drop_folder(&dir.path().join("missing")).is_err());
    }
}
