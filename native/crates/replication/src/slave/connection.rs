//! One connection to a master, from the first report to its last byte.
//!
//! A slave that follows closely appends on the thread that reads: nothing lies between a message
//! and its acknowledgement. Of one that is behind, this thread reads and looks at records while
//! [`AppendThread`] appends large runs.

use std::convert::Infallible;
use std::io::{self, Read};
use std::thread::Scope;
use std::time::Instant;

use turbopump_store::{Queue, RawRun};

use super::append_thread::AppendThread;
use super::incoming::Incoming;
use super::{End, Slave, is_timeout, report};
use crate::rate::Rate;
use crate::secure::Link;

/// Taken from the socket at once.
const READ_BYTES: usize = 256 << 10;

/// A slave that has so much to append at once is behind.
const BEHIND_BYTES: usize = 256 << 10;

/// Gathered, while more is waiting, before it is appended.
const RUN_BYTES: usize = 1 << 20;

pub(super) struct Connection<'a> {
    slave: &'a Slave,
    stream: Link,
    /// Of the master's address.
    generation: u64,
    incoming: Incoming,
    /// The first report; the log's own end is told once it is known to continue the master's.
    first: u64,
    reported: u64,
    last_read: Instant,
    last_report: Instant,
    rate: Rate,
    /// What an earlier connection was refused for is no longer told.
    is_accepted: bool,
    /// For what cannot be read to where it belongs.
    buffer: Vec<u8>,
    append_thread: Option<AppendThread>,
    spares: Vec<RawRun>,
    touched: Vec<std::sync::Arc<Queue>>,
}

impl<'a> Connection<'a> {
    pub(super) fn new(
        slave: &'a Slave,
        stream: Link,
        generation: u64,
        (incoming, first): (Incoming, u64),
    ) -> Self {
        let now = Instant::now();
        Self {
            slave,
            stream,
            generation,
            incoming,
            first,
            reported: first,
            last_read: now,
            last_report: now,
            rate: Rate::new(now),
            is_accepted: false,
            buffer: vec![0; READ_BYTES],
            append_thread: None,
            spares: Vec::new(),
            touched: Vec::new(),
        }
    }

    pub(super) fn take_all(mut self) -> Result<Infallible, End> {
        std::thread::scope(|scope| {
            let end = loop {
                if let Err(end) = self.take_some(scope) {
                    break end;
                }
            };
            if let Some(append_thread) = self.append_thread.take() {
                append_thread.finish()?;
            }
            Err(end)
        })
    }

    fn take_some<'scope>(&mut self, scope: &'scope Scope<'scope, '_>) -> Result<(), End>
    where
        'a: 'scope,
    {
        let (room, direct) = match self.incoming.room(READ_BYTES) {
            Some(room) => (room, true),
            None => (self.buffer.as_mut_slice(), false),
        };
        let asked = room.len();
        let mut over = None;
        let count = match self.stream.read(room) {
            Ok(0) => {
                over = Some(End::Lost("the master closed the connection".into()));
                0
            }
            Ok(count) => count,
            Err(error) if is_timeout(&error) => 0,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => {
                over = Some(error.into());
                0
            }
        };
        let now = Instant::now();
        let store = &self.slave.store;
        let taken = if direct {
            self.incoming.read(count, store)
        } else {
            self.incoming.take(self.buffer.get(..count).unwrap_or_default(), store)
        };
        if count > 0 {
            self.last_read = now;
            self.tell_read(count, now);
        }
        taken?;
        self.append_gathered(count == asked, scope)?;
        if count > 0 {
            self.tell_accepted();
        }
        if let Some(over) = over {
            return Err(over);
        }
        if now.saturating_duration_since(self.last_read) > self.slave.options.housekeeping_interval
        {
            return Err(End::Lost("the master is silent".into()));
        }
        self.report_when_due(now)
    }

    /// Appends what was gathered, unless there is `more` of a frame to come right away.
    fn append_gathered<'scope>(
        &mut self,
        more: bool,
        scope: &'scope Scope<'scope, '_>,
    ) -> Result<(), End>
    where
        'a: 'scope,
    {
        let store = &self.slave.store;
        if let Some(append_thread) = &mut self.append_thread {
            append_thread.collect(|run| {
                self.reported = run.end().get();
                self.spares.push(run);
            })?;
        }
        let more = more && self.incoming.is_within_frame();
        if more && self.incoming.gathered_len() < RUN_BYTES {
            return Ok(());
        }
        let mut spare = self.spares.pop().unwrap_or_default();
        if let Some(run) = self.incoming.whole(store, &mut spare)? {
            return self.append(run, scope);
        }
        self.spares.push(spare);
        Ok(())
    }

    fn append<'scope>(&mut self, run: RawRun, scope: &'scope Scope<'scope, '_>) -> Result<(), End>
    where
        'a: 'scope,
    {
        let is_behind = run.whole().len() >= BEHIND_BYTES;
        if is_behind && self.append_thread.is_none() {
            self.append_thread = match self.stream.plain_writer()? {
                Some(out) => Some(AppendThread::start(scope, self.slave, out)?),
                None => None,
            };
        }
        if let Some(append_thread) = &mut self.append_thread
            && (is_behind || !append_thread.is_idle())
        {
            self.slave.store.hurry(true);
            append_thread.hand(run);
            return Ok(());
        }
        self.slave.store.hurry(false);
        self.slave.take_in(&run, &mut self.touched, &mut self.stream)?;
        self.reported = run.end().get();
        self.last_report = Instant::now();
        self.spares.push(run);
        Ok(())
    }

    /// Before it is appended, as that reports its end: nobody is to see a slave ahead of what it
    /// knows of its master.
    fn tell_read(&mut self, count: usize, now: Instant) {
        let per_second = self.rate.add(count as u64, now);
        let (incoming, clock) = (&self.incoming, &self.slave.clock);
        self.slave.shared.tell(self.generation, |state| {
            let link = &mut state.link;
            link.last_read_ms = clock.wall_ms();
            link.master_max_offset = link.master_max_offset.max(incoming.master_max());
            link.transferred_bytes_per_second = per_second;
        });
    }

    /// A refusal ends its connection, so that the first bytes taken are all there is to tell.
    fn tell_accepted(&mut self) {
        if !self.is_accepted && self.incoming.is_verified() {
            self.slave.shared.tell(self.generation, |state| state.link.refusal = None);
            self.is_accepted = true;
        }
    }

    /// Tells an end that nothing has told yet, or says it again. What is under way is told by whom
    /// it is appended.
    fn report_when_due(&mut self, now: Instant) -> Result<(), End> {
        if self.append_thread.as_ref().is_some_and(|thread| !thread.is_idle()) {
            return Ok(());
        }
        let own = if self.incoming.is_verified() { self.incoming.end() } else { self.first };
        let end = own.max(self.first);
        let since = now.saturating_duration_since(self.last_report);
        if end > self.reported || since >= self.slave.options.heartbeat_interval {
            report(&mut self.stream, end)?;
            self.reported = end;
            self.last_report = now;
        }
        Ok(())
    }
}
