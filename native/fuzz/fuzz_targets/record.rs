//! A record that parses is written again byte for byte, apart from what encoding recomputes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use turbopump_wire::record::{RecordFields, RecordView, encode_record, patch_offsets, scan};
use turbopump_wire::{PhysicalOffset, QueueId, QueueOffset, properties};

fuzz_target!(|data: &[u8]| {
    let _ = scan(data, PhysicalOffset::ZERO, true);
    let Ok(view) = RecordView::parse(data) else { return };
    properties::iter(view.properties).for_each(|property| assert!(!property.value.is_empty()));
    let (Some(born_host), Some(store_host)) = (view.born_host(), view.store_host()) else { return };
    let fields = RecordFields {
        version: view.version,
        topic: view.topic,
        queue_id: QueueId::new(view.queue_id.cast_unsigned()),
        flag: view.flag,
        sys_flag: view.sys_flag,
        born_timestamp: view.born_timestamp,
        born_host,
        store_host,
        reconsume_times: view.reconsume_times,
        prepared_transaction_offset: view.prepared_transaction_offset,
        body: view.body,
        properties: &[view.properties],
    };
    let mut out = Vec::new();
    if encode_record(&mut out, &fields).is_err() {
        return;
    }
    let queue = QueueOffset::new(view.queue_offset.cast_unsigned());
    let at = PhysicalOffset::new(view.physical_offset.cast_unsigned());
    patch_offsets(&mut out, queue, at, view.store_timestamp).unwrap();
    assert_eq!(out[..8], view.bytes()[..8]);
    assert_eq!(out[12..], view.bytes()[12..]);
});
