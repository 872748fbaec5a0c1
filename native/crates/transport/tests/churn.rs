//! A thousand connections one after the other; alone in its process, to count descriptors.

// All of this file is tests: a failed unwrap is a failed test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use turbopump_transport::{ConnId, Ctx, Frame, Service, Transport, TransportConfig};

struct Reply {
    closed: Sender<ConnId>,
}

impl Service for Reply {
    type Mail = ();

    fn on_open(&mut self, _: &mut Ctx<'_>, _: ConnId, _: SocketAddr, _: usize) {}

    fn on_frame(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, frame: Frame<'_>) {
        ctx.out(conn).unwrap().bytes().extend_from_slice(frame.whole);
    }

    fn on_mail(&mut self, _: &mut Ctx<'_>, (): ()) {}

    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    fn on_deadline(&mut self, _: &mut Ctx<'_>, _: Instant) {}

    fn on_turn_end(&mut self, _: &mut Ctx<'_>) {}

    fn on_close(&mut self, _: &mut Ctx<'_>, conn: ConnId) {
        self.closed.send(conn).unwrap();
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn a_thousand_connections_leave_no_slot_and_no_descriptor() {
    let config = TransportConfig {
        listeners: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        loops: 2,
        ..TransportConfig::default()
    };
    let (closed, hear) = channel();
    let mut handle = Transport::start(&config, |_, _| Reply { closed: closed.clone() }).unwrap();
    let before = descriptors();
    let mut names = Vec::new();
    for round in 0..1_000 {
        let mut stream = TcpStream::connect(handle.addresses()[0]).unwrap();
        match round % 4 {
            0 => {}
            1 => stream.write_all(&[0, 0]).unwrap(),
            2 => stream.shutdown(Shutdown::Both).unwrap(),
            _ => {
                stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0]).unwrap();
                stream.read_exact(&mut [0; 8]).unwrap();
            }
        }
        drop(stream);
        names.push(hear.recv_timeout(Duration::from_secs(10)).unwrap().get());
    }
    assert_eq!(handle.connections(), 0);
    assert_eq!(descriptors(), before);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 1_000, "a name came twice");
    // 27 bits of generation: what is left is loop and slot.
    for name in &mut names {
        *name >>= 27;
    }
    names.dedup();
    assert_eq!(names.len(), 2, "a slot of each loop was enough");
    handle.shutdown().unwrap();
}
