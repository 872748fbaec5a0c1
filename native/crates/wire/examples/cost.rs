//! Prints what one send costs in this crate, in nanoseconds: the tenth
//! percentile of many short rounds, so that a busy machine's other work is not counted.
//!
//! `cargo run --release -p turbopump-wire --example cost`

use std::error::Error;
use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Instant;
use turbopump_wire::header::{HeaderEncoding, Request, RequestHeader, Response, peek};
use turbopump_wire::record::{RecordFields, RecordVersion, encode_record, verify};
use turbopump_wire::{OffsetMessageId, PhysicalOffset, QueueId, frame, request_code};

const ROUNDS: usize = 300;
const CALLS: u32 = 1_000;

fn cost_ns(mut call: impl FnMut()) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..CALLS).for_each(|_| call());
            start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds.get(ROUNDS / 10).copied().unwrap_or_default()
}

fn send_request(encoding: HeaderEncoding) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut out = Vec::new();
    let properties = "UNIQ_KEY\u{1}0A0000010A5C18B4AAC2000000000001\u{2}WAIT\u{1}true\u{2}\
                      TAGS\u{1}TagA\u{2}KEYS\u{1}order-4711\u{2}";
    Request::begin(&mut out, encoding, request_code::SEND_MESSAGE_V2, 4711)
        .ext("a", "producer-group")
        .ext("b", "TopicTest")
        .ext("c", "TBW102")
        .ext("d", 4)
        .ext("e", 3)
        .ext("f", 0)
        .ext("g", 1_700_000_000_000_i64)
        .ext("h", 0)
        .ext("i", properties)
        .ext("j", 0)
        .ext("k", false)
        .ext("m", false)
        .ext("n", "broker-a")
        .finish(1024)?;
    out.resize(out.len() + 1024, b'x');
    Ok(out)
}

fn main() -> Result<(), Box<dyn Error>> {
    for encoding in [HeaderEncoding::Json, HeaderEncoding::Binary] {
        let request = send_request(encoding)?;
        let cut = frame::cut(&request, request.len())?.ok_or("incomplete")?;
        println!("{encoding:?}, header of {} B", cut.header.len());
        let names = ["a", "b", "d", "e", "f", "g", "h", "i", "j", "k", "m"];
        let decode = cost_ns(|| {
            let header = RequestHeader::decode(encoding, black_box(cut.header));
            let _ = black_box(&header);
        });
        let lookups = cost_ns(|| {
            if let Ok(header) = RequestHeader::decode(encoding, black_box(cut.header)) {
                for name in names {
                    black_box(header.ext.get(black_box(name)));
                }
                let _ = black_box((header.ext.i32("e"), header.ext.i64("g")));
            }
        });
        let peeked = cost_ns(|| {
            let _ = black_box(peek(encoding, black_box(cut.header)));
        });
        let mut out = Vec::with_capacity(1024);
        let host = SocketAddr::from(([10, 0, 0, 1], 10911));
        let reply = cost_ns(|| {
            out.clear();
            let id = OffsetMessageId { store_host: host, offset: PhysicalOffset::new(123_456_789) };
            let reply = Response::begin(&mut out, encoding, 0, black_box(4711))
                .ext("msgId", &id.text())
                .ext("queueId", 3)
                .ext("queueOffset", black_box(987_654_u64))
                .ext("MSG_REGION", "DefaultRegion")
                .ext("TRACE_ON", true);
            let _ = black_box(reply.finish(0));
        });
        println!("  decode {decode:.0} ns, decode and 13 lookups {lookups:.0} ns");
        println!("  peek {peeked:.0} ns, send reply {reply:.0} ns");
    }
    record_cost();
    Ok(())
}

fn record_cost() {
    let host = SocketAddr::from(([10, 0, 0, 1], 10911));
    let body = [b'x'; 1024];
    let fields = RecordFields {
        version: RecordVersion::V1,
        topic: "TopicTest",
        queue_id: QueueId::ZERO,
        flag: 0,
        sys_flag: 0,
        born_timestamp: 1_700_000_000_000,
        born_host: host,
        store_host: host,
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        body: &body,
        properties: &[b"KEYS\x01order-4711\x02", b"CLUSTER\x01DefaultCluster\x02"],
    };
    let mut record = Vec::with_capacity(2048);
    let encode = cost_ns(|| {
        record.clear();
        let _ = black_box(encode_record(&mut record, black_box(&fields)));
    });
    let read = cost_ns(|| {
        let _ = black_box(verify(black_box(&record), PhysicalOffset::ZERO, false));
    });
    let checked = cost_ns(|| {
        let _ = black_box(verify(black_box(&record), PhysicalOffset::ZERO, true));
    });
    println!("record of {} B", record.len());
    println!("  encode {encode:.0} ns, verify {read:.0} ns, verify with CRC {checked:.0} ns");
}
