/** Messages as text, the way Java's `MessageExt.toString` shows them to operators. */
import type { StoredMessage } from '../admin/message-record.ts';
import type { JsonWritable } from '../remoting/fastjson.ts';
import { javaMap } from './output.ts';

export function messageText(message: StoredMessage, brokerName: string): string {
  const body = `[${[...message.body].map((byte) => (byte << 24) >> 24).join(', ')}]`;
  const inner =
    `Message{topic='${message.topic}', flag=${message.flag}, ` +
    `properties=${javaMap(message.properties)}, body=${body}, transactionId='null'}`;
  const fields: [string, string | number][] = [
    ['brokerName', brokerName],
    ['queueId', message.queueId],
    ['storeSize', message.storeSize],
    ['queueOffset', message.queueOffset],
    ['sysFlag', message.sysFlag],
    ['bornTimestamp', message.bornTimestamp],
    ['bornHost', `/${message.bornHost}`],
    ['storeTimestamp', message.storeTimestamp],
    ['storeHost', `/${message.storeHost}`],
    ['msgId', message.offsetMessageId],
    ['commitLogOffset', message.physicalOffset],
    ['bodyCRC', message.bodyCrc],
    ['reconsumeTimes', message.reconsumeTimes],
    ['preparedTransactionOffset', message.preparedTransactionOffset],
    ['toString()', inner],
  ];
  return `MessageExt [${fields.map(([key, value]) => `${key}=${value}`).join(', ')}]`;
}

/** A message as an entry for `--json`; without a body where the command shows none. */
export function messageRecord(
  message: StoredMessage,
  body: string | null,
): Record<string, JsonWritable> {
  const { topic, queueId, queueOffset, physicalOffset, storeSize, sysFlag } = message;
  const { bornTimestamp, bornHost, storeTimestamp, storeHost, reconsumeTimes } = message;
  return {
    ...{ messageId: message.messageId, offsetMessageId: message.offsetMessageId },
    ...{ topic, queueId, queueOffset, physicalOffset, storeSize, sysFlag },
    ...{ bornTimestamp, bornHost, storeTimestamp, storeHost, reconsumeTimes },
    properties: message.properties,
    ...(body === null ? {} : { body }),
  };
}
