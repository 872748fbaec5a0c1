/** Bodies as Java 5.3.3 writes them, fastjson's raw object keys included. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeBrokerConsumeStats,
  decodeHaStatus,
  decodeOffsetTable,
  decodeQueueContents,
} from '../../src/admin/decode-status.ts';

test('reset offsets are keyed by whole queues', () => {
  const body = '{"offsetTable":{{"brokerName":"b","queueId":3,"topic":"T"}:17}}';
  assert.equal(decodeOffsetTable(Buffer.from(body)), [
    [{ topic: 'T', brokerName: 'b', queueId: 3 }, 17],
  ]);
  assert.equal(decodeOffsetTable(Buffer.alloc(0)), []);
});

test('consume stats of a broker are a list of maps of lists', () => {
  const queue = '{"brokerName":"b","queueId":0,"topic":"T"}';
  const offsets = '{"brokerOffset":9,"consumerOffset":4,"lastTimestamp":1,"pullOffset":5}';
  const stats = `{"consumeTps":1.5,"offsetTable":{${queue}:${offsets}}}`;
  const body = `{"brokerAddr":"a:1","consumeStatsList":[{"G":[${stats}]}],"totalDiff":5}`;
  const { groups, totalDiff } = decodeBrokerConsumeStats(Buffer.from(body));
  assert.is(totalDiff, 5);
  assert.is(groups[0]?.group, 'G');
  assert.is(groups[0]?.queues[0]?.consumerOffset, 4);
});

test('tags codes beyond 2^53 stay exact', () => {
  const body =
    '{"maxQueueIndex":2,"minQueueIndex":1,"queueData":[{"eval":true,"physicOffset":5,' +
    '"physicSize":237,"tagsCode":9223372036854775807}]}';
  const { entries, minIndex, maxIndex, subscription } = decodeQueueContents(Buffer.from(body));
  assert.is(entries[0]?.tagsCode, 9223372036854775807n);
  assert.equal([minIndex, maxIndex, subscription], [1, 2, null]);
});

test('only a slave tells of its own side', () => {
  const master = decodeHaStatus(
    Buffer.from('{"haConnectionInfo":[{"addr":"s:1","inSync":true}],"master":true}'),
  );
  assert.is(master.client, null);
  assert.is(master.slaves[0]?.isInSync, true);
  const slave = decodeHaStatus(
    Buffer.from('{"haClientRuntimeInfo":{"masterAddr":"m:1","maxOffset":7},"master":false}'),
  );
  assert.is(slave.client?.maxOffset, 7);
});

test.run();
