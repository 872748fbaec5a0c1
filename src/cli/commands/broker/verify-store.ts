/**
 * `mqadmin verifyStore`: has brokers check their stores while they serve. Ours alone.
 *
 * `--repair` asks for what the broker does at its next start: it rebuilds damaged queues and the
 * index from the log, byte for byte. Not while it runs, since its threads hold these files. For a
 * broker that does not start any more, an empty file `repair` in its store folder asks the same.
 */
import { setTimeout } from 'node:timers/promises';
import type { AdminClient } from '../../../admin/admin-client.ts';
import type { StoreCheckResult } from '../../../admin/store-check.ts';
import { type CliArguments, type CliCommand, integerOf, option } from '../../command.ts';
import type { Output } from '../../output.ts';
import { mastersIn, onEach } from '../../targets.ts';

const lookEveryMs = 300;
const megabyte = 1_000_000;

export const verifyStore: CliCommand = {
  name: 'verifyStore',
  group: 'broker',
  description: 'Check the log, queues and index of a broker while it serves.',
  lists: true,
  oneOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'check which broker'),
    option('c', 'clusterName', 'check the masters of which cluster'),
    option('r', 'repair', 'Rebuild damaged queues and index at its next start', {
      takesValue: false,
    }),
    option(null, 'rate', 'Megabytes of the log to read a second, 200 without it'),
  ],
  async run(args, { admin, out }) {
    const rate = integerOf(args, 'rate', 200, { min: 1, max: 100_000 }) * megabyte;
    await onEach(
      await mastersIn(args, admin),
      out,
      (broker) => checked(admin, broker, rate, out),
      (broker, check) => print(broker, check, out),
    );
    if (args.has('repair')) await repair(args, admin, out);
  },
};

async function checked(
  admin: AdminClient,
  broker: string,
  bytesPerSecond: number,
  out: Output,
): Promise<StoreCheckResult> {
  let state = await admin.store.startCheck(broker, bytesPerSecond);
  while (state.isRunning) {
    const { position, logBegin, logEnd } = state;
    out.progress((position ?? logBegin) - logBegin, logEnd - logBegin);
    await setTimeout(lookEveryMs);
    state = await admin.store.checkState(broker);
  }
  if (state.check === null) throw new Error(`${broker}: ${state.failure ?? 'no check was made'}`);
  return state.check;
}

function print(broker: string, check: StoreCheckResult, out: Output): void {
  const { scannedBytes, records, queues, queueEntries, indexEntries, findingCount } = check;
  out.line(`${broker}: ${records} messages in ${scannedBytes} bytes of log`);
  out.line(`  ${queueEntries} entries of ${queues} queues, ${indexEntries} of the index compared`);
  if (check.deletedRecords > 0) {
    out.line(`  ${check.deletedRecords} messages are of topics that were deleted`);
  }
  for (const finding of check.findings) {
    const { part, file, position, what, touched } = finding;
    out.line(`  ${part} ${file} at ${position}: ${what}`);
    if (touched.length > 0) out.line(`    touches ${touched.join(', ')}`);
    out.record({ broker, ...finding });
  }
  if (findingCount === 0) out.line('  nothing is wrong');
  else out.problem(`${broker}: ${findingCount} findings`);
}

async function repair(args: CliArguments, admin: AdminClient, out: Output): Promise<void> {
  await onEach(
    await mastersIn(args, admin),
    out,
    async (broker) => {
      const { check } = await admin.store.checkState(broker);
      const isDerived = check !== null && (check.damagedQueues > 0 || check.indexDamaged);
      if (check === null || check.logDamaged || !isDerived) return check;
      await admin.store.askForRepair(broker);
      return check;
    },
    (broker, check) => {
      if (check?.logDamaged === true) {
        out.problem(`${broker}: the log itself is damaged, nothing can be rebuilt from it`);
      } else if (check !== null && (check.damagedQueues > 0 || check.indexDamaged)) {
        const index = check.indexDamaged ? ' and the index' : '';
        out.line(`${broker}: ${check.damagedQueues} queues${index} are rebuilt at its next start`);
      } else out.line(`${broker}: there is nothing to repair`);
    },
  );
}
