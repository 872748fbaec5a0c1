//! Properties that hold for every input: what is written reads back, and no bytes panic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in functions that tests share"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use std::net::SocketAddr;
use turbopump_wire::batch::{self, BatchEntry};
use turbopump_wire::header::{HeaderEncoding, HeaderLine, HeaderWriter, RequestHeader, peek};
use turbopump_wire::record::{
    RecordFields, RecordVersion, RecordView, encode_record, patch_offsets, scan,
};
use turbopump_wire::{
    Language, OffsetMessageId, PhysicalOffset, QueueId, QueueOffset, frame, properties,
    property_crc,
};

type Fields = Vec<(String, String)>;

fn encodings() -> impl Strategy<Value = HeaderEncoding> {
    prop_oneof![Just(HeaderEncoding::Json), Just(HeaderEncoding::Binary)]
}

/// Any text but the empty one, which a binary header cannot tell from none.
fn texts() -> impl Strategy<Value = String> {
    vec(any::<char>(), 1..12).prop_map(String::from_iter)
}

fn ext_fields() -> impl Strategy<Value = Fields> {
    vec((texts(), texts()), 0..30)
}

fn write(
    encoding: HeaderEncoding,
    line: &HeaderLine,
    remark: Option<&str>,
    ext: &Fields,
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = HeaderWriter::begin(&mut out, encoding, line).remark_opt(remark);
    for (name, value) in ext {
        writer = writer.ext(name, value);
    }
    writer.finish(0).unwrap();
    out
}

fn hosts() -> impl Strategy<Value = SocketAddr> {
    (any::<std::net::IpAddr>(), any::<u16>()).prop_map(SocketAddr::from)
}

fn read_everything(bytes: &[u8]) {
    if let Ok(Some(cut)) = frame::cut(bytes, 1 << 20) {
        let _ = peek(cut.encoding, cut.header);
        let _ = RequestHeader::decode(cut.encoding, cut.header);
    }
    for encoding in [HeaderEncoding::Json, HeaderEncoding::Binary] {
        let decoded = RequestHeader::decode(encoding, bytes);
        if let Ok(decoded) = decoded {
            let peeked = peek(encoding, bytes).unwrap();
            let all = (decoded.code, decoded.opaque, decoded.flag);
            assert_eq!((peeked.code, peeked.opaque, peeked.flag), all);
        }
    }
    let _ = scan(bytes, PhysicalOffset::ZERO, true);
    let _ = RecordView::parse(bytes).map(|view| (view.born_host(), view.check_body()));
    let _ = patch_offsets(&mut bytes.to_vec(), QueueOffset::ZERO, PhysicalOffset::ZERO, 0);
    let taken: usize = batch::iter(bytes)
        .map_while(Result::ok)
        .map(|entry| batch::FIXED_BYTES + entry.body.len() + entry.properties.len())
        .sum();
    assert!(taken <= bytes.len());
    for property in properties::iter(bytes) {
        assert!(!property.name.is_empty() && !property.value.is_empty());
    }
    let _ = property_crc::closing_crc(bytes);
    let _ = OffsetMessageId::parse(&String::from_utf8_lossy(bytes));
}

proptest! {
    #[test]
    fn a_header_reads_back(
        encoding in encodings(),
        numbers in (0..32767_i32, 0..32767_i32, any::<i32>(), any::<i32>()),
        language in 0..14_u8,
        remark in proptest::option::of(texts()),
        ext in ext_fields(),
    ) {
        let language = Language::from_code(language);
        let (code, version, opaque, flag) = numbers;
        // The 16 bit aliases are requests' codes of their own and read back as those.
        prop_assume!(!matches!(code, 3442..=3448 | 3543));
        let line = HeaderLine { code, language, version, opaque, flag };
        let whole = write(encoding, &line, remark.as_deref(), &ext);
        let cut = frame::cut(&whole, whole.len()).unwrap().unwrap();
        let read = RequestHeader::decode(cut.encoding, cut.header).unwrap();
        let read_line = HeaderLine {
            code: read.code, language: read.language, version: read.version,
            opaque: read.opaque, flag: read.flag,
        };
        prop_assert_eq!(read_line, line);
        prop_assert_eq!(read.remark.as_deref(), remark.as_deref());
        let read_ext: Fields = read.ext.iter().map(|(k, v)| (k.into(), v.into())).collect();
        prop_assert_eq!(read_ext, ext);
        if encoding == HeaderEncoding::Json {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(cut.header).is_ok());
        }
    }

    #[test]
    fn any_json_object_is_read_like_a_general_parser_reads_it(
        ext in ext_fields(),
        pretty in any::<bool>(),
    ) {
        let value = serde_json::json!({
            "unknown": {"deep": [1, 2.5e3, null, {"x": [true, "\\\"}"]}]},
            "code": 310, "opaque": -1, "flag": "2", "language": "GO", "version": 479,
            "extFields": ext.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "zeta": "\u{1}\n\"",
        });
        let header = if pretty {
            serde_json::to_vec_pretty(&value)
        } else {
            serde_json::to_vec(&value)
        }.unwrap();
        let read = RequestHeader::decode(HeaderEncoding::Json, &header).unwrap();
        prop_assert_eq!((read.code, read.opaque, read.flag, read.version), (310, -1, 2, 479));
        prop_assert_eq!(read.language, Language::Go);
        for (name, text) in value["extFields"].as_object().unwrap() {
            prop_assert_eq!(read.ext.get(name), text.as_str());
        }
    }

    #[test]
    fn a_record_reads_back(
        topic in "[%a-zA-Z0-9_-]{1,127}", wide in any::<bool>(),
        body in vec(any::<u8>(), 0..300), properties in vec(any::<u8>(), 0..100),
        hosts in (hosts(), hosts()), numbers in any::<(u32, i32, i32, i32)>(),
        longs in any::<(i64, i64, i64)>(), places in any::<(u32, u32)>(),
    ) {
        let (queue_id, flag, sys_flag, reconsume_times) = numbers;
        let (born_timestamp, store_ms, prepared_transaction_offset) = longs;
        let fields = RecordFields {
            version: if wide { RecordVersion::V2 } else { RecordVersion::V1 },
            topic: &topic, queue_id: QueueId::new(queue_id), flag, sys_flag, born_timestamp,
            born_host: hosts.0, store_host: hosts.1, reconsume_times,
            prepared_transaction_offset, body: &body, properties: &[&properties],
        };
        let mut record = Vec::new();
        encode_record(&mut record, &fields).unwrap();
        let at = PhysicalOffset::new(places.1.into());
        patch_offsets(&mut record, QueueOffset::new(places.0.into()), at, store_ms).unwrap();
        let view = turbopump_wire::record::verify(&record, at, true).unwrap();
        prop_assert_eq!(view.topic, &topic);
        prop_assert_eq!(view.body, &body);
        prop_assert_eq!(view.properties, &properties);
        prop_assert_eq!(view.born_host(), Some(hosts.0));
        prop_assert_eq!(view.store_host(), Some(hosts.1));
        prop_assert_eq!(view.queue_offset, i64::from(places.0));
        prop_assert_eq!((view.born_timestamp, view.store_timestamp), (born_timestamp, store_ms));
        prop_assert_eq!(view.sys_flag & !0x30, sys_flag & !0x30);
        prop_assert_eq!(view.bytes(), &record);
        // One byte of the body off, and the CRC says so.
        if !body.is_empty() {
            let body_at = record.len() - 2 - properties.len() - topic.len()
                - if wide { 2 } else { 1 } - body.len();
            record[body_at] ^= 1;
            prop_assert!(turbopump_wire::record::verify(&record, at, true).is_err());
            prop_assert!(turbopump_wire::record::verify(&record, at, false).is_ok());
        }
    }

    #[test]
    fn batches_read_back(
        entries in vec((any::<i32>(), vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..20)), 0..8),
    ) {
        let mut body = Vec::new();
        let entries: Vec<_> = entries.iter()
            .map(|(flag, body, properties)| BatchEntry { flag: *flag, body, properties }).collect();
        for entry in &entries {
            batch::append(&mut body, entry).unwrap();
        }
        prop_assert_eq!(batch::iter(&body).collect::<Result<Vec<_>, _>>(), Ok(entries));
        if !body.is_empty() {
            prop_assert!(batch::iter(&body[..body.len() - 1]).any(|entry| entry.is_err()));
        }
    }

    #[test]
    fn properties_behave_like_a_map(
        changes in vec(("[a-c]{1,2}", proptest::option::of("[x-z]{0,3}")), 0..20),
        start in vec(prop_oneof![Just(1_u8), Just(2), Just(b'a'), Just(b'x')], 0..20),
    ) {
        let mut text = start;
        let read = |text: &[u8]| properties::iter(text)
            .map(|p| (p.name.to_vec(), p.value.to_vec()))
            .collect::<std::collections::BTreeMap<_, _>>();
        let mut model = read(&text);
        for (name, value) in changes {
            if let Some(value) = value {
                properties::set(&mut text, &name, &value).unwrap();
                model.remove(name.as_bytes());
                if !value.is_empty() {
                    model.insert(name.into_bytes(), value.into_bytes());
                }
            } else {
                properties::remove(&mut text, &name);
                model.remove(name.as_bytes());
            }
            prop_assert_eq!(&read(&text), &model);
        }
    }

    #[test]
    fn closing_crcs_read_back(crc in any::<u32>(), before in vec(any::<u8>(), 0..30)) {
        let mut text = before;
        text.extend_from_slice(&property_crc::crc_property(crc));
        prop_assert_eq!(property_crc::closing_crc(&text), Some(crc));
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..200)) {
        read_everything(&bytes);
    }

    #[test]
    fn mutated_bytes_do_not_panic(
        encoding in encodings(), ext in ext_fields(), body in vec(any::<u8>(), 0..60),
        hits in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        keep in any::<prop::sample::Index>(),
    ) {
        let line = HeaderLine::new(310, 1, 0);
        let host = SocketAddr::from(([10, 0, 0, 1], 10911));
        let mut record = Vec::new();
        let fields = RecordFields {
            version: RecordVersion::V1, topic: "T1", queue_id: QueueId::ZERO, flag: 0, sys_flag: 0,
            born_timestamp: 0, born_host: host, store_host: host, reconsume_times: 0,
            prepared_transaction_offset: 0, body: &body, properties: &[b"KEYS\x01k\x02"],
        };
        encode_record(&mut record, &fields).unwrap();
        let mut inner = Vec::new();
        let entry = BatchEntry { flag: 0, body: &body, properties: b"a\x01b" };
        batch::append(&mut inner, &entry).unwrap();
        for mut bytes in [write(encoding, &line, Some("remark"), &ext), record, inner] {
            for (place, byte) in &hits {
                let at = place.index(bytes.len());
                bytes[at] = *byte;
            }
            read_everything(&bytes);
            bytes.truncate(keep.index(bytes.len()));
            read_everything(&bytes);
            read_everything(bytes.get(8..).unwrap_or_default());
        }
    }
}
