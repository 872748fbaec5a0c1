/** `mqadmin consumerConnection`: the members of a consumer group and what they subscribe to. */
import { versionName } from '../../../remoting/version.ts';
import { type CliCommand, option, requiredText, textOf } from '../../command.ts';
import { row } from '../../output.ts';
import { column, startTable } from '../../table.ts';

const columns = [
  column('clientId', '#ClientId', 36),
  column('address', '#ClientAddr', 22),
  column('language', '#Language', 10),
  column('version', '#Version', 0),
];
const subscriptionColumns = [{ width: 20 }, { width: 0 }];

export const consumerConnection: CliCommand = {
  name: 'consumerConnection',
  group: 'connection',
  description: "Query consumer's socket connection, client version and subscription.",
  lists: true,
  options: [
    option('g', 'consumerGroup', 'consumer group name', { required: true }),
    option('b', 'brokerAddr', 'broker address'),
  ],
  async run(args, { admin, out }) {
    const group = requiredText(args, 'consumerGroup');
    const members = await admin.clients.consumers(group, textOf(args, 'brokerAddr'));
    const line = startTable(out, columns, ' ');
    for (const { clientId, address, language, version } of members.connections) {
      line([clientId, address, language, versionName(version)]);
    }
    out.line();
    out.line('Below is subscription:');
    out.line(row(subscriptionColumns, ['#Topic', '#SubExpression'], ' '));
    for (const { topic, expression } of members.subscriptions) {
      out.line(row(subscriptionColumns, [topic, expression], ' '));
    }
    out.line();
    out.line(`ConsumeType: ${members.consumeType}`);
    out.line(`MessageModel: ${members.messageModel}`);
    out.line(`ConsumeFromWhere: ${members.consumeFromWhere}`);
  },
};
