/**
 * What `mqadmin-table.test.ts` runs with both tools on each kind of cluster, one after the other.
 * What the script changes it changes back, so that the second finds what the first found.
 */
import {
  lines,
  masked,
  messageLines,
  progressLines,
  statusKeys,
  tableShape,
} from './printed-form.ts';

export interface Step {
  /** Command and arguments; `<broker>`, `<offsetId>`, `<uniqueId>` and `<folder>` are filled in. */
  readonly argv: readonly string[];
  /** What of the output has to be the same; all lines in any order without it. */
  readonly form?: (output: string) => string[];
  /** Whether it lists nothing here, or cannot. */
  readonly isEmpty?: boolean;
  /** A file it writes, compared as well. */
  readonly writes?: string;
  /** Why ours and Java's differ on one broker. A reason for outputs that are the same fails. */
  readonly differs?: string;
  /** Why Java's differs between our broker and Java's. */
  readonly brokers?: string;
  /** Why ours and Java's differ on Java's broker, where `differs` is not the reason. */
  readonly atJava?: string;
}

const sorted = (output: string): string[] => lines(output).sort();
/** Figures of this run masked. */
const timed = (output: string): string[] =>
  sorted(output.replace(/\b\d{13}\b/g, '<ms>').replace(/\brt=\d+ms/g, 'rt=<n>ms'));
/** Ids of messages that each run sends anew, and the times sends took. */
const sends = (output: string): string[] =>
  tableShape(output.replace(/\b[0-9A-F]{32,56}\b/g, '<id>').replace(/\brt=\d+ms/g, 'rt=<n>ms'));
/** A configuration is compared by its keys: both print what the same server answered. */
const keysOnly = (output: string): string[] =>
  lines(output)
    .map((line) => line.replace(/ *=( .*)?$/, ''))
    .sort();
/** Messages with their properties in one order, as a Java map has none. */
const messages = (output: string): string[] =>
  messageLines(output.replace(/(Timestamp=)\d{13}/g, '$1<ms>')).map((line) =>
    line.replace(/properties=\{(.*?)\}/g, (_, pairs: string) =>
      ['properties:', ...pairs.split(', ').sort()].join(' '),
    ),
  );
const maskedJson = (output: string): string[] => [
  ...JSON.stringify(sortedMembers(JSON.parse(masked(output)) as unknown)).split('\n'),
];

function sortedMembers(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .map(sortedMembers)
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sortedMembers(member)]));
}

/** What an export printed, and the file it wrote as one line of JSON with its members sorted. */
const exported = (output: string): string[] => {
  const begin = output.indexOf('{');
  const file = output
    .slice(begin)
    .replace(/("(?:exportTime|timestamp|counter)":)\d+/g, '$1"<n>"')
    .replace(/("\w*(?:Tps|DiskRatio)":)"?[\d.]+"?/g, '$1"<n>"');
  return [...lines(output.slice(0, begin)), ...maskedJson(file)];
};

/** `ConsumerManager` of 5.3.3 adds a subscription's topic where its group belongs. */
const topicAsGroup = 'broker 5.3.3 also lists a topic as a consumer group of itself';

const cluster = ['-c', 'DefaultCluster'] as const;
const broker = ['-b', '<broker>'] as const;
const fixed = ['-t', 'FixedTopic'] as const;
const changed = ['-t', 'Changed'] as const;

/** Change nothing. */
export const questions: readonly Step[] = [
  { argv: ['clusterList'], form: tableShape },
  { argv: ['clusterList', '-m'], form: tableShape },
  { argv: ['topicList'] },
  { argv: ['topicList', '-c'], brokers: topicAsGroup },
  {
    argv: ['topicRoute', ...fixed],
    form: lines,
    differs: 'broker ids are quoted, so that it is JSON',
  },
  { argv: ['topicRoute', ...fixed, '-l'] },
  {
    argv: ['topicStatus', ...fixed],
    form: (output) => lines(output.replace(/^(Topic Put TPS:).*/m, '$1 <rate>')),
  },
  { argv: ['topicClusterList', ...fixed] },
  { argv: ['allocateMQ', ...fixed, '-i', 'one,two,three'], form: maskedJson },
  { argv: ['brokerStatus', ...broker], form: statusKeys },
  { argv: ['brokerConsumeStats', ...broker] },
  {
    argv: ['getBrokerConfig', ...cluster],
    form: keysOnly,
    brokers: 'our broker also lists its own keys and those of 5.3.4, each by the name that sets it',
  },
  {
    argv: ['getNamesrvConfig'],
    form: keysOnly,
    brokers: 'our name server also lists the settings of its client side',
  },
  { argv: ['getConsumerConfig', '-g', 'FixedGroup'] },
  { argv: ['consumerProgress'], form: progressLines },
  { argv: ['consumerProgress', '-g', 'FixedGroup'], form: progressLines },
  { argv: ['consumerStatus', '-g', 'FixedGroup'], isEmpty: true },
  { argv: ['consumerConnection', '-g', 'FixedGroup'], isEmpty: true },
  { argv: ['producerConnection', '-g', 'NobodyGroup', ...fixed], isEmpty: true },
  { argv: ['producer', ...broker], isEmpty: true },
  { argv: ['queryMsgById', ...fixed, '-i', '<offsetId>'], form: messages },
  { argv: ['queryMsgByKey', ...fixed, '-k', 'key-3'] },
  {
    argv: ['queryMsgByUniqueKey', ...fixed, '-i', '<uniqueId>'],
    form: messages,
    brokers: topicAsGroup,
    atJava: "Java's prints several groups' tracks on one line",
  },
  {
    argv: ['queryMsgByOffset', ...fixed, '-b', 'broker-a', '-i', '0', '-o', '1'],
    form: messages,
  },
  { argv: ['queryMsgTraceById', '-i', '<uniqueId>'], isEmpty: true },
  { argv: ['printMsg', ...fixed], form: messages },
  {
    argv: ['printMsgByQueue', ...fixed, '-a', 'broker-a', '-i', '0', '-p', 'true', '-f', 'true'],
    form: messages,
  },
  {
    argv: ['consumeMessage', ...fixed, '-b', 'broker-a', '-i', '0'],
    form: messages,
    differs: "Java's reads once past the end and says that nothing is there",
  },
  { argv: ['queryCq', ...fixed, '-q', '0', '-i', '0', '-c', '2'] },
  { argv: ['statsAll', ...fixed], form: tableShape, brokers: topicAsGroup },
  { argv: ['haStatus', ...broker] },
  {
    argv: ['exportConfigs', ...cluster, '-f', '<folder>'],
    writes: '<folder>/configs.json',
    form: exported,
  },
  {
    argv: ['exportMetadata', ...cluster, '-f', '<folder>'],
    writes: '<folder>/metadata.json',
    form: exported,
  },
  {
    argv: ['exportMetadata', ...broker, '-t', '-f', '<folder>'],
    writes: '<folder>/topic.json',
    form: exported,
  },
  {
    argv: ['exportMetadata', ...broker, '-g', '-f', '<folder>'],
    writes: '<folder>/subscriptionGroup.json',
    form: exported,
  },
  {
    argv: ['exportMetrics', ...cluster, '-f', '<folder>'],
    writes: '<folder>/metrics.json',
    form: exported,
  },
];

/** In an order in which each finds what the one before made, and the last leaves nothing. */
export const changes: readonly Step[] = [
  { argv: ['updateTopic', ...cluster, ...changed, '-r', '2', '-w', '2'] },
  {
    argv: ['updateTopicList', ...cluster, '-f', '<folder>/topics.json'],
    differs: "Java's prints its usage after the success",
  },
  { argv: ['updateTopicPerm', ...broker, ...changed, '-p', '4'] },
  { argv: ['updateTopicPerm', ...cluster, ...changed, '-p', '6'] },
  { argv: ['updateOrderConf', ...changed, '-m', 'put', '-v', 'broker-a:2'] },
  { argv: ['updateOrderConf', ...changed, '-m', 'get'] },
  { argv: ['updateOrderConf', ...changed, '-m', 'delete'] },
  { argv: ['sendMessage', ...changed, '-p', 'body', '-b', 'broker-a', '-i', '0'], form: sends },
  { argv: ['checkMsgSendRT', ...changed, '-a', '3'], form: sends },
  { argv: ['sendMsgStatus', '-b', 'Changed', '-c', '2'], form: sends },
  { argv: ['updateSubGroup', ...cluster, '-g', 'ChangedGroup', '-r', '5'] },
  {
    argv: ['updateSubGroupList', ...cluster, '-f', '<folder>/groups.json'],
    differs: "Java's prints its usage after the success",
  },
  { argv: ['setConsumeMode', ...cluster, ...changed, '-g', 'ChangedGroup', '-m', 'PULL'] },
  { argv: ['cloneGroupOffset', '-s', 'FixedGroup', '-d', 'ChangedGroup', ...fixed] },
  { argv: ['resetOffsetByTime', '-g', 'ChangedGroup', ...changed, '-s', '0'], form: timed },
  {
    argv: ['skipAccumulatedMessage', '-g', 'ChangedGroup', ...changed],
    // Which queue a message went to was its sender's luck.
    form: tableShape,
  },
  { argv: ['deleteSubGroup', ...cluster, '-g', 'ChangedGroup', '-r', 'true'] },
  { argv: ['deleteSubGroup', ...cluster, '-g', 'ChangedListed', '-r', 'true'] },
  { argv: ['deleteTopic', ...cluster, ...changed] },
  { argv: ['deleteTopic', ...cluster, '-t', 'ChangedListed'] },
  { argv: ['updateKvConfig', '-s', 'space', '-k', 'key', '-v', 'value'] },
  { argv: ['deleteKvConfig', '-s', 'space', '-k', 'key'] },
  { argv: ['wipeWritePerm', '-b', 'broker-a'], form: tableShape },
  { argv: ['addWritePerm', '-b', 'broker-a'], form: tableShape },
  { argv: ['updateNamesrvConfig', '-k', 'enableTopicList', '-v', 'true'] },
  {
    argv: ['updateNamesrvConfig', '-k', 'no.such.key', '-v', '1'],
    brokers: "our name server refuses an unknown key by name, Java's says success",
  },
  { argv: ['updateBrokerConfig', ...broker, '-k', 'autoCreateTopicEnable', '-v', 'true'] },
  { argv: ['cleanExpiredCQ', ...broker] },
  { argv: ['deleteExpiredCommitLog', ...broker] },
  { argv: ['cleanUnusedTopic', ...broker] },
  {
    argv: ['resetMasterFlushOffset', ...broker, '-o', '0'],
    brokers: 'our broker refuses it: slaves agree with their master over the HA port alone',
  },
];

/** Listing commands that change something, with arguments that may be repeated. */
export const listings: readonly Step[] = [
  { argv: ['checkMsgSendRT', ...fixed, '-a', '2'] },
  { argv: ['sendMsgStatus', '-b', 'broker-a', '-c', '2'] },
  { argv: ['resetOffsetByTime', '-g', 'FixedGroup', ...fixed, '-s', '0'] },
  { argv: ['skipAccumulatedMessage', '-g', 'FixedGroup', ...fixed] },
];
