//! Names of connections.

/// Largest number of loops a [`ConnId`] can name.
pub const LOOPS_MAX: usize = 1 << LOOP_BITS;
/// Largest number of connections one loop can hold at a time.
pub(crate) const SLOTS_MAX: usize = 1 << SLOT_BITS;

const LOOP_BITS: u32 = 5;
const SLOT_BITS: u32 = 20;
const GENERATION_BITS: u32 = 27;

/// One connection of one transport: loop, slot and generation, below 2^52, so that it crosses to
/// JavaScript as a number.
///
/// A slot is reused with the next generation: a reply parked for a connection that closed finds
/// nobody instead of the newcomer. A generation comes round after 2^27 connections in one slot,
/// and a slot is reused only when those freed before it have been: a reply would have to stay
/// parked for more than 134 million connections to reach a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(u64);

impl ConnId {
    pub(crate) fn new(loop_index: usize, slot: u32, generation: u32) -> Self {
        let generation = u64::from(generation & Self::GENERATION_MASK);
        Self((((loop_index as u64) << SLOT_BITS | u64::from(slot)) << GENERATION_BITS) | generation)
    }

    pub(crate) const GENERATION_MASK: u32 = (1 << GENERATION_BITS) - 1;

    /// The number that crosses the native seam.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// Takes a number back from the other side of the seam. Any number is safe: one that names no
    /// open connection is answered with `None` wherever it is used.
    #[must_use]
    pub fn from_raw(raw: u64) -> Self {
        Self(raw & ((1 << (LOOP_BITS + SLOT_BITS + GENERATION_BITS)) - 1))
    }

    /// The loop that owns the connection: where a reply must be posted.
    #[must_use]
    pub fn loop_index(self) -> usize {
        (self.0 >> (SLOT_BITS + GENERATION_BITS)) as usize
    }

    pub(crate) fn slot(self) -> usize {
        (self.0 >> GENERATION_BITS) as usize & (SLOTS_MAX - 1)
    }

    pub(crate) fn generation(self) -> u32 {
        self.0 as u32 & Self::GENERATION_MASK
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_come_back_and_fit_a_javascript_number(
            loop_index in 0..LOOPS_MAX, slot in 0..SLOTS_MAX as u32,
            generation in 0..=ConnId::GENERATION_MASK,
        ) {
            let id = ConnId::new(loop_index, slot, generation);
            prop_assert!(id.get() < 1 << 53);
            prop_assert_eq!(id.loop_index(), loop_index);
            prop_assert_eq!(id.slot(), slot as usize);
            prop_assert_eq!(id.generation(), generation);
            prop_assert_eq!(ConnId::from_raw(id.get()), id);
        }

        #[test]
        fn any_number_is_taken(raw: u64) {
            prop_assert!(ConnId::from_raw(raw).loop_index() < LOOPS_MAX);
        }
    }
}
