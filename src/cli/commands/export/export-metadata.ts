/** `mqadmin exportMetadata`: topics and groups of a broker or a cluster as a file. */
import type { GroupSettings, TopicSettings } from '../../../admin/answers.ts';
import { groupConfigJson, topicConfigJson } from '../../../admin/decode-settings.ts';
import { allInOrder } from '../../../admin/in-order.ts';
import { type CliCommand, type CliContext, option, textOf, UsageError } from '../../command.ts';
import { mastersIn } from '../../targets.ts';
import { writeExport } from './export-file.ts';

export const exportMetadata: CliCommand = {
  name: 'exportMetadata',
  group: 'export',
  description: 'Export metadata.',
  someOf: ['brokerAddr', 'clusterName'],
  options: [
    option('c', 'clusterName', 'choose a cluster to export'),
    option('b', 'brokerAddr', 'choose a broker to export'),
    option('f', 'filePath', 'export metadata.json path | default /tmp/rocketmq/export'),
    option('t', 'topic', 'only export topic metadata', { takesValue: false }),
    option('g', 'subscriptionGroup', 'only export subscriptionGroup metadata', {
      takesValue: false,
    }),
    option('s', 'specialTopic', 'need retryTopic and dlqTopic', { takesValue: false }),
  ],
  async run(args, context) {
    const onlyTopics = args.has('topic');
    const onlyGroups = !onlyTopics && args.has('subscriptionGroup');
    const broker = textOf(args, 'brokerAddr');
    if (broker !== null && !onlyTopics && !onlyGroups) {
      throw new UsageError('of one broker give what to export, --topic or --subscriptionGroup');
    }
    if (broker !== null) {
      const table = onlyTopics
        ? await topicTable(broker, args.has('specialTopic'), context)
        : await groupTable(broker, context);
      const file = writeExport(args, onlyTopics ? 'topic.json' : 'subscriptionGroup.json', table);
      context.out.line(`export ${file} success`);
      return;
    }
    const masters = await mastersIn(args, context.admin);
    const topics = onlyGroups
      ? {}
      : { topicConfigTable: await topicsOf(masters, args.has('specialTopic'), context) };
    const groups = onlyTopics ? {} : { subscriptionGroupTable: await groupsOf(masters, context) };
    const name = onlyTopics ? 'topic' : onlyGroups ? 'subscriptionGroup' : 'metadata';
    const content = { ...topics, ...groups, exportTime: Date.now() };
    const path = writeExport(args, `${name}.json`, content);
    context.out.line(`export ${path} success`);
  },
};

// Of one broker Java writes its answer, with the version and without the time of the export.
async function topicTable(broker: string, special: boolean, { admin }: CliContext) {
  const { dataVersion, topics } = await admin.topics.userTopicTable(broker, special);
  const table = [...topics].map(([name, topic]) => [name, topicConfigJson(topic)] as const);
  return { dataVersion: { ...dataVersion }, topicConfigTable: new Map(table) };
}

async function groupTable(broker: string, { admin }: CliContext) {
  const { dataVersion, groups } = await admin.groups.userGroupTable(broker);
  const table = [...groups].map(([name, group]) => [name, groupConfigJson(group)] as const);
  return { dataVersion: { ...dataVersion }, subscriptionGroupTable: new Map(table) };
}

// As in Java the queues of a topic that several brokers have are added up.
async function topicsOf(masters: string[], special: boolean, { admin }: CliContext) {
  const merged = new Map<string, TopicSettings>();
  const parts = await allInOrder(masters, (broker) => admin.topics.userTopics(broker, special));
  for (const [name, topic] of parts.flatMap((part) => [...part])) {
    const before = merged.get(name);
    merged.set(name, {
      ...topic,
      readQueueNums: topic.readQueueNums + (before?.readQueueNums ?? 0),
      writeQueueNums: topic.writeQueueNums + (before?.writeQueueNums ?? 0),
    });
  }
  return new Map([...merged].map(([name, topic]) => [name, topicConfigJson(topic)]));
}

async function groupsOf(masters: string[], { admin }: CliContext) {
  const merged = new Map<string, GroupSettings>();
  const parts = await allInOrder(masters, (broker) => admin.groups.userGroups(broker));
  for (const [name, group] of parts.flatMap((part) => [...part])) {
    const retryQueueNums = group.retryQueueNums + (merged.get(name)?.retryQueueNums ?? 0);
    merged.set(name, { ...group, retryQueueNums });
  }
  return new Map([...merged].map(([name, group]) => [name, groupConfigJson(group)]));
}
