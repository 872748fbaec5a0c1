//! The log's own rules: a run of whole records, each at the place it says, each body as its CRC
//! says; files of one length without a hole; nothing behind the end.
//!
//! Damage ends no check: the record's own length, else the next place where a record stands, is
//! where it goes on.

use turbopump_wire::PhysicalOffset;
use turbopump_wire::record::{RecordVersion, RecordView, Scan, scan};

use super::report::{Finding, Part};
use super::window::{WINDOW_BYTES, Window};
use super::{Scope, VerifyError};
use crate::commit_log::segments::{file_name, parse_name};
use crate::error::FileError;

const PREFIX_BYTES: u64 = 8;

/// A stretch of the log.
pub(super) enum Piece<'a> {
    Record(&'a RecordView<'a>),
    /// Nothing whole stands in `[from, to)`.
    Damage {
        finding: Finding,
        from: u64,
        to: u64,
    },
    /// Something is wrong that costs no record.
    Note(Finding),
}

type Visit<'v> = dyn FnMut(Piece<'_>) -> Result<(), VerifyError> + 'v;

/// Hands everything from the log's first position to the scope's end to `visit`, in order.
pub(super) fn walk(scope: &Scope<'_>, visit: &mut Visit<'_>) -> Result<(), VerifyError> {
    let bases = bases(scope)?;
    let Some(first) = bases.first().copied() else { return Ok(()) };
    let bytes = scope.options.segment_bytes;
    let mut base = first;
    while base < scope.end {
        walk_segment(scope, base, visit)?;
        base += bytes;
    }
    if scope.is_stopped {
        for base in bases.into_iter().filter(|base| base + bytes > scope.end) {
            check_unused(scope, base, visit)?;
        }
    }
    Ok(())
}

/// First positions of the segments, in order.
pub(super) fn bases(scope: &Scope<'_>) -> Result<Vec<u64>, FileError> {
    let dir = &scope.options.commit_log_dir;
    let entries = scope.disk.list(dir).map_err(FileError::on("cannot list", dir))?;
    let files = entries.iter().filter(|entry| !entry.is_dir);
    let mut bases: Vec<u64> = files.filter_map(|entry| parse_name(&entry.name)).collect();
    bases.sort_unstable();
    Ok(bases)
}

fn walk_segment(scope: &Scope<'_>, base: u64, visit: &mut Visit<'_>) -> Result<(), VerifyError> {
    let path = scope.options.commit_log_dir.join(file_name(base));
    let segment_end = base + scope.options.segment_bytes;
    let limit = scope.end.min(segment_end);
    let Some(mut window) = Window::open(scope.disk, &path)? else {
        if base < (scope.min)() {
            return Ok(());
        }
        let finding = Finding::new(Part::Log, &path, 0, "the file is missing".to_owned());
        return visit(Piece::Damage { finding, from: base, to: limit });
    };
    if window.size() != scope.options.segment_bytes {
        let what = format!(
            "the file is {} bytes long, not {}",
            window.size(),
            scope.options.segment_bytes
        );
        visit(Piece::Note(Finding::new(Part::Log, &path, window.size(), what)))?;
    }
    let mut at = base;
    while at < limit {
        (scope.pace)(at)?;
        let step = step(&mut window, base, at, segment_end, visit)?;
        at = match step {
            Ok(next) => next,
            Err(what) => {
                let next = go_on(&mut window, base, at, limit)?;
                let finding = Finding::new(Part::Log, &path, at - base, what);
                visit(Piece::Damage { finding, from: at, to: next })?;
                next
            }
        };
    }
    Ok(())
}

/// The position behind what stands at `at`, or what is wrong with it.
fn step(
    window: &mut Window,
    base: u64,
    at: u64,
    segment_end: u64,
    visit: &mut Visit<'_>,
) -> Result<Result<u64, String>, VerifyError> {
    let left = segment_end - at;
    let bytes = record_bytes(window, at - base, left)?;
    Ok(match scan(bytes, PhysicalOffset::new(at), true) {
        Ok(Scan::Record(record)) => {
            let size = record.bytes().len() as u64;
            if size + PREFIX_BYTES > left {
                return Ok(Err("the record leaves no room for the end of its file".to_owned()));
            }
            visit(Piece::Record(&record))?;
            Ok(at + size)
        }
        Ok(Scan::Blank(blank)) if u64::from(blank.size) == left => Ok(segment_end),
        Ok(Scan::Blank(blank)) => {
            Err(format!("the filler says {} bytes where {left} are left", blank.size))
        }
        Ok(Scan::End) => Err("there is no record before the end of the log".to_owned()),
        Err(error) => Err(error.to_string()),
    })
}

/// The record's bytes if one begins there, else its first 8.
fn record_bytes(window: &mut Window, at: u64, left: u64) -> Result<&[u8], FileError> {
    let size = own_size(window.get(at, PREFIX_BYTES.min(left))?).unwrap_or(PREFIX_BYTES);
    window.get(at, size.max(PREFIX_BYTES).min(left))
}

/// The length that a record's prefix gives.
fn own_size(prefix: &[u8]) -> Option<u64> {
    let (size, magic) = prefix.split_first_chunk::<4>()?;
    let magic = i32::from_be_bytes(*magic.first_chunk::<4>()?);
    RecordVersion::from_magic(magic)?;
    Some(u64::from(u32::from_be_bytes(*size)))
}

/// Where to go on behind damage at `at`.
fn go_on(window: &mut Window, base: u64, at: u64, limit: u64) -> Result<u64, VerifyError> {
    let segment_end_in_file = window.size();
    if let Some(size) = own_size(window.get(at - base, PREFIX_BYTES)?)
        && size > PREFIX_BYTES
        && at + size <= limit
        && (at + size == limit || stands(window, base, at + size)?)
    {
        return Ok(at + size);
    }
    let mut next = at + 1;
    while next < limit && next - base < segment_end_in_file {
        let chunk = window.get(next - base, WINDOW_BYTES)?;
        let magics = [RecordVersion::V1, RecordVersion::V2].map(|v| v.magic().to_be_bytes());
        let found = chunk.windows(4).position(|four| magics.iter().any(|magic| magic == four));
        let Some(nth) = found else {
            next += (chunk.len() as u64).saturating_sub(3).max(1);
            continue;
        };
        let record = (next + nth as u64).saturating_sub(4);
        if record > at && record < limit && stands(window, base, record)? {
            return Ok(record);
        }
        next += nth as u64 + 1;
    }
    Ok(limit)
}

/// Whether a whole record or a filler that fits stands there.
fn stands(window: &mut Window, base: u64, at: u64) -> Result<bool, FileError> {
    let left = window.size().saturating_sub(at - base);
    let bytes = record_bytes(window, at - base, left)?;
    Ok(match scan(bytes, PhysicalOffset::new(at), true) {
        Ok(Scan::Record(_)) => true,
        Ok(Scan::Blank(blank)) => u64::from(blank.size) == left,
        Ok(Scan::End) | Err(_) => false,
    })
}

/// Behind the end everything reads as zeros, or the next crash may take it for records.
fn check_unused(scope: &Scope<'_>, base: u64, visit: &mut Visit<'_>) -> Result<(), VerifyError> {
    let path = scope.options.commit_log_dir.join(file_name(base));
    let Some(mut window) = Window::open(scope.disk, &path)? else { return Ok(()) };
    let from = scope.end.saturating_sub(base);
    if window.size() != scope.options.segment_bytes && base >= scope.end {
        let what = format!("the file is {} bytes long", window.size());
        visit(Piece::Note(Finding::new(Part::Log, &path, window.size(), what)))?;
    }
    if let Some(at) = window.first_set(from, window.size())? {
        let what = "there are bytes behind the end of the log".to_owned();
        visit(Piece::Note(Finding::new(Part::Log, &path, at, what)))?;
    }
    Ok(())
}
