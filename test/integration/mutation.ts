/** Frames that are almost right: valid ones with a seeded wound, for attacking live servers. */
import { decodeFrame, encodeFrame } from '../../src/remoting/frame.ts';
import { createRequest, type HeaderEncoding } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';

/** A small seeded generator (mulberry32), so that a failing run can be repeated exactly. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Seed {
  code: number;
  fields: Record<string, string | number | boolean>;
  body: Buffer | null;
}

/** Valid requests of every kind that a broker or name server reads. */
function seedRequests(topic: string): Seed[] {
  const batch = Buffer.alloc(64);
  batch.writeInt32BE(30, 0);
  batch.writeInt32BE(8, 16);
  const heartbeat = JSON.stringify({
    clientID: 'mutant@1',
    consumerDataSet: [{ groupName: 'G', subscriptionDataSet: [{ topic, subString: '*' }] }],
    producerDataSet: [{ groupName: 'P' }],
  });
  const send = { a: 'P', b: topic, c: 'TBW102', d: 4, e: 0, f: 0, g: 1, h: 0, i: 'K\u0001v\u0002' };
  const queue = { topic, queueId: 0, consumerGroup: 'G' };
  const pull = { ...queue, queueOffset: 0, maxMsgNums: 32, sysFlag: 4, commitOffset: 0 };
  const requests: [number, Record<string, string | number | boolean>, Buffer | null][] = [
    [RequestCode.SEND_MESSAGE_V2, send, Buffer.from('body')],
    [RequestCode.SEND_BATCH_MESSAGE, { ...send, m: true }, batch],
    [
      RequestCode.PULL_MESSAGE,
      { ...pull, suspendTimeoutMillis: 0, subscription: '*', subVersion: 1 },
      null,
    ],
    [RequestCode.QUERY_CONSUMER_OFFSET, queue, null],
    [RequestCode.UPDATE_CONSUMER_OFFSET, { ...queue, commitOffset: 1 }, null],
    [RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, { ...queue, timestamp: 1 }, null],
    [RequestCode.VIEW_MESSAGE_BY_ID, { offset: 0 }, null],
    [
      RequestCode.QUERY_MESSAGE,
      { topic, key: 'k', maxNum: 3, beginTimestamp: 0, endTimestamp: 9e12 },
      null,
    ],
    [RequestCode.CONSUMER_SEND_MSG_BACK, { group: 'G', offset: 0, delayLevel: 0 }, null],
    [RequestCode.HEART_BEAT, {}, Buffer.from(heartbeat)],
    [RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic }, null],
    [RequestCode.REGISTER_BROKER, { brokerName: 'x', brokerAddr: 'y', clusterName: 'z' }, batch],
    [RequestCode.UPDATE_AND_CREATE_TOPIC, { topic: '../up', readQueueNums: 4 }, null],
    [RequestCode.LOCK_BATCH_MQ, {}, Buffer.from('{"consumerGroup":"G","mqSet":[]}')],
  ];
  return requests.map(([code, fields, body]) => ({ code, fields, body }));
}

const encodings: HeaderEncoding[] = ['JSON', 'ROCKETMQ'];

/** Values that honest clients do not send, but frames may carry. */
const nastyValues = [
  '',
  '-1',
  '0',
  '2147483648',
  '-2147483649',
  '9223372036854775807',
  '-9223372036854775808',
  '99999999999999999999',
  '1e309',
  'null',
  '../../../etc/passwd',
  'a/b',
  '\u0000',
  '\u0001\u0002\u0001\u0002',
  '%RETRY%',
  '%DLQ%x',
  'x'.repeat(5000),
  '\u{1F680}'.repeat(60),
];

/** A whole, well-formed frame with nasty values in it: it gets past the framing to a handler. */
export class NastyRequests {
  readonly #seeds: Seed[];
  readonly #random: (below: number) => number;

  constructor(topic: string, random: (below: number) => number) {
    this.#seeds = seedRequests(topic);
    this.#random = random;
  }

  next(): Buffer {
    const random = this.#random;
    const seed = this.#seeds[random(this.#seeds.length)];
    if (seed === undefined) throw new Error('no seeds');
    const fields: Record<string, string | number | boolean> = { ...seed.fields };
    for (const name of Object.keys(fields)) {
      const fate = random(6);
      if (fate === 0) delete fields[name];
      if (fate === 1) fields[name] = nastyValues[random(nastyValues.length)] ?? '';
    }
    const body = seed.body === null ? undefined : Buffer.from(seed.body);
    if (body !== undefined && random(2) === 0) flipBits(body, random, 1 + random(4));
    const encoding = encodings[random(2)];
    const oneway = random(8) === 0;
    return encodeFrame(createRequest(seed.code, { extFields: fields, body, encoding, oneway }));
  }
}

/** Valid frames in both encodings, to be wounded. */
export function seedFrames(topic: string): Buffer[] {
  return encodings.flatMap((encoding) =>
    seedRequests(topic).map(({ code, fields, body }) =>
      encodeFrame(createRequest(code, { extFields: fields, body: body ?? undefined, encoding })),
    ),
  );
}

/** These take a topic or the broker out of the routes, and do so as they should. */
const unmaking = new Set<number>([
  RequestCode.UNREGISTER_BROKER,
  RequestCode.WIPE_WRITE_PERM_OF_BROKER,
  RequestCode.DELETE_TOPIC_IN_BROKER,
  RequestCode.DELETE_TOPIC_IN_NAMESRV,
]);

/** Whether the wound has made an honest order of the frame, which a server must obey. */
export function isUnmaking(frame: Buffer): boolean {
  if (frame.length < 8) return false;
  try {
    return unmaking.has(decodeFrame(frame.subarray(4, 4 + frame.readInt32BE(0))).code);
  } catch {
    // Not a frame that anyone reads.
    return false;
  }
}

/** One wound: flipped bits, a lying length, a cut, a doubled part, a random number field. */
export function mutate(seed: Buffer, random: (below: number) => number): Buffer {
  const frame = Buffer.from(seed);
  switch (random(7)) {
    case 0:
      return flipBits(frame, random, 1 + random(8));
    case 1:
      frame.writeInt32BE(random(0x7fffffff), 0);
      return frame;
    case 2:
      frame.writeInt32BE(random(0x7fffffff), 4);
      return frame;
    case 3:
      return frame.subarray(0, 1 + random(frame.length - 1));
    case 4: {
      const cut = 8 + random(frame.length - 8);
      return fixLength(Buffer.concat([frame.subarray(0, cut), frame.subarray(8)]));
    }
    case 5: {
      // Only inside header and body, with the outer lengths right: this reaches the handlers.
      for (let count = 1 + random(6); count > 0; count--) {
        frame[8 + random(frame.length - 8)] = random(256);
      }
      return frame;
    }
    default: {
      const at = 8 + random(Math.max(1, frame.length - 12));
      if (at + 4 <= frame.length) frame.writeInt32BE(-1 - random(1000), at);
      return frame;
    }
  }
}

function flipBits(frame: Buffer, random: (below: number) => number, count: number): Buffer {
  for (let index = 0; index < count; index++) {
    const at = random(frame.length);
    frame[at] = (frame[at] ?? 0) ^ (1 << random(8));
  }
  return frame;
}

function fixLength(frame: Buffer): Buffer {
  frame.writeInt32BE(frame.length - 4, 0);
  return frame;
}
