//! One request as handlers see it, and the ways in which handling it stops early.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::str::FromStr;

use turbopump_transport::ConnId;
use turbopump_wire::header::{HeaderEncoding, RequestHeader};

use crate::park::NameKind;

/// Whom an answer goes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReplyTo {
    pub(crate) connection: ConnId,
    pub(crate) encoding: HeaderEncoding,
    pub(crate) opaque: i32,
    /// A oneway request gets no answer, not even to an error.
    pub(crate) oneway: bool,
}

/// A decoded request.
pub(crate) struct Request<'a> {
    pub(crate) to: ReplyTo,
    pub(crate) header: RequestHeader<'a>,
    pub(crate) body: &'a [u8],
    /// The whole frame, to be parked, held or handed up.
    pub(crate) whole: &'a [u8],
    pub(crate) peer: SocketAddr,
    pub(crate) fast_port: bool,
    /// False when a held pull runs once more: it is not held again and commits no offset.
    pub(crate) first_pass: bool,
}

impl Request<'_> {
    fn field(&self, name: &'static str) -> Field<'_> {
        Field { name, text: self.header.ext.get(name) }
    }

    /// See [`Field::required`].
    pub(crate) fn text(&self, field: &'static str) -> Result<&str, Stop> {
        self.field(field).required()
    }

    /// See [`Field::number`].
    pub(crate) fn number<N: FromStr>(&self, field: &'static str) -> Result<N, Stop> {
        self.field(field).number()
    }

    /// See [`Field::number_if_any`].
    pub(crate) fn number_if_any<N: FromStr>(&self, field: &'static str) -> Result<Option<N>, Stop> {
        self.field(field).number_if_any()
    }

    /// See [`Field::flag`].
    pub(crate) fn flag(&self, field: &'static str) -> bool {
        self.field(field).flag()
    }
}

/// A field of a request that was looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'static str,
    /// `None` when it was not sent.
    pub(crate) text: Option<&'a str>,
}

impl<'a> Field<'a> {
    /// Its text; a missing required field is the sender's mistake.
    pub(crate) fn required(self) -> Result<&'a str, Stop> {
        self.text.ok_or_else(|| Stop::missing(self.name))
    }

    /// Its text as a number.
    pub(crate) fn number<N: FromStr>(self) -> Result<N, Stop> {
        self.required()?.parse().map_err(|_| Stop::malformed(self.name))
    }

    /// Its text as a number, when it is there.
    pub(crate) fn number_if_any<N: FromStr>(self) -> Result<Option<N>, Stop> {
        match self.text {
            None | Some("") => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| Stop::malformed(self.name)),
        }
    }

    /// As Java's `Boolean.parseBoolean`, false when missing.
    pub(crate) fn flag(self) -> bool {
        self.text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

/// A name that policy must know before the request can go on.
#[derive(Clone, Debug)]
pub(crate) struct Want {
    pub(crate) kind: NameKind,
    pub(crate) name: String,
    pub(crate) default_topic: Option<String>,
    pub(crate) default_topic_queue_nums: Option<i32>,
    pub(crate) internal: bool,
    pub(crate) topic_sys_flag: i32,
}

impl Want {
    /// A group that may be created on first use.
    pub(crate) fn group(name: &str) -> Self {
        Self::named(NameKind::Group, name)
    }

    /// A retry or dead-letter topic, which the broker makes without asking a client's leave.
    pub(crate) fn internal_topic(name: &str, topic_sys_flag: i32) -> Self {
        Self { internal: true, topic_sys_flag, ..Self::named(NameKind::Topic, name) }
    }

    /// A client's topic with what the client proposes for it.
    pub(crate) fn topic(name: &str, default_topic: &str, queues: i32, sys_flag: i32) -> Self {
        Self {
            default_topic: Some(default_topic.to_owned()),
            default_topic_queue_nums: Some(queues),
            topic_sys_flag: sys_flag,
            ..Self::named(NameKind::Topic, name)
        }
    }

    fn named(kind: NameKind, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            default_topic: None,
            default_topic_queue_nums: None,
            internal: false,
            topic_sys_flag: 0,
        }
    }
}

/// Why a request is not carried out now.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// Answered with this code and remark.
    Refuse {
        code: i32,
        remark: Cow<'static, str>,
        /// Extra answer fields, for instance `forbiddenType`.
        field: Option<(&'static str, i32)>,
    },
    /// Parked until TypeScript has decided about the name.
    Wait(Box<Want>),
}

impl Stop {
    pub(crate) fn refuse(code: i32, remark: impl Into<Cow<'static, str>>) -> Self {
        Self::Refuse { code, remark: remark.into(), field: None }
    }

    pub(crate) fn wait(want: Want) -> Self {
        Self::Wait(Box::new(want))
    }

    fn missing(field: &str) -> Self {
        use turbopump_wire::codes::response_code::SYSTEM_ERROR;
        Self::refuse(SYSTEM_ERROR, format!("the custom field <{field}> is null"))
    }

    fn malformed(field: &str) -> Self {
        use turbopump_wire::codes::response_code::SYSTEM_ERROR;
        Self::refuse(SYSTEM_ERROR, format!("the custom field <{field}> is not of its type"))
    }
}
