//! Where answers go: the loop's sockets, or a test's buffers.

use turbopump_transport::{ConnId, Ctx, SharedBytes};

/// The connections of one loop.
pub(crate) trait Outlets {
    /// Where the next answer to the connection is appended; `None` when it is gone.
    fn bytes(&mut self, connection: ConnId) -> Option<&mut Vec<u8>>;
    /// Appends bytes of the log without copying them.
    fn push_shared(&mut self, connection: ConnId, bytes: SharedBytes);
    /// Ends the connection after this turn.
    fn close(&mut self, connection: ConnId);
    /// Whether the next turn follows at once and brings more requests.
    fn reads_on(&self) -> bool;
}

impl Outlets for Ctx<'_> {
    fn bytes(&mut self, connection: ConnId) -> Option<&mut Vec<u8>> {
        self.out(connection).map(turbopump_transport::OutBuffer::bytes)
    }

    fn push_shared(&mut self, connection: ConnId, bytes: SharedBytes) {
        if let Some(out) = self.out(connection) {
            out.push_shared(bytes);
        }
    }

    fn close(&mut self, connection: ConnId) {
        Ctx::close(self, connection);
    }

    fn reads_on(&self) -> bool {
        Ctx::reads_on(self)
    }
}
