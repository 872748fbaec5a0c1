/**
 * What is asked of the other end of an HA connection: `haSecretFile`, `haTls*`, `haPlainPeers`.
 * RocketMQ asks nothing, of anybody. Files are read, and refused by name, when the port is opened.
 *
 * Refuses with {@link ConfigError}: keys of TLS without the others that it takes, a plain peer
 * that is no IP address (a name would have to be looked up on each connection, and be believed),
 * and peers that go without what nobody is asked for.
 */
import { isIP } from 'node:net';
import { ConfigError, type Settings } from '../../config/settings.ts';
import type { ReplicationSecurity, TlsFiles } from '../../dataplane/data-plane.ts';

const TLS_FILES = ['haTlsCertificateFile', 'haTlsKeyFile', 'haTlsCaFile'] as const;
const EVERYBODY = '*';

export function replicationSecurity(settings: Settings): ReplicationSecurity {
  const secretFile = settings.textOrNull('haSecretFile');
  const tls = tlsFiles(settings);
  const plainPeers = plainPeersOf(settings);
  if (secretFile === null && tls === null && plainPeers.length > 0) {
    throw new ConfigError('haPlainPeers: without haSecretFile and haTls* every peer is plain');
  }
  return { secretFile, tls, plainPeers };
}

function tlsFiles(settings: Settings): TlsFiles | null {
  const [certificateFile, keyFile, caFile] = TLS_FILES.map((key) => settings.textOrNull(key));
  const serverName = settings.textOrNull('haTlsServerName');
  if (certificateFile && keyFile && caFile) return { certificateFile, keyFile, caFile, serverName };
  const given = TLS_FILES.filter((key) => settings.textOrNull(key) !== null);
  if (given.length === 0 && serverName === null) return null;
  const missing = TLS_FILES.filter((key) => !given.includes(key));
  throw new ConfigError(`TLS on the HA port needs ${missing.join(', ')} too`);
}

function plainPeersOf(settings: Settings): 'all' | string[] {
  const text = settings.text('haPlainPeers').trim();
  if (text === EVERYBODY) return 'all';
  const peers = text
    .split(',')
    .map((peer) => peer.trim())
    .filter((peer) => peer !== '');
  for (const peer of peers) {
    if (isIP(peer) === 0) throw new ConfigError(`haPlainPeers: '${peer}' is no IP address`);
  }
  return peers;
}
