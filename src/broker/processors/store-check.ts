/**
 * 29001, ours alone: checking the store while the broker serves, and asking for its repair.
 *
 * `start` begins a check unless one runs, `look` tells how far it is and how the last one ended,
 * `repair` has the next start of the broker rebuild damaged queues and the index; each is
 * answered with the state at once. A check reads the whole log: it is bounded in bytes a second
 * (`bytesPerSecond`, 200 MB without it) and ends with the broker.
 */
import type { StoreCheck } from '../../dataplane/data-plane.ts';
import { Refusal } from '../../remoting/errors.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import { optionalText, requiredText } from '../../remoting/fields.ts';
import { OwnRequestCode } from '../../remoting/own-request-code.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { BrokerParts, Family, Peer } from './parts.ts';

const DEFAULT_BYTES_PER_SECOND = 200_000_000;

interface CheckState {
  isRunning: boolean;
  check: StoreCheck | null;
  /** Why the last check did not come to its end. */
  failure: string | null;
  /** Whether the next start repairs. */
  isRepairAsked: boolean;
}

export const storeCheckFamily: Family = (parts) => {
  const state: CheckState = { isRunning: false, check: null, failure: null, isRepairAsked: false };
  return [[OwnRequestCode.VERIFY_STORE, (request, peer) => act(parts, state, request, peer)]];
};

function act(parts: BrokerParts, state: CheckState, request: RemotingCommand, peer: Peer): Reply {
  const action = requiredText(request.extFields, 'action');
  if (action === 'start') start(parts, state, request, peer);
  else if (action === 'repair') {
    parts.dataPlane.askForRepair(knownTopics(parts));
    state.isRepairAsked = true;
    parts.log.info({ by: peer.remoteAddress }, 'the next start repairs the store');
  } else if (action !== 'look') {
    throw new Refusal(ResponseCode.INVALID_PARAMETER, `action is start, look or repair`);
  }
  return reply(ResponseCode.SUCCESS, { body: stringifyJson(stateJson(parts, state)) });
}

function start(parts: BrokerParts, state: CheckState, request: RemotingCommand, peer: Peer): void {
  if (state.isRunning) return;
  const asked = Number(optionalText(request.extFields, 'bytesPerSecond') ?? 0);
  const rate = Number.isSafeInteger(asked) && asked > 0 ? asked : DEFAULT_BYTES_PER_SECOND;
  Object.assign(state, { isRunning: true, check: null, failure: null });
  parts.log.info({ by: peer.remoteAddress, bytesPerSecond: rate }, 'checking the store');
  void check(parts, state, rate);
}

/** Never rejects: how it ended is the state. */
async function check(parts: BrokerParts, state: CheckState, rate: number): Promise<void> {
  try {
    state.check = await parts.dataPlane.verifyStore(knownTopics(parts), rate);
    const { findingCount, records } = state.check;
    parts.log.info({ findingCount, records }, 'the store is checked');
  } catch (error) {
    state.failure = error instanceof Error ? error.message : String(error);
    parts.log.warn({ err: error }, 'checking the store failed');
  }
  state.isRunning = false;
}

function knownTopics(parts: BrokerParts): string[] {
  return parts.topics.table().topics.map(({ topicName }) => topicName);
}

function stateJson({ dataPlane }: BrokerParts, state: CheckState) {
  const { minPhysicalOffset, maxPhysicalOffset } = dataPlane.logStatus();
  const { isRunning, check: done, failure, isRepairAsked } = state;
  const position = isRunning ? dataPlane.verifyPosition() : null;
  const findings = done?.findings.map((finding) => ({ ...finding })) ?? [];
  const result = done === null ? null : { ...done, findings };
  const log = { logBegin: minPhysicalOffset, logEnd: maxPhysicalOffset };
  return { isRunning, position, ...log, failure, isRepairAsked, check: result };
}
