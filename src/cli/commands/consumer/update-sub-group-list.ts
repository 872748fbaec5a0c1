/** `mqadmin updateSubGroupList`: creates or changes the groups of a file. */
import { readFileSync } from 'node:fs';
import { parseGroupList } from '../../../admin/decode-settings.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';
import { mastersIn, onEach } from '../../targets.ts';

export const updateSubGroupList: CliCommand = {
  name: 'updateSubGroupList',
  group: 'consumer',
  description: 'Update or create subscription group in batch',
  oneOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'create groups to which broker'),
    option('c', 'clusterName', 'create groups to which cluster'),
    option('f', 'filename', 'file with a JSON array of SubscriptionGroupConfig', {
      required: true,
    }),
  ],
  async run(args, { admin, out }) {
    const groups = parseGroupList(readFileSync(requiredText(args, 'filename'), 'utf8'));
    if (groups.length === 0) return;
    const what = args.has('brokerAddr') ? 'group config' : 'subscription group config';
    await onEach(
      await mastersIn(args, admin),
      out,
      (broker) => admin.groups.updateMany(broker, groups),
      (broker) =>
        out.line(`submit batch of ${what} to ${broker} success, please check the result later.`),
    );
  },
};
