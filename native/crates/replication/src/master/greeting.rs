//! What a connection has to show before its first report counts, see `secure`.

use std::io;

use crate::frame::REPORT_BYTES;
use crate::secure::{
    CHALLENGE_BYTES, Challenge, Channel, HELLO, HELLO_BYTES, Identity, PROOF_BYTES, Secret,
    Security, Spoken,
};

/// Why a peer is sent away, in words for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// RocketMQ's protocol from where it is not allowed.
    #[error("speaks RocketMQ's plain protocol and is not named in haPlainPeers")]
    Plain,
    /// No TLS, or none that this end accepts.
    #[error("its TLS or its certificate is not accepted")]
    Tls,
    /// TLS where there is none.
    #[error("wants TLS, which is not configured here (haTlsCertificateFile)")]
    WantsTls,
    /// A greeting where there is no secret.
    #[error("wants to prove a secret, and none is configured here (haSecretFile)")]
    WantsSecret,
    /// The proof is wrong.
    #[error("does not have the secret of haSecretFile")]
    Secret,
    /// Mute.
    #[error("has not shown who it is in time")]
    Mute,
    /// Negative.
    #[error("reported a number that is no position")]
    Number,
    /// Beyond what it was sent.
    #[error("acknowledged what was not sent to it")]
    NotSent,
}

/// What comes next.
pub(super) enum Step {
    /// Wait for more bytes.
    More,
    /// Say this.
    Say([u8; CHALLENGE_BYTES]),
    /// Has proved to be this broker; say this, then it reports.
    Proved(Identity, [u8; 32]),
    /// Nothing is asked of it; this is its first report.
    Reports(i64),
}

enum Asked {
    /// Its first bytes: a hello, or a report.
    First,
    Proof(Challenge),
}

pub(super) struct Greeting {
    has_begun: bool,
    asked: Asked,
    held: [u8; PROOF_BYTES],
    len: usize,
}

impl Greeting {
    pub(super) const fn new() -> Self {
        Self { has_begun: false, asked: Asked::First, held: [0; PROOF_BYTES], len: 0 }
    }

    /// Before the first read: looks whether the peer begins TLS. False at the connection's end.
    pub(super) fn begin(&mut self, channel: &mut Channel, security: &Security) -> io::Result<bool> {
        if self.has_begun {
            return Ok(true);
        }
        let Some(tls) = &security.tls else {
            self.has_begun = true;
            return Ok(true);
        };
        let Some(spoken) = channel.spoken()? else { return Ok(false) };
        if spoken == Spoken::Tls {
            channel.begin_tls(tls)?;
        }
        self.has_begun = true;
        Ok(true)
    }

    /// Takes from `bytes` what belongs to the greeting.
    pub(super) fn take(
        &mut self,
        bytes: &mut &[u8],
        security: &Security,
        is_tls: bool,
        allows_plain: bool,
    ) -> Result<Step, Fault> {
        let wanted = match self.asked {
            Asked::First => REPORT_BYTES,
            Asked::Proof(_) => PROOF_BYTES,
        };
        let (part, rest) = bytes.split_at(bytes.len().min(wanted - self.len));
        if let Some(slot) = self.held.get_mut(self.len..self.len + part.len()) {
            slot.copy_from_slice(part);
        }
        self.len += part.len();
        *bytes = rest;
        if self.len < wanted {
            return Ok(Step::More);
        }
        self.len = 0;
        let asked = std::mem::replace(&mut self.asked, Asked::First);
        match (asked, &security.secret) {
            (Asked::Proof(challenge), Some(secret)) => {
                let proved = secret.judge(&challenge, &self.held);
                proved.map(|(id, own)| Step::Proved(id, own)).ok_or(Fault::Secret)
            }
            (_, secret) => self.first(secret.as_ref(), security, is_tls, allows_plain),
        }
    }

    fn first(
        &mut self,
        secret: Option<&Secret>,
        security: &Security,
        is_tls: bool,
        allows_plain: bool,
    ) -> Result<Step, Fault> {
        let first = self.held.first_chunk::<HELLO_BYTES>().copied().unwrap_or_default();
        let misses_tls = security.tls.is_some() && !is_tls && !allows_plain;
        if first == HELLO {
            if secret.is_none() {
                return Err(Fault::WantsSecret);
            }
            if misses_tls {
                return Err(Fault::Tls);
            }
            let (challenge, words) = Secret::challenge().ok_or(Fault::Secret)?;
            self.asked = Asked::Proof(challenge);
            return Ok(Step::Say(words));
        }
        if !is_tls && Spoken::of(first[0]) == Spoken::Tls {
            return Err(Fault::WantsTls);
        }
        let is_enough = allows_plain || (secret.is_none() && !misses_tls);
        if is_enough { Ok(Step::Reports(i64::from_be_bytes(first))) } else { Err(Fault::Plain) }
    }
}
