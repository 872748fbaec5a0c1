//! When segments expire. Decisions only; `maintenance` carries them out.
//!
//! Mirrors Java's `CleanCommitLogService` and `MappedFileQueue.deleteExpiredFileByTime`: in the
//! hours of `deleteWhen`, or above `diskMaxUsedSpaceRatio`, segments go whose last record is older
//! than `fileReservedTime`; above 85 % used they go whatever their age; above 90 % no writes are
//! taken. The segment that is written to never goes. Unlike Java, the two higher levels stay
//! where they are when `diskMaxUsedSpaceRatio` is set above them.

use crate::clock::Clock;
use crate::options::RetentionOptions;

/// `diskSpaceCleanForciblyRatio`.
const FORCE_RATIO: f64 = 0.85;

/// `diskSpaceWarningLevelRatio`.
const REFUSE_RATIO: f64 = 0.90;

/// `deleteFileBatchMax`: segments taken in one check.
pub(crate) const SEGMENTS_PER_CHECK: usize = 10;

const HOUR_MS: i64 = 3_600_000;

/// What one check decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Appends are refused.
    pub(crate) refuse_writes: bool,
    /// Segments whose last change is at or before this wall clock time go; `None`: none go.
    pub(crate) expire_until_ms: Option<i64>,
}

/// Decides from the used ratios (0.0 to 1.0) of the file systems of log and queues.
pub(crate) fn judge(
    options: &RetentionOptions,
    clock: &dyn Clock,
    log_used: f64,
    queues_used: f64,
) -> Verdict {
    let used = log_used.max(queues_used);
    let now_ms = clock.wall_ms();
    let is_time = options.delete_when_hours.contains(&clock.local(now_ms).hour);
    let is_crowded = used > f64::from(options.disk_max_used_percent) / 100.0;
    let expire_until_ms = if used > FORCE_RATIO {
        Some(i64::MAX)
    } else if is_time || is_crowded {
        Some(by_age(options, clock))
    } else {
        None
    };
    Verdict { refuse_writes: used > REFUSE_RATIO, expire_until_ms }
}

/// Wall clock time before which a segment is older than `fileReservedTime`.
pub(crate) fn by_age(options: &RetentionOptions, clock: &dyn Clock) -> i64 {
    let reserved_ms = (options.reserved_hours as i64).saturating_mul(HOUR_MS);
    clock.wall_ms().saturating_sub(reserved_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const NOON_MS: i64 = 1_700_000_000_000 / 86_400_000 * 86_400_000 + 12 * HOUR_MS;

    fn verdict(hour: i64, log_used: f64, queues_used: f64) -> Verdict {
        let clock = ManualClock::new(NOON_MS + (hour - 12) * HOUR_MS);
        judge(&RetentionOptions::default(), &clock, log_used, queues_used)
    }

    #[test]
    fn nothing_outside_the_hour_and_below_the_ratio() {
        assert_eq!(verdict(12, 0.5, 0.5).expire_until_ms, None);
    }

    #[test]
    fn the_hour_and_the_ratio_expire_by_age() {
        let at_four = NOON_MS - 8 * HOUR_MS - 72 * HOUR_MS;
        assert_eq!(verdict(4, 0.1, 0.1).expire_until_ms, Some(at_four));
        assert_eq!(verdict(12, 0.76, 0.1).expire_until_ms, Some(NOON_MS - 72 * HOUR_MS));
        assert_eq!(verdict(12, 0.1, 0.76).expire_until_ms, Some(NOON_MS - 72 * HOUR_MS));
    }

    #[test]
    fn above_85_percent_age_does_not_matter_and_above_90_writes_are_refused() {
        let forced = verdict(12, 0.86, 0.1);
        assert_eq!((forced.expire_until_ms, forced.refuse_writes), (Some(i64::MAX), false));
        assert!(verdict(12, 0.1, 0.91).refuse_writes);
    }
}
