/**
 * Key-value pairs by namespace (Java `KVConfigManager`), in `kvConfig.json`:
 * `{"configTable":{"namespace":{"key":"value"}}}`.
 *
 * Invariants: a change is on disk before it is acknowledged, and when it cannot be written it is
 * taken back and refused; writes are one at a time. A file that does not parse never stops a
 * start: it is set aside under `.damaged` and reported, and the `.bak` of the last good write is
 * read in its place. Refuses more than 4 MiB of pairs.
 */
import { copyFile, readFile } from 'node:fs/promises';
import { replaceFile } from '../config/durable-file.ts';
import type { Logger } from '../logging/logger.ts';
import { Refusal } from '../remoting/errors.ts';
import {
  asObject,
  objectMember,
  parseJson,
  stringifyJson,
  textMapMember,
} from '../remoting/fastjson.ts';
import { ResponseCode } from '../remoting/response-code.ts';

type Table = Map<string, Map<string, string>>;

export const ORDER_TOPIC_CONFIG = 'ORDER_TOPIC_CONFIG';
const CONTENT_CHARACTERS_MAX = 4 * 1024 * 1024;

export class KvConfig {
  readonly #path: string;
  readonly #logger: Logger;
  #table: Table = new Map();
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  async load(): Promise<void> {
    this.#table =
      (await this.#read(this.#path)) ?? (await this.#read(`${this.#path}.bak`)) ?? new Map();
  }

  get(namespace: string, key: string): string | null {
    return this.#table.get(namespace)?.get(key) ?? null;
  }

  namespace(namespace: string): ReadonlyMap<string, string> | null {
    return this.#table.get(namespace) ?? null;
  }

  put(namespace: string, key: string, value: string): Promise<void> {
    return this.#change((table) => {
      const pairs = table.get(namespace) ?? new Map<string, string>();
      table.set(namespace, pairs.set(key, value));
    });
  }

  remove(namespace: string, key: string): Promise<void> {
    return this.#change((table) => {
      table.get(namespace)?.delete(key);
    });
  }

  /** Resolves when no write is under way. */
  async settled(): Promise<void> {
    await this.#lastWrite.catch(() => undefined);
  }

  #change(edit: (table: Table) => void): Promise<void> {
    const write = this.#lastWrite.catch(() => undefined).then(() => this.#write(edit));
    this.#lastWrite = write;
    return write;
  }

  /** Readers see the new table only once it is durable. */
  async #write(edit: (table: Table) => void): Promise<void> {
    const next: Table = new Map([...this.#table].map(([name, pairs]) => [name, new Map(pairs)]));
    edit(next);
    const content = stringifyJson({ configTable: next }, { pretty: true });
    if (content.length > CONTENT_CHARACTERS_MAX) {
      throw new Refusal(
        ResponseCode.SYSTEM_ERROR,
        `the request is at fault: key-value pairs exceed ${CONTENT_CHARACTERS_MAX} characters`,
      );
    }
    await replaceFile(this.#path, content);
    this.#table = next;
  }

  async #read(path: string): Promise<Table | null> {
    let content: string;
    try {
      content = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return null;
      }
      throw error;
    }
    try {
      return parseTable(content);
    } catch (error) {
      await copyFile(path, `${path}.damaged`);
      this.#logger.error({ err: error, path }, 'key-value file does not parse; set aside');
      return null;
    }
  }
}

function parseTable(content: string): Table {
  const table: Table = new Map();
  const configTable = objectMember(asObject(parseJson(content), 'key-value file'), 'configTable');
  for (const namespace of configTable?.keys() ?? []) {
    const pairs = textMapMember(configTable ?? new Map(), String(namespace));
    table.set(String(namespace), pairs ?? new Map());
  }
  return table;
}
