/** `mqadmin producer`: every producer a broker knows, by group. */
import { type CliCommand, option, requiredText } from '../../command.ts';

export const producer: CliCommand = {
  name: 'producer',
  group: 'producer',
  description: "Query producer's instances, connection, status, etc.",
  lists: true,
  options: [option('b', 'broker', 'broker address', { required: true })],
  async run(args, { admin, out }) {
    const groups = await admin.clients.allProducers(requiredText(args, 'broker'));
    for (const [group, instances] of groups) {
      if (instances.length === 0) out.line(`producer group (${group}) instances are empty`);
      for (const instance of instances) {
        const { clientId, remoteIp, language, version, lastUpdateTimestamp } = instance;
        out.line(
          `producer group (${group}) instance : clientId=${clientId},remoteIP=${remoteIp}, ` +
            `language=${language}, version=${version}, lastUpdateTimestamp=${lastUpdateTimestamp}`,
        );
        out.record({ group, ...instance });
      }
    }
  },
};
