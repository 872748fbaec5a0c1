//! `echo-server`: the transport under test, in a process of its own.

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use turbopump_transport::{ConnId, Ctx, Frame, Service, Transport, TransportConfig};
use turbopump_wire::header::{HeaderEncoding, Response};

use super::{HEADER_BYTES, REPLY_BYTES};
use crate::arguments::Arguments;
use crate::error::LoadError;

const BODY: [u8; REPLY_BYTES - HEADER_BYTES] = [0; REPLY_BYTES - HEADER_BYTES];

struct Echo;

impl Service for Echo {
    type Mail = ();

    fn on_open(&mut self, _: &mut Ctx<'_>, _: ConnId, _: SocketAddr, _: usize) {}

    fn on_frame(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, frame: Frame<'_>) {
        let Some(out) = ctx.out(conn) else { return };
        let opaque = frame.header.get(5..9).and_then(|bytes| bytes.first_chunk::<4>());
        let opaque = opaque.map_or(0, |bytes| i32::from_be_bytes(*bytes));
        let bytes = out.bytes();
        // A header without fields always fits.
        if Response::begin(bytes, HeaderEncoding::Binary, 0, opaque).finish(BODY.len()).is_ok() {
            bytes.extend_from_slice(&BODY);
        }
    }

    fn on_mail(&mut self, _: &mut Ctx<'_>, (): ()) {}

    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    fn on_deadline(&mut self, _: &mut Ctx<'_>, _: Instant) {}

    fn on_turn_end(&mut self, _: &mut Ctx<'_>) {}

    fn on_close(&mut self, _: &mut Ctx<'_>, _: ConnId) {}
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode, LoadError> {
    let port = arguments.or("--port", 0)?;
    let config = TransportConfig {
        listeners: vec![SocketAddr::from(([127, 0, 0, 1], port))],
        loops: arguments.or("--loops", 1)?,
        spin_us: arguments.or("--spin-us", 0)?,
        ..TransportConfig::default()
    };
    arguments.end()?;
    let mut handle = Transport::start(&config, |_, _| Echo)
        .map_err(|error| LoadError::Usage(error.to_string()))?;
    println!("{}", handle.ports().first().unwrap_or(&0));
    io::stdout().flush().map_err(LoadError::io("stdout"))?;
    // Whoever started this server ends it by closing the pipe, or by dying.
    for line in io::stdin().lock().lines() {
        line.map_err(LoadError::io("stdin"))?;
    }
    handle.shutdown().map_err(|error| LoadError::Protocol(error.to_string()))?;
    Ok(ExitCode::SUCCESS)
}
