/**
 * How groups are to fetch from topics, as administrators set it (Java
 * MessageRequestModeManager), in `messageRequestMode.json`:
 * `{"messageRequestModeMap":{<topic>:{<group>:{consumerGroup,mode,popShareQueueNum,topic}}}}`.
 *
 * A mode is durable before it is told. What a file says, `POP` included, is kept and told as it is.
 */
import {
  asObject,
  integerMember,
  objectMember,
  parseJson,
  stringifyJson,
  textMember,
} from '../../remoting/fastjson.ts';
import { MetadataFile } from '../metadata/metadata-file.ts';

export interface RequestMode {
  readonly topic: string;
  readonly consumerGroup: string;
  /** `PULL` or `POP`. */
  readonly mode: string;
  readonly popShareQueueNum: number;
}

type Table = Map<string, Map<string, RequestMode>>;

export class RequestModes {
  #table: Table = new Map();
  readonly #file: MetadataFile<Table>;

  constructor(path: string) {
    this.#file = new MetadataFile(path, {
      encode: () => stringifyJson(this.json(), { pretty: true }),
      decode: decodeTable,
    });
  }

  async load(onRejected: (path: string, reason: string) => void): Promise<void> {
    this.#table = (await this.#file.load(onRejected)) ?? new Map();
  }

  find(topic: string, group: string): RequestMode | null {
    return this.#table.get(topic)?.get(group) ?? null;
  }

  async set(mode: RequestMode): Promise<void> {
    const { topic, consumerGroup } = mode;
    const before = this.find(topic, consumerGroup);
    this.#put(topic, consumerGroup, mode);
    try {
      await this.#file.save();
    } catch (error) {
      this.#put(topic, consumerGroup, before);
      throw error;
    }
  }

  /** Takes a master's table over, durable when this resolves. */
  async adopt(modes: readonly RequestMode[]): Promise<void> {
    const table: Table = new Map();
    for (const mode of modes) {
      const groups = table.get(mode.topic) ?? new Map<string, RequestMode>();
      table.set(mode.topic, groups.set(mode.consumerGroup, mode));
    }
    const before = { text: stringifyJson(this.json()), table: this.#table };
    this.#table = table;
    if (stringifyJson(this.json()) === before.text) return;
    try {
      await this.#file.save();
    } catch (error) {
      this.#table = before.table;
      throw error;
    }
  }

  json() {
    const groups = (modes: Map<string, RequestMode>) =>
      new Map([...modes].map(([group, mode]) => [group, { ...mode }]));
    const topics = [...this.#table].map(([topic, modes]) => [topic, groups(modes)] as const);
    return { messageRequestModeMap: new Map(topics) };
  }

  #put(topic: string, group: string, mode: RequestMode | null): void {
    const groups = this.#table.get(topic) ?? new Map<string, RequestMode>();
    if (mode === null) groups.delete(group);
    else groups.set(group, mode);
    if (groups.size === 0) this.#table.delete(topic);
    else this.#table.set(topic, groups);
  }
}

export function decodeRequestModes(text: string): RequestMode[] {
  return [...decodeTable(text).values()].flatMap((groups) => [...groups.values()]);
}

function decodeTable(text: string): Table {
  const table: Table = new Map();
  const json = asObject(parseJson(text), 'messageRequestMode.json');
  for (const [topic, groups] of objectMember(json, 'messageRequestModeMap') ?? []) {
    const modes = new Map<string, RequestMode>();
    for (const [group, value] of asObject(groups, String(topic))) {
      const members = asObject(value, String(group));
      modes.set(String(group), {
        topic: String(topic),
        consumerGroup: String(group),
        mode: textMember(members, 'mode') ?? 'PULL',
        popShareQueueNum: integerMember(members, 'popShareQueueNum') ?? 0,
      });
    }
    table.set(String(topic), modes);
  }
  return table;
}
