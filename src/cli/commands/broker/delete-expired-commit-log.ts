/** `mqadmin deleteExpiredCommitLog`: removes log files past their retention now. */
import { type CliCommand, option } from '../../command.ts';
import { brokersIn, onEach } from '../../targets.ts';

export const deleteExpiredCommitLog: CliCommand = {
  name: 'deleteExpiredCommitLog',
  group: 'broker',
  description: 'Delete expired CommitLog files.',
  options: [
    option('b', 'brokerAddr', 'Broker address'),
    option('c', 'cluster', 'cluster name; all clusters without it'),
  ],
  async run(args, { admin, out }) {
    const brokers = await brokersIn(args, admin);
    await onEach(
      brokers,
      out,
      (broker) => admin.clusters.deleteExpiredCommitLog(broker),
      () => undefined,
    );
    out.line(out.hasProblems ? 'false' : 'success');
  },
};
