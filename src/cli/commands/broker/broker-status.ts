/** `mqadmin brokerStatus`: the runtime figures of one broker or of a cluster's brokers. */
import { type CliCommand, type CliContext, option, textOf } from '../../command.ts';

export const brokerStatus: CliCommand = {
  name: 'brokerStatus',
  group: 'broker',
  description: 'Fetch broker runtime status data.',
  oneOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'Broker address'),
    option('c', 'clusterName', 'which cluster'),
  ],
  async run(args, context) {
    const address = textOf(args, 'brokerAddr');
    if (address !== null) return print(address, '', context);
    const failures: string[] = [];
    for (const each of await context.admin.brokersOf(textOf(args, 'clusterName') ?? '')) {
      await print(each, `${each.padEnd(24)} `, context).catch((error: unknown) => {
        failures.push(`${each}: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
    if (failures.length > 0) throw new Error(failures.join('; '));
  },
};

async function print(address: string, prefix: string, { admin, out }: CliContext): Promise<void> {
  const stats = await admin.runtimeStats(address);
  for (const [key, value] of [...stats].sort(([a], [b]) => (a < b ? -1 : 1))) {
    out.line(`${prefix}${key.padEnd(32)}: ${value}`);
  }
}
