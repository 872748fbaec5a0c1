/** The judge itself: a ledger that cannot find a fault proves nothing. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Inspection, Ledger, type StoredBody } from './ledger.ts';

function scene(): { ledger: Ledger; stored: StoredBody[] } {
  const ledger = new Ledger();
  const stored = Array.from({ length: 5 }, (_, queueOffset) => {
    const { sequence, body } = ledger.nextBody();
    ledger.acknowledge(sequence, { queueId: 0, queueOffset });
    return { queueOffset, body };
  });
  return { ledger, stored };
}

test('a faithful store is judged clean', () => {
  const { ledger, stored } = scene();
  const verdict = ledger.judge(new Map([[0, stored]]));
  assert.equal(Object.values(verdict).flat(), []);
});

test('each kind of fault is found', () => {
  const missing = scene();
  const lost = missing.ledger.judge(new Map([[0, missing.stored.slice(0, 4)]]));
  assert.is(lost.lost.length, 1);

  const gap = scene();
  gap.stored.splice(2, 1);
  assert.is(gap.ledger.judge(new Map([[0, gap.stored]])).holes.length, 1);

  const flipped = scene();
  const body = flipped.stored[1]?.body ?? Buffer.alloc(0);
  body[body.length - 1] = (body[body.length - 1] ?? 0) ^ 1;
  assert.is(flipped.ledger.judge(new Map([[0, flipped.stored]])).corrupt.length, 1);

  const invented = scene();
  const stranger = Buffer.alloc(20);
  stranger.writeUInt32BE(77, 0);
  invented.stored.push({ queueOffset: 5, body: stranger });
  assert.is(invented.ledger.judge(new Map([[0, invented.stored]])).phantom.length, 1);

  const twice = scene();
  twice.stored.push({ queueOffset: 5, body: twice.stored[0]?.body ?? Buffer.alloc(0) });
  assert.is(twice.ledger.judge(new Map([[0, twice.stored]])).duplicated.length, 1);
});

test('a store looked at in pieces is judged as a whole', () => {
  const { ledger, stored } = scene();
  const inspection = new Inspection(ledger);
  inspection.take(0, stored.slice(0, 2));
  inspection.take(0, stored.slice(2));
  assert.equal(Object.values(inspection.verdict()).flat(), []);

  const { sequence, body } = ledger.nextBody();
  ledger.acknowledge(sequence, { queueId: 0, queueOffset: 5 });
  assert.is(inspection.verdict().lost.length, 1, 'a promise made later');
  inspection.take(0, [{ queueOffset: 6, body }]);
  assert.is(inspection.verdict().holes.length, 1, 'a hole between two pieces');
});

test.run();
