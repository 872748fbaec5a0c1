/** A broker in the role SLAVE: whom it follows, what it refuses, what it tells of itself. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RefusedPeers } from '../../../src/broker/ha/refused-peers.ts';
import { replicationOptions } from '../../../src/broker/ha/replication-options.ts';
import { Slave } from '../../../src/broker/ha/slave.ts';
import { parseProperties } from '../../../src/config/properties.ts';
import { brokerSettings } from '../../../src/config/roles.ts';
import type { RefusedPeer, ReplicationOptions } from '../../../src/dataplane/data-plane.ts';
import { FakeDataPlane } from '../../../src/dataplane/fake.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import type { RequestParts } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig } from '../support/broker-rig.ts';

const test = suite('slave');
const ORDERS = { topic: 'Orders', readQueueNums: 8, writeQueueNums: 8, perm: 6 };

test('a slave without an id of its own does not start', async () => {
  let message = '';
  await BrokerRig.start({ brokerRole: 'SLAVE', brokerId: 0 }).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, 'brokerId above 0');
});

test('a slave changes no topic, group or offset of its own', async () => {
  const rig = await BrokerRig.start({ brokerRole: 'SLAVE', brokerId: 1 });
  const refused: [number, RequestParts][] = [
    [RequestCode.UPDATE_AND_CREATE_TOPIC, { extFields: ORDERS }],
    [RequestCode.DELETE_TOPIC_IN_BROKER, { extFields: { topic: 'Orders' } }],
    [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, { body: Buffer.from('{"groupName":"G"}') }],
    [RequestCode.DELETE_SUBSCRIPTIONGROUP, { extFields: { groupName: 'G' } }],
    [RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, { extFields: { topic: 'T', group: 'G' } }],
  ];
  for (const [code, parts] of refused) {
    const answer = await rig.client().call(code, parts);
    assert.is(answer.code, ResponseCode.SYSTEM_ERROR);
    assert.match(answer.remark ?? '', /^Can('t| not) .* slave broker/);
  }
  assert.is(rig.broker?.identity.brokerId, 1);
  assert.is(rig.dataPlane.broker?.role, 'SLAVE');
  await rig.destroy();
});

test('the master that name servers name is followed, and kept while they name none', async () => {
  const dataPlane = new FakeDataPlane();
  const slave = followerOf(dataPlane, null);
  slave.told({ masterAddr: '10.0.0.1:10911', haServerAddr: '10.0.0.1:10912' });
  assert.is(dataPlane.masterAddress, '10.0.0.1:10912');
  slave.told({ masterAddr: null, haServerAddr: null });
  assert.is(dataPlane.masterAddress, '10.0.0.1:10912');
  slave.told({ masterAddr: '10.0.0.9:10911', haServerAddr: '10.0.0.9:10912' });
  assert.is(dataPlane.masterAddress, '10.0.0.9:10912');
  await slave.stop();
});

test('a fixed haMasterAddress is not replaced', async () => {
  const dataPlane = new FakeDataPlane();
  const slave = followerOf(dataPlane, '10.0.0.1:10912');
  slave.told({ masterAddr: '10.0.0.9:10911', haServerAddr: '10.0.0.9:10912' });
  assert.is(dataPlane.masterAddress, null, 'the options named it already');
  await slave.stop();
});

function followerOf(dataPlane: FakeDataPlane, fixedHaAddress: string | null): Slave {
  return new Slave({
    dataPlane,
    fixedHaAddress,
    ownAddress: '10.0.0.2:10911',
    registerAll: async () => undefined,
    publish: () => undefined,
    now: Date.now,
    log: silentLogger(),
    // Nothing is copied here: no round is run.
    ...({} as Pick<
      ConstructorParameters<typeof Slave>[0],
      'topics' | 'groups' | 'offsets' | 'requestModes'
    >),
  });
}

test('replication is told as RocketMQ tells it', async () => {
  const rig = await BrokerRig.start();
  const slave = {
    address: '127.0.0.1:5',
    brokerId: null,
    ackOffset: 40,
    lagBytes: 2,
    transferredBytesPerSecond: 1,
    inSync: true,
  };
  rig.dataPlane.replication = {
    role: 'SYNC_MASTER',
    slaves: [slave],
    refusedPeers: [],
    master: null,
  };
  const answer = await rig.client().call(RequestCode.GET_BROKER_HA_STATUS);
  const told = JSON.parse(Buffer.from(answer.body).toString()) as Record<string, unknown>;
  assert.is(told['master'], true);
  assert.is(told['inSyncSlaveNums'], 1);
  assert.equal(told['haConnectionInfo'], [
    {
      addr: '127.0.0.1:5',
      diff: 2,
      inSync: true,
      slaveAckOffset: 40,
      transferFromWhere: 40,
      transferredByteInSecond: 1,
    },
  ]);
  await rig.destroy();
});

test('the options of replication are those of the file', () => {
  const settings = brokerSettings();
  const text = 'brokerRole=SYNC_MASTER\nhaListenPort=0\nlistenPort=20911\nslaveTimeout=77';
  settings.apply(parseProperties(text), 'broker.conf');
  assert.equal(settings.givenWithoutEffect(), []);
  const options = replicationOptions(settings);
  assert.is(options.haListenPort, 20912, 'the port after listenPort');
  assert.is(options.slaveTimeoutMs, 77);
  assert.is(options.maxHaTransferByteInSecond, null);
  assert.equal(options.security, { secretFile: null, tls: null, plainPeers: [] });
  settings.set('brokerRole', 'SLAVE');
  assert.is(replicationOptions(settings).haListenPort, null);
  const paced = optionsOf('haFlowControlEnable=true\nmaxHaTransferByteInSecond=5');
  assert.is(paced.maxHaTransferByteInSecond, 5);
});

function optionsOf(text: string): ReplicationOptions {
  const settings = brokerSettings();
  settings.apply(parseProperties(text), 'broker.conf');
  assert.equal(settings.givenWithoutEffect(), []);
  return replicationOptions(settings);
}

const TLS_KEYS = 'haTlsCertificateFile=c\nhaTlsKeyFile=k\nhaTlsCaFile=a';

test('what peers must show is read from the file', () => {
  const { security } = optionsOf(
    `haSecretFile=s\n${TLS_KEYS}\nhaTlsServerName=m\nhaPlainPeers=10.0.0.1, ::1`,
  );
  assert.equal(security, {
    secretFile: 's',
    tls: { certificateFile: 'c', keyFile: 'k', caFile: 'a', serverName: 'm' },
    plainPeers: ['10.0.0.1', '::1'],
  });
  assert.is(optionsOf('haSecretFile=s\nhaPlainPeers=*').security.plainPeers, 'all');
});

test('what cannot be meant about peers does not start', () => {
  const faults: [string, RegExp][] = [
    ['haTlsKeyFile=k', /needs haTlsCertificateFile, haTlsCaFile too/],
    ['haTlsServerName=m', /needs haTlsCertificateFile/],
    ['haSecretFile=s\nhaPlainPeers=10.0.0.1,example', /'example' is no IP address/],
    ['haPlainPeers=10.0.0.1', /every peer is plain/],
  ];
  for (const [text, message] of faults) assert.throws(() => optionsOf(text), message);
});

test('a peer that is sent away is told once', () => {
  const dataPlane = new FakeDataPlane();
  const lines: string[] = [];
  const log = silentLogger();
  log.warn = (facts: unknown) => lines.push(JSON.stringify(facts));
  const peers = new RefusedPeers(dataPlane, log);
  const one = { address: '10.0.0.8', reason: 'does not have the secret', count: 1 };
  const tell = (refusedPeers: RefusedPeer[]): void => {
    dataPlane.replication = { ...dataPlane.replication, refusedPeers };
    peers.tell();
  };
  tell([one]);
  tell([
    { ...one, count: 9 },
    { ...one, reason: 'speaks plain' },
  ]);
  assert.is(lines.length, 2);
  assert.match(lines[0] ?? '', /10\.0\.0\.8.*does not have the secret/);
  assert.match(lines[1] ?? '', /speaks plain/);
});

test.run();
