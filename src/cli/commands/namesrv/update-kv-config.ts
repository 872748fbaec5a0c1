/** `mqadmin updateKvConfig`: sets a key of the name servers' store. */
import { type CliCommand, option, requiredText } from '../../command.ts';

export const updateKvConfig: CliCommand = {
  name: 'updateKvConfig',
  group: 'namesrv',
  description: 'Create or update KV config.',
  options: [
    option('s', 'namespace', 'set the namespace', { required: true }),
    option('k', 'key', 'set the key name', { required: true }),
    option('v', 'value', 'set the key value', { required: true }),
  ],
  async run(args, { admin, out }) {
    const namespace = requiredText(args, 'namespace');
    const value = requiredText(args, 'value');
    await admin.config.putKv(namespace, requiredText(args, 'key'), value);
    out.line('create or update kv config to namespace success.');
  },
};
