//! Bytes written by `RocketMQ` 5.3.3's own classes (`test/vectors/README.md`), read and written
//! back here. The TypeScript tests assert the same files.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in functions that tests share"
)]

use serde_json::Value;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use turbopump_wire::batch::{self, BatchEntry};
use turbopump_wire::header::{HeaderEncoding, HeaderLine, HeaderWriter, RequestHeader, peek};
use turbopump_wire::java_hash::{index_key_hash, java_string_hash, tags_code};
use turbopump_wire::record::{
    RecordError, RecordFields, RecordVersion, RecordView, encode_record, patch_offsets, verify,
};
use turbopump_wire::{
    Language, OffsetMessageId, PhysicalOffset, QueueId, QueueOffset, frame, properties,
};

fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/../../../test/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let list: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!list.is_empty(), "{path} holds no vectors");
    list
}

fn bytes(vector: &Value, key: &str) -> Vec<u8> {
    let hex = vector[key].as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn text<'v>(vector: &'v Value, key: &str) -> &'v str {
    vector[key].as_str().unwrap_or_else(|| panic!("{key} of {vector}"))
}

fn small(vector: &Value, key: &str) -> i32 {
    i32::try_from(vector[key].as_i64().unwrap()).unwrap()
}

fn long(vector: &Value, key: &str) -> i64 {
    text(vector, key).parse().unwrap()
}

fn address(vector: &Value, host: &str, port: &str) -> SocketAddr {
    let ip: IpAddr = text(vector, host).parse().unwrap();
    SocketAddr::new(ip, u16::try_from(small(vector, port)).unwrap())
}

fn encoding(vector: &Value) -> HeaderEncoding {
    match text(vector, "encoding") {
        "JSON" => HeaderEncoding::Json,
        "ROCKETMQ" => HeaderEncoding::Binary,
        other => panic!("encoding {other}"),
    }
}

fn assert_header(vector: &Value, header: &RequestHeader<'_>) {
    let name = text(vector, "name");
    assert_eq!(header.code, small(vector, "code"), "{name}");
    assert_eq!(header.language.name(), text(vector, "language"), "{name}");
    assert_eq!(header.version, small(vector, "version"), "{name}");
    assert_eq!(header.opaque, small(vector, "opaque"), "{name}");
    assert_eq!(header.flag, small(vector, "flag"), "{name}");
    assert_eq!(header.remark.as_deref(), vector["remark"].as_str(), "{name}");
    let ext = vector["extFields"].as_object().unwrap();
    assert_eq!(header.ext.len(), ext.len(), "{name}");
    for (key, value) in ext {
        assert_eq!(header.ext.get(key), value.as_str(), "{name} {key}");
    }
}

#[test]
fn frames_of_java_are_read() {
    for vector in vectors("frames") {
        let whole = bytes(&vector, "frameHex");
        let cut = frame::cut(&whole, frame::DEFAULT_MAX_FRAME_BYTES).unwrap().unwrap();
        assert_eq!(cut.whole, whole);
        assert_eq!(cut.body, bytes(&vector, "bodyHex"));
        assert_eq!(cut.encoding, encoding(&vector));
        let header = RequestHeader::decode(cut.encoding, cut.header).unwrap();
        assert_header(&vector, &header);
        let peeked = peek(cut.encoding, cut.header).unwrap();
        let all = (header.code, header.opaque, header.flag);
        assert_eq!((peeked.code, peeked.opaque, peeked.flag), all);
    }
}

#[test]
fn frames_are_written_as_java_writes_them() {
    for vector in vectors("frames") {
        let line = HeaderLine {
            code: small(&vector, "code"),
            language: Language::from_name(text(&vector, "language")),
            version: small(&vector, "version"),
            opaque: small(&vector, "opaque"),
            flag: small(&vector, "flag"),
        };
        let body = bytes(&vector, "bodyHex");
        let expected = bytes(&vector, "frameHex");
        let java = frame::cut(&expected, frame::DEFAULT_MAX_FRAME_BYTES).unwrap().unwrap();
        let java_header = RequestHeader::decode(java.encoding, java.header).unwrap();
        let mut out = Vec::new();
        let writer = HeaderWriter::begin(&mut out, encoding(&vector), &line);
        let mut writer = writer.remark_opt(vector["remark"].as_str());
        for (key, value) in java_header.ext.iter() {
            writer = writer.ext(key, value);
        }
        writer.finish(body.len()).unwrap();
        out.extend_from_slice(&body);
        if encoding(&vector) == HeaderEncoding::Binary {
            assert_eq!(out, expected, "{}", text(&vector, "name"));
        } else {
            // JSON keys are in another order, which no reader may depend on.
            let ours = frame::cut(&out, out.len()).unwrap().unwrap();
            let parse = |header| serde_json::from_slice::<Value>(header).unwrap();
            assert_eq!(parse(ours.header), parse(java.header), "{}", text(&vector, "name"));
            assert_eq!(ours.body, body);
        }
    }
}

#[test]
fn records_are_written_byte_for_byte() {
    for vector in vectors("records") {
        let (body, property_text) = (bytes(&vector, "bodyHex"), bytes(&vector, "propertiesHex"));
        let half = property_text.len() / 2;
        let fields = RecordFields {
            version: version(&vector),
            topic: text(&vector, "topic"),
            queue_id: QueueId::new(small(&vector, "queueId").cast_unsigned()),
            flag: small(&vector, "flag"),
            sys_flag: small(&vector, "sysFlag") & !0x30,
            born_timestamp: long(&vector, "bornTimestamp"),
            born_host: address(&vector, "bornHost", "bornPort"),
            store_host: address(&vector, "storeHost", "storePort"),
            reconsume_times: small(&vector, "reconsumeTimes"),
            prepared_transaction_offset: long(&vector, "preparedTransactionOffset"),
            body: &body,
            properties: &[&property_text[..half], &property_text[half..]],
        };
        let mut record = Vec::new();
        assert_eq!(encode_record(&mut record, &fields), Ok(bytes(&vector, "encodedHex").len()));
        assert_eq!(record, bytes(&vector, "encodedHex"), "{}", text(&vector, "name"));
        let (queue, physical) = offsets(&vector);
        patch_offsets(&mut record, queue, physical, long(&vector, "storeTimestamp")).unwrap();
        assert_eq!(record, bytes(&vector, "placedHex"), "{}", text(&vector, "name"));
    }
}

#[test]
fn records_are_read() {
    for vector in vectors("records") {
        let mut placed = bytes(&vector, "placedHex");
        let len = placed.len();
        placed.extend_from_slice(b"the next record");
        let (queue, physical) = offsets(&vector);
        let view = verify(&placed, physical, true).unwrap();
        assert_eq!(view.bytes().len(), len);
        assert_eq!(view.version, version(&vector));
        assert_eq!(i64::from(view.stored_crc), vector["bodyCrc"].as_i64().unwrap());
        assert_eq!(view.topic, text(&vector, "topic"));
        assert_eq!(view.body, bytes(&vector, "bodyHex"));
        assert_eq!(view.properties, bytes(&vector, "propertiesHex"));
        assert_eq!(view.queue_id, small(&vector, "queueId"));
        assert_eq!(view.flag, small(&vector, "flag"));
        assert_eq!(view.sys_flag, small(&vector, "sysFlag"));
        assert_eq!(view.queue_offset.cast_unsigned(), queue.get());
        assert_eq!(view.born_timestamp, long(&vector, "bornTimestamp"));
        assert_eq!(view.born_host(), Some(address(&vector, "bornHost", "bornPort")));
        assert_eq!(view.store_timestamp, long(&vector, "storeTimestamp"));
        assert_eq!(view.store_host(), Some(address(&vector, "storeHost", "storePort")));
        assert_eq!(view.reconsume_times, small(&vector, "reconsumeTimes"));
        let prepared = long(&vector, "preparedTransactionOffset");
        assert_eq!(view.prepared_transaction_offset, prepared);
        let id = OffsetMessageId { store_host: view.store_host().unwrap(), offset: physical };
        assert_eq!(id.text().as_str(), text(&vector, "offsetMessageId"));
        let elsewhere = verify(&placed, physical.advance(1), false);
        assert!(matches!(elsewhere, Err(RecordError::Position { .. })));
        let cut_short = RecordView::parse(&placed[..len - 1]);
        assert!(matches!(cut_short, Err(RecordError::Truncated { .. })));
    }
}

fn version(vector: &Value) -> RecordVersion {
    if small(vector, "version") == 1 { RecordVersion::V1 } else { RecordVersion::V2 }
}

fn offsets(vector: &Value) -> (QueueOffset, PhysicalOffset) {
    let queue = long(vector, "queueOffset").cast_unsigned();
    (QueueOffset::new(queue), PhysicalOffset::new(long(vector, "physicalOffset").cast_unsigned()))
}

#[test]
fn hashes_are_those_of_java() {
    for vector in vectors("hashes") {
        let (topic, key) = (text(&vector, "topic"), text(&vector, "key"));
        assert_eq!(java_string_hash(key), small(&vector, "keyHash"));
        assert_eq!(tags_code(key), long(&vector, "tagsCode"));
        assert_eq!(index_key_hash(topic, key), small(&vector, "indexKeyHash"));
    }
}

#[test]
fn message_ids_are_those_of_java() {
    for vector in vectors("message-ids") {
        let offset = PhysicalOffset::new(long(&vector, "offset").cast_unsigned());
        let id = OffsetMessageId { store_host: address(&vector, "host", "port"), offset };
        assert_eq!(id.text().as_str(), text(&vector, "id"));
        assert_eq!(OffsetMessageId::parse(text(&vector, "id")), Ok(id));
        assert_eq!(OffsetMessageId::parse(&text(&vector, "id").to_lowercase()), Ok(id));
    }
}

#[test]
fn properties_are_read_as_java_reads_them() {
    for vector in vectors("properties") {
        let source = bytes(&vector, "textHex");
        let expected = vector["properties"].as_object().unwrap();
        for property in properties::iter(&source) {
            let name = std::str::from_utf8(property.name).unwrap();
            assert!(expected.contains_key(name), "{name} of {vector}");
        }
        for (name, value) in expected {
            assert_eq!(properties::get_str(&source, name), value.as_str(), "{name} of {vector}");
        }
    }
}

#[test]
fn batches_are_those_of_java() {
    for vector in vectors("batches") {
        let body = bytes(&vector, "batchHex");
        let mut written = Vec::new();
        let mut read = batch::iter(&body);
        for message in vector["messages"].as_array().unwrap() {
            let (content, property_text) =
                (bytes(message, "bodyHex"), bytes(message, "propertiesHex"));
            let flag = small(message, "flag");
            let entry = BatchEntry { flag, body: &content, properties: &property_text };
            assert_eq!(read.next(), Some(Ok(entry)));
            batch::append(&mut written, &entry).unwrap();
        }
        assert_eq!(read.next(), None);
        assert_eq!(written, body);
    }
}

#[test]
fn plain_texts_are_borrowed_from_the_frame() {
    let header = br#"{"code":310,"extFields":{"b":"T1","i":"a\u0001b"}}"#;
    let decoded = RequestHeader::decode(HeaderEncoding::Json, header).unwrap();
    let topic = decoded.ext.get("b").unwrap().as_bytes().as_ptr();
    assert!(header.as_ptr_range().contains(&topic));
    assert_eq!(decoded.ext.get("i"), Some("a\u{1}b"));
    assert_eq!(decoded.remark, None::<Cow<'_, str>>);
}
