//! Event loops, sockets, framing and limits.
