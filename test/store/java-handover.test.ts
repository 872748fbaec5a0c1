/**
 * One store folder handed from a Java broker 5.3.3 to ours and back, round after round, stopped
 * cleanly in even rounds and killed in odd ones: each serves every message of both where it was
 * acknowledged, finds it by key, and leaves every byte that was written as it was.
 *
 * TURBOPUMP_HANDOVER_ROUNDS and TURBOPUMP_HANDOVER_MESSAGES (per broker and round) set the size.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { haveTools, missingForJava } from '../conformance/outside-tools.ts';
import { HandoverStore, type Kind } from './handover-brokers.ts';
import { type Findings, Traffic } from './handover-traffic.ts';
import { digestOfLog, segmentsOf } from './log-prefix.ts';

const rounds = Number(process.env['TURBOPUMP_HANDOVER_ROUNDS'] ?? 2);
const messages = Number(process.env['TURBOPUMP_HANDOVER_MESSAGES'] ?? 3000);
/** Questions by key a judgement, at most. */
const keysAsked = 1000;
const none: Findings = { lost: [], twice: [], wrong: [], keysMissing: [] };

/** Four segments or more a turn: a message takes 370 bytes on average. */
const segmentBytes = Math.max(262_144, Math.ceil((messages * 80) / 4096) * 4096);

function summary(findings: Findings): string {
  const shown = (name: string, list: string[]): string =>
    `${name} ${list.length}${list.length > 0 ? ` (${list.slice(0, 5).join(', ')})` : ''}`;
  const { lost, twice, wrong, keysMissing } = findings;
  const texts = [shown('lost', lost), shown('twice', twice), shown('wrong', wrong)];
  return [...texts, shown('keys missing', keysMissing)].join(', ');
}

async function handOver(): Promise<void> {
  const store = await HandoverStore.create({
    mappedFileSizeCommitLog: segmentBytes,
    maxHashSlotNum: 20_000,
    maxIndexNum: 50_000,
    messageDelayLevel: '1s 5s',
  });
  const traffic = new Traffic(store.address);
  let known = { length: 0, digest: '' };
  const turn = async (kind: Kind, last: boolean, how: 'stop' | 'kill'): Promise<void> => {
    await store.start(kind);
    const found = await traffic.judge(Math.min(1, keysAsked / (traffic.sentCount + 1)));
    const says = `${kind} of ${traffic.sentCount} messages: ${summary(found)}`;
    console.log(says);
    assert.equal(found, none, says);
    const { length: before, digest } = known;
    if (before > 0) assert.is(digestOfLog(store.commitLog, before), digest, `${kind} changed it`);
    if (last) return;
    await traffic.send(messages);
    assert.equal(await traffic.judge(0.01), none, `${kind} lacks what it has just taken`);
    await store.end(how);
    const length = traffic.servedEnd;
    known = { length, digest: digestOfLog(store.commitLog, length) };
  };
  try {
    for (let round = 0; round < rounds; round++) {
      const how = round % 2 === 0 ? 'stop' : 'kill';
      await turn('java', false, how);
      await turn('ours', false, how);
    }
    await turn('java', true, 'stop');
    assert.ok(segmentsOf(store.commitLog).length > 3 * rounds, 'several segments a round');
  } catch (error) {
    console.log(store.output().slice(-3000));
    throw error;
  } finally {
    await traffic.close();
    await store.remove();
  }
}

if (await haveTools('hand-over with Java 5.3.3', await missingForJava())) {
  test(`${rounds} rounds of ${messages} messages a turn`, handOver);
} else {
  test.skip('hand-over with Java 5.3.3', () => undefined);
}

test.run();
