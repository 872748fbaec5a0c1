/** A broker's check of its own store (ours alone). */
import { AnswerError } from '../remoting/errors.ts';
import {
  arrayMember,
  asObject,
  booleanMember,
  integerMember,
  type JsonObject,
  objectMember,
  parseJson,
  textMember,
} from '../remoting/fastjson.ts';
import { OwnRequestCode } from '../remoting/own-request-code.ts';
import { ResponseCode } from '../remoting/response-code.ts';
import type { Asker } from './asker.ts';

export interface StoreFinding {
  /** `log`, `queue`, `index` or `checkpoint`. */
  part: string;
  file: string;
  /** Byte within the file. */
  position: number;
  what: string;
  /** Messages it touches, `topic/queue/offset`. */
  touched: string[];
}

export interface StoreCheckResult {
  scannedBytes: number;
  records: number;
  queues: number;
  queueEntries: number;
  indexEntries: number;
  deletedRecords: number;
  findingCount: number;
  /** The first 1,000. */
  findings: StoreFinding[];
  damagedQueues: number;
  indexDamaged: boolean;
  /** Then nothing can be rebuilt. */
  logDamaged: boolean;
}

export interface StoreCheckState {
  isRunning: boolean;
  /** Log position that the running check has reached. */
  position: number | null;
  logBegin: number;
  logEnd: number;
  /** Why the last check did not come to its end. */
  failure: string | null;
  isRepairAsked: boolean;
  check: StoreCheckResult | null;
}

export class StoreAdmin {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** Begins a check, unless one runs, that reads no more of the log a second. */
  startCheck(broker: string, bytesPerSecond: number | null = null): Promise<StoreCheckState> {
    return this.#act(broker, { action: 'start', bytesPerSecond });
  }

  checkState(broker: string): Promise<StoreCheckState> {
    return this.#act(broker, { action: 'look' });
  }

  /** Has the broker's next start rebuild damaged queues and the index from the log. */
  askForRepair(broker: string): Promise<StoreCheckState> {
    return this.#act(broker, { action: 'repair' });
  }

  async #act(
    broker: string,
    fields: { action: string; bytesPerSecond?: number | null },
  ): Promise<StoreCheckState> {
    try {
      const answer = await this.#asker.ask(broker, OwnRequestCode.VERIFY_STORE, { fields });
      return stateOf(asObject(parseJson(answer.body), 'the state of a check'));
    } catch (error) {
      const isForeign =
        error instanceof AnswerError && error.code === ResponseCode.REQUEST_CODE_NOT_SUPPORTED;
      if (!isForeign) throw error;
      throw new Error(`${broker} is a broker of RocketMQ: it cannot check its store`);
    }
  }
}

function stateOf(json: JsonObject): StoreCheckState {
  const check = objectMember(json, 'check');
  return {
    isRunning: booleanMember(json, 'isRunning') ?? false,
    position: integerMember(json, 'position'),
    logBegin: integerMember(json, 'logBegin') ?? 0,
    logEnd: integerMember(json, 'logEnd') ?? 0,
    failure: textMember(json, 'failure'),
    isRepairAsked: booleanMember(json, 'isRepairAsked') ?? false,
    check: check === null ? null : resultOf(check),
  };
}

function resultOf(check: JsonObject): StoreCheckResult {
  const count = (name: string): number => integerMember(check, name) ?? 0;
  return {
    scannedBytes: count('scannedBytes'),
    records: count('records'),
    queues: count('queues'),
    queueEntries: count('queueEntries'),
    indexEntries: count('indexEntries'),
    deletedRecords: count('deletedRecords'),
    findingCount: count('findingCount'),
    findings: (arrayMember(check, 'findings') ?? []).map((value) => {
      const finding = asObject(value, 'finding');
      return {
        part: textMember(finding, 'part') ?? '',
        file: textMember(finding, 'file') ?? '',
        position: integerMember(finding, 'position') ?? 0,
        what: textMember(finding, 'what') ?? '',
        touched: (arrayMember(finding, 'touched') ?? []).map(String),
      };
    }),
    damagedQueues: count('damagedQueues'),
    indexDamaged: booleanMember(check, 'indexDamaged') ?? false,
    logDamaged: booleanMember(check, 'logDamaged') ?? false,
  };
}
