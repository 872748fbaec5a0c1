//! Which connections can be read or written; epoll, because asking about each of 64 connections
//! anew in every turn would make the driver its own bottleneck.

use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::error::LoadError;

const EVENTS_MAX: usize = 256;
/// epoll sleeps whole milliseconds; an open loop needs less.
const EPOLL_STEP: Duration = Duration::from_millis(1);

pub(crate) struct Readiness {
    epoll: OwnedFd,
    events: Vec<Event>,
}

impl Readiness {
    pub(crate) fn new() -> Result<Self, LoadError> {
        let epoll = epoll::create(CreateFlags::CLOEXEC);
        let epoll = epoll.map_err(|error| LoadError::io("epoll")(error.into()))?;
        Ok(Self { epoll, events: Vec::with_capacity(EVENTS_MAX) })
    }

    /// Watches a new connection; closing it ends that.
    pub(crate) fn add(&self, stream: &TcpStream, line: usize) -> std::io::Result<()> {
        let data = EventData::new_u64(line as u64);
        Ok(epoll::add(&self.epoll, stream, data, EventFlags::IN)?)
    }

    /// Whether to be told when `stream` takes bytes again.
    pub(crate) fn watch_write(
        &self,
        stream: &TcpStream,
        line: usize,
        wanted: bool,
    ) -> std::io::Result<()> {
        let data = EventData::new_u64(line as u64);
        let out = if wanted { EventFlags::OUT } else { EventFlags::empty() };
        Ok(epoll::modify(&self.epoll, stream, data, EventFlags::IN | out)?)
    }

    /// Waits at most `timeout`; answers the lines that can be read or have ended.
    pub(crate) fn wait(&mut self, timeout: Duration) -> Result<Vec<usize>, LoadError> {
        let failed = |error: Errno| LoadError::io("epoll")(error.into());
        let sleep = |timeout: Duration| Timespec {
            tv_sec: timeout.as_secs() as i64,
            tv_nsec: i64::from(timeout.subsec_nanos()),
        };
        let mut wait = sleep(timeout);
        if timeout < EPOLL_STEP {
            let mut this = [PollFd::new(&self.epoll, PollFlags::IN)];
            match poll(&mut this, Some(&wait)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(failed(error)),
            }
            wait = sleep(Duration::ZERO);
        }
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&wait)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(failed(error)),
        }
        let readable = EventFlags::IN | EventFlags::HUP | EventFlags::ERR;
        Ok(self
            .events
            .iter()
            .filter(|event| { event.flags }.intersects(readable))
            .map(|event| { event.data }.u64() as usize)
            .collect())
    }
}
