//! Bits of a message's `sysFlag` (`MessageSysFlag`, `CompressionType`).

/// The body is compressed, see [`COMPRESSION_MASK`].
pub const COMPRESSED: i32 = 0x1;
/// The tags property holds several tags.
pub const MULTI_TAGS: i32 = 0x2;
/// The two transaction bits; both clear means no transaction.
pub const TRANSACTION_MASK: i32 = 0xC;
/// A half message.
pub const TRANSACTION_PREPARED: i32 = 0x4;
/// The delivered message of a committed transaction.
pub const TRANSACTION_COMMIT: i32 = 0x8;
/// A rolled back transaction.
pub const TRANSACTION_ROLLBACK: i32 = 0xC;
/// The born host is IPv6.
pub const BORN_HOST_V6: i32 = 0x10;
/// The store host is IPv6.
pub const STORE_HOST_V6: i32 = 0x20;
/// The consumer must unwrap the batch in the body.
pub const NEED_UNWRAP: i32 = 0x40;
/// The record is an inner batch.
pub const INNER_BATCH: i32 = 0x80;
/// Compressor bits: 0x000 and 0x300 zlib, 0x100 LZ4, 0x200 ZSTD.
pub const COMPRESSION_MASK: i32 = 0x700;

/// The transaction bits of `sys_flag`.
#[must_use]
pub const fn transaction(sys_flag: i32) -> i32 {
    sys_flag & TRANSACTION_MASK
}

/// `sys_flag` with its transaction bits replaced.
#[must_use]
pub const fn with_transaction(sys_flag: i32, transaction: i32) -> i32 {
    (sys_flag & !TRANSACTION_MASK) | (transaction & TRANSACTION_MASK)
}
