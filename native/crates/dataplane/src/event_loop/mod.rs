//! One event loop's share of the data plane: what it does with a frame, a mail, a deadline and the
//! end of its turn.
//!
//! A turn: frames are decided one by one; sends encode into one batch; at the end the batch is
//! appended once, answers are written, and pulls that wait for what was written are run again.
//! The state is a function of these calls and of [`Outlets`], so tests drive it without sockets.
//!
//! Invariants: a request that wants an answer gets exactly one, a oneway request none; a send is
//! never answered OK before its records are as durable as the flush mode says and, by a
//! `SYNC_MASTER`, replicated; loops share the
//! store, the policy snapshot and mailboxes, nothing else that a request waits for.

mod answer;
mod arrivals;
mod core;
mod dispatch;
mod gate;
mod mail;
mod outlets;
mod parking;
mod request;
mod service;
mod slaves;
mod turn;

pub(crate) use answer::{Answer, AnswerKind, Group, Replicated};
pub(crate) use core::LoopCore;
pub(crate) use dispatch::not_supported;
pub use mail::Denial;
pub(crate) use mail::Mail;
pub(crate) use outlets::Outlets;
pub(crate) use request::{Field, ReplyTo, Request, Stop, Want};
pub(crate) use service::LoopService;
