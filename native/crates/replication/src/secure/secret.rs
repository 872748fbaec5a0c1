//! The shared secret: each end proves to the other that it has it, without showing it.
//!
//! | from | bytes | content |
//! |---|---|---|
//! | slave | 8 | [`HELLO`], which is no position: it is negative |
//! | master | 8 + 32 | [`HELLO`], its nonce |
//! | slave | 32 + 8 + 32 | its nonce, its `brokerId`, its proof |
//! | master | 32 | its proof |
//!
//! A proof is the HMAC-SHA-256, under the secret, of the role that gives it, both nonces and the
//! id. The roles keep a proof from being sent back to where it came from, the nonces from being
//! used again. It says who is at the other end when the connection begins; that nobody in between
//! changes what follows takes TLS.

use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::SecurityError;

const NONCE_BYTES: usize = 32;
const MAC_BYTES: usize = 32;
pub(crate) const HELLO_BYTES: usize = 8;
pub(crate) const CHALLENGE_BYTES: usize = HELLO_BYTES + NONCE_BYTES;
pub(crate) const PROOF_BYTES: usize = NONCE_BYTES + 8 + MAC_BYTES;

/// Begins the greeting; as RocketMQ's number it would be negative, which none is. The last byte is
/// the version.
pub(crate) const HELLO: [u8; HELLO_BYTES] = [0xf5, b'T', b'P', b'H', b'A', 0, 0, 1];

/// A secret of fewer bytes can be guessed from one overheard greeting.
const SECRET_BYTES_MIN: usize = 16;
const SECRET_BYTES_MAX: usize = 4096;

const SLAVE: &[u8] = b"turbopump ha 1 slave";
const MASTER: &[u8] = b"turbopump ha 1 master";

/// `brokerId` of a slave that has proved to have the secret.
pub(crate) type Identity = i64;

type Nonce = [u8; NONCE_BYTES];

/// Not `Debug`, so that it gets into no log.
#[derive(Clone)]
pub(crate) struct Secret(hmac::Key);

/// What the master has asked of one connection.
pub(crate) struct Challenge(Nonce);

impl Secret {
    pub(super) fn load(path: &Path) -> Result<Self, SecurityError> {
        const KEY: &str = "haSecretFile";
        let bytes = std::fs::read(path).map_err(|source| SecurityError::Unreadable {
            key: KEY,
            path: path.to_owned(),
            source,
        })?;
        let secret = bytes.trim_ascii();
        if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&secret.len()) {
            let reason = format!(
                "holds {} bytes; a secret has {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX}",
                secret.len()
            );
            return Err(SecurityError::Unusable { key: KEY, path: path.to_owned(), reason });
        }
        Ok(Self::new(secret))
    }

    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    fn mac(&self, role: &[u8], master: &Nonce, slave: &Nonce, id: Identity) -> hmac::Tag {
        hmac::sign(&self.0, &said(role, master, slave, id))
    }

    /// Slave: the answer to a challenge, and what the master's proof must be. `None` when it is
    /// no challenge, or the system has no randomness.
    pub(crate) fn answer(
        &self,
        challenge: &[u8; CHALLENGE_BYTES],
        id: Identity,
    ) -> Option<([u8; PROOF_BYTES], Expected)> {
        let (hello, master) = challenge.split_first_chunk::<HELLO_BYTES>()?;
        if *hello != HELLO {
            return None;
        }
        let master: Nonce = *master.first_chunk()?;
        let slave = nonce()?;
        let mac = self.mac(SLAVE, &master, &slave, id);
        let mut proof = [0; PROOF_BYTES];
        let (nonce, rest) = proof.split_first_chunk_mut::<NONCE_BYTES>()?;
        *nonce = slave;
        let (claimed, rest) = rest.split_first_chunk_mut::<8>()?;
        *claimed = id.to_be_bytes();
        rest.copy_from_slice(mac.as_ref());
        Some((proof, Expected(self.clone(), said(MASTER, &master, &slave, id))))
    }

    /// Master: a challenge for one connection.
    pub(crate) fn challenge() -> Option<(Challenge, [u8; CHALLENGE_BYTES])> {
        let nonce = nonce()?;
        let mut bytes = [0; CHALLENGE_BYTES];
        let (hello, rest) = bytes.split_first_chunk_mut::<HELLO_BYTES>()?;
        *hello = HELLO;
        rest.copy_from_slice(&nonce);
        Some((Challenge(nonce), bytes))
    }

    /// Master: who has given the proof, and the proof in return.
    pub(crate) fn judge(
        &self,
        challenge: &Challenge,
        proof: &[u8; PROOF_BYTES],
    ) -> Option<(Identity, [u8; MAC_BYTES])> {
        let (slave, rest) = proof.split_first_chunk::<NONCE_BYTES>()?;
        let (id, mac) = rest.split_first_chunk::<8>()?;
        let id = Identity::from_be_bytes(*id);
        hmac::verify(&self.0, &said(SLAVE, &challenge.0, slave, id), mac).ok()?;
        let own = self.mac(MASTER, &challenge.0, slave, id);
        Some((id, *own.as_ref().first_chunk()?))
    }
}

/// What the master's proof must be.
pub(crate) struct Expected(Secret, Vec<u8>);

impl Expected {
    pub(crate) const BYTES: usize = MAC_BYTES;

    pub(crate) fn is_met_by(&self, mac: &[u8; MAC_BYTES]) -> bool {
        hmac::verify(&self.0.0, &self.1, mac).is_ok()
    }
}

fn said(role: &[u8], master: &Nonce, slave: &Nonce, id: Identity) -> Vec<u8> {
    [role, master, slave, &id.to_be_bytes()].concat()
}

fn nonce() -> Option<Nonce> {
    let mut nonce = [0; NONCE_BYTES];
    SystemRandom::new().fill(&mut nonce).ok()?;
    Some(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(slave: &Secret, master: &Secret, spoil: impl Fn(&mut [u8])) -> Option<bool> {
        let (challenge, bytes) = Secret::challenge()?;
        let (mut proof, expected) = slave.answer(&bytes, 7)?;
        spoil(&mut proof);
        let (id, own) = master.judge(&challenge, &proof)?;
        assert_eq!(id, 7);
        Some(expected.is_met_by(&own))
    }

    #[test]
    fn both_ends_learn_that_the_other_has_the_secret() {
        let secret = Secret::new(b"0123456789abcdef");
        assert_eq!(exchange(&secret, &secret, |_| {}), Some(true));
    }

    #[test]
    fn another_secret_or_a_changed_byte_anywhere_is_no_proof() {
        let (one, other) = (Secret::new(b"0123456789abcdef"), Secret::new(b"0123456789abcdeF"));
        assert_eq!(exchange(&one, &other, |_| {}), None);
        for index in 0..PROOF_BYTES {
            let changed = |proof: &mut [u8]| proof[index] ^= 1;
            assert_eq!(exchange(&one, &one, changed), None, "byte {index}");
        }
    }

    #[test]
    fn an_overheard_proof_is_worth_nothing_on_another_connection() {
        let secret = Secret::new(b"0123456789abcdef");
        let (_, bytes) = Secret::challenge().unwrap();
        let (proof, expected) = secret.answer(&bytes, 7).unwrap();
        let (again, _) = Secret::challenge().unwrap();
        assert!(secret.judge(&again, &proof).is_none());
        // Nor is a slave's own proof, sent back to it, a master's.
        assert!(!expected.is_met_by(proof.last_chunk().unwrap()));
    }

    #[test]
    fn a_greeting_is_no_report_and_no_frame() {
        assert!(i64::from_be_bytes(HELLO) < 0);
        let secret = Secret::new(b"0123456789abcdef");
        assert!(secret.answer(&[0; CHALLENGE_BYTES], 7).is_none(), "nor is a frame a challenge");
    }

    #[test]
    fn a_short_secret_is_refused_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "tooshort\n").unwrap();
        let refused = Secret::load(&path).err().unwrap().to_string();
        assert!(refused.starts_with("haSecretFile: ") && refused.contains("8 bytes"), "{refused}");
        assert!(!refused.contains("tooshort"));
        std::fs::write(&path, "0123456789abcdef\n").unwrap();
        assert!(Secret::load(&path).is_ok());
        let none = Secret::load(&folder.path().join("none")).err().unwrap().to_string();
        assert!(none.contains("cannot read"), "{none}");
    }
}
