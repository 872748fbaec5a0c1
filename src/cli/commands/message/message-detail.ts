/** One stored message in full, with its body in a file and what each group did with it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredMessage } from '../../../admin/message-record.ts';
import { trackOf } from '../../../admin/track.ts';
import type { CliContext } from '../../command.ts';
import { messageRecord } from '../../message-text.ts';
import { formatMillis, javaMap } from '../../output.ts';

interface DetailForm {
  /** Prints the offset id and names the body's file after it, else after the unique id. */
  byOffsetId: boolean;
  /** Number of a further copy of the same message, 0 for the first. */
  copy?: number;
  charset?: string | null;
}

export async function printDetail(
  message: StoredMessage,
  { byOffsetId, copy = 0, charset = null }: DetailForm,
  { admin, out }: CliContext,
): Promise<void> {
  const field = (name: string, value: string | number): void =>
    out.line(`${name.padEnd(20)} ${value}`);
  if (byOffsetId) field('OffsetID:', message.offsetMessageId);
  field('Topic:', message.topic);
  field('Tags:', `[${message.properties.get('TAGS') ?? 'null'}]`);
  field('Keys:', `[${message.properties.get('KEYS') ?? 'null'}]`);
  field('Queue ID:', message.queueId);
  field('Queue Offset:', message.queueOffset);
  field('CommitLog Offset:', message.physicalOffset);
  field('Reconsume Times:', message.reconsumeTimes);
  field('Born Timestamp:', formatMillis(message.bornTimestamp));
  field('Store Timestamp:', formatMillis(message.storeTimestamp));
  field('Born Host:', message.bornHost);
  field('Store Host:', message.storeHost);
  field('System Flag:', message.sysFlag);
  field('Properties:', javaMap(message.properties));
  const bodyPath = writeBody(message, byOffsetId, copy);
  field('Message Body Path:', bodyPath);
  const body = charset === null ? null : new TextDecoder(charset).decode(message.body);
  if (body !== null) field('Message Body:', body);
  out.line();
  out.line();
  const tracks = await trackOf(admin, message);
  out.record({
    ...messageRecord(message, body),
    bodyPath,
    tracks: tracks.map(({ group, type, cause }) => ({ group, type, cause })),
  });
  if (tracks.length === 0) out.line('WARN: No Consumer');
  for (const { group, type, cause } of tracks) {
    out.line(`MessageTrack [consumerGroup=${group}, trackType=${type}, exceptionDesc=${cause}]`);
  }
}

// RocketMQ writes to the same place. A name is only ever hex digits: a sender chooses its unique
// ids, and what is none of that form is named by the offset id, computed from the record.
function writeBody(message: StoredMessage, byOffsetId: boolean, copy: number): string {
  const folder = join(tmpdir(), 'rocketmq', 'msgbodys');
  mkdirSync(folder, { recursive: true });
  const isPlain = /^[0-9A-F]{32,56}$/i.test(message.messageId);
  const name = byOffsetId || !isPlain ? message.offsetMessageId : message.messageId;
  const path = join(folder, copy > 0 ? `${name}_${copy}` : name);
  writeFileSync(path, message.body);
  return path;
}
