import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CopiedOffsets,
  mergeOffsets,
  offsetsByKey,
} from '../../../src/broker/ha/offset-merge.ts';
import type { ConsumerOffset } from '../../../src/dataplane/data-plane.ts';

function at(offset: number, group = 'G', queueId = 0): ConsumerOffset {
  return { group, topic: 'T', queueId, offset };
}

function copied(boot: string, ...offsets: ConsumerOffset[]): CopiedOffsets {
  return { boot, offsets: offsetsByKey(offsets) };
}

test('what the master has and the slave has not, or less of, is taken', () => {
  const masters = [at(5), at(9, 'G', 1), at(1, 'H')];
  const { forward, back, ahead } = mergeOffsets([at(3), at(9, 'G', 1)], masters, '1', null);
  assert.equal(forward, [at(5), at(1, 'H')]);
  assert.equal(back, []);
  assert.equal(ahead, []);
});

test('a master that came back with older offsets moves nothing back and is told', () => {
  const merge = mergeOffsets([at(8)], [at(5)], '2', copied('1', at(8)));
  assert.equal([merge.forward, merge.back], [[], []]);
  assert.equal(merge.ahead, [at(8)]);
});

test('a reset in one life of the master is followed', () => {
  const merge = mergeOffsets([at(8)], [at(2)], '1', copied('1', at(8)));
  assert.equal([merge.forward, merge.back], [[], [at(2)]]);
  assert.equal(merge.ahead, []);
});

test('a commit taken here is kept, whatever the master last told', () => {
  const merge = mergeOffsets([at(9)], [at(8)], '1', copied('1', at(8)));
  assert.equal([merge.forward, merge.back, merge.ahead], [[], [], [at(9)]]);
});

test('a group is forgotten only when the master forgot it and nobody committed here', () => {
  const before = copied('1', at(8), at(4, 'H'));
  assert.equal(mergeOffsets([at(8), at(4, 'H')], [at(4, 'H')], '1', before).erasedGroups, ['G']);
  assert.equal(mergeOffsets([at(9), at(4, 'H')], [at(4, 'H')], '1', before).erasedGroups, []);
  assert.equal(mergeOffsets([at(8)], [], '2', before).erasedGroups, [], 'in another life');
});

test('over any lives of a master that resets nothing, no offset of the slave moves back', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('copy' as const) }),
    fc.record({ kind: fc.constant('commitAtMaster' as const), by: fc.nat(5) }),
    fc.record({ kind: fc.constant('commitAtSlave' as const), by: fc.nat(5) }),
    // The file of a crashed master is some moments old.
    fc.record({ kind: fc.constant('crash' as const), by: fc.nat(5) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let [slave, master, boot] = [0, 0, 0];
      let before: CopiedOffsets | null = null;
      for (const each of steps) {
        if (each.kind === 'commitAtMaster') master += each.by;
        if (each.kind === 'commitAtSlave') slave += each.by;
        if (each.kind === 'crash') [master, boot] = [Math.max(0, master - each.by), boot + 1];
        if (each.kind !== 'copy') continue;
        const merge = mergeOffsets([at(slave)], [at(master)], String(boot), before);
        before = copied(String(boot), at(master));
        const next = (merge.forward[0] ?? merge.back[0])?.offset ?? slave;
        assert.ok(next >= slave, `from ${slave} back to ${next}`);
        slave = next;
        assert.ok(slave >= master);
      }
    }),
    { numRuns: 500 },
  );
});

test.run();
