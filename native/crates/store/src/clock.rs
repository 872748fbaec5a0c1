//! Time as the store sees it: wall clock for stored timestamps, monotonic for waiting, and the
//! local calendar because RocketMQ's `deleteWhen` and its index file names are in local time.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A wall clock reading broken down in the machine's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Gregorian year.
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999.
    pub millisecond: u16,
}

/// The store's only source of time, so that tests decide what time it is.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00Z. May jump both ways; nothing durable relies on it
    /// moving forward.
    fn wall_ms(&self) -> i64;

    /// Time since an arbitrary fixed point; never goes back.
    fn monotonic(&self) -> Duration;

    /// `wall_ms` in local time.
    fn local(&self, wall_ms: i64) -> LocalTime;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn wall_ms(&self) -> i64 {
        // A clock set before 1970 reads as 0: RocketMQ's formats have no negative store time.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
    }

    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    fn local(&self, wall_ms: i64) -> LocalTime {
        break_down(wall_ms, &jiff::tz::TimeZone::system())
    }
}

fn break_down(wall_ms: i64, zone: &jiff::tz::TimeZone) -> LocalTime {
    let timestamp =
        jiff::Timestamp::from_millisecond(wall_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let zoned = zone.to_datetime(timestamp);
    LocalTime {
        year: zoned.year(),
        month: zoned.month() as u8,
        day: zoned.day() as u8,
        hour: zoned.hour() as u8,
        minute: zoned.minute() as u8,
        second: zoned.second() as u8,
        millisecond: zoned.millisecond() as u16,
    }
}

/// A clock that stands still until a test moves it. Local time is UTC.
#[cfg(any(test, feature = "memory-disk"))]
#[derive(Debug)]
pub struct ManualClock {
    now_ms: std::sync::atomic::AtomicI64,
    look_takes: std::sync::atomic::AtomicU64,
    looks_took: std::sync::atomic::AtomicU64,
}

#[cfg(any(test, feature = "memory-disk"))]
impl ManualClock {
    /// A clock that reads `now_ms`.
    #[must_use]
    pub const fn new(now_ms: i64) -> Self {
        Self {
            now_ms: std::sync::atomic::AtomicI64::new(now_ms),
            look_takes: std::sync::atomic::AtomicU64::new(0),
            looks_took: std::sync::atomic::AtomicU64::new(0),
        }
    }

    /// From now on each look at the monotonic clock takes so long, by that clock.
    pub fn set_look_ms(&self, look_ms: u64) {
        self.look_takes.store(look_ms, std::sync::atomic::Ordering::SeqCst);
    }

    /// Sets the wall clock, backwards too.
    pub fn set(&self, now_ms: i64) {
        self.now_ms.store(now_ms, std::sync::atomic::Ordering::SeqCst);
    }

    /// Moves the wall clock by `by_ms`.
    pub fn advance(&self, by_ms: i64) {
        self.now_ms.fetch_add(by_ms, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(any(test, feature = "memory-disk"))]
impl Clock for ManualClock {
    fn wall_ms(&self) -> i64 {
        self.now_ms.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        let takes = self.look_takes.load(std::sync::atomic::Ordering::SeqCst);
        let took = self.looks_took.fetch_add(takes, std::sync::atomic::Ordering::SeqCst);
        Duration::from_millis(self.wall_ms().max(0) as u64 + took)
    }

    fn local(&self, wall_ms: i64) -> LocalTime {
        break_down(wall_ms, &jiff::tz::TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_fields_of_a_known_instant() {
        let clock = ManualClock::new(0);
        let local = clock.local(1_700_000_000_123);
        assert_eq!((local.year, local.month, local.day), (2023, 11, 14));
        assert_eq!((local.hour, local.minute, local.second), (22, 13, 20));
        assert_eq!(local.millisecond, 123);
    }
}
