//! The requests this tool sends, and what it reads of their answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use turbopump_wire::codes::{request_code, response_code};
use turbopump_wire::frame::{Frame, cut};
use turbopump_wire::header::{HeaderEncoding, Request, RequestHeader};

use crate::error::LoadError;

/// Of producers and consumers.
pub(crate) const GROUP: &str = "turbopump_loadgen";
/// `PullSysFlag`: the subscription is in the request, so the group need not be known.
const PULL_WITH_SUBSCRIPTION: i32 = 4;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn encoding(json: bool) -> HeaderEncoding {
    if json { HeaderEncoding::Json } else { HeaderEncoding::Binary }
}

/// Appends a pull of one queue that does not wait for arrivals.
pub(crate) fn pull(
    out: &mut Vec<u8>,
    encoding: HeaderEncoding,
    opaque: i32,
    (topic, queue_id, offset): (&str, u32, i64),
    batch: u32,
) -> Result<(), LoadError> {
    Request::begin(out, encoding, request_code::PULL_MESSAGE, opaque)
        .ext("consumerGroup", GROUP)
        .ext("topic", topic)
        .ext("queueId", queue_id)
        .ext("queueOffset", offset)
        .ext("maxMsgNums", batch)
        .ext("sysFlag", PULL_WITH_SUBSCRIPTION)
        .ext("commitOffset", 0)
        .ext("suspendTimeoutMillis", 0)
        .ext("subscription", "*")
        .ext("subVersion", 0)
        .ext("expressionType", "TAG")
        .finish(0)
        .map_err(|error| LoadError::Protocol(error.to_string()))
}

pub(crate) fn header<'a>(frame: &Frame<'a>) -> Result<RequestHeader<'a>, LoadError> {
    RequestHeader::decode(frame.encoding, frame.header)
        .map_err(|error| LoadError::Protocol(error.to_string()))
}

/// A number that an answer must have.
pub(crate) fn number(header: &RequestHeader<'_>, name: &'static str) -> Result<i64, LoadError> {
    header.ext.required_i64(name).map_err(|error| LoadError::Protocol(error.to_string()))
}

/// One connection for questions that need no speed.
pub(crate) struct Questions {
    stream: TcpStream,
    encoding: HeaderEncoding,
}

impl Questions {
    pub(crate) fn connect(server: SocketAddr, encoding: HeaderEncoding) -> Result<Self, LoadError> {
        let stream = TcpStream::connect(server).map_err(LoadError::io(server.to_string()))?;
        let timed = stream.set_read_timeout(Some(ANSWER_TIMEOUT));
        timed.map_err(LoadError::io(server.to_string()))?;
        Ok(Self { stream, encoding })
    }

    /// First and one past the last queue offset; `None` when the broker does not know the queue.
    pub(crate) fn range(
        &mut self,
        topic: &str,
        queue_id: u32,
    ) -> Result<Option<(i64, i64)>, LoadError> {
        let min = self.offset(request_code::GET_MIN_OFFSET, topic, queue_id)?;
        let max = self.offset(request_code::GET_MAX_OFFSET, topic, queue_id)?;
        Ok(min.zip(max))
    }

    fn offset(&mut self, code: i32, topic: &str, queue_id: u32) -> Result<Option<i64>, LoadError> {
        let mut out = Vec::new();
        Request::begin(&mut out, self.encoding, code, 0)
            .ext("topic", topic)
            .ext("queueId", queue_id)
            .finish(0)
            .map_err(|error| LoadError::Protocol(error.to_string()))?;
        self.ask(&out, |frame| {
            let header = header(frame)?;
            if header.code != response_code::SUCCESS {
                return Ok(None);
            }
            number(&header, "offset").map(Some)
        })
    }

    /// Sends one request and hands over its answer.
    pub(crate) fn ask<T>(
        &mut self,
        request: &[u8],
        take: impl FnOnce(&Frame<'_>) -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        self.stream.write_all(request).map_err(LoadError::io("asking"))?;
        let mut input = vec![0; 4];
        self.stream.read_exact(&mut input).map_err(LoadError::io("waiting for an answer"))?;
        let length =
            input.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes)) as usize;
        if length > 128 << 20 {
            return Err(LoadError::Protocol(format!("an answer of {length} bytes")));
        }
        input.resize(4 + length, 0);
        let rest = input.get_mut(4..).unwrap_or_default();
        self.stream.read_exact(rest).map_err(LoadError::io("reading an answer"))?;
        match cut(&input, usize::MAX) {
            Ok(Some(frame)) => take(&frame),
            Ok(None) => Err(LoadError::Protocol("half an answer".to_owned())),
            Err(error) => Err(LoadError::Protocol(error.to_string())),
        }
    }
}
