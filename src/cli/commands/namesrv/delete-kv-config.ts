/** `mqadmin deleteKvConfig`: removes a key of the name servers' store. */
import { type CliCommand, option, requiredText } from '../../command.ts';

export const deleteKvConfig: CliCommand = {
  name: 'deleteKvConfig',
  group: 'namesrv',
  description: 'Delete KV config.',
  options: [
    option('s', 'namespace', 'set the namespace', { required: true }),
    option('k', 'key', 'set the key name', { required: true }),
  ],
  async run(args, { admin, out }) {
    await admin.config.deleteKv(requiredText(args, 'namespace'), requiredText(args, 'key'));
    out.line('delete kv config from namespace success.');
  },
};
