/** `mqadmin resetMasterFlushOffset`: tells a slave how far its master has flushed. */
import { type CliCommand, integerOf, option, requiredText } from '../../command.ts';

export const resetMasterFlushOffset: CliCommand = {
  name: 'resetMasterFlushOffset',
  group: 'broker',
  description: 'Reset master flush offset in slave.',
  options: [
    option('b', 'brokerAddr', 'which broker to reset', { required: true }),
    option('o', 'offset', 'the offset to reset at', { required: true }),
  ],
  async run(args, { admin, out }) {
    const offset = integerOf(args, 'offset', 0);
    await admin.clusters.resetMasterFlushOffset(requiredText(args, 'brokerAddr'), offset);
    out.line(`reset master flush offset to ${offset} success`);
  },
};
