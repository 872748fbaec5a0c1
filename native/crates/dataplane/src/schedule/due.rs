//! When the head of a level is due.

/// Due time of an entry, milliseconds. One that lies further ahead than the level's delay was
/// written under a clock that has since been set back: it is due now, not when that clock would
/// have been right (Java `correctDeliverTimestamp`).
pub(super) fn due_ms(stored_ms: i64, delay_ms: u64, now_ms: i64) -> i64 {
    let latest = now_ms.saturating_add_unsigned(delay_ms);
    if stored_ms > latest { now_ms } else { stored_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_the_delay_is_due_now() {
        assert_eq!(due_ms(1500, 1000, 1000), 1500);
        assert_eq!(due_ms(2000, 1000, 1000), 2000);
        assert_eq!(due_ms(2001, 1000, 1000), 1000);
        assert_eq!(due_ms(10, 1000, 1000), 10, "the past stays the past");
    }
}
