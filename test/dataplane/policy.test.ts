import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PolicyDraft } from '../../src/dataplane/policy.ts';
import { subscriptionGroup } from '../../src/model/subscription-group.ts';
import { topicConfig } from '../../src/model/topic-config.ts';

test('a draft without changes is nothing to publish', () => {
  const draft = new PolicyDraft();
  assert.is(draft.take(), null);
  draft.removeTopic('T');
  assert.is.not(draft.take(), null);
  assert.is(draft.take(), null, 'taking empties it');
});

test('the last word on a name wins, and a name is changed or removed, never both', () => {
  const draft = new PolicyDraft();
  draft.setTopic(topicConfig('made', { perm: 2 }));
  draft.setTopic(topicConfig('made', { perm: 4, readQueueNums: 3, writeQueueNums: 5 }));
  draft.setTopic(topicConfig('dropped'));
  draft.removeTopic('dropped');
  draft.removeGroup('again');
  draft.setGroup(subscriptionGroup('again', { retryMaxTimes: 3 }));
  draft.setLiveGroup({
    name: 'L',
    broadcasting: false,
    subscriptions: [],
    holdsQueueLocks: true,
  });
  draft.removeLiveGroup('L');
  const delta = draft.take();
  assert.equal(delta?.topics, [
    { name: 'made', perm: 4, readQueues: 3, writeQueues: 5, topicSysFlag: 0, order: false },
  ]);
  assert.equal(delta?.removedTopics, ['dropped']);
  assert.equal(
    delta?.groups.map(({ name, retryMaxTimes }) => [name, retryMaxTimes]),
    [['again', 3]],
  );
  assert.equal(delta?.removedGroups, []);
  assert.equal([delta?.liveGroups, delta?.removedLiveGroups], [[], ['L']]);
  assert.is(delta?.broker, null);
});

test.run();
