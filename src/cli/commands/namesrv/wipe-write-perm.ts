/** `mqadmin wipeWritePerm`: takes writing from a broker's topics in the routes. */
import { reasonOf } from '../../../admin/asker.ts';
import { inOrder } from '../../../admin/in-order.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';

export const wipeWritePerm: CliCommand = {
  name: 'wipeWritePerm',
  group: 'namesrv',
  description: 'Wipe write perm of broker in all name server you defined in the -n param.',
  options: [option('b', 'brokerName', 'broker name', { required: true })],
  async run(args, { admin, out }) {
    const broker = requiredText(args, 'brokerName');
    const answers = inOrder(admin.nameServers, (nameServer) =>
      admin.config.wipeWritePerm(nameServer, broker),
    );
    for await (const [nameServer, outcome] of answers) {
      const what = `wipe write perm of broker[${broker}] in name server[${nameServer}]`;
      if ('value' in outcome) out.line(`${what} OK, ${outcome.value}`);
      else {
        out.line(`${what} Failed`);
        out.problem(reasonOf(outcome.error));
      }
    }
  },
};
