/**
 * What `mqadmin-table.test.ts` runs with Java's mqadmin and with ours on one cluster, one after the
 * other. What the script changes it changes back, so that the second finds what the first found.
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
  /** Why the outputs differ. A reason for outputs that are the same fails the test. */
  readonly differs?: string;
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
  messageLines(output).map((line) =>
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

const cluster = ['-c', 'DefaultCluster'] as const;
const broker = ['-b', '<broker>'] as const;
const fixed = ['-t', 'FixedTopic'] as const;
const changed = ['-t', 'Changed'] as const;

/** Change nothing. */
export const questions: readonly Step[] = [
  { argv: ['clusterList'], form: tableShape },
  { argv: ['clusterList', '-m'], form: tableShape },
  { argv: ['topicList'] },
  { argv: ['topicList', '-c'] },
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
  { argv: ['getBrokerConfig', ...cluster], form: keysOnly },
  { argv: ['getNamesrvConfig'], form: keysOnly },
  { argv: ['getConsumerConfig', '-g', 'FixedGroup'] },
  { argv: ['consumerProgress'], form: progressLines },
  { argv: ['consumerProgress', '-g', 'FixedGroup'], form: progressLines },
  { argv: ['consumerStatus', '-g', 'FixedGroup'] },
  { argv: ['consumerConnection', '-g', 'FixedGroup'] },
  { argv: ['producerConnection', '-g', 'NobodyGroup', ...fixed] },
  { argv: ['producer', ...broker] },
  { argv: ['queryMsgById', ...fixed, '-i', '<offsetId>'], form: messages },
  { argv: ['queryMsgByKey', ...fixed, '-k', 'key-3'] },
  { argv: ['queryMsgByUniqueKey', ...fixed, '-i', '<uniqueId>'], form: messages },
  {
    argv: ['queryMsgByOffset', ...fixed, '-b', 'broker-a', '-i', '0', '-o', '1'],
    form: messages,
  },
  { argv: ['queryMsgTraceById', '-i', '<uniqueId>'] },
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
  { argv: ['statsAll', ...fixed], form: tableShape },
  { argv: ['haStatus', ...broker] },
  { argv: ['exportConfigs', ...cluster, '-f', '<folder>'] },
  { argv: ['exportMetadata', ...cluster, '-f', '<folder>'] },
  { argv: ['exportMetrics', ...cluster, '-f', '<folder>'] },
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
  { argv: ['updateNamesrvConfig', '-k', 'no.such.key', '-v', '1'] },
  { argv: ['updateBrokerConfig', ...broker, '-k', 'autoCreateTopicEnable', '-v', 'true'] },
  { argv: ['cleanExpiredCQ', ...broker] },
  { argv: ['deleteExpiredCommitLog', ...broker] },
  { argv: ['cleanUnusedTopic', ...broker] },
  { argv: ['resetMasterFlushOffset', ...broker, '-o', '0'] },
];

/** Commands that never end by themselves. */
export const endless: ReadonlyMap<string, string> = new Map([
  ['clusterRT', 'runs until it is stopped'],
  ['startMonitoring', 'runs until it is stopped'],
]);

/** Commands that only ours has, and the test that holds each. */
export const oursAlone: ReadonlyMap<string, string> = new Map([
  ['whereIs', 'test/integration/where-is.test.ts'],
  ['drain', 'test/integration/drain.test.ts'],
  ['verifyStore', 'test/integration/verify-store.test.ts'],
]);
