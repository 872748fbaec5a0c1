/** `mqadmin haStatus`: how far the slaves of a master are, or a slave's own side. */
import { setTimeout as delay } from 'node:timers/promises';
import type { HaStatus } from '../../../admin/answers.ts';
import {
  type CliArguments,
  type CliCommand,
  type CliContext,
  integerOf,
  option,
} from '../../command.ts';
import { formatMillis, type Output, row } from '../../output.ts';
import { mastersIn, onEach } from '../../targets.ts';

const columns = [32, 16, 16, 16, 16, 16].map((width, index) => ({ width, right: index > 1 }));
const titles = [
  ...['#SlaveAddr', '#SlaveAckOffset', '#Diff', '#TransferSpeed(KB/s)', '#Status'],
  '#TransferFromWhere',
];

export const haStatus: CliCommand = {
  name: 'haStatus',
  group: 'ha',
  description: 'Fetch ha runtime status data.',
  someOf: ['brokerAddr', 'clusterName'],
  lists: true,
  options: [
    option('c', 'clusterName', 'which cluster'),
    option('b', 'brokerAddr', 'which broker to fetch'),
    option('i', 'interval', 'the interval(second) of get info'),
  ],
  async run(args, context) {
    const seconds = integerOf(args, 'interval', 0);
    await printOnce(args, context);
    while (args.has('interval')) {
      await delay(seconds * 1000);
      context.admin.forgetUnreachable();
      await printOnce(args, context);
    }
  },
};

async function printOnce(args: CliArguments, { admin, out }: CliContext): Promise<void> {
  await onEach(
    await mastersIn(args, admin),
    out,
    (broker) => admin.clusters.haStatus(broker),
    (broker, status) => {
      if (status.client === null) printMaster(broker, status, out);
      else printSlave(status.client, out);
      out.record({ broker, ...status, slaves: status.slaves.map((slave) => ({ ...slave })) });
    },
  );
}

function printMaster(broker: string, status: HaStatus, out: Output): void {
  out.line();
  out.line(`#MasterAddr\t${broker}`);
  out.line(`#MasterCommitLogMaxOffset\t${status.masterCommitLogMaxOffset}`);
  out.line(`#SlaveNum\t${status.slaves.length}`);
  out.line(`#InSyncSlaveNum\t${status.inSyncSlaves}`);
  const joined = ([address = '', ...rest]: (string | number)[]): string =>
    `${row(columns.slice(0, 1), [address])}  ${row(columns.slice(1), rest, ' ')}`;
  out.line(joined(titles));
  for (const slave of status.slaves) {
    const speed = (slave.transferredBytesPerSecond / 1024).toFixed(2);
    const state = slave.isInSync ? 'OK' : 'Fall Behind';
    out.line(
      joined([slave.address, slave.ackOffset, slave.diff, speed, state, slave.transferFromWhere]),
    );
  }
}

function printSlave(client: NonNullable<HaStatus['client']>, out: Output): void {
  out.line();
  out.line(`#MasterAddr\t${client.masterAddress}`);
  out.line(`#CommitLogMaxOffset\t${client.maxOffset}`);
  out.line(`#TransferSpeed(KB/s)\t${(client.transferredBytesPerSecond / 1024).toFixed(2)}`);
  out.line(`#LastReadTime\t${formatMillis(client.lastReadTimestamp)}`);
  out.line(`#LastWriteTime\t${formatMillis(client.lastWriteTimestamp)}`);
  out.line(`#MasterFlushOffset\t${client.masterFlushOffset}`);
}
