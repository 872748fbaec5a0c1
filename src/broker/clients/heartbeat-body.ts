/** Body of HEART_BEAT (34) as clients of 4.x and 5.x send it (Java HeartbeatData). */
import type {
  ConsumeFromWhere,
  ConsumerData,
  ConsumeType,
  Heartbeat,
  MessageModel,
  Subscription,
} from '../../model/subscription.ts';
import {
  arrayMember,
  asObject,
  booleanMember,
  integerMember,
  JsonError,
  type JsonObject,
  parseJson,
  textMember,
} from '../../remoting/fastjson.ts';

export function decodeHeartbeat(body: Uint8Array): Heartbeat {
  const json = asObject(parseJson(body), 'heartbeat');
  const producers = arrayMember(json, 'producerDataSet') ?? [];
  const consumers = arrayMember(json, 'consumerDataSet') ?? [];
  return {
    clientID: textMember(json, 'clientID') ?? '',
    producerGroups: producers
      .map((each) => textMember(asObject(each, 'producer'), 'groupName') ?? '')
      .filter((name) => name !== ''),
    consumerDataSet: consumers.map((each) => consumerFrom(asObject(each, 'consumer'))),
    heartbeatFingerprint: integerMember(json, 'heartbeatFingerprint') ?? 0,
    withoutSub: booleanMember(json, 'withoutSub') ?? false,
  };
}

function consumerFrom(json: JsonObject): ConsumerData {
  const subscriptions = arrayMember(json, 'subscriptionDataSet') ?? [];
  return {
    groupName: textMember(json, 'groupName') ?? '',
    consumeType: oneOf<ConsumeType>(textMember(json, 'consumeType'), CONSUME_TYPES),
    messageModel: oneOf<MessageModel>(textMember(json, 'messageModel'), MESSAGE_MODELS),
    consumeFromWhere: oneOf<ConsumeFromWhere>(
      textMember(json, 'consumeFromWhere'),
      CONSUME_FROM_WHERE,
    ),
    subscriptionDataSet: subscriptions.map((each) =>
      subscriptionFrom(asObject(each, 'subscription')),
    ),
    unitMode: booleanMember(json, 'unitMode') ?? false,
  };
}

function subscriptionFrom(json: JsonObject): Subscription {
  return {
    topic: textMember(json, 'topic') ?? '',
    subString: textMember(json, 'subString') ?? '*',
    tagsSet: (arrayMember(json, 'tagsSet') ?? []).map(String),
    codeSet: (arrayMember(json, 'codeSet') ?? []).map(Number).filter(Number.isInteger),
    subVersion: versionMember(json),
    expressionType: textMember(json, 'expressionType') ?? 'TAG',
    classFilterMode: booleanMember(json, 'classFilterMode') ?? false,
  };
}

const INT64_MAX = 2n ** 63n - 1n;

/**
 * The Go client counts `subVersion` in nanoseconds, past what a number holds exactly. Rounded up,
 * never down: a pull whose version is newer than the group's is refused, and it carries the exact
 * one. Between two beats the client's clock moves on by far more than a rounding step.
 */
function versionMember(json: JsonObject): number {
  const value = json.get('subVersion');
  if (typeof value !== 'bigint') return integerMember(json, 'subVersion') ?? 0;
  if (value < 0n || value > INT64_MAX) throw new JsonError('member subVersion is not an int64');
  const rounded = Number(value);
  return BigInt(rounded) < value ? rounded * (1 + Number.EPSILON) : rounded;
}

type OneOrMore<T> = readonly [T, ...T[]];

const CONSUME_TYPES: OneOrMore<ConsumeType> = [
  'CONSUME_PASSIVELY',
  'CONSUME_ACTIVELY',
  'CONSUME_POP',
];
const MESSAGE_MODELS: OneOrMore<MessageModel> = ['CLUSTERING', 'BROADCASTING'];
const CONSUME_FROM_WHERE: OneOrMore<ConsumeFromWhere> = [
  'CONSUME_FROM_LAST_OFFSET',
  'CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST',
  'CONSUME_FROM_MIN_OFFSET',
  'CONSUME_FROM_MAX_OFFSET',
  'CONSUME_FROM_FIRST_OFFSET',
  'CONSUME_FROM_TIMESTAMP',
];

/** Absent or unknown reads as the first, which is what Java clients use by default. */
function oneOf<T extends string>(text: string | null, values: OneOrMore<T>): T {
  return values.find((value) => value === text) ?? values[0];
}
