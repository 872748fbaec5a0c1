import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  compareDataVersion,
  groupNameFault,
  INITIAL_DATA_VERSION,
  isClosedToClients,
  isSystemTopic,
  nextDataVersion,
  parseNameServers,
  permissionText,
  sameDataVersion,
  topicNameFault,
} from '../../src/model/index.ts';

test('names that could leave a folder are refused', () => {
  for (const name of ['', ' ', '..', 'a/b', '../x', 'a\0b', 'a.b', 'topic\n', 'ü', 'a b']) {
    assert.type(topicNameFault(name), 'string', JSON.stringify(name));
    assert.type(groupNameFault(name), 'string', JSON.stringify(name));
  }
});

test('names keep to their lengths', () => {
  assert.is(topicNameFault('t'.repeat(127)), null);
  assert.type(topicNameFault('t'.repeat(128)), 'string');
  assert.is(topicNameFault(`%RETRY%${'g'.repeat(248)}`), null);
  assert.type(topicNameFault(`%DLQ%${'g'.repeat(251)}`), 'string');
  assert.is(groupNameFault('g'.repeat(120)), null);
  assert.type(groupNameFault('g'.repeat(121)), 'string');
  assert.is(topicNameFault('%RETRY%my-group_1|2'), null);
});

test('topics of RocketMQ itself are known', () => {
  assert.ok(isSystemTopic('TBW102'));
  assert.ok(isSystemTopic('rmq_sys_anything'));
  assert.not(isSystemTopic('orders'));
  assert.ok(isClosedToClients('SCHEDULE_TOPIC_XXXX'));
  assert.not(isClosedToClients('TBW102'));
});

test('versions are the same only in all three fields', () => {
  const next = nextDataVersion(INITIAL_DATA_VERSION, 5);
  assert.equal(next, { stateVersion: 0, timestamp: 5, counter: 1 });
  assert.not(sameDataVersion(next, { ...next, timestamp: 6 }));
  assert.not(sameDataVersion(next, { ...next, stateVersion: 1 }));
  assert.ok(compareDataVersion(next, INITIAL_DATA_VERSION) > 0);
});

test('name servers are separated by ; and , with blanks', () => {
  assert.equal(parseNameServers(' a:1 ; b:2,a:1;; '), ['a:1', 'b:2']);
});

test('permissions read as RocketMQ prints them', () => {
  assert.equal([7, 6, 4, 2, 0].map(permissionText), ['RWX', 'RW-', 'R--', '-W-', '---']);
});

test.run();
