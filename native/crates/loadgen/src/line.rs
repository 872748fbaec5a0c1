//! One connection of the driver.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::readiness::Readiness;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// A socket, what came in and is not cut yet, what is to go out.
pub(crate) struct Line {
    address: SocketAddr,
    pub(crate) stream: Option<TcpStream>,
    pub(crate) input: Vec<u8>,
    pub(crate) output: Vec<u8>,
    written: usize,
    /// Requests without an answer yet.
    pub(crate) live: usize,
    pub(crate) retry_at: Instant,
    /// Waiting to be told when the socket takes bytes again.
    pub(crate) watches_write: bool,
}

impl Line {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: None,
            input: Vec::new(),
            output: Vec::new(),
            written: 0,
            live: 0,
            retry_at: Instant::now(),
            watches_write: false,
        }
    }

    pub(crate) fn connect(
        &mut self,
        now: Instant,
        readiness: &Readiness,
        index: usize,
    ) -> io::Result<()> {
        self.retry_at = now + RETRY_INTERVAL;
        let stream = TcpStream::connect_timeout(&self.address, CONNECT_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        readiness.add(&stream, index)?;
        self.stream = Some(stream);
        Ok(())
    }

    /// Forgets the connection and everything half said.
    pub(crate) fn drop_stream(&mut self) {
        self.stream = None;
        self.input.clear();
        self.output.clear();
        self.written = 0;
        self.live = 0;
        self.watches_write = false;
    }

    /// Writes what the socket takes, and asks to be told when it takes the rest.
    pub(crate) fn write(&mut self, readiness: &Readiness, index: usize) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while self.written < self.output.len() {
            match stream.write(self.output.get(self.written..).unwrap_or_default()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let wanted = self.written < self.output.len();
        if wanted != self.watches_write {
            self.watches_write = wanted;
            readiness.watch_write(stream, index, wanted)?;
        }
        if !wanted {
            self.output.clear();
            self.written = 0;
        }
        Ok(())
    }

    /// One read; answers how many bytes came. An ended stream is an error.
    pub(crate) fn read(&mut self, scratch: &mut [u8]) -> io::Result<usize> {
        let Some(stream) = &mut self.stream else { return Ok(0) };
        match stream.read(scratch) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => Ok(count),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
                _ => Err(error),
            },
        }
    }
}
