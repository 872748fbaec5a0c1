import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TopicRoute } from '../../src/model/route.ts';
import { RouteTable } from '../../src/namesrv/route-table.ts';
import { inZone, routeOf } from '../../src/namesrv/route-view.ts';
import type { MinBrokerIdChange } from '../../src/remoting/commands/notify-min-broker-id-change.ts';
import { fakeConnection, registration } from './rig.ts';

interface Rig {
  table: RouteTable;
  advance: (ms: number) => void;
  changes: { addresses: readonly string[]; change: MinBrokerIdChange }[];
  prune: (on: boolean) => void;
}

function rig(): Rig {
  let now = 0;
  let pruning = false;
  const changes: Rig['changes'] = [];
  const table = new RouteTable({
    now: () => now,
    deleteTopicWithBrokerRegistration: () => pruning,
    onMinBrokerIdChange: (addresses, change) => changes.push({ addresses, change }),
  });
  return {
    table,
    changes,
    advance: (ms) => {
      now += ms;
    },
    prune: (on) => {
      pruning = on;
    },
  };
}

function addresses(route: TopicRoute | null): [number, string][] {
  return [...(route?.brokerDatas[0]?.brokerAddrs ?? [])];
}

test('a registered broker is in the routes of its topics', () => {
  const { table } = rig();
  table.register(registration(), fakeConnection());
  assert.equal(addresses(routeOf(table, 'T', false)), [[0, '10.0.0.1:10911']]);
  assert.is(routeOf(table, 'none', false), null);
  assert.equal(table.sets.clusters(), new Map([['C', ['a']]]));
});

test('a registration of one topic from an unknown id is refused and leaves no trace', () => {
  const { table } = rig();
  assert.is(table.register(registration({ topics: ['T'] }), fakeConnection()), null);
  assert.is(table.sets.find('a'), null);
  assert.is(table.sets.ofCluster('C'), null);
  const connection = fakeConnection();
  table.register(registration(), connection);
  assert.is.not(table.register(registration({ topics: ['U'] }), connection), null);
  assert.is.not(routeOf(table, 'U', false), null);
});

test('topics are read again only when the data version differs', () => {
  const { table } = rig();
  const connection = fakeConnection();
  table.register(registration({ perm: 6 }), connection);
  table.register(registration({ perm: 4 }), connection);
  assert.is(routeOf(table, 'T', false)?.queueDatas[0]?.perm, 6);
  table.register(registration({ perm: 4, counter: 2 }), connection);
  assert.is(routeOf(table, 'T', false)?.queueDatas[0]?.perm, 4);
});

test('an address that becomes master leaves its old id', () => {
  const { table } = rig();
  const connection = fakeConnection();
  table.register(registration({ brokerId: 1 }), connection);
  table.register(registration({ brokerId: 0 }), connection);
  assert.equal(addresses(routeOf(table, 'T', false)), [[0, '10.0.0.1:10911']]);
});

test('a taken id goes to a new address unless the owner is further along', () => {
  const { table } = rig();
  table.register(registration({ stateVersion: 5 }), fakeConnection());
  const behind = registration({ brokerAddr: '10.0.0.2:1', stateVersion: 4 });
  table.register(behind, fakeConnection());
  assert.equal(addresses(routeOf(table, 'T', false)), [[0, '10.0.0.1:10911']]);
  assert.is(table.live.find('C', '10.0.0.2:1'), null);
  table.register(registration({ brokerAddr: '10.0.0.2:1', stateVersion: 5 }), fakeConnection());
  assert.equal(addresses(routeOf(table, 'T', false)), [[0, '10.0.0.2:1']]);
});

test('a slave learns its master', () => {
  const { table } = rig();
  table.register(registration(), fakeConnection());
  const slave = registration({ brokerId: 1, brokerAddr: '10.0.0.2:1' });
  assert.equal(table.register(slave, fakeConnection()), {
    haServerAddr: '10.0.0.1:10912',
    masterAddr: '10.0.0.1:10911',
  });
});

test('the end of the connection removes the broker, the end of an older one does not', () => {
  const { table } = rig();
  const old = fakeConnection();
  const current = fakeConnection();
  table.register(registration(), old);
  table.register(registration(), current);
  assert.equal(table.connectionClosed(old), []);
  assert.is.not(routeOf(table, 'T', false), null);
  assert.is(table.connectionClosed(current)[0]?.brokerName, 'a');
  assert.is(routeOf(table, 'T', false), null);
  assert.is(table.sets.clusters().size, 0);
  assert.equal([...table.queues.names()], []);
});

test('silence past the limit removes a broker and closes its connection', () => {
  const { table, advance } = rig();
  const quick = fakeConnection();
  const usual = fakeConnection();
  table.register(registration({ heartbeatTimeoutMillis: 10_000 }), quick);
  table.register(registration({ brokerName: 'b', brokerAddr: '10.0.0.2:1' }), usual);
  advance(10_000);
  assert.equal(table.removeSilent(), []);
  advance(1);
  assert.is(table.removeSilent()[0]?.brokerName, 'a');
  assert.is(quick.closedFor.length, 1);
  advance(100_000);
  table.live.touch('C', '10.0.0.2:1');
  advance(119_999);
  assert.equal(table.removeSilent(), []);
  advance(2);
  assert.is(table.removeSilent()[0]?.brokerName, 'b');
});

test('an unregistered slave leaves the master where it is', () => {
  const { table } = rig();
  table.register(registration(), fakeConnection());
  const slave = { brokerId: 1, brokerAddr: '10.0.0.2:1' };
  table.register(registration(slave), fakeConnection());
  table.unregister({ clusterName: 'C', brokerName: 'a', ...slave });
  assert.equal(addresses(routeOf(table, 'T', false)), [[0, '10.0.0.1:10911']]);
});

test('write permission is wiped and restored for all topics of a broker', () => {
  const { table } = rig();
  table.register(registration({ perm: 7 }), fakeConnection());
  assert.is(table.queues.wipeWrite('a'), 2);
  assert.is(routeOf(table, 'T', false)?.queueDatas[0]?.perm, 5);
  assert.is(table.queues.restoreWrite('a'), 2);
  assert.is(routeOf(table, 'T', false)?.queueDatas[0]?.perm, 6);
  assert.is(table.queues.wipeWrite('nobody'), 0);
});

test('an acting master shows as id 0 while the master is gone', () => {
  const { table, changes } = rig();
  const master = fakeConnection();
  table.register(registration({ enableActingMaster: true }), master);
  const slave = registration({ enableActingMaster: true, brokerId: 2, brokerAddr: '10.0.0.2:1' });
  table.register(slave, fakeConnection());
  table.connectionClosed(master);
  assert.equal(addresses(routeOf(table, 'T', true)), [[0, '10.0.0.2:1']]);
  assert.equal(addresses(routeOf(table, 'T', false)), [[2, '10.0.0.2:1']]);
  assert.is(routeOf(table, 'T', true)?.queueDatas[0]?.perm, 4);
  assert.is(changes[0]?.change.minBrokerId, 2);
  assert.is(changes[0]?.change.offlineBrokerAddr, '10.0.0.1:10911');
  assert.equal(changes[0]?.addresses, ['10.0.0.2:1']);
});

test('without acting masters a lone slave keeps its id and its write bit', () => {
  const { table } = rig();
  const slave = registration({ brokerId: 1, brokerAddr: '10.0.0.2:1' });
  table.register(slave, fakeConnection());
  assert.equal(addresses(routeOf(table, 'T', true)), [[1, '10.0.0.2:1']]);
  assert.is(routeOf(table, 'T', true)?.queueDatas[0]?.perm, 6);
});

test('a slave of an old version brings no topics', () => {
  const { table } = rig();
  const slave = registration({ enableActingMaster: null, brokerId: 1, brokerAddr: '10.0.0.2:1' });
  table.register(slave, fakeConnection());
  assert.is(routeOf(table, 'T', false), null);
});

test('a topic that a full registration omits goes only when the key says so', () => {
  const { table, prune } = rig();
  const connection = fakeConnection();
  table.register(registration({ topics: ['T', 'U'] }), connection);
  table.register(registration({ topics: ['T', 'V'], counter: 2 }), connection);
  assert.is.not(routeOf(table, 'U', false), null);
  prune(true);
  table.register(registration({ topics: ['T', 'V'], counter: 3 }), connection);
  assert.is(routeOf(table, 'U', false), null);
});

test('a registration of what changed prunes nothing', () => {
  const { table, prune } = rig();
  prune(true);
  table.register(registration({ topics: ['T', 'U'] }), fakeConnection());
  const part = { ...registration({ topics: ['V'], counter: 2 }), isPart: true };
  table.register(part, fakeConnection());
  assert.equal([...table.queues.names()].sort(), ['T', 'U', 'V']);
});

test('zones hide sets of other zones, but never one without a master', () => {
  const { table } = rig();
  const near = registration({ zoneName: 'Z1' });
  const far = registration({ zoneName: 'Z2', brokerName: 'b', brokerAddr: '10.0.0.2:1' });
  table.register(near, fakeConnection());
  table.register(far, fakeConnection());
  const slave = { brokerName: 'c', brokerAddr: '10.0.0.3:1', brokerId: 1 };
  table.register(registration({ zoneName: 'Z2', ...slave }), fakeConnection());
  const route = routeOf(table, 'T', false);
  assert.is.not(route, null);
  const seen = route === null ? null : inZone(route, 'z1');
  assert.equal(
    seen?.brokerDatas.map((set) => set.brokerName),
    ['a', 'c'],
  );
  assert.equal(
    seen?.queueDatas.map((queue) => queue.brokerName),
    ['a', 'c'],
  );
});

test('topics are deleted in one cluster or in all', () => {
  const { table } = rig();
  table.register(registration(), fakeConnection());
  const other = { clusterName: 'D', brokerName: 'b', brokerAddr: '10.0.0.2:1' };
  table.register(registration(other), fakeConnection());
  table.deleteTopic('T', 'D');
  assert.equal(
    routeOf(table, 'T', false)?.queueDatas.map((queue) => queue.brokerName),
    ['a'],
  );
  table.deleteTopic('T', null);
  assert.is(routeOf(table, 'T', false), null);
});

test('queues on an unknown set are not registered', () => {
  const { table } = rig();
  table.register(registration(), fakeConnection());
  const queue = { brokerName: 'a', readQueueNums: 1, writeQueueNums: 1, perm: 6, topicSysFlag: 0 };
  assert.not(table.registerTopic('N', [queue, { ...queue, brokerName: 'x' }]));
  assert.is(routeOf(table, 'N', false), null);
  assert.ok(table.registerTopic('N', [queue]));
  assert.is.not(routeOf(table, 'N', false), null);
});

test.run();
