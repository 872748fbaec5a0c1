/** `mqadmin producerConnection`: the members of a producer group. */
import { versionName } from '../../../remoting/version.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';
import { row } from '../../output.ts';

const columns = [32, 22, 8, 0].map((width) => ({ width }));

export const producerConnection: CliCommand = {
  name: 'producerConnection',
  group: 'connection',
  description: "Query producer's socket connection and client version.",
  lists: true,
  options: [
    option('g', 'producerGroup', 'producer group name', { required: true }),
    option('t', 'topic', 'topic name', { required: true }),
  ],
  async run(args, { admin, out }) {
    const group = requiredText(args, 'producerGroup');
    const members = await admin.clients.producers(group, requiredText(args, 'topic'));
    members.forEach(({ clientId, address, language, version }, index) => {
      const number = String(index + 1).padStart(4, '0');
      const values = [clientId, address, language, versionName(version)];
      out.line(`${number}  ${row(columns, values, ' ')}`);
      out.record({ clientId, address, language, version: versionName(version) });
    });
  },
};
