//! A slave's blocking connection, plain or in TLS, and its part of the greeting.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ClientConnection, StreamOwned};

use super::secret::{CHALLENGE_BYTES, Expected, HELLO};
use super::{Identity, Security, SecurityError};

pub(crate) enum Link {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// Why a master is not followed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("TLS with the master failed: {0}")]
    Tls(io::Error),
    #[error(transparent)]
    Name(#[from] SecurityError),
    #[error(
        "the master does not answer the greeting of haSecretFile ({0}): it has another secret or \
         none, or is not a turbopump; a plain one has to be named in haPlainPeers"
    )]
    NoAnswer(io::Error),
    #[error("what the master answers to the greeting is no challenge")]
    NoChallenge,
    #[error("the master does not have the secret of haSecretFile")]
    WrongSecret,
}

impl Read for Link {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            Self::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

impl Link {
    /// Another end to write to, where any thread may.
    pub(crate) fn plain_writer(&self) -> io::Result<Option<TcpStream>> {
        match self {
            Self::Plain(stream) => stream.try_clone().map(Some),
            Self::Tls(_) => Ok(None),
        }
    }

    /// The socket, for its timeouts.
    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }
}

/// Does with a connected master what is asked of both before the first report. `host` is the name
/// by which the master is known. The stream's read timeout bounds each step.
pub(crate) fn greet_master(
    stream: TcpStream,
    host: &str,
    id: Identity,
    security: &Security,
) -> Result<Link, LinkError> {
    let address = stream.peer_addr().map_err(LinkError::NoAnswer)?.ip();
    if security.allows_plain(address) {
        return Ok(Link::Plain(stream));
    }
    let mut link = match &security.tls {
        Some(tls) => {
            let name = tls.name_of(host)?;
            let client = ClientConnection::new(Arc::clone(&tls.client), name);
            let client = client.map_err(|error| LinkError::Tls(io::Error::other(error)))?;
            let mut stream = StreamOwned::new(client, stream);
            while stream.conn.is_handshaking() {
                stream.conn.complete_io(&mut stream.sock).map_err(LinkError::Tls)?;
            }
            Link::Tls(Box::new(stream))
        }
        None => Link::Plain(stream),
    };
    if let Some(secret) = &security.secret {
        link.write_all(&HELLO).map_err(LinkError::NoAnswer)?;
        let mut challenge = [0; CHALLENGE_BYTES];
        link.read_exact(&mut challenge).map_err(LinkError::NoAnswer)?;
        let (proof, expected) = secret.answer(&challenge, id).ok_or(LinkError::NoChallenge)?;
        link.write_all(&proof).map_err(LinkError::NoAnswer)?;
        let mut own = [0; Expected::BYTES];
        link.read_exact(&mut own).map_err(LinkError::NoAnswer)?;
        if !expected.is_met_by(&own) {
            return Err(LinkError::WrongSecret);
        }
    }
    Ok(link)
}
