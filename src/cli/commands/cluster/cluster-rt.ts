/** `mqadmin clusterRT`: how long sends to each broker's own topic take, round after round. */
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '../../../admin/asker.ts';
import {
  booleanOf,
  type CliArguments,
  type CliCommand,
  type CliContext,
  integerOf,
  option,
  textOf,
} from '../../command.ts';
import { row } from '../../output.ts';

const titles = ['#Cluster Name', '#Broker Name', '#RT', '#successCount', '#failCount'];
const titleColumns = [24, 24, 4, 8, 8].map((width) => ({ width }));
const columns = [24, 24, 8, 16, 16].map((width) => ({ width }));
/** Java prints these times in China's zone. */
const logZone = { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' } as const;

export const clusterRt: CliCommand = {
  name: 'clusterRT',
  group: 'cluster',
  description: 'List All clusters Message Send RT.',
  options: [
    option('a', 'amount', 'message amount | default 100'),
    option('s', 'size', 'message size | default 128 Byte'),
    option('c', 'cluster', 'cluster name | default display all cluster'),
    option('p', 'print', 'print as tlog | default false'),
    option('m', 'machine', 'machine room name | default noname'),
    option('i', 'interval', 'print interval | default 10 seconds'),
  ],
  async run(args, context) {
    const seconds = integerOf(args, 'interval', 10, { min: 1, max: 86_400 });
    if (!booleanOf(args, 'print')) context.out.line(row(titleColumns, titles));
    for (;;) {
      await measureOnce(args, context);
      await delay(seconds * 1000);
      context.admin.forgetUnreachable();
    }
  },
};

async function measureOnce(args: CliArguments, context: CliContext): Promise<void> {
  const { clusters } = await context.admin.clusters.info();
  const wanted = textOf(args, 'cluster');
  for (const cluster of wanted === null ? clusters.keys() : [wanted]) {
    const brokers = clusters.get(cluster);
    if (brokers === undefined) throw new Error(`cluster [${cluster}] not exist`);
    for (const broker of brokers) await measure(cluster, broker, args, context);
  }
}

async function measure(
  cluster: string,
  broker: string,
  args: CliArguments,
  { admin, out }: CliContext,
): Promise<void> {
  const amount = integerOf(args, 'amount', 100, { min: 1, max: 1_000_000 });
  const body = Buffer.alloc(integerOf(args, 'size', 128, { min: 1, max: 4 * 1024 * 1024 }), 'a');
  const target = { keys: null, tags: null, brokerName: null, queueId: null };
  let failed = 0;
  let total = 0;
  for (let number = 0; number < amount; number++) {
    const begin = performance.now();
    await admin.messages.send({ topic: broker, body, ...target }).catch((error: unknown) => {
      failed++;
      out.problem(reasonOf(error));
    });
    if (number > 0) total += performance.now() - begin;
  }
  const rt = total / Math.max(1, amount - 1);
  if (booleanOf(args, 'print')) {
    const time = new Intl.DateTimeFormat('sv-SE', logZone).format(new Date());
    const room = textOf(args, 'machine') ?? 'noname';
    out.line(`${time}|${room}|${cluster}|${broker}|${Math.round(rt)}`);
  } else out.line(row(columns, [cluster, broker, rt.toFixed(2), amount - failed, failed]));
}
