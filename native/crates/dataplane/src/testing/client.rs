//! Requests as clients write them, answers as they read them.

use std::collections::BTreeMap;

use turbopump_wire::codes::request_code;
use turbopump_wire::frame;
use turbopump_wire::header::{HeaderEncoding, HeaderLine, HeaderWriter, RequestHeader};
use turbopump_wire::record::RecordView;
use turbopump_wire::{RecordView as View, properties};

/// A request under construction.
#[derive(Clone)]
pub(crate) struct Call {
    code: i32,
    opaque: i32,
    flag: i32,
    encoding: HeaderEncoding,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    pub(crate) fn new(code: i32, opaque: i32) -> Self {
        let encoding = HeaderEncoding::Binary;
        Self { code, opaque, flag: 0, encoding, fields: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.into(), value.to_string()));
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(crate) fn json(mut self) -> Self {
        self.encoding = HeaderEncoding::Json;
        self
    }

    pub(crate) fn oneway(mut self) -> Self {
        self.flag = 2;
        self
    }

    /// A send of version 2.
    pub(crate) fn send(opaque: i32, topic: &str, properties: &str, body: &[u8]) -> Self {
        let fields = [
            ("a", "PG"),
            ("b", topic),
            ("c", "TBW102"),
            ("d", "4"),
            ("e", "0"),
            ("f", "0"),
            ("g", "1000"),
            ("h", "0"),
            ("i", properties),
        ];
        let call = Self::new(request_code::SEND_MESSAGE_V2, opaque).body(body);
        fields.iter().fold(call, |call, (name, value)| call.with(name, value))
    }

    /// A pull of queue 0 that may be held for 15 s and wants every message.
    pub(crate) fn pull(opaque: i32, group: &str, topic: &str, offset: i64) -> Self {
        Self::new(request_code::PULL_MESSAGE, opaque)
            .with("consumerGroup", group)
            .with("topic", topic)
            .with("queueId", 0)
            .with("queueOffset", offset)
            .with("maxMsgNums", 32)
            .with("sysFlag", 2 | 4)
            .with("commitOffset", 0)
            .with("suspendTimeoutMillis", 15_000)
            .with("subscription", "*")
            .with("subVersion", 0)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut line = HeaderLine::new(self.code, self.opaque, self.flag);
        line.version = 479;
        let mut writer = HeaderWriter::begin(&mut out, self.encoding, &line).no_remark();
        for (name, value) in &self.fields {
            writer = writer.ext(name, value.as_str());
        }
        writer.finish(self.body.len()).unwrap();
        out.extend_from_slice(&self.body);
        out
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) code: i32,
    pub(crate) opaque: i32,
    pub(crate) encoding: HeaderEncoding,
    pub(crate) remark: String,
    pub(crate) ext: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Takes all whole answers out of the bytes.
    pub(crate) fn take_all(bytes: &mut Vec<u8>) -> Vec<Self> {
        let mut replies = Vec::new();
        while let Some(frame) = frame::cut(bytes, 1 << 24).unwrap() {
            let header = RequestHeader::decode(frame.encoding, frame.header).unwrap();
            assert!(header.is_response());
            replies.push(Self {
                code: header.code,
                opaque: header.opaque,
                encoding: frame.encoding,
                remark: header.remark.clone().unwrap_or_default().into_owned(),
                ext: header.ext.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
                body: frame.body.to_vec(),
            });
            let used = frame.whole.len();
            bytes.drain(..used);
        }
        replies
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        self.ext[name].parse().unwrap()
    }
}

/// The records of a pull's body.
pub(crate) fn records(body: &[u8]) -> Vec<View<'_>> {
    let mut rest = body;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let record = RecordView::parse(rest).unwrap();
        rest = &rest[record.bytes().len()..];
        found.push(record);
    }
    found
}

pub(crate) fn properties_of(record: &View<'_>) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    properties::iter(record.properties).map(|pair| (text(pair.name), text(pair.value))).collect()
}
