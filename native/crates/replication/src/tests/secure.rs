//! Who may speak: the secret, TLS, and the peers that need neither.

use std::net::IpAddr;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use super::*;
use crate::{PlainPeers, SecurityOptions, TlsFiles};

const SECRET: &str = "a secret of the test, long enough";

struct Files {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Files {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(params, key).expect("signs");
        let files = Self { folder: TempDir::new().expect("a folder"), authority };
        files.write("ca.pem", &files.authority.pem());
        files
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("writes");
        path
    }

    /// A node with a certificate for these names.
    fn node(&self, name: &str, hosts: &[&str]) -> TlsFiles {
        let names: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let params = CertificateParams::new(names).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.authority).expect("signs");
        TlsFiles {
            certificate: self.write(&format!("{name}.pem"), &certificate.pem()),
            key: self.write(&format!("{name}.key"), &key.serialize_pem()),
            authority: self.folder.path().join("ca.pem"),
            server_name: None,
        }
    }

    fn secret(&self, text: &str) -> SecurityOptions {
        let secret_file = Some(self.write(&format!("secret-{}", text.len()), text));
        SecurityOptions { secret_file, ..SecurityOptions::default() }
    }
}

fn secured(role: Role, security: &SecurityOptions, broker_id: i64) -> ReplicationOptions {
    ReplicationOptions { security: security.clone(), broker_id, ..options(role) }
}

struct World {
    _disk: MemoryDisk,
    store: Arc<Store>,
    master: Replication,
    port: u16,
}

fn world(security: &SecurityOptions) -> World {
    let disk = MemoryDisk::new();
    let store = store_on(&disk, FlushMode::Async);
    append(&store, (0..40).map(|number| number * 20));
    let (master, port) = master(&store, secured(Role::SyncMaster, security, 0));
    World { _disk: disk, store, master, port }
}

impl World {
    #[track_caller]
    fn follows(&self, security: &SecurityOptions, broker_id: i64) {
        let disk = MemoryDisk::new();
        let copy = store_on(&disk, FlushMode::Async);
        let slave = slave_with(&copy, self.port, secured(Role::Slave, security, broker_id));
        until("catches up", || copy.written() == self.store.written());
        let end = append(&self.store, [3000, 10]);
        until("acknowledges", || self.master.replicated().get() == end);
        assert_equal(&self.store, &copy);
        assert!(slave.status().master.is_some_and(|link| link.refusal.is_none()));
    }

    /// A slave that gets nothing and says why; the master says why, too.
    #[track_caller]
    fn refuses(&self, security: &SecurityOptions, slave_says: &str, master_says: &str) {
        let disk = MemoryDisk::new();
        let copy = store_on(&disk, FlushMode::Async);
        let slave = slave_with(&copy, self.port, secured(Role::Slave, security, 1));
        let says = || slave.status().master.and_then(|link| link.refusal).unwrap_or_default();
        until("the slave says so", || says().contains(slave_says));
        until("the master says so", || {
            let refused = self.master.status().refused_peers;
            refused.iter().any(|peer| peer.address == "127.0.0.1" && peer.reason == master_says)
        });
        assert_eq!(copy.written().get(), 0);
        assert_eq!(self.master.replicated().get(), 0);
        assert!(self.master.status().slaves.is_empty() && !self.master.is_possible());
    }
}

#[test]
fn who_has_the_secret_follows_and_is_known_by_its_id() {
    let files = Files::new();
    let secret = files.secret(SECRET);
    let world = world(&secret);
    world.follows(&secret, 1);
    let disk = MemoryDisk::new();
    let copy = store_on(&disk, FlushMode::Async);
    let _slave = slave_with(&copy, world.port, secured(Role::Slave, &secret, 7));
    until("is seen", || world.master.status().slaves.iter().any(|one| one.broker_id == Some(7)));
}

#[test]
fn who_has_another_secret_or_none_gets_nothing() {
    let files = Files::new();
    let world = world(&files.secret(SECRET));
    let wrong = "does not have the secret of haSecretFile";
    world.refuses(&files.secret("quite another secret"), "another secret or none", wrong);
    let plain = "speaks RocketMQ's plain protocol and is not named in haPlainPeers";
    world.refuses(&SecurityOptions::default(), "closed", plain);
    // A plausible acknowledgement, as RocketMQ's master takes it from anybody.
    let mut fake = Fake::connect(world.port);
    fake.report(world.store.written().get() as i64);
    fake.assert_closed();
    assert_eq!(world.master.replicated().get(), 0);
}

#[test]
fn a_master_without_the_secret_is_not_followed() {
    let files = Files::new();
    let world = world(&SecurityOptions::default());
    let wants = "wants to prove a secret, and none is configured here (haSecretFile)";
    world.refuses(&files.secret(SECRET), "another secret or none", wants);
    // One that lets everybody in and has guessed nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let disk = MemoryDisk::new();
    let copy = store_on(&disk, FlushMode::Async);
    let port = listener.local_addr().expect("an address").port();
    let slave = slave_with(&copy, port, secured(Role::Slave, &files.secret(SECRET), 1));
    let (mut stream, _) = listener.accept().expect("accepts");
    let mut said = [0; 80];
    stream.read_exact(&mut said[..8]).expect("a hello");
    let (_, challenge) = crate::secure::Secret::challenge().expect("a challenge");
    stream.write_all(&challenge).expect("writes");
    stream.read_exact(&mut said[8..]).expect("a proof");
    stream.write_all(&[7; 32]).expect("writes");
    let says = || slave.status().master.and_then(|link| link.refusal).unwrap_or_default();
    until("says so", || says().contains("the master does not have the secret"));
}

#[test]
fn named_peers_need_nothing() {
    let files = Files::new();
    let local = IpAddr::from(Ipv4Addr::LOCALHOST);
    let other = IpAddr::from(Ipv4Addr::new(10, 0, 0, 1));
    let allowing = |plain_peers| SecurityOptions { plain_peers, ..files.secret(SECRET) };
    for plain_peers in [PlainPeers::All, PlainPeers::At(vec![other, local])] {
        let world = world(&allowing(plain_peers.clone()));
        world.follows(&SecurityOptions::default(), 1);
        // A slave that may be plain with its master is, and one that may not asks for the secret.
        world.follows(&allowing(plain_peers), 1);
        world.follows(&files.secret(SECRET), 2);
    }
    let world = world(&allowing(PlainPeers::At(vec![other])));
    world.follows(&files.secret(SECRET), 1);
    let mut java = Fake::connect(world.port);
    java.report(0);
    java.assert_closed();
}

#[test]
fn tls_takes_a_certificate_of_the_authority_on_both_sides() {
    let files = Files::new();
    let node = |name: &str, hosts: &[&str]| SecurityOptions {
        tls: Some(files.node(name, hosts)),
        ..SecurityOptions::default()
    };
    let world = world(&node("master", &["127.0.0.1"]));
    world.follows(&node("slave", &["slave.example"]), 1);
    let stranger = Files::new();
    let foreign = SecurityOptions {
        tls: Some(TlsFiles {
            authority: files.folder.path().join("ca.pem"),
            ..stranger.node("slave", &["slave.example"])
        }),
        ..SecurityOptions::default()
    };
    let replicated = world.master.replicated();
    let disk = MemoryDisk::new();
    let copy = store_on(&disk, FlushMode::Async);
    let slave = slave_with(&copy, world.port, secured(Role::Slave, &foreign, 1));
    until("is refused", || {
        let refused = world.master.status().refused_peers;
        refused.iter().any(|peer| peer.reason.contains("certificate is not accepted"))
    });
    let says = || slave.status().master.and_then(|link| link.refusal).unwrap_or_default();
    until("says so", || !says().is_empty());
    assert_eq!((copy.written().get(), world.master.replicated()), (0, replicated));
    let mut plain = Fake::connect(world.port);
    plain.report(0);
    plain.assert_closed();
}

#[test]
fn a_slave_checks_its_masters_certificate_and_name() {
    let files = Files::new();
    let node = |name: &str, hosts: &[&str]| files.node(name, hosts);
    let tls = |files| SecurityOptions { tls: Some(files), ..SecurityOptions::default() };
    let world = world(&tls(node("master", &["master.example"])));
    let slave = node("slave", &[]);
    let disk = MemoryDisk::new();
    let copy = store_on(&disk, FlushMode::Async);
    let nameless = slave_with(&copy, world.port, secured(Role::Slave, &tls(slave.clone()), 1));
    let says = || nameless.status().master.and_then(|link| link.refusal).unwrap_or_default();
    until("says so", || says().contains("TLS with the master failed"));
    assert_eq!(copy.written().get(), 0);
    drop(nameless);
    let named = TlsFiles { server_name: Some("master.example".into()), ..slave };
    world.follows(&tls(named), 1);
}

#[test]
fn tls_and_secret_together_take_both() {
    let files = Files::new();
    let both = |name: &str| SecurityOptions {
        tls: Some(files.node(name, &["127.0.0.1"])),
        ..files.secret(SECRET)
    };
    let world = world(&both("master"));
    world.follows(&both("slave"), 1);
    let one = SecurityOptions { secret_file: None, ..both("half") };
    let disk = MemoryDisk::new();
    let copy = store_on(&disk, FlushMode::Async);
    let _slave = slave_with(&copy, world.port, secured(Role::Slave, &one, 1));
    until("is refused", || {
        let refused = world.master.status().refused_peers;
        refused.iter().any(|peer| peer.reason.contains("plain protocol"))
    });
    assert_eq!(copy.written().get(), 0);
}

#[test]
fn a_log_of_many_frames_goes_through_tls() {
    let files = Files::new();
    let tls = SecurityOptions {
        tls: Some(files.node("node", &["127.0.0.1"])),
        ..SecurityOptions::default()
    };
    let (from, to) = (MemoryDisk::new(), MemoryDisk::new());
    let store = sized_store_on(&from, FlushMode::Async, 4 << 20);
    append(&store, [60_000; 200]);
    let big =
        ReplicationOptions { transfer_batch_bytes: 1 << 20, ..secured(Role::SyncMaster, &tls, 0) };
    let (master, port) = master(&store, big);
    let copy = sized_store_on(&to, FlushMode::Async, 4 << 20);
    let _slave = slave_with(&copy, port, secured(Role::Slave, &tls, 1));
    until("catches up", || copy.written() == store.written());
    until("acknowledges", || master.replicated() == store.written());
    assert_equal(&store, &copy);
}

#[test]
fn the_mute_are_sent_away() {
    let files = Files::new();
    let disk = MemoryDisk::new();
    let store = store_on(&disk, FlushMode::Async);
    let options = ReplicationOptions {
        housekeeping_interval: Duration::from_millis(200),
        ..secured(Role::SyncMaster, &files.secret(SECRET), 0)
    };
    let (master, port) = master(&store, options);
    let mut mute = Fake::connect(port);
    let mut slow = Fake::connect(port);
    slow.0.write_all(&crate::secure::HELLO[..5]).expect("writes");
    mute.assert_closed();
    slow.assert_closed();
    let refused = master.status().refused_peers;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].count == 2 && refused[0].reason.contains("in time"), "{refused:?}");
}

#[test]
fn what_cannot_be_loaded_keeps_replication_from_starting() {
    let files = Files::new();
    let starts = |security: SecurityOptions| {
        let store = store_on(&MemoryDisk::new(), FlushMode::Async);
        let replication = replication(&store, secured(Role::AsyncMaster, &security, 0));
        let started = replication.start(Ipv4Addr::LOCALHOST.into(), no_hooks());
        started.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let missing = files.folder.path().join("nothing");
    let secret_file = Some(missing.clone());
    let said = starts(SecurityOptions { secret_file, ..SecurityOptions::default() });
    assert!(said.starts_with("haSecretFile: cannot read"), "{said}");
    let node = files.node("node", &["127.0.0.1"]);
    let empty = files.write("empty.pem", "nothing in it");
    for (files, key) in [
        (TlsFiles { certificate: missing.clone(), ..node.clone() }, "haTlsCertificateFile"),
        (TlsFiles { certificate: empty.clone(), ..node.clone() }, "haTlsCertificateFile"),
        (TlsFiles { key: empty.clone(), ..node.clone() }, "haTlsKeyFile"),
        (TlsFiles { authority: empty, ..node.clone() }, "haTlsCaFile"),
        (TlsFiles { server_name: Some("no name".into()), ..node.clone() }, "haTlsServerName"),
        (TlsFiles { key: files.node("other", &[]).key, ..node }, "haTlsCertificateFile"),
    ] {
        let tls = Some(files);
        let said = starts(SecurityOptions { tls, ..SecurityOptions::default() });
        assert!(said.starts_with(key), "{key}: {said}");
    }
}
