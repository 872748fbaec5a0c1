/** Has one push consumer consume a stored message now (`-g` with `-d` of the queries). */
import type { StoredMessage } from '../../../admin/message-record.ts';
import type { CliContext } from '../../command.ts';

export async function pushToClient(
  message: StoredMessage,
  { group, clientId }: { group: string; clientId: string },
  { admin, out }: CliContext,
): Promise<void> {
  const info = await admin.clients.runningInfo(group, clientId, false);
  if (info.properties.get('PROP_CONSUME_TYPE') !== 'CONSUME_PASSIVELY') {
    out.line(`this ${clientId} client is not push consumer ,not support direct push `);
    return;
  }
  const result = await admin.clients.consumeDirectly(message.storeHost, {
    consumerGroup: group,
    clientId,
    topic: message.topic,
    msgId: message.offsetMessageId,
  });
  const { order, autoCommit, consumeResult, remark, spentMs } = result;
  out.line(
    `ConsumeMessageDirectlyResult [order=${order}, autoCommit=${autoCommit}, ` +
      `consumeResult=${consumeResult}, remark=${remark}, spentTimeMills=${spentMs}]`,
  );
}
