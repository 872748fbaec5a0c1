/**
 * What a broker tells of itself when it registers (Java `RegisterBrokerBody`), as JSON or as one
 * zlib stream of int32-counted pieces: data version JSON; number of topics and each as text;
 * filter servers JSON; from senders ≥ V5_0_0, number of queue mappings and each as JSON.
 *
 * Refuses compressed bodies that inflate to more than 64 MiB, and pieces past the end.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import type { DataVersion } from '../../model/data-version.ts';
import type { TopicConfig } from '../../model/topic-config.ts';
import {
  arrayMember,
  asArray,
  asObject,
  JsonError,
  type JsonObject,
  type JsonValue,
  objectMember,
  parseJson,
  stringifyJson,
  textMember,
} from '../fastjson.ts';
import { Version } from '../version.ts';
import { dataVersionJson, readDataVersion } from './data-version.ts';
import {
  readTopicConfigText,
  readTopicTable,
  topicConfigText,
  topicTableJson,
} from './topic-config.ts';

export interface RegisterBrokerBody {
  readonly dataVersion: DataVersion;
  readonly topics: ReadonlyMap<string, TopicConfig>;
  readonly filterServers: readonly string[];
  /** Static topics' mappings by topic, carried through unread. */
  readonly queueMappings: ReadonlyMap<string, JsonObject>;
}

const INFLATED_BYTES_MAX = 64 * 1024 * 1024;

export function encodeRegisterBrokerBody(body: RegisterBrokerBody): Buffer {
  const wrapper = {
    dataVersion: dataVersionJson(body.dataVersion),
    topicConfigTable: topicTableJson(body.topics),
    topicQueueMappingInfoMap: body.queueMappings,
  };
  return Buffer.from(
    stringifyJson({ filterServerList: body.filterServers, topicConfigSerializeWrapper: wrapper }),
  );
}

export function decodeRegisterBrokerBody(bytes: Uint8Array): RegisterBrokerBody {
  const body = asObject(parseJson(bytes), 'register body');
  const wrapper = objectMember(body, 'topicConfigSerializeWrapper') ?? new Map();
  return {
    ...decodeTopicWrapper(wrapper),
    filterServers: textList(arrayMember(body, 'filterServerList') ?? []),
  };
}

/** The body of brokers before V3_0_11: the topic table alone. */
export function decodeTopicWrapper(wrapper: JsonObject): RegisterBrokerBody {
  const mappings = new Map<string, JsonObject>();
  for (const [topic, value] of objectMember(wrapper, 'topicQueueMappingInfoMap') ?? []) {
    mappings.set(String(topic), asObject(value, 'a queue mapping'));
  }
  return {
    dataVersion: readDataVersion(objectMember(wrapper, 'dataVersion')),
    topics: readTopicTable(objectMember(wrapper, 'topicConfigTable')),
    filterServers: [],
    queueMappings: mappings,
  };
}

export function compressRegisterBrokerBody(body: RegisterBrokerBody): Buffer {
  const pieces = [
    piece(stringifyJson(dataVersionJson(body.dataVersion))),
    int32(body.topics.size),
    ...[...body.topics.values()].map((config) => piece(topicConfigText(config))),
    piece(stringifyJson(body.filterServers)),
    int32(body.queueMappings.size),
    ...[...body.queueMappings.values()].map((mapping) => piece(stringifyJson(mapping))),
  ];
  return deflateSync(Buffer.concat(pieces), { level: 9 });
}

export function decompressRegisterBrokerBody(
  bytes: Uint8Array,
  senderVersion: number,
): RegisterBrokerBody {
  const pieces = new PieceReader(inflateSync(bytes, { maxOutputLength: INFLATED_BYTES_MAX }));
  const dataVersion = readDataVersion(asObject(parseJson(pieces.text()), 'data version'));
  const topics = new Map<string, TopicConfig>();
  for (let left = pieces.int32(); left > 0; left--) {
    const config = readTopicConfigText(pieces.text());
    topics.set(config.topicName, config);
  }
  const filterServers = textList(asArray(parseJson(pieces.text()), 'filter servers'));
  const queueMappings = new Map<string, JsonObject>();
  if (senderVersion >= Version.V5_0_0) {
    for (let left = pieces.int32(); left > 0; left--) {
      const mapping = asObject(parseJson(pieces.text()), 'a queue mapping');
      queueMappings.set(textMember(mapping, 'topic') ?? '', mapping);
    }
  }
  return { dataVersion, topics, filterServers, queueMappings };
}

class PieceReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int32(): number {
    if (this.#at + 4 > this.#bytes.length) {
      throw new JsonError('register body ends inside a length');
    }
    const value = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  text(): string {
    const length = this.int32();
    if (length < 0 || this.#at + length > this.#bytes.length) {
      throw new JsonError(`a piece of ${length} bytes does not fit the register body`);
    }
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function piece(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([int32(bytes.length), bytes]);
}

function textList(values: readonly JsonValue[]): string[] {
  return values.filter((value) => typeof value === 'string');
}
