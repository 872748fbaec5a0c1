/** `mqadmin updateNamesrvConfig`: changes one configuration key of every name server. */
import { type CliCommand, option, requiredText, textOf } from '../../command.ts';

export const updateNamesrvConfig: CliCommand = {
  name: 'updateNamesrvConfig',
  group: 'namesrv',
  description: 'Update configs of name server.',
  options: [
    option('k', 'key', 'config key', { required: true }),
    option('v', 'value', 'config value', { required: true }),
  ],
  async run(args, { admin, out }) {
    const key = requiredText(args, 'key');
    const value = textOf(args, 'value') ?? '';
    await admin.config.updateNameServers(new Map([[key, value]]));
    const servers = args.has('namesrvAddr') ? `[${admin.nameServers.join(', ')}]` : '';
    out.line(`update name server config success!${servers}`);
    out.line(`${key} : ${value}`);
  },
};
