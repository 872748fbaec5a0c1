//! Bytes a second: of the last full second, and at most so many.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Rate {
    since: Instant,
    bytes: u64,
    last: u64,
}

impl Rate {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { since: now, bytes: 0, last: 0 }
    }

    /// Counts; the rate to show now.
    pub(crate) fn add(&mut self, bytes: u64, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.since);
        if passed >= Duration::from_secs(1) {
            self.last = (u128::from(self.bytes) * 1_000 / passed.as_millis()) as u64;
            self.bytes = 0;
            self.since = now;
        }
        self.bytes += bytes;
        self.last
    }
}

/// RocketMQ counts whole seconds, so that a slave stands still for the rest of one; here what is
/// allowed comes back steadily, and a tenth of a second of it is kept.
#[derive(Debug)]
pub(crate) struct Pace {
    bytes_per_second: Option<u64>,
    left: u64,
    since: Instant,
    /// When something is allowed again, after nothing was.
    opens_at: Option<Instant>,
}

impl Pace {
    pub(crate) const fn new(bytes_per_second: Option<u64>, now: Instant) -> Self {
        Self { bytes_per_second, left: 0, since: now, opens_at: None }
    }

    /// Up to `most` bytes, `None` when none are allowed now.
    pub(crate) fn allows(&mut self, most: usize, now: Instant) -> Option<usize> {
        const KEPT: Duration = Duration::from_millis(100);
        const REST: Duration = Duration::from_millis(10);
        let Some(rate) = self.bytes_per_second else { return Some(most) };
        let passed = now.saturating_duration_since(self.since);
        let earned = (u128::from(rate) * passed.min(KEPT).as_nanos() / 1_000_000_000) as u64;
        if earned > 0 {
            let kept_max = (u128::from(rate) * KEPT.as_nanos() / 1_000_000_000) as u64;
            self.left = (self.left + earned).min(kept_max.max(1));
            self.since = now;
        }
        self.opens_at = (self.left == 0).then(|| now + REST);
        (self.left > 0).then(|| most.min(usize::try_from(self.left).unwrap_or(most)))
    }

    pub(crate) fn spend(&mut self, bytes: u64) {
        self.left = self.left.saturating_sub(bytes);
    }

    /// When to ask again.
    pub(crate) const fn opens_at(&self) -> Option<Instant> {
        self.opens_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_rate_everything_is_allowed() {
        let start = Instant::now();
        let mut pace = Pace::new(None, start);
        assert_eq!(pace.allows(7000, start), Some(7000));
        assert_eq!(pace.opens_at(), None);
    }

    #[test]
    fn no_second_has_more_than_the_rate_and_a_tenth() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(10_000), start);
        let mut sent = 0;
        let mut at = start;
        while at < start + Duration::from_secs(2) {
            while let Some(bytes) = pace.allows(700, at) {
                pace.spend(bytes as u64);
                sent += bytes;
            }
            assert!(pace.opens_at().is_some_and(|opens| opens > at));
            at += Duration::from_millis(3);
        }
        assert!((19_000..=21_000).contains(&sent), "{sent}");
        assert_eq!(pace.allows(9000, at + Duration::from_secs(60)), Some(1000), "none is saved up");
    }

    #[test]
    fn the_last_second_is_told_until_the_next_is_over() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        assert_eq!(rate.add(500, start), 0);
        assert_eq!(rate.add(500, start + Duration::from_millis(900)), 0);
        assert_eq!(rate.add(7, start + Duration::from_secs(2)), 500);
        assert_eq!(rate.add(0, start + Duration::from_millis(2500)), 500);
        assert_eq!(rate.add(0, start + Duration::from_secs(4)), 3);
    }
}
