import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ConsumerGroup, ConsumerGroups } from '../../../src/broker/clients/consumer-groups.ts';
import { MEMBER_EXPIRY_MS, type Member } from '../../../src/broker/clients/member.ts';
import type { ConnectionId } from '../../../src/dataplane/data-plane.ts';
import type { Subscription } from '../../../src/model/subscription.ts';

const groups = suite('consumer groups');

const mode = {
  consumeType: 'CONSUME_PASSIVELY',
  messageModel: 'CLUSTERING',
  consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
} as const;

function member(id: number): Member {
  const connection = id as ConnectionId;
  return { connection, clientId: `c${id}`, language: 'JAVA', version: 479, remoteAddress: '' };
}

function subscription(topic: string, subVersion = 1, subString = '*'): Subscription {
  const rest = { tagsSet: [], codeSet: [], expressionType: 'TAG', classFilterMode: false };
  return { topic, subVersion, subString, ...rest };
}

function table() {
  const clock = { nowMs: 0 };
  const changed: string[] = [];
  const policy: string[] = [];
  const consumers = new ConsumerGroups(() => clock.nowMs, {
    membersChanged: (group: ConsumerGroup) => changed.push(group.name),
    policyChanged: (name) => policy.push(name),
  });
  return { clock, changed, policy, consumers };
}

groups('who stops beating is dropped after the expiry, and not before', () => {
  const { clock, changed, consumers } = table();
  consumers.beat('G', member(1), mode, [subscription('T')]);
  consumers.beat('G', member(2), mode, [subscription('T')]);
  clock.nowMs = MEMBER_EXPIRY_MS;
  consumers.beat('G', member(2), mode, null);
  assert.equal(consumers.expire(), []);
  clock.nowMs += 1;
  assert.equal(consumers.expire(), [1]);
  assert.equal(consumers.clientIds('G'), ['c2']);
  assert.is(changed.length, 3, 'two joins and one expiry');
});

groups('a newer subscription replaces, an older one does not, a missing topic goes', () => {
  const { changed, policy, consumers } = table();
  consumers.beat('G', member(1), mode, [subscription('A', 5), subscription('B', 5)]);
  consumers.beat('G', member(1), mode, [subscription('A', 4, 'old'), subscription('B', 6, 'new')]);
  const found = consumers.find('G')?.subscriptions;
  assert.is(found?.get('A')?.subString, '*');
  assert.is(found?.get('B')?.subString, 'new');
  assert.is(changed.length, 1, 'a change of expression is no reason to rebalance');
  assert.is(policy.length, 2, 'but one to tell the data plane');
  consumers.beat('G', member(1), mode, [subscription('A', 6)]);
  assert.equal([...(found?.keys() ?? [])], ['A']);
  assert.is(changed.length, 2);
  assert.equal(consumers.groupsOf('A'), ['G']);
  assert.equal(consumers.groupsOf('B'), []);
});

groups('a group ends with its last member', () => {
  const { policy, consumers } = table();
  consumers.beat('G', member(1), mode, [subscription('T')]);
  consumers.connectionClosed(1 as ConnectionId);
  assert.is(consumers.find('G'), null);
  assert.equal(policy, ['G', 'G']);
});

groups.run();
