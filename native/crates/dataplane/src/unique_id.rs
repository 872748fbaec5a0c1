//! Unique message ids for messages whose client made none (Java `MessageClientIDSetter`).
//!
//! 16 bytes as 32 upper-case hex digits: address, process id, a number of the process, milliseconds
//! since the month began, counter. The month is UTC's where Java takes local time: a reader
//! only shows it, and two brokers of one cluster should not depend on their time zones.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of an id's text.
pub(crate) const UNIQUE_ID_BYTES: usize = 32;

/// Makes ids.
#[derive(Debug)]
pub(crate) struct UniqueIds {
    prefix: [u8; 10],
    counter: AtomicU16,
}

impl UniqueIds {
    /// `host` tells brokers apart, `start_ms` processes of one broker that got the same id.
    pub(crate) fn new(host: SocketAddr, start_ms: i64) -> Self {
        let address = match host.ip() {
            IpAddr::V4(v4) => v4.octets(),
            // The text's length is fixed to the IPv4 form; the last bytes differ most.
            IpAddr::V6(v6) => {
                let [.., a, b, c, d] = v6.octets();
                [a, b, c, d]
            }
        };
        let [p0, p1] = (std::process::id() as u16).to_be_bytes();
        let [s0, s1, s2, s3] = (start_ms as u32).to_be_bytes();
        let [a0, a1, a2, a3] = address;
        let prefix = [a0, a1, a2, a3, p0, p1, s0, s1, s2, s3];
        Self { prefix, counter: AtomicU16::new(0) }
    }

    /// The next id, when the message has none.
    pub(crate) fn next_unless(&self, has_one: bool) -> Option<[u8; UNIQUE_ID_BYTES]> {
        (!has_one).then(|| self.next())
    }

    /// The next id.
    fn next(&self) -> [u8; UNIQUE_ID_BYTES] {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let counter = self.counter.fetch_add(1, Ordering::Relaxed);
        self.at(since_epoch.as_millis() as u64, counter)
    }

    fn at(&self, wall_ms: u64, counter: u16) -> [u8; UNIQUE_ID_BYTES] {
        let since_month = (ms_since_month(wall_ms) as u32).to_be_bytes();
        let bytes = self.prefix.iter().chain(&since_month);
        let count = counter.to_be_bytes();
        let mut text = [0; UNIQUE_ID_BYTES];
        for (pair, byte) in text.chunks_exact_mut(2).zip(bytes.chain(&count)) {
            if let [high, low] = pair {
                (*high, *low) = (hex(byte >> 4), hex(byte & 15));
            }
        }
        text
    }
}

fn hex(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'A' + digit - 10 }
}

/// Milliseconds since the first of the month, UTC (days to civil date, Howard Hinnant's way).
fn ms_since_month(wall_ms: u64) -> u64 {
    const DAY_MS: u64 = 86_400_000;
    let shifted = wall_ms / DAY_MS + 719_468;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5;
    day * DAY_MS + wall_ms % DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_address_process_start_time_and_counter() {
        let ids = UniqueIds::new("10.0.0.1:10911".parse().unwrap(), 0x0102_0304);
        // 2026-02-03T00:00:05Z
        let text = String::from_utf8(ids.at(1_770_076_805_000, 7).to_vec()).unwrap();
        let pid = std::process::id() as u16;
        let since_month = 2 * 86_400_000 + 5000;
        assert_eq!(text, format!("0A000001{pid:04X}01020304{since_month:08X}0007"));
    }

    #[test]
    fn ids_do_not_repeat() {
        let ids = UniqueIds::new("10.0.0.1:10911".parse().unwrap(), 1);
        let all: std::collections::HashSet<_> = (0..1000).map(|_| ids.next()).collect();
        assert_eq!(all.len(), 1000);
    }

    #[test]
    fn months_begin_at_zero() {
        for first_ms in [0, 2_678_400_000, 1_709_251_200_000, 1_767_225_600_000] {
            assert_eq!(ms_since_month(first_ms), 0, "{first_ms}");
        }
        assert_eq!(ms_since_month(1_709_251_200_000 - 1), 29 * 86_400_000 - 1, "leap February");
    }
}
