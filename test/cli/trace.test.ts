import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { StoredMessage } from '../../src/admin/message-record.ts';
import { tracesOf } from '../../src/cli/commands/message/trace.ts';

function traceMessage(contexts: (string | number)[][]): StoredMessage {
  const body = contexts.map((fields) => `${fields.join('\u0001')}\u0002`).join('');
  return {
    ...{ topic: 'RMQ_SYS_TRACE_TOPIC', queueId: 0, queueOffset: 0, physicalOffset: 0 },
    ...{ storeSize: 0, flag: 0, sysFlag: 0, bodyCrc: 0, bornTimestamp: 0 },
    ...{ bornHost: '10.0.0.9:5000', storeTimestamp: 0, storeHost: '10.0.0.1:10911' },
    ...{ reconsumeTimes: 0, preparedTransactionOffset: 0, properties: new Map() },
    ...{ body: Buffer.from(body), offsetMessageId: '', messageId: '' },
  };
}

const pub = ['Pub', 1000, 'region', 'PG', 'T', 'ID1', 'tag', 'key', 'host', 10, 3, 0];

test('a producer’s trace of the message, with and without an offset id', () => {
  for (const fields of [
    [...pub, 'true'],
    [...pub, 'OFFSETID', 'true', 'host'],
  ]) {
    assert.equal(tracesOf('ID1', traceMessage([fields])), [
      {
        ...{ type: 'Pub', group: 'PG', timestamp: 1000, costMs: 3, isSuccess: true },
        clientHost: '10.0.0.9',
      },
    ]);
  }
});

test('a failed send is not a success', () => {
  assert.is(tracesOf('ID1', traceMessage([[...pub, 'OFFSETID', 'false']]))[0]?.isSuccess, false);
});

test('consumption counts when it ended; other messages and kinds are left out', () => {
  const after = ['SubAfter', 'R', 'ID1', 12, 'false', 'key', 0, 2000, 'CG'];
  const before = ['SubBefore', 1, 'region', 'CG', 'R', 'ID1', 0, 'key'];
  const other = ['SubAfter', 'R', 'ID2', 12, 'true', 'key', 0, 2000, 'CG'];
  const views = tracesOf('ID1', traceMessage([before, after, other]));
  assert.is(views.length, 1);
  assert.equal(
    [views[0]?.type, views[0]?.group, views[0]?.costMs, views[0]?.isSuccess],
    ['SubAfter', 'CG', 12, false],
  );
});

test.run();
