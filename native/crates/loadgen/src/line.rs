//! One connection of the driver.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Pulls bring up to this much and more in one answer.
const READ_BYTES: usize = 256 << 10;
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
    /// The socket has bytes, or has ended.
    pub(crate) readable: bool,
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
            readable: false,
        }
    }

    pub(crate) fn connect(&mut self, now: Instant) -> io::Result<()> {
        self.retry_at = now + RETRY_INTERVAL;
        let stream = TcpStream::connect_timeout(&self.address, CONNECT_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
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
    }

    pub(crate) fn is_writing(&self) -> bool {
        self.written < self.output.len()
    }

    /// Writes what the socket takes.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while self.written < self.output.len() {
            match stream.write(self.output.get(self.written..).unwrap_or_default()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        self.written = 0;
        Ok(())
    }

    /// One read behind what is there; an ended stream is an error.
    pub(crate) fn read(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let length = self.input.len();
        self.input.resize(length + READ_BYTES, 0);
        let read = stream.read(self.input.get_mut(length..).unwrap_or_default());
        self.input.truncate(length + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(()),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(()),
                _ => Err(error),
            },
        }
    }
}
