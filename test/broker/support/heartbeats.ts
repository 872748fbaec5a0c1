/** Heartbeats as clients write them. */
import { stringifyJson } from '../../../src/remoting/fastjson.ts';

export interface Beat {
  clientId: string;
  group?: string;
  topics?: string[];
  producers?: string[];
  messageModel?: 'CLUSTERING' | 'BROADCASTING';
  fingerprint?: number;
  withoutSub?: boolean;
}

export function heartbeatBody(beat: Beat): Buffer {
  const subscriptionDataSet = (beat.topics ?? []).map((topic) => ({
    topic,
    subString: '*',
    tagsSet: [],
    codeSet: [],
    subVersion: 1,
    expressionType: 'TAG',
    classFilterMode: false,
  }));
  const consumer = {
    groupName: beat.group ?? '',
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: beat.messageModel ?? 'CLUSTERING',
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    subscriptionDataSet,
    unitMode: false,
  };
  return Buffer.from(
    stringifyJson({
      clientID: beat.clientId,
      consumerDataSet: beat.group === undefined ? [] : [consumer],
      producerDataSet: (beat.producers ?? []).map((groupName) => ({ groupName })),
      heartbeatFingerprint: beat.fingerprint ?? 0,
      withoutSub: beat.withoutSub ?? false,
    }),
  );
}
