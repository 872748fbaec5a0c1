/** `mqadmin getConsumerConfig`: a group's settings on every broker that has it. */
import { reasonOf } from '../../../admin/asker.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';
import { outcomesOf } from '../../targets.ts';
import { groupConfigFields } from './group-config-text.ts';

const rule = '='.repeat(29);

export const getConsumerConfig: CliCommand = {
  name: 'getConsumerConfig',
  group: 'consumer',
  description: 'Get consumer config by subscription group name.',
  lists: true,
  options: [option('g', 'groupName', 'subscription group name', { required: true })],
  async run(args, context) {
    const { admin, out } = context;
    const group = requiredText(args, 'groupName');
    const { brokers } = await admin.clusters.info();
    const answers = outcomesOf([...brokers.values()], context, (set) => {
      const address = set.addresses.get(0) ?? [...set.addresses.values()][0] ?? '';
      return admin.groups.all(address);
    });
    for await (const [{ cluster, name }, outcome] of answers) {
      if ('error' in outcome) {
        out.problem(reasonOf(outcome.error));
        continue;
      }
      const settings = outcome.value.get(group);
      if (settings === undefined) continue;
      out.line(`${rule}${cluster}:${name}${rule}`);
      for (const [field, text] of groupConfigFields(settings)) {
        out.line(`${field.padEnd(40)}=  ${text === 'null' ? '' : text}`);
      }
      out.record({ cluster, brokerName: name, ...settings });
    }
  },
};
