//! Bytes a second, of the last full second.

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

#[cfg(test)]
mod tests {
    use super::*;

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
