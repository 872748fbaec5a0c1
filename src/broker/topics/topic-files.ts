/**
 * Where the topic table is kept: `topics.json`, and of a large table also the changes since that
 * was written, in `topics.json.changes`. RocketMQ writes the whole file for each topic; at 20,000
 * topics that is 6 MB to make one.
 *
 * Invariants: a save resolves when what it was asked for is durable in either file; changes follow
 * the very table that `topics.json` holds, else they are ignored; the whole file is written soon
 * after a change all the same, for at most a twentieth of the time, and at the end, so that other
 * programs find everything in RocketMQ's file. After a failure only a whole write counts.
 */
import type { DataVersion } from '../../model/data-version.ts';
import type { TopicConfig } from '../../model/topic-config.ts';
import { dataVersionJson, readDataVersion } from '../../remoting/bodies/data-version.ts';
import { readTopicConfig, topicConfigJson } from '../../remoting/bodies/topic-config.ts';
import { asObject, objectMember, parseJson, stringifyJson } from '../../remoting/fastjson.ts';
import { ChangeLog } from '../metadata/change-log.ts';
import { MetadataFile } from '../metadata/metadata-file.ts';
import { decodeTopicTable, encodeTopicTable, type TopicTable } from './topic-file.ts';

/** A table of fewer topics is written whole each time, in a few milliseconds. */
const LARGE_TABLE_TOPICS = 500;
const WHOLE_AFTER_MIN_MS = 1000;
const WHOLE_SHARE = 20;

export interface TopicFilesOptions {
  path: string;
  table: () => TopicTable;
  size: () => number;
  /** Hears of a whole write that nobody waits for and that failed; nothing is lost by it. */
  onFault: (error: unknown) => void;
}

export class TopicFiles {
  readonly #options: TopicFilesOptions;
  readonly #file: MetadataFile<TopicTable>;
  readonly #changes: ChangeLog;
  /** Of the table that the whole file holds; null when that is not known. */
  #wholeVersion: DataVersion | null = null;
  #encodedVersion: DataVersion | null = null;
  #wholesUnderWay = 0;
  #wholeTookMs = 0;
  #lastAppend: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: TopicFilesOptions) {
    this.#options = options;
    this.#changes = new ChangeLog(`${options.path}.changes`);
    this.#file = new MetadataFile(options.path, {
      encode: () => {
        const current = options.table();
        this.#encodedVersion = current.dataVersion;
        return encodeTopicTable(current);
      },
      decode: decodeTopicTable,
    });
  }

  /** The table as it was last saved, null when there is none. */
  async load(onRejected: (path: string, reason: string) => void): Promise<TopicTable | null> {
    const whole = await this.#file.load(onRejected);
    if (whole === null) return null;
    const lines = await this.#changes.changesSince(versionText(whole.dataVersion));
    const topics = new Map(whole.topics.map((topic) => [topic.topicName, topic]));
    let { dataVersion } = whole;
    try {
      for (const line of lines) {
        const change = asObject(parseJson(line), 'a change of topics');
        const topic = readTopicConfig(asObject(change.get('topicConfig'), 'a changed topic'));
        topics.set(topic.topicName, topic);
        dataVersion = readDataVersion(objectMember(change, 'dataVersion'));
      }
    } catch (error) {
      onRejected(this.#changes.path, error instanceof Error ? error.message : String(error));
    }
    return { topics: [...topics.values()], dataVersion };
  }

  /** Resolves when the whole table is durable. */
  async save(): Promise<void> {
    this.#wholesUnderWay++;
    const beganMs = performance.now();
    try {
      await this.#file.save();
      this.#wholeVersion = this.#encodedVersion;
      this.#wholeTookMs = performance.now() - beganMs;
    } catch (error) {
      this.#wholeVersion = null;
      throw error;
    } finally {
      this.#wholesUnderWay--;
    }
  }

  /** Resolves when these of the table's topics are durable. */
  async saveChanged(topics: readonly TopicConfig[], dataVersion: DataVersion): Promise<void> {
    const base = this.#wholeVersion;
    const isSmall = this.#options.size() < LARGE_TABLE_TOPICS;
    if (base === null || isSmall || this.#wholesUnderWay > 0) return await this.save();
    const appended = topics.map((topic) => {
      const line = {
        dataVersion: dataVersionJson(dataVersion),
        topicConfig: topicConfigJson(topic),
      };
      return this.#changes.append(versionText(base), stringifyJson(line));
    });
    this.#lastAppend = Promise.all(appended).then(() => undefined);
    await this.#lastAppend.catch((error: unknown) => {
      this.#wholeVersion = null;
      throw error;
    });
    this.#wholeSoon();
  }

  /** Resolves when what was asked for so far is durable; rejects when its write failed. */
  async pending(): Promise<void> {
    await Promise.all([this.#file.pending(), this.#lastAppend]);
  }

  /** Writes the whole table and ends; nothing can be saved after it. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.save();
    await this.#changes.close();
  }

  #wholeSoon(): void {
    const afterMs = Math.max(WHOLE_AFTER_MIN_MS, this.#wholeTookMs * WHOLE_SHARE);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.save().catch(this.#options.onFault);
    }, afterMs).unref();
  }
}

function versionText(version: DataVersion): string {
  return stringifyJson(dataVersionJson(version));
}
