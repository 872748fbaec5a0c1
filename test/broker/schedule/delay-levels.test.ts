import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDelayLevels } from '../../../src/broker/schedule/delay-levels.ts';
import { brokerSettings } from '../../../src/config/roles.ts';

test('RocketMQ’s 18 levels', () => {
  const levels = parseDelayLevels(brokerSettings().text('messageDelayLevel'));
  assert.is(levels.length, 18);
  assert.equal([levels[0], levels[4], levels[17]], [1000, 60_000, 7_200_000]);
});

test('a level that does not parse is named', () => {
  assert.throws(() => parseDelayLevels('1s 5x 10s'), /'5x' is not a number followed by/);
  assert.throws(() => parseDelayLevels(''), /messageDelayLevel/);
});

test.run();
