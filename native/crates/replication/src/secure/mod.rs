//! Who may speak on the HA port, when the operator wants to know: a shared secret that both ends
//! prove to have, TLS in which both show a certificate, or both.
//!
//! RocketMQ's protocol knows neither, and takes acknowledgements from whoever connects. Either is
//! a beginning of the connection before RocketMQ's first byte, so that what follows is the same.
//! Invariants: nothing of the log goes to a peer, and nothing that it says counts, before it has
//! shown what is asked of it; the secret is in no message, status or log; proofs are compared in
//! constant time. Peers that are listed as plain are asked for nothing: Java's know nothing of
//! this.

mod channel;
mod link;
mod secret;
mod tls;

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use channel::{Channel, Spoken};
pub(crate) use link::{Link, LinkError, greet_master};
pub(crate) use secret::{
    CHALLENGE_BYTES, Challenge, HELLO, HELLO_BYTES, Identity, PROOF_BYTES, Secret,
};
pub(crate) use tls::Tls;

use crate::options::SecurityOptions;

/// Within which a peer has shown what is asked of it.
pub(crate) const GREETING_LIMIT: Duration = Duration::from_secs(5);

/// Why the connections cannot be secured as configured.
#[derive(Debug, thiserror::Error)]
pub enum SecurityError {
    /// A file that is needed.
    #[error("{key}: cannot read {}: {source}", path.display())]
    Unreadable {
        /// The configuration's key.
        key: &'static str,
        /// Its value.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that does not hold what it should.
    #[error("{key}: {} {reason}", path.display())]
    Unusable {
        /// The configuration's key.
        key: &'static str,
        /// Its value.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The keys do not fit together.
    #[error("{0}")]
    Incomplete(String),
}

/// What is asked of peers, loaded.
pub(crate) struct Security {
    pub(crate) secret: Option<Secret>,
    pub(crate) tls: Option<Tls>,
    options: SecurityOptions,
}

impl Security {
    pub(crate) fn load(options: &SecurityOptions) -> Result<Self, SecurityError> {
        let secret = options.secret_file.as_deref().map(Secret::load).transpose()?;
        let tls = options.tls.as_ref().map(Tls::load).transpose()?;
        Ok(Self { secret, tls, options: options.clone() })
    }

    /// Whether this end may speak RocketMQ's plain protocol with a peer at `address`.
    pub(crate) fn allows_plain(&self, address: IpAddr) -> bool {
        let is_open = self.secret.is_none() && self.tls.is_none();
        is_open || self.options.plain_peers.allows(address.to_canonical())
    }
}
