/** `mqadmin consumerStatus`: what the members of a group tell about themselves. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsumerRunningInfo } from '../../../admin/answers.ts';
import { reasonOf } from '../../../admin/asker.ts';
import { versionName } from '../../../remoting/version.ts';
import { type CliCommand, type CliContext, option, requiredText, textOf } from '../../command.ts';
import { column, startTable } from '../../table.ts';
import { outcomesOf } from '../../targets.ts';
import { groupFindings } from './group-findings.ts';
import { runningInfoText } from './running-info-text.ts';

const columns = [
  column('index', '#Index', 10),
  column('clientId', '#ClientId', 40),
  column('version', '#Version', 20),
  column('file', '#ConsumerRunningInfoFile', 0),
];

export const consumerStatus: CliCommand = {
  name: 'consumerStatus',
  group: 'consumer',
  description: "Query consumer's internal data structure.",
  lists: true,
  options: [
    option('g', 'consumerGroup', 'consumer group name', { required: true }),
    option('i', 'clientId', "The consumer's client id"),
    option('b', 'brokerAddr', 'broker address'),
    option('s', 'jstack', 'the threads of the client as well', { takesValue: false }),
  ],
  async run(args, context) {
    const { admin, out } = context;
    const group = requiredText(args, 'consumerGroup');
    const clientId = textOf(args, 'clientId');
    const jstack = args.has('jstack');
    if (clientId === null) return printAll(group, textOf(args, 'brokerAddr'), jstack, context);
    const info = await admin.clients.runningInfo(group, clientId, jstack);
    out.line(runningInfoText(info));
    out.record({ clientId, ...recordOf(info) });
  },
};

async function printAll(
  group: string,
  broker: string | null,
  jstack: boolean,
  context: CliContext,
): Promise<void> {
  const { admin, out } = context;
  const { connections } = await admin.clients.consumers(group, broker);
  const folder = String(Date.now());
  const line = startTable(out, columns, ' ');
  const told = new Map<string, ConsumerRunningInfo>();
  const answers = outcomesOf(connections, context, ({ clientId }) =>
    admin.clients.runningInfo(group, clientId, jstack),
  );
  for await (const [{ clientId, version }, outcome] of answers) {
    if ('error' in outcome) {
      out.problem(reasonOf(outcome.error));
      continue;
    }
    told.set(clientId, outcome.value);
    const file = writeInfo(folder, clientId, runningInfoText(outcome.value));
    line([told.size, clientId, versionName(version), file]);
  }
  for (const finding of groupFindings(told)) out.line(finding);
}

// As RocketMQ does: one file a client in a folder of the current one, named by the time. A client
// chooses its own id, so nothing of it may reach another folder.
function writeInfo(folder: string, clientId: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, clientId.replace(/[^\w.@#-]/g, '_').replace(/^\.+/, '_'));
  writeFileSync(file, text);
  return file;
}

function recordOf({ properties, subscriptions, queues }: ConsumerRunningInfo) {
  return { properties, subscriptions, queues: queues.map((queue) => ({ ...queue })) };
}
