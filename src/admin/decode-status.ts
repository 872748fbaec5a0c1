/** JSON bodies about stats, offsets, queues and replication as plain values. */
import {
  arrayMember,
  asArray,
  asObject,
  booleanMember,
  integerMember,
  JsonError,
  type JsonObject,
  objectMember,
  parseJson,
  textMember,
} from '../remoting/fastjson.ts';
import type {
  BrokerConsumeStats,
  BrokerStats,
  HaStatus,
  MessageQueue,
  QueueContents,
  StatsSpan,
} from './answers.ts';
import { consumeStatsOf, messageQueue, numberMember, plain } from './decode.ts';

/** Java BrokerStatsData. */
export function decodeBrokerStats(body: Uint8Array): BrokerStats {
  const answer = asObject(parseJson(body), 'broker stats');
  const span = (name: string): StatsSpan => {
    const item: JsonObject = objectMember(answer, name) ?? new Map();
    return {
      sum: integerMember(item, 'sum') ?? 0,
      tps: numberMember(item, 'tps'),
      avgpt: numberMember(item, 'avgpt'),
    };
  };
  return { minute: span('statsMinute'), hour: span('statsHour'), day: span('statsDay') };
}

/** Java ConsumeStatsList: a list of maps of group to a list of stats. */
export function decodeBrokerConsumeStats(body: Uint8Array): BrokerConsumeStats {
  const answer = asObject(parseJson(body), 'consume stats');
  const groups = (arrayMember(answer, 'consumeStatsList') ?? []).flatMap((value) =>
    [...asObject(value, 'stats of a group')].flatMap(([group, list]) =>
      asArray(list, 'stats of a group').map((stats) => ({
        group: String(group),
        queues: consumeStatsOf(asObject(stats, 'consume stats')).queues,
      })),
    ),
  );
  return { groups, totalDiff: integerMember(answer, 'totalDiff') ?? 0 };
}

/** Java ResetOffsetBody; a list of entries is what brokers answer to clients in C++. */
export function decodeOffsetTable(body: Uint8Array): [MessageQueue, number][] {
  if (body.length === 0) return [];
  const table = objectMember(asObject(parseJson(body), 'reset offsets'), 'offsetTable');
  return [...(table ?? [])].map(([key, value]) => {
    if (typeof value !== 'number') throw new JsonError('an offset is not a number');
    return [messageQueue(key), value];
  });
}

/** Java QueryConsumeQueueResponseBody. */
export function decodeQueueContents(body: Uint8Array): QueueContents {
  const answer = asObject(parseJson(body), 'queue contents');
  const subscription = answer.get('subscriptionData');
  const entries = (arrayMember(answer, 'queueData') ?? []).map((value) => {
    const entry = asObject(value, 'queue entry');
    const tagsCode = entry.get('tagsCode');
    return {
      physicOffset: integerMember(entry, 'physicOffset') ?? 0,
      physicSize: integerMember(entry, 'physicSize') ?? 0,
      tagsCode: typeof tagsCode === 'bigint' || typeof tagsCode === 'number' ? tagsCode : 0,
      extendDataJson: textMember(entry, 'extendDataJson'),
      bitMap: textMember(entry, 'bitMap'),
      eval: booleanMember(entry, 'eval') ?? false,
      msg: textMember(entry, 'msg'),
    };
  });
  return {
    minIndex: integerMember(answer, 'minQueueIndex') ?? 0,
    maxIndex: integerMember(answer, 'maxQueueIndex') ?? 0,
    subscription: subscription === undefined ? null : plain(subscription),
    filter: textMember(answer, 'filterData'),
    entries,
  };
}

/** The `offsetTable` of a DelayOffsetSerializeWrapper: delay level → offset of its queue. */
export function decodeDelayProgress(body: Uint8Array): Map<number, number> {
  const table = objectMember(asObject(parseJson(body), 'delay progress'), 'offsetTable');
  return new Map([...(table ?? [])].map(([level, offset]) => [Number(level), Number(offset)]));
}

/** Java HARuntimeInfo. */
export function decodeHaStatus(body: Uint8Array): HaStatus {
  const answer = asObject(parseJson(body), 'HA status');
  const isMaster = booleanMember(answer, 'master') ?? false;
  const slaves = (arrayMember(answer, 'haConnectionInfo') ?? []).map((value) => {
    const slave = asObject(value, 'HA connection');
    return {
      address: textMember(slave, 'addr') ?? '',
      ackOffset: integerMember(slave, 'slaveAckOffset') ?? 0,
      diff: integerMember(slave, 'diff') ?? 0,
      isInSync: booleanMember(slave, 'inSync') ?? false,
      transferredBytesPerSecond: integerMember(slave, 'transferredByteInSecond') ?? 0,
      transferFromWhere: integerMember(slave, 'transferFromWhere') ?? 0,
    };
  });
  const client: JsonObject = objectMember(answer, 'haClientRuntimeInfo') ?? new Map();
  return {
    isMaster,
    masterCommitLogMaxOffset: integerMember(answer, 'masterCommitLogMaxOffset') ?? 0,
    inSyncSlaves: integerMember(answer, 'inSyncSlaveNums') ?? 0,
    slaves,
    client: isMaster ? null : clientSide(client),
  };
}

function clientSide(client: JsonObject): HaStatus['client'] {
  return {
    masterAddress: textMember(client, 'masterAddr') ?? '',
    transferredBytesPerSecond: integerMember(client, 'transferredByteInSecond') ?? 0,
    maxOffset: integerMember(client, 'maxOffset') ?? 0,
    lastReadTimestamp: integerMember(client, 'lastReadTimestamp') ?? 0,
    lastWriteTimestamp: integerMember(client, 'lastWriteTimestamp') ?? 0,
    masterFlushOffset: integerMember(client, 'masterFlushOffset') ?? 0,
  };
}
