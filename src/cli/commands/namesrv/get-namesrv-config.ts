/** `mqadmin getNamesrvConfig`: the configuration of each name server. */
import type { CliCommand } from '../../command.ts';
import { onEach } from '../../targets.ts';

export const getNamesrvConfig: CliCommand = {
  name: 'getNamesrvConfig',
  group: 'namesrv',
  description: 'Get configs of name server.',
  lists: true,
  options: [],
  async run(_args, { admin, out }) {
    await onEach(
      admin.nameServers,
      out,
      (nameServer) => admin.config.ofNameServer(nameServer),
      (nameServer, config) => {
        const rule = '='.repeat(12);
        out.line(`${rule}${nameServer}${rule}`);
        for (const [key, value] of config) out.line(`${key.padEnd(50)}=  ${value}`);
        out.record({ nameServer, config });
      },
    );
  },
};
