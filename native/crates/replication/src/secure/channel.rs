//! A master's non-blocking connection, plain or in TLS.

use std::io::{self, IoSlice, Read, Write};

use mio::Registry;
use mio::net::TcpStream;
use rustls::ServerConnection;

use super::tls::{FIRST_BYTE, Tls};

/// Log bytes that TLS holds for a socket that is full.
const TLS_BUFFER_BYTES: usize = 256 << 10;

pub(crate) struct Channel {
    stream: TcpStream,
    tls: Option<Box<ServerConnection>>,
}

/// What a peer's first byte says it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Plain,
    Tls,
}

impl Spoken {
    pub(crate) const fn of(first: u8) -> Self {
        if first == FIRST_BYTE { Self::Tls } else { Self::Plain }
    }
}

impl Channel {
    pub(crate) const fn new(stream: TcpStream) -> Self {
        Self { stream, tls: None }
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        registry.deregister(&mut self.stream)
    }

    pub(crate) const fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Looks at the first byte; `None` for a connection that ended before it.
    pub(crate) fn spoken(&self) -> io::Result<Option<Spoken>> {
        let mut first = [0];
        Ok(match self.stream.peek(&mut first)? {
            0 => None,
            _ => Some(Spoken::of(first[0])),
        })
    }

    pub(crate) fn begin_tls(&mut self, tls: &Tls) -> io::Result<()> {
        let server = ServerConnection::new(std::sync::Arc::clone(&tls.server));
        let mut server = server.map_err(io::Error::other)?;
        server.set_buffer_limit(Some(TLS_BUFFER_BYTES));
        self.tls = Some(Box::new(server));
        Ok(())
    }

    /// `WouldBlock` when there is nothing; 0 at the end.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.stream.read(into) };
        loop {
            match tls.reader().read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            if tls.read_tls(&mut self.stream)? == 0 {
                return Ok(0);
            }
            let processed = tls.process_new_packets();
            // Its answers, and the alert when there is an error.
            let pushed = push(tls, &mut self.stream);
            processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            match pushed {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
    }

    /// `WouldBlock` when the socket is full; in TLS what is taken may be waiting for it.
    pub(crate) fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.stream.write_vectored(slices) };
        push(tls, &mut self.stream)?;
        let count = tls.writer().write_vectored(slices)?;
        match push(tls, &mut self.stream) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(count),
        }
    }

    /// Sends what TLS still holds; `WouldBlock` when the socket is full.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => push(tls, &mut self.stream),
            None => Ok(()),
        }
    }
}

fn push(tls: &mut ServerConnection, stream: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        match tls.write_tls(stream) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
