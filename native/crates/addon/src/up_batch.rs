//! `UpBatch`: what goes up, with frames given away and not copied.

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use turbopump_dataplane::{NameKind, UpBatch, Wanted};

#[napi(object)]
pub struct NativeOpened {
    #[napi(ts_type = "number & { readonly __brand: 'ConnectionId' }")]
    pub connection: i64,
    pub remote_address: String,
    pub fast_port: bool,
}

#[napi(object)]
pub struct NativeUpFrame {
    #[napi(ts_type = "number & { readonly __brand: 'ConnectionId' }")]
    pub connection: i64,
    pub frame: Buffer,
}

#[napi(object, use_nullable = true)]
pub struct NativeWanted {
    #[napi(ts_type = "'topic' | 'group'")]
    pub kind: String,
    pub name: String,
    pub default_topic: Option<String>,
    pub default_topic_queue_nums: Option<i32>,
    pub internal: bool,
    pub topic_sys_flag: i32,
    #[napi(ts_type = "number & { readonly __brand: 'ConnectionId' }")]
    pub connection: Option<i64>,
    pub remote_address: Option<String>,
}

#[napi(object, use_nullable = true)]
pub struct NativeUpBatch {
    pub opened: Vec<NativeOpened>,
    pub frames: Vec<NativeUpFrame>,
    #[napi(ts_type = "(number & { readonly __brand: 'ConnectionId' })[]")]
    pub closed: Vec<i64>,
    pub wanted: Vec<NativeWanted>,
    pub poisoned: Option<String>,
    pub read_failures: Vec<String>,
}

impl From<UpBatch> for NativeUpBatch {
    fn from(batch: UpBatch) -> Self {
        let opened = batch.opened.into_iter().map(|opened| NativeOpened {
            connection: opened.connection.get() as i64,
            remote_address: opened.remote.to_string(),
            fast_port: opened.fast_port,
        });
        let frames = batch.frames.into_iter().map(|(connection, frame)| NativeUpFrame {
            connection: connection.get() as i64,
            frame: frame.into(),
        });
        Self {
            opened: opened.collect(),
            frames: frames.collect(),
            closed: batch.closed.into_iter().map(|connection| connection.get() as i64).collect(),
            wanted: batch.wanted.into_iter().map(NativeWanted::from).collect(),
            poisoned: batch.poisoned.map(|reason| reason.to_string()),
            read_failures: batch.read_failures,
        }
    }
}

impl From<Wanted> for NativeWanted {
    fn from(wanted: Wanted) -> Self {
        Self {
            kind: match wanted.kind {
                NameKind::Topic => "topic".into(),
                NameKind::Group => "group".into(),
            },
            name: wanted.name,
            default_topic: wanted.default_topic,
            default_topic_queue_nums: wanted.default_topic_queue_nums,
            internal: wanted.internal,
            topic_sys_flag: wanted.topic_sys_flag,
            connection: wanted.connection.map(|connection| connection.get() as i64),
            remote_address: wanted.remote.map(|remote| remote.to_string()),
        }
    }
}
